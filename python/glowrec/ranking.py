"""Ranking: from factors to the items to recommend, without a matrix of scores."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glowrec import _native
from glowrec.arguments import whole_number
from glowrec.errors import ParameterError
from glowrec.factors import check_items, core, linked, user_of_each_row
from glowrec.metrics.names import MOST_PLACES
from glowrec.similarity import factors_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.similarity import Similarity


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
    similarity: Similarity = "dot",
    user_bias: ArrayLike | None = None,
    item_bias: ArrayLike | None = None,
) -> TopK:
    r"""Return the `k` items with the highest scores of each user, best first.

    The score of item ``i`` for row ``r`` is the dot product
    :math:`\sum_d U_{rd} V_{id}` in float32, or the cosine, plus biases; the formulas are in
    :mod:`glowrec.similarity`.

    Parameters
    ----------
    user_factors : array_like of float, shape (n_rows, dim)
        One vector per row. A C-ordered float32 array (or CPU tensor) is read in place, anything
        else is copied; float16 and bfloat16 are converted exactly.
    item_factors : array_like of float, shape (n_items, dim)
        One vector per item, likewise.
    k : int
        Items per row, from 0 to 2**24.
    exclude : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), optional
        Items linked to a user here are never returned for that user.
    users : array_like of int64, shape (n_rows,), optional
        User of each row; repeats are allowed. By default row ``r`` is user ``r``.
    similarity : {"dot", "cosine"}, default "dot"
        With ``"cosine"`` vectors are divided by their norms first.
    user_bias : array_like of float, shape (n_rows,), optional
        Added to the scores that are returned; it changes no ranking.
    item_bias : array_like of float, shape (n_items,), optional
        Added to the scores of each item, before anything is compared.

    Returns
    -------
    TopK
        ``items``, padded with -1, and their ``scores``, padded with -inf, where fewer than `k`
        items are eligible. Of tensors on a device, tensors on that device, as by
        :func:`glowrec.nn.ranking.top_k`.

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
        If `k` is out of range or no whole number, `similarity` is unknown, a factor or bias is
        no real number, or a tensor records gradients.
    DataError
        If a finite factor or bias is too large for float32: named by its row and column.
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
    if _is_on_a_device(user_factors) or _is_on_a_device(item_factors):
        ranking = import_module("glowrec.nn.ranking")  # there are tensors, so there is torch
        return TopK(
            *ranking.top_k(
                user_factors,
                item_factors,
                k,
                exclude,
                users=users,
                similarity=similarity,
                user_bias=user_bias,
                item_bias=item_bias,
            )
        )
    factors = factors_of(user_factors, item_factors, similarity, user_bias, item_bias)
    graph = None if exclude is None else linked("exclude", exclude)
    links = None if graph is None else ("exclude", graph)
    if links is not None:
        check_items("item_factors", len(factors.items), links)
    ids = user_of_each_row("user_factors", len(factors.users), users, links)
    native = None if graph is None else core(graph)
    ranker = _native.Ranker(factors.items, factors.item_bias, "auto")
    items, scores = ranker.top_k(factors.users, length(k), native, ids)
    if factors.user_bias is not None:  # finite, so padding stays what it is
        scores += factors.user_bias[:, np.newaxis]
    return TopK(items, scores)


def _is_on_a_device(table: Any) -> bool:  # noqa: ANN401 - anything may be asked
    """Return whether this is a torch tensor that NumPy cannot read where it lies."""
    kind = getattr(getattr(table, "device", None), "type", "cpu")  # of NumPy: a string
    return kind != "cpu" and hasattr(table, "detach")


def length(k: int) -> int:
    """Return the length of lists asked for, checked.

    Examples
    --------
    >>> from glowrec.ranking import length
    >>> length(-1)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: k = -1 must be at least 0
    """
    found = whole_number("k", k)
    if found < 0:
        raise ParameterError(f"k = {found} must be at least 0")
    if found > MOST_PLACES:
        raise ParameterError(f"k = {found}: expected at most {MOST_PLACES}")
    return found
