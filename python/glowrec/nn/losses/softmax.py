"""The softmax over a positive and the negatives drawn for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from torch import Tensor

    from glowrec.nn.losses.scored import Scored


@dataclass(frozen=True)
class SampledSoftmax:
    r"""Cross entropy of the positive among itself and its negatives.

    .. math:: \ell_b = -s'_b + \log\Bigl(e^{s'_b} + \sum_{j \in N_b} e^{s'_{bj}}\Bigr), \quad
              s'_{bj} = s_{bj} / \tau - \log q_{bj}

    With :math:`q` the expected number of draws of each negative, and no correction of the
    positive, the sum is an unbiased estimate of that over all items that are no positives of the
    user. Over the items of a batch (:func:`in_batch`) it is the in-batch softmax, in which the
    positive is corrected, too.

    Parameters
    ----------
    temperature : float, default 1.0
        :math:`\tau`, above 0.

    Raises
    ------
    ParameterError
        If the temperature is out of range.

    References
    ----------
    Bengio and Senécal, IEEE TNN 2008; Yi et al., RecSys 2019; Wu et al., "On the effectiveness of
    sampled softmax loss for item recommendation", TOIS 2024.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import SampledSoftmax, Scored
    >>> SampledSoftmax()(Scored(torch.zeros(2), torch.zeros(2, 3)))  # log 4
    tensor(1.3863)
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ParameterError(f"temperature = {self.temperature}: expected a number above 0")

    def __call__(self, scored: Scored) -> Tensor:
        """Return the mean loss of a batch.

        Parameters
        ----------
        scored : Scored

        Returns
        -------
        Tensor, scalar
        """
        own, others = scored.positives / self.temperature, scored.negatives / self.temperature
        if scored.log_q_positives is not None:
            own = own - scored.log_q_positives
        if scored.log_q is not None:
            others -= scored.log_q  # in place: there are a batch's square of them
        if scored.allowed is not None:
            # No infinity: where none is allowed, their gradient would be no number.
            others.masked_fill_(~scored.allowed, torch.finfo(others.dtype).min)
        return (torch.logaddexp(own, others.logsumexp(1)) - own).mean()
