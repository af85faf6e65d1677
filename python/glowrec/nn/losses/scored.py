"""The scores of a batch that losses are functions of, and the three ways to make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

Similarity: TypeAlias = Literal["dot", "cosine"]
PairScorer: TypeAlias = "Callable[[Tensor, Tensor], Tensor]"
"""Scores pairs of rows: shapes (..., dim) that broadcast, to (...)."""


class Scored(NamedTuple):
    """The scores of a batch: of each row's positive and of its negatives."""

    positives: Tensor
    """Shape (batch,)."""
    negatives: Tensor
    """Shape (batch, n_negatives)."""
    log_q: Tensor | None = None
    """Logarithm of how often each negative is expected to be drawn, for importance weights:
    shape (n_negatives,) or (batch, n_negatives)."""
    log_q_positives: Tensor | None = None
    """Likewise of the positives where they are drawn as negatives are, shape (batch,)."""
    allowed: Tensor | None = None
    """Which are negatives of the row at all, bool of shape (batch, n_negatives); None: all."""

    def mean_over_negatives(self, values: Tensor) -> Tensor:
        """Return the mean of each row's values over its negatives, 0 where it has none.

        Parameters
        ----------
        values : Tensor, shape (batch, n_negatives)

        Returns
        -------
        Tensor, shape (batch,)

        Examples
        --------
        >>> import torch
        >>> from glowrec.nn.losses import Scored
        >>> allowed = torch.tensor([[True, False], [False, False]])
        >>> scored = Scored(torch.zeros(2), torch.zeros(2, 2), allowed=allowed)
        >>> scored.mean_over_negatives(torch.tensor([[3.0, 5.0], [7.0, 9.0]]))
        tensor([3., 0.])
        """
        if self.allowed is None:
            return values.mean(1)
        counts = self.allowed.sum(1).clamp(min=1)
        return values.masked_fill(~self.allowed, 0.0).sum(1) / counts


def own_negatives(
    users: Tensor,
    positives: Tensor,
    negatives: Tensor,
    similarity: Similarity | PairScorer = "dot",
) -> Scored:
    """Return the scores of a batch whose positives have negatives of their own.

    Parameters
    ----------
    users, positives : Tensor, shape (batch, dim)
    negatives : Tensor, shape (batch, n_negatives, dim)
    similarity : {"dot", "cosine"} or callable, default "dot"
        Or what scores rows pair by pair, such as :class:`glowrec.nn.MLPScorer`.

    Returns
    -------
    Scored

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import own_negatives
    >>> own_negatives(torch.ones(1, 2), torch.ones(1, 2), torch.ones(1, 3, 2)).negatives
    tensor([[2., 2., 2.]])
    """
    if callable(similarity):
        items = torch.cat([positives.unsqueeze(1), negatives], 1)
        each = similarity(users.unsqueeze(1), items)
        return Scored(each[:, 0], each[:, 1:])
    users, positives, negatives = (
        compared(part, similarity) for part in (users, positives, negatives)
    )
    scores = (users.unsqueeze(1) * negatives).sum(2)
    return Scored((users * positives).sum(1), scores)


def shared_negatives(
    users: Tensor,
    positives: Tensor,
    negatives: Tensor,
    allowed: Tensor | None = None,
    similarity: Similarity = "dot",
) -> Scored:
    """Return the scores of a batch whose rows share their negatives.

    Parameters
    ----------
    users, positives : Tensor, shape (batch, dim)
    negatives : Tensor, shape (n_negatives, dim)
    allowed : Tensor of bool, shape (batch, n_negatives), optional
        As in :class:`Scored`.
    similarity : {"dot", "cosine"}, default "dot"

    Returns
    -------
    Scored

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import shared_negatives
    >>> shared_negatives(torch.ones(2, 1), torch.ones(2, 1), torch.ones(3, 1)).negatives.shape
    torch.Size([2, 3])
    """
    users, positives, negatives = (
        compared(part, similarity) for part in (users, positives, negatives)
    )
    return Scored((users * positives).sum(1), users @ negatives.T, allowed=allowed)


def in_batch(
    users: Tensor,
    items: Tensor,
    clashes: Tensor,
    log_q: Tensor | None = None,
    similarity: Similarity = "dot",
) -> Scored:
    """Return the scores of a batch whose positives are the negatives of one another.

    Parameters
    ----------
    users, items : Tensor, shape (batch, dim)
        Rows of the pairs.
    clashes : Tensor of int64, shape (2, n_clashes)
        As :class:`glowrec.sampling.InBatchPairs` has them.
    log_q : Tensor, shape (batch,), optional
        Logarithm of the probability that each item stands in the batch.
    similarity : {"dot", "cosine"}, default "dot"

    Returns
    -------
    Scored
        With ``batch`` columns of negatives.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import in_batch
    >>> own = torch.tensor([[0, 1], [0, 1]])
    >>> in_batch(torch.eye(2), torch.eye(2), own).allowed
    tensor([[False,  True],
            [ True, False]])
    """
    users, items = compared(users, similarity), compared(items, similarity)
    scores = users @ items.T
    allowed = torch.ones_like(scores, dtype=torch.bool)
    allowed[clashes[0], clashes[1]] = False
    return Scored((users * items).sum(1), scores, log_q, log_q, allowed)


def compared(rows: Tensor, similarity: Similarity) -> Tensor:
    """Return rows whose inner products are the similarity."""
    if similarity not in ("dot", "cosine"):
        raise ParameterError(f"similarity = {similarity!r}: expected 'dot' or 'cosine'")
    return functional.normalize(rows, dim=-1) if similarity == "cosine" else rows
