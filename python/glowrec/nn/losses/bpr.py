"""The Bayesian personalised ranking loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch.nn import functional

from glowrec.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    from glowrec.nn.losses.scored import Scored


@dataclass(frozen=True)
class BPR:
    r"""Bayesian personalised ranking: each negative against its positive.

    .. math:: \frac{1}{B} \sum_b \frac{1}{|N_b|} \sum_{j \in N_b}
              \mathrm{softplus}(y_{bj} - y_b)

    With one negative it is the published loss; with many, the softplus is averaged over them.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import BPR, Scored
    >>> BPR()(Scored(torch.zeros(2), torch.zeros(2, 3)))
    tensor(0.6931)
    """

    def __call__(self, scored: Scored) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        scored : Scored
            Log-probabilities are not looked at.

        Returns
        -------
        Tensor, scalar
        """
        each = functional.softplus(scored.negatives - scored.positives.unsqueeze(1))
        return scored.mean_over_negatives(each).mean()


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
