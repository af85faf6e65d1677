"""Parameters of a module as one flat tensor, for optimisers that see a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn


class Flat:
    """Parameters whose memory is one tensor: who writes into it changes the module.

    Parameters
    ----------
    parameters : iterable of nn.Parameter
        Of one type and device.

    Attributes
    ----------
    values : Tensor, shape (n,)
        All of them, one after the other; the parameters are views of it.

    Examples
    --------
    >>> import torch
    >>> from glowrec.training.flat import Flat
    >>> layer = torch.nn.Linear(2, 1)
    >>> flat = Flat(layer.parameters())
    >>> _ = flat.values.zero_()
    >>> layer.bias.item()
    0.0
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._parameters = list(parameters)
        self.values = torch.cat([each.detach().reshape(-1) for each in self._parameters])
        start = 0
        for each in self._parameters:
            each.data = self.values[start : start + each.numel()].view(each.shape)
            start += each.numel()

    def gradient(self, loss: Tensor, out: Tensor) -> None:
        """Write the gradient of a loss by all parameters, in their order.

        Parameters
        ----------
        loss : Tensor, scalar
        out : Tensor, shape (n,)
        """
        found = torch.autograd.grad(loss, self._parameters)
        torch.cat([each.reshape(-1) for each in found], out=out)
