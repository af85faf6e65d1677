"""The contrastive term between two views of the same nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from glowrec.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor


def info_nce(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    r"""Return InfoNCE: each node's two views among those of all nodes.

    .. math:: -\frac{1}{n} \sum_v \log
              \frac{e^{\cos(a_v, b_v) / \tau}}{\sum_w e^{\cos(a_v, b_w) / \tau}}

    Parameters
    ----------
    first, second : Tensor, shape (n, dim)
        :math:`a_v` and :math:`b_v`, the views of different nodes, row by row.
    temperature : float, default 0.5
        :math:`\tau`.

    Returns
    -------
    Tensor, scalar
        0 for no nodes.

    Raises
    ------
    ShapeError
        If the views differ in shape.

    Notes
    -----
    Wu et al., "Self-supervised graph learning for recommendation", SIGIR 2021, equation 10, as a
    mean. ``n * n`` numbers are in memory.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import info_nce
    >>> info_nce(torch.eye(2), torch.eye(2), temperature=1.0)
    tensor(0.3133)
    """
    if first.shape != second.shape:
        raise ShapeError(f"second: expected {tuple(first.shape)}, got {tuple(second.shape)}")
    if not len(first):
        return first.sum()
    one, other = functional.normalize(first, dim=1), functional.normalize(second, dim=1)
    every = one @ other.T / temperature
    return (every.logsumexp(1) - every.diagonal()).mean()
