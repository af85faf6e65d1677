"""The metrics of the hits within cut-offs, computed by the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec import _native
from glowrec.factors import core
from glowrec.metrics.names import OF_HITS, keys
from glowrec.metrics.ranks import Fractions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.conventions import Convention
    from glowrec.evaluation.behind import Behind
    from glowrec.evaluation.relevance import Relevance
    from glowrec.metrics.names import Metric

__all__ = ["Ranked", "Rating"]


class Ranked(NamedTuple):
    """Lists of some users, of which some rows are judged."""

    items: NDArray[np.int64]
    """Best first, padded with -1, shape (n_lists, at least the largest k)."""
    rows: NDArray[np.int64]
    """The rows to judge, shape (n_rows,)."""
    users: NDArray[np.int64]
    """Whose these are, shape (n_rows,)."""
    tied: NDArray[np.bool_] | None = None
    """Which places have the score of the place before; None where order is as it stands."""
    behind: Behind | None = None
    """What follows the lists with the score of their last item, per row to judge."""


class Rating:
    """Rates lists by some metrics at some cut-offs.

    Parameters
    ----------
    names : tuple of str
        Metrics; those that are not of hits are left to others.
    cuts : tuple of int
    convention : Convention
    relevance : Relevance

    Raises
    ------
    ParameterError
        If the convention gives a metric no meaning, or one that has no closed form.
    """

    def __init__(
        self,
        names: tuple[Metric, ...],
        cuts: tuple[int, ...],
        convention: Convention,
        relevance: Relevance,
    ) -> None:
        self._cuts, self._convention, self._relevance = cuts, convention, relevance
        self._names = [name for name in names if name in OF_HITS]
        self._rater = self._rater_of(self._names)
        self._pooled = [name for name in self._names if name in convention.pooled]
        self._rater_pooled = self._rater_of(self._pooled)
        none = np.zeros(0, np.int64)  # refuse now what would come out after ranking everybody
        self.halves(Ranked(np.zeros((0, max(cuts)), np.int64), none, none))

    def values(self, ranked: Ranked) -> dict[str, NDArray[np.float64]]:
        """Return every metric at every cut-off, one value per row."""
        return self._found(self._rater, self._names, ranked, "value")

    def halves(self, ranked: Ranked) -> dict[str, Fractions]:
        """Return numerators and denominators of the pooled metrics."""
        over = self._found(self._rater_pooled, self._pooled, ranked, "over")
        under = self._found(self._rater_pooled, self._pooled, ranked, "under")
        return {key: Fractions(over[key], under[key]) for key in over}

    def _rater_of(self, names: list[Metric]) -> _native.Rater:
        graded = self._relevance.grades is not None
        return _native.Rater(list(names), list(self._cuts), self._convention, graded)

    def _found(
        self, rater: _native.Rater, names: list[Metric], ranked: Ranked, part: str
    ) -> dict[str, NDArray[np.float64]]:
        if not names:
            return {}
        values = rater.rate(
            ranked.items,
            ranked.tied,
            ranked.behind,
            core(self._relevance.graph),
            self._relevance.grades,
            ranked.rows,
            ranked.users,
            part,
        )
        columns = [key for name in names for key in keys(name, self._cuts)]
        return dict(zip(columns, np.ascontiguousarray(values.T), strict=True))
