"""Lists that were ranked elsewhere, as a judge asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.evaluation.rows import Rows
from glowrec.evaluation.source import Targets
from glowrec.factors import items_of
from glowrec.ranking import TopK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.graph import Graph

__all__ = ["Given", "Scored"]


class Given:
    """Lists without scores.

    Parameters
    ----------
    users : ndarray of int64, shape (n_rows,)
    items : ndarray of int64, shape (n_rows, width)
        Best first, padded with -1.
    """

    def __init__(self, users: NDArray[np.int64], items: NDArray[np.int64]) -> None:
        self.users, self._items = users, items

    def best(self, k: int) -> NDArray[np.int64]:
        """Return the lists, padded to at least `k` places."""
        n_rows, width = self._items.shape
        if width >= k:
            return self._items
        return np.hstack([self._items, np.full((n_rows, k - width), -1)])

    def targets(self, test: Graph) -> Targets:
        """Place the test items of each user in its list."""
        listed = self._items >= 0
        starts = np.concatenate([[0], np.cumsum(listed.sum(axis=1))])
        return _placed(Rows(self.users, starts, self._items[listed]), test)


class Scored:
    """Lists with scores: a :class:`glowrec.evaluation.source.Block`.

    Parameters
    ----------
    rows : Rows
        Scores descend, and equal ones go by lower item.
    """

    def __init__(self, rows: Rows) -> None:
        assert rows.scores is not None, "rows of a table have scores"  # noqa: S101 - for types
        self.users, self._rows, self._scores = rows.users, rows, rows.scores

    def best(self, k: int) -> TopK:
        """Return the best `k` of each list, padded with -1 and -inf."""
        items = self._rows.padded(k)
        scores = np.full(items.shape, -np.inf)
        firsts = np.arange(k) < np.diff(self._rows.starts)[:, None]
        scores[firsts] = self._scores[self._rows.firsts(k)]
        return TopK(items, scores)

    def targets(self, test: Graph) -> Targets:
        """Place the test items of each user in its list."""
        return _placed(self._rows, test)

    def equal_to(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """Count the items of each list whose score is the one given for it."""
        row = self._rows.entry_rows
        return np.bincount(row[self._scores == scores[row]], minlength=self.users.size)


def _placed(rows: Rows, test: Graph) -> Targets:
    """Find the test items of each user in its list; without scores, nothing ties."""
    users, starts, items, scores = rows
    row = rows.entry_rows
    begins = np.ones(items.size, dtype=bool)
    if scores is not None:
        begins[1:] = (row[1:] != row[:-1]) | (scores[1:] != scores[:-1])
    first = np.flatnonzero(begins)
    group = np.cumsum(begins) - 1
    sizes = np.diff(np.append(first, items.size))

    indptr, wanted = items_of(test, users)
    wanted_row = np.repeat(np.arange(users.size), np.diff(indptr))
    keys, wanted_keys = row * test.n_items + items, wanted_row * test.n_items + wanted
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], wanted_keys)
    present = np.zeros(wanted.size, dtype=bool)
    inside = at < items.size
    present[inside] = keys[order[at[inside]]] == wanted_keys[inside]
    found = order[at[present]]

    above, before, tied = (np.full(wanted.size, -1) for _ in range(3))
    value = np.full(wanted.size, np.nan)
    of = group[found]
    above[present] = first[of] - starts[wanted_row[present]]
    before[present] = found - first[of]
    tied[present] = sizes[of] - 1
    if scores is not None:
        value[present] = scores[found]
    return Targets(indptr, wanted, value, above, before, tied, np.diff(starts))
