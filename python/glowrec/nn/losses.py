"""Losses of models that score by inner products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from glowrec.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor


def bpr_loss(positive_scores: Tensor, negative_scores: Tensor) -> Tensor:
    r"""Return the mean Bayesian personalised ranking loss.

    .. math:: \frac{1}{B m} \sum_{b=1}^{B} \sum_{j=1}^{m}
              \mathrm{softplus}(y_{bj} - y_b) = -\frac{1}{B m} \sum \ln \sigma(y_b - y_{bj})

    Parameters
    ----------
    positive_scores : Tensor, shape (batch,)
        :math:`y_b`.
    negative_scores : Tensor, shape (batch,) or (batch, n_negatives)
        :math:`y_{bj}`.

    Returns
    -------
    Tensor, scalar

    Raises
    ------
    ShapeError
        If the batches differ.

    Notes
    -----
    Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009. With
    one negative it is the first term of He et al., SIGIR 2020, equation 15, per triplet.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import bpr_loss
    >>> bpr_loss(torch.tensor([2.0]), torch.tensor([2.0]))
    tensor(0.6931)
    """
    if negative_scores.shape[:1] != positive_scores.shape:
        raise ShapeError(
            f"negative_scores: expected {tuple(positive_scores.shape)} rows, "
            f"got shape {tuple(negative_scores.shape)}"
        )
    if negative_scores.ndim > 1:
        positive_scores = positive_scores.unsqueeze(1)
    return functional.softplus(negative_scores - positive_scores).mean()


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
