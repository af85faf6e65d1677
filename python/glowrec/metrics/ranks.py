"""Metrics of the ranks of all test items, without a cut-off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.evaluation.source import Targets
    from glowrec.metrics.names import Metric

__all__ = ["Fractions", "of_ranks"]


class Fractions(NamedTuple):
    """A metric of some users as a fraction, whose halves are summed where it is pooled."""

    over: NDArray[np.float64]
    """Shape (n_rows,)."""
    under: NDArray[np.float64]
    """Likewise."""

    @property
    def values(self) -> NDArray[np.float64]:
        """The metric; 0 over anything is 0."""
        found: NDArray[np.float64] = np.zeros_like(self.over)
        np.divide(self.over, self.under, out=found, where=self.over != 0)
        return found

    def rows(self, rows: NDArray[np.int64]) -> Fractions:
        """Return some of the rows."""
        return Fractions(self.over[rows], self.under[rows])


def of_ranks(name: Metric, targets: Targets, ties: str) -> Fractions:
    """Return r_precision, auc or average_rank of each row.

    Parameters
    ----------
    name : {"r_precision", "auc", "average_rank"}
    targets : Targets
        The test items of each row. One that is no candidate stands behind all candidates.
    ties : {"lower_id", "expected", "optimistic", "pessimistic"}
        Asked by r_precision only: the others take the middle of tied ranks by definition.

    Returns
    -------
    Fractions
        Sums of halves, exact; 0 over 0 for a row without test items.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.evaluation.source import Targets
    >>> found = [np.array(column) for column in ([0, 2], [1, 4], [5.0, 2.0], [0, 3])]
    >>> targets = Targets(*found, *(np.array(column) for column in ([0, 0], [1, 0], [5])))
    >>> of_ranks("average_rank", targets, "lower_id").values
    array([2.75])
    """
    placed = _Placed(targets)
    return {"r_precision": _r_precision, "auc": _auc, "average_rank": _average_rank}[name](
        placed, ties
    )


class _Placed:
    """Targets sorted by row and rank, with the groups of those that tie."""

    def __init__(self, targets: Targets) -> None:
        self.n_targets = np.diff(targets.indptr)
        self.n_rows = self.n_targets.size
        row = np.repeat(np.arange(self.n_rows), self.n_targets)
        order = np.lexsort((targets.before, targets.above, row))
        order = order[targets.above[order] >= 0]
        self.row, self.above = row[order], targets.above[order]
        self.before, self.tied = targets.before[order], targets.tied[order]
        self.n_candidates = targets.n_candidates
        self.n_present = np.bincount(self.row, minlength=self.n_rows)
        begins = np.ones(order.size, dtype=bool)
        begins[1:] = (self.row[1:] != self.row[:-1]) | (self.above[1:] != self.above[:-1])
        first = np.flatnonzero(begins)
        group = np.cumsum(begins) - 1
        place = np.arange(order.size)
        starts = np.cumsum(self.n_present) - self.n_present
        self.targets_above = first[group] - starts[self.row]
        self.targets_before = place - first[group]
        self.targets_tied = np.diff(np.append(first, order.size))[group]

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up one value per target by row."""
        found: NDArray[np.float64] = np.bincount(
            self.row, weights=values, minlength=self.n_rows
        ).astype(np.float64)
        return found


def _r_precision(at: _Placed, ties: str) -> Fractions:
    """Hits among the first |T|, over |T|."""
    cut = at.n_targets[at.row]
    if ties == "expected":
        hits = np.clip((cut - at.above) / (at.tied + 1), 0, 1)
    else:
        misses_first = at.tied + 1 - at.targets_tied if ties == "pessimistic" else 0
        behind = at.before if ties == "lower_id" else at.targets_before + misses_first
        hits = (at.above + behind < cut).astype(np.float64)
    return Fractions(at.sums(hits), at.n_targets.astype(np.float64))


def _auc(at: _Placed, _: str) -> Fractions:
    """Pairs of a target and another candidate in order, ties as a half, over all such pairs.

    Without another candidate there is no pair: each target that is a candidate counts a half.
    """
    others = at.n_candidates - at.n_present
    above = at.above - at.targets_above
    tied = at.tied + 1 - at.targets_tied
    right = at.sums(others[at.row] - above - tied / 2)
    alone = others == 0
    over = np.where(alone, at.n_present / 2, right)
    return Fractions(over, (at.n_targets * np.where(alone, 1, others)).astype(np.float64))


def _average_rank(at: _Placed, _: str) -> Fractions:
    """Sum of the ranks, over |T|; what is no candidate has one more than there are candidates."""
    absent = (at.n_targets - at.n_present) * (at.n_candidates + 1)
    return Fractions(at.sums(at.above + 1 + at.tied / 2) + absent, at.n_targets.astype(np.float64))
