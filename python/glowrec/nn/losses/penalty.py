"""The penalty on the embeddings of a batch."""

from __future__ import annotations

import torch
from torch import Tensor


def l2_penalty(user_rows: Tensor, positive_rows: Tensor, negative_rows: Tensor) -> Tensor:
    r"""Return half the mean squared norm of the embeddings that a batch touches.

    .. math:: \frac{1}{2 B} \sum_b \Bigl( \|e_u\|^2 + \|e_i\|^2
              + \frac{1}{m} \sum_{j=1}^{m} \|e_j\|^2 \Bigr)

    Parameters
    ----------
    user_rows, positive_rows : Tensor, shape (batch, dim)
    negative_rows : Tensor, shape (batch * n_negatives, dim)

    Returns
    -------
    Tensor, scalar

    Notes
    -----
    The regulariser of LightGCN's reference code, on the embeddings before propagation.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import l2_penalty
    >>> ones = torch.ones(2, 4)
    >>> l2_penalty(ones, ones, ones)
    tensor(6.)
    """
    batch = max(user_rows.shape[0], 1)
    n_negatives = max(negative_rows.shape[0] // batch, 1)
    squares = torch.stack(
        [
            user_rows.square().sum(),
            positive_rows.square().sum(),
            negative_rows.square().sum() / n_negatives,
        ]
    )
    return squares.sum() / (2 * batch)
