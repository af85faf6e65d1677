"""Where training takes place."""

from __future__ import annotations

import re

import torch

from glowrec.errors import ParameterError


def chosen(device: str | torch.device | None) -> torch.device:
    """Return a device that is there.

    Parameters
    ----------
    device : str or torch.device, optional
        ``cpu``, ``cuda``, ``cuda:1`` and the like, or ``mps``; by default a CUDA device where
        there is one, else the CPU.

    Returns
    -------
    torch.device

    Raises
    ------
    ParameterError
        If the name is none of these, or this machine has no such device.

    Examples
    --------
    >>> from glowrec.training.device import chosen
    >>> chosen("cpu")
    device(type='cpu')
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = str(device)
    if re.fullmatch(r"cpu|mps|cuda(:\d{1,3})?", name) is None:
        raise ParameterError(f"device = {name[:40]!r}: expected cpu, cuda, cuda:0 (1, ...) or mps")
    kind, _, place = name.partition(":")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ParameterError("device = 'mps': there is none here; leave it out, or take cpu")
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "cuda" and int(place or 0) >= n_cuda:
        found = f"CUDA devices here: {n_cuda}" if n_cuda else "there is no CUDA device here"
        raise ParameterError(f"device = {name!r}: {found}; leave it out, or take cpu")
    return torch.device(name)
