"""Uniform negatives of users, exact at any density and independent of how work is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.factors import core

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.graph import Graph

_GAMMA = 0x9E37_79B9_7F4A_7C15
_WORD = 2**64 - 1


def numbers_below(
    bounds: NDArray[np.int64], n: int, seed: int, positions: NDArray[np.int64], *, replace: bool
) -> NDArray[np.int64]:
    """Draw `n` uniform whole numbers below a bound for each position.

    What is drawn for a position depends on ``(seed, position)`` and its bound only: words of the
    package's SplitMix64 streams (the child of the seed's stream at the position), scaled to the
    bound by Lemire's exact multiplication on 32 bits. A rejected or repeated number is drawn
    again from further words, which treats all numbers alike, so every set is equally likely.

    Parameters
    ----------
    bounds : ndarray of int64, shape (n_rows,)
        From 1, below ``2**32``; at least `n` without replacement.
    n : int
    seed : int
        In ``0..2**64``.
    positions : ndarray of int64, shape (n_rows,)
        Not negative.
    replace : bool
        Whether numbers of a row may repeat.

    Returns
    -------
    ndarray of int64, shape (n_rows, n)
        In no order.

    Examples
    --------
    >>> import numpy as np
    >>> bounds, positions = np.array([3, 9]), np.array([0, 1])
    >>> found = numbers_below(bounds, 3, 7, positions, replace=False)
    >>> np.sort(found[0])
    array([0, 1, 2])
    >>> alone = numbers_below(bounds[1:], 3, 7, positions[1:], replace=False)
    >>> bool((found[1] == alone[0]).all())
    True
    """
    streams = _streams(seed, positions)
    if replace:
        return _drawn(bounds, n, streams, distinct=False)
    found = np.empty((len(bounds), n), dtype=np.int64)
    dense = 2 * n > bounds
    found[~dense] = _drawn(bounds[~dense], n, streams[~dense], distinct=True)
    # Where most numbers are wanted, those to leave out are drawn.
    for size in np.unique(bounds[dense]):
        rows = np.flatnonzero(bounds == size)
        left_out = _drawn(bounds[rows], int(size) - n, streams[rows], distinct=True)
        kept = np.ones((len(rows), size), dtype=bool)
        np.put_along_axis(kept, left_out, values=False, axis=1)
        found[rows] = np.nonzero(kept)[1].reshape(len(rows), n)
    return found


class Complements:
    """The items that users are not linked to, by their place in ascending order."""

    def __init__(self, graphs: list[Graph]) -> None:
        self.n_items = graphs[0].n_items
        keys = np.unique(np.concatenate([self.keys_of(graph) for graph in graphs]))
        users, items = np.divmod(keys, self.n_items)
        ends = np.searchsorted(users, np.arange(graphs[0].n_users + 1))
        self._starts = ends[:-1]
        self.sizes = self.n_items - np.diff(ends)
        """How many items each user is not linked to, shape (n_users,)."""
        # Item minus its place in the row: how many items of the complement stand before it.
        before = items - (np.arange(len(keys)) - self._starts[users])
        self._before = users * (self.n_items + 1) + before

    @staticmethod
    def keys_of(graph: Graph) -> NDArray[np.int64]:
        """Return ``user * n_items + item`` of each link, ascending."""
        starts, items = core(graph).user_csr()
        return np.repeat(np.arange(graph.n_users), np.diff(starts)) * graph.n_items + items

    def items(self, users: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the items at some places of the complements.

        Parameters
        ----------
        users : ndarray of int64, shape (n_rows,)
        places : ndarray of int64, shape (n_rows, n)
            Below the size of each user's complement.

        Returns
        -------
        ndarray of int64, shape (n_rows, n)
        """
        wanted = users[:, None] * (self.n_items + 1) + places
        passed = np.searchsorted(self._before, wanted, side="right") - self._starts[users][:, None]
        return places + passed


def _drawn(
    bounds: NDArray[np.int64], n: int, streams: NDArray[np.uint64], *, distinct: bool
) -> NDArray[np.int64]:
    found = np.empty((len(bounds), n), dtype=np.int64)
    rows = np.arange(len(bounds))
    redraw = np.ones(found.shape, dtype=bool)
    first = 0  # word of this round
    while rows.size and n:
        words = _words(streams[rows], first, n)
        wide = (words >> np.uint64(32)) * bounds[rows].astype(np.uint64)[:, None]
        surplus = np.uint64(2**32) % bounds[rows].astype(np.uint64)
        rejected = (wide & np.uint64(2**32 - 1)) < surplus[:, None]
        numbers = np.where(redraw, (wide >> np.uint64(32)).astype(np.int64), found[rows])
        rejected &= redraw
        found[rows] = numbers
        redraw = rejected | _repeats(numbers) if distinct else rejected
        again = redraw.any(axis=1)
        rows, redraw = rows[again], redraw[again]
        first += n
    return found


def _repeats(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """All but the first of equal numbers in a row."""
    order = np.argsort(numbers, axis=1, kind="stable")
    inorder = np.take_along_axis(numbers, order, axis=1)
    same = np.zeros(numbers.shape, dtype=bool)
    np.put_along_axis(same, order[:, 1:], inorder[:, 1:] == inorder[:, :-1], axis=1)
    return same


def _streams(seed: int, positions: NDArray[np.int64]) -> NDArray[np.uint64]:
    root = _mixed(np.array([(seed + _GAMMA) & _WORD], dtype=np.uint64))
    children: NDArray[np.uint64] = _words(root, 0, positions.astype(np.uint64))[0]
    return children


def _words(
    streams: NDArray[np.uint64], first: int, places: int | NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Words of SplitMix64 streams, as ``Stream::word`` of the Rust core; uint64 wraps around."""
    index = np.arange(places, dtype=np.uint64) if isinstance(places, int) else places
    steps = (index + np.uint64(first + 1)) * np.uint64(_GAMMA)
    return _mixed(streams[:, None] + steps)


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed
