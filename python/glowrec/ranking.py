"""Ranking: from factors to the items to recommend, without a matrix of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glowrec import _native
from glowrec.arguments import whole_number
from glowrec.errors import ParameterError
from glowrec.factors import check_items, check_pair, core, linked, user_of_each_row, vectors
from glowrec.metrics import MOST_PLACES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links


class TopK(NamedTuple):
    """The answer of :func:`top_k`; both arrays have shape ``(n_rows, k)``."""

    items: NDArray[np.int64]
    """Item ids, best first, padded with -1."""
    scores: NDArray[np.float32]
    """Their scores, padded with -inf."""


def top_k(
    user_factors: ArrayLike,
    item_factors: ArrayLike,
    k: int,
    exclude: Links | None = None,
    *,
    users: ArrayLike | None = None,
) -> TopK:
    r"""Return the `k` items with the highest scores of each user, best first.

    The score of item ``i`` for row ``r`` is the dot product
    :math:`\sum_d U_{rd} V_{id}` in float32.

    Parameters
    ----------
    user_factors : array_like of float32, shape (n_rows, dim)
        One vector per row. A C-ordered float32 array (or CPU tensor) is read in place, anything
        else is copied.
    item_factors : array_like of float32, shape (n_items, dim)
        One vector per item, likewise.
    k : int
        Items per row, at least 0 and below 2**31.
    exclude : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), optional
        Items linked to a user here are never returned for that user.
    users : array_like of int64, shape (n_rows,), optional
        User of each row; repeats are allowed. By default row ``r`` is user ``r``.

    Returns
    -------
    TopK
        ``items``, padded with -1, and their ``scores``, padded with -inf, where fewer than `k`
        items are eligible.

    Raises
    ------
    ShapeError
        If the factors differ in their number of columns, or do not fit `exclude` or `users`.
    IdError
        If an entry of `users` is not a user of `exclude`.
    ScoreError
        If the score of an eligible item is NaN: the first user and item are named. Infinite
        scores are legal.
    ParameterError
        If `k` is out of range or no whole number.
    MemoryError
        If there is no room for so many places.

    Notes
    -----
    Ties go to the lower item id; both zeros are equal. A score is one chain of fused
    multiply-adds over the coordinates in order, so items and scores have the same bits on every
    processor and for any number of threads. ``O(n_rows * n_items * dim)`` time; memory for the
    result and a few megabytes per thread: scores are compared in registers and never stored.

    Examples
    --------
    >>> from glowrec.graph import Graph
    >>> from glowrec.ranking import top_k
    >>> seen = Graph.from_edges([0], [2], n_users=1, n_items=4)
    >>> best = top_k([[1.0, 0.0]], [[0.1, 0], [0.5, 1], [0.9, 1], [0.5, 0]], 2, seen)
    >>> best.items, best.scores
    (array([[1, 3]]), array([[0.5, 0.5]], dtype=float32))
    """
    table, items = vectors("user_factors", user_factors), vectors("item_factors", item_factors)
    check_pair(table, items)
    graph = None if exclude is None else linked("exclude", exclude)
    links = None if graph is None else ("exclude", graph)
    if links is not None:
        check_items("item_factors", len(items), links)
    ids = user_of_each_row("user_factors", len(table), users, links)
    native = None if graph is None else core(graph)
    return TopK(*_native.top_k(table, items, _length(k), native, ids))


def _length(k: int) -> int:
    length = whole_number("k", k)
    if length < 0:
        raise ParameterError(f"k = {length} must be at least 0")
    if length > MOST_PLACES:
        raise ParameterError(f"k = {length}: expected at most {MOST_PLACES}")
    return length
