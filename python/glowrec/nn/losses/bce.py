"""Binary cross entropy of positives and negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from glowrec.nn.losses.scored import Scored


@dataclass(frozen=True)
class BCE:
    r"""Binary cross entropy, the negatives of a positive counting as much as itself.

    .. math:: \frac{1}{B} \sum_b \Bigl( \mathrm{softplus}(-s_b)
              + \frac{1}{|N_b|} \sum_{j \in N_b} \mathrm{softplus}(s_{bj}) \Bigr)

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import BCE, Scored
    >>> BCE()(Scored(torch.zeros(2), torch.zeros(2, 3)))  # 2 log 2
    tensor(1.3863)
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
        negatives = scored.mean_over_negatives(functional.softplus(scored.negatives))
        return (functional.softplus(-scored.positives) + negatives).mean()
