"""Lists that were ranked elsewhere, as a judge asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.evaluation.source import Targets
from glowrec.factors import core
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
        return _placed(self.users, starts, self._items[listed], None, test)


class Scored:
    """Lists of any lengths with scores: a :class:`glowrec.evaluation.source.Block`.

    Parameters
    ----------
    users : ndarray of int64, shape (n_rows,)
    starts : ndarray of int64, shape (n_rows + 1,)
        Where the list of each user starts.
    items, scores : ndarray, shape (n_entries,)
        Of each list, best first, ties by lower item.
    """

    def __init__(
        self,
        users: NDArray[np.int64],
        starts: NDArray[np.int64],
        items: NDArray[np.int64],
        scores: NDArray[np.float64],
    ) -> None:
        self.users, self._starts, self._items, self._scores = users, starts, items, scores

    def best(self, k: int) -> TopK:
        """Return the best `k` of each list, padded with -1 and -inf."""
        places = self._starts[:-1, None] + np.arange(k)
        there = places < self._starts[1:, None]
        items = np.full(places.shape, -1)
        items[there] = self._items[places[there]]
        scores = np.full(places.shape, -np.inf)
        scores[there] = self._scores[places[there]]
        return TopK(items, scores)

    def targets(self, test: Graph) -> Targets:
        """Place the test items of each user in its list."""
        return _placed(self.users, self._starts, self._items, self._scores, test)

    def equal_to(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """Count the items of each list whose score is the one given for it."""
        row = np.repeat(np.arange(self.users.size), np.diff(self._starts))
        return np.bincount(row[self._scores == scores[row]], minlength=self.users.size)


def _placed(
    users: NDArray[np.int64],
    starts: NDArray[np.int64],
    items: NDArray[np.int64],
    scores: NDArray[np.float64] | None,
    test: Graph,
) -> Targets:
    """Find the test items of each user in its list; without scores, nothing ties."""
    lengths = np.diff(starts)
    row = np.repeat(np.arange(users.size), lengths)
    place = np.arange(items.size)
    begins = np.ones(items.size, dtype=bool)
    if scores is not None:
        begins[1:] = (row[1:] != row[:-1]) | (scores[1:] != scores[:-1])
    first = np.flatnonzero(begins)
    group = np.cumsum(begins) - 1
    sizes = np.diff(np.append(first, items.size))

    indptr, wanted = _rows_of(test, users)
    wanted_row = np.repeat(np.arange(users.size), np.diff(indptr))
    keys = row * test.n_items + items
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], wanted_row * test.n_items + wanted)
    found = order[np.minimum(at, max(items.size - 1, 0))] if items.size else at
    present = np.zeros(wanted.size, dtype=bool)
    if items.size:
        present = keys[found] == wanted_row * test.n_items + wanted
    found = np.where(present, found, 0)

    above, before, tied = (np.full(wanted.size, -1) for _ in range(3))
    value = np.full(wanted.size, np.nan)
    of = group[found[present]]
    above[present] = first[of] - starts[wanted_row[present]]
    before[present] = place[found[present]] - first[of]
    tied[present] = sizes[of] - 1
    if scores is not None:
        value[present] = scores[found[present]]
    return Targets(indptr, wanted, value, above, before, tied, lengths)


def _rows_of(test: Graph, users: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the items of some users, one user after another."""
    starts, columns = core(test).user_csr()
    lengths = starts[users + 1] - starts[users]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    offset = np.repeat(starts[users] - indptr[:-1], lengths)
    items = columns[offset + np.arange(indptr[-1])]
    return indptr, items.astype(np.int64)
