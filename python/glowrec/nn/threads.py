"""One number of threads for the compiled kernels and for torch."""

import torch

from glowrec import threads


def use_threads(n: int) -> None:
    """Let both run on `n` threads from now on.

    Parameters
    ----------
    n : int
        At least 0; 0 means one per core.

    Raises
    ------
    ParameterError
        If `n` is negative.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.threads import use_threads
    >>> use_threads(1)
    >>> torch.get_num_threads()
    1
    >>> use_threads(0)
    """
    threads.set_num_threads(n)
    torch.set_num_threads(threads.num_threads())
