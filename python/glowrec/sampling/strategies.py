"""How negatives are chosen: one small type per strategy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from glowrec.arguments import bounded, real_number
from glowrec.errors import ParameterError

MOST_BETA = 64


@dataclass(frozen=True)
class Uniform:
    r"""All items that the user may draw, alike: :math:`q(i \mid u) = 1 / |C_u|`.

    :math:`C_u` are the user's possible negatives.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0], [0], n_users=1, n_items=5)
    >>> gr.TripletSampler(train, negatives=gr.Uniform()).probabilities([0], [3])
    array([0.25])
    """


@dataclass(frozen=True)
class Popularity:
    r"""Items in proportion to a power of their popularity.

    .. math:: q(i \mid u) = d_i^\beta / \sum_{j \in C_u} d_j^\beta, \quad i \in C_u

    Degrees :math:`d_i` are those of train: neither test items nor those of `exclude` count.
    Items that nobody has are never drawn, unless `beta` is 0: :math:`0^0 = 1`, so that
    ``Popularity(0)`` has the distribution of :class:`Uniform`.

    Parameters
    ----------
    beta : float, default 0.75
        From 0 to 64. 0.75 is what word2vec uses, 1 is the share of interactions.

    Raises
    ------
    ParameterError
        If `beta` is out of range.

    Notes
    -----
    From Mikolov et al., "Distributed representations of words and phrases and their
    compositionality", NIPS 2013. Powers are whole numbers computed without the system's
    mathematical library, so samples are the same on every platform; a weight is exact to one part
    in about ``2**32`` of the mean one, and every item with an interaction keeps a positive one.
    With a `beta` above 2 unpopular items may weigh less than that part: a user who has the popular
    ones then draws the others more evenly than the formula says. ``probabilities`` says what is
    drawn, always.
    A draw takes one look into an alias table (Walker, TOMS 1977) and one search in the user's
    items; those who hold most of the weight, whose draws would be refused again and again, are
    answered by inversion instead. Both are exact, and every draw is bounded.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 1, 2, 2], [0, 1, 1, 2], n_users=3, n_items=4)
    >>> sampler = gr.TripletSampler(train, negatives=gr.Popularity(1))
    >>> sampler.probabilities([0, 0, 0], [1, 2, 3]).round(4)
    array([0.6667, 0.3333, 0.    ])
    """

    beta: float = 0.75

    def __post_init__(self) -> None:
        beta = real_number("Popularity.beta", self.beta)
        if not 0 <= beta <= MOST_BETA:
            raise ParameterError(
                f"Popularity.beta = {self.beta} must be from 0 to {MOST_BETA}, such as 0.75"
            )
        object.__setattr__(self, "beta", beta)


@dataclass(frozen=True)
class InBatch:
    r"""Positives of other positions of the same batch that the user may draw, alike.

    What is drawn depends on the batch: item :math:`j` is drawn in proportion to how often it
    stands there. :meth:`TripletSampler.probabilities` reports the probability that it stands in a
    whole batch; :class:`InBatchSampler` gives all pairs of a batch at once, with corrections.

    A user for whom a batch holds too few negatives is an error that names the user and the batch.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 1, 2], [0, 1, 2], n_users=3, n_items=9)
    >>> sampler = gr.TripletSampler(train, batch_size=3, negatives=gr.InBatch())
    >>> drawn = sampler.sample(0, 0, 3)
    >>> set(drawn.negatives.tolist()) <= {0, 1, 2}
    True
    """


@dataclass(frozen=True)
class Hardest:
    """Of several uniform candidates the one with the highest dot product with the user.

    Dynamic negative sampling (Zhang et al., "Optimizing top-N collaborative filtering via dynamic
    negative item sampling", SIGIR 2013), under the `vectors` that are handed to each draw. Ties go
    to the earlier candidate. With replacement only.

    Parameters
    ----------
    of : int
        Candidates of each negative, at least 1; with 1 negatives are uniform, and no vectors are
        read.

    Raises
    ------
    ParameterError
        If `of` is out of range.

    Examples
    --------
    >>> import glowrec as gr
    >>> import numpy as np
    >>> train = gr.Graph.from_edges([0], [0], n_users=1, n_items=4)
    >>> sampler = gr.TripletSampler(train, negatives=gr.Hardest(64))
    >>> vectors = np.array([[1], [9], [2], [3], [1]], dtype=np.float32)  # the user, four items
    >>> sampler.sample(0, 0, 1, vectors=vectors).negatives
    array([2])
    """

    of: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", bounded("Hardest.of", self.of, 1, 31))


@dataclass(frozen=True, init=False)
class Mixed:
    r"""Each negative by one of several strategies, chosen by weight.

    .. math:: q(i \mid u) = \sum_s w_s q_s(i \mid u) / \sum_s w_s

    Sums are over the strategies that have an item left for the user: where there is none by
    popularity, the others share its weight.

    Parameters
    ----------
    parts : mapping or iterable of pairs
        :class:`Uniform` and :class:`Popularity` strategies with their weights, which are positive
        and need not add up to 1. A draw from the batch is no part, since its probability depends
        on the batch; over many batches it is ``Popularity(1)``.

    Raises
    ------
    ParameterError
        If a part is another strategy or its weight is not positive, or there is none.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=5)
    >>> mixed = gr.Mixed({gr.Uniform(): 1, gr.Popularity(): 1})
    >>> gr.TripletSampler(train, negatives=mixed).probabilities([0, 0], [1, 2])
    array([0.625, 0.125])
    """

    parts: tuple[tuple[Uniform | Popularity, float], ...]

    def __init__(
        self,
        parts: Mapping[Uniform | Popularity, float] | Iterable[tuple[Uniform | Popularity, float]],
    ) -> None:
        try:
            pairs = [
                (part, weight)
                for part, weight in (parts.items() if isinstance(parts, Mapping) else parts)
            ]
        except (TypeError, ValueError):
            raise ParameterError(
                "Mixed: expected strategies with weights, such as "
                "{Uniform(): 0.5, Popularity(): 0.5}"
            ) from None
        if not pairs:
            raise ParameterError("Mixed: expected at least one strategy with its weight")
        for part, weight in pairs:
            if not isinstance(part, Uniform | Popularity):
                raise ParameterError(
                    f"Mixed: {part!r} cannot be mixed; mix Uniform() and Popularity()"
                )
            if not 0 < real_number(f"Mixed: the weight of {part!r}", weight) < math.inf:
                raise ParameterError(
                    f"Mixed: the weight {weight} of {part!r} must be above 0 and finite"
                )
        found = tuple((part, float(weight)) for part, weight in pairs)
        object.__setattr__(self, "parts", found)


Strategy: TypeAlias = "Uniform | Popularity | InBatch | Mixed | Hardest"
"""How negatives are chosen."""
