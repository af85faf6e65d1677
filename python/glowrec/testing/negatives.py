"""Whether negatives are negatives: exact checks, with neither chance nor tolerance."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from glowrec.errors import ShapeError
from glowrec.factors import Links, core, linked, whole
from glowrec.graph import Graph
from glowrec.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Excluded: TypeAlias = "Links | Sequence[int] | NDArray[np.integer]"
"""Links of users to items, or items for everybody."""


def check_negatives(
    users: ArrayLike,
    negatives: ArrayLike,
    train: Links,
    exclude: Excluded | None = None,
    *,
    allow: Links | None = None,
    distinct: bool = False,
) -> None:
    """Check that no negative is a positive of its user, or excluded, or no item at all.

    Parameters
    ----------
    users : array_like of int, shape (B,)
        User of each position, as a code.
    negatives : array_like of int, shape (B,) or (B, n)
        Items drawn for it, as codes.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        The positives.
    exclude : links of the same shape, or array_like of int, shape (n_excluded,), optional
        Further items that may not be drawn: those linked to the user (say, in a validation set),
        or these, for everybody.
    allow : links of the same shape, optional
        The only items that may be drawn, for each user.
    distinct : bool, default False
        Whether the items of one position must differ.

    Raises
    ------
    AssertionError
        If a negative is none; the message names the position, the user and the item.
    ShapeError
        If users and negatives, or two sets of links, do not fit together.
    IdError
        If they are no whole numbers.

    Examples
    --------
    >>> import glowrec as gr
    >>> from glowrec.testing import check_negatives
    >>> train = gr.Graph.from_edges([0, 1], [2, 0], n_users=2, n_items=3)
    >>> check_negatives([0, 1], [[0, 1], [1, 1]], train)
    >>> check_negatives([0, 1], [[0, 1], [1, 0]], train)
    Traceback (most recent call last):
    AssertionError: position 1, 1: item 0 is a positive of user 1
    """
    graph = linked("train", train)
    of, items = whole("users", users, 1), np.asarray(negatives)
    items = whole("negatives", items, 2 if items.ndim == 2 else 1)  # noqa: PLR2004 - several each
    if items.shape[:1] != of.shape:
        raise ShapeError(
            f"negatives: expected {of.size} rows, one per user, got shape {items.shape}"
        )
    _within("user", of, graph.n_users)
    rows = np.broadcast_to(of.reshape(-1, *(1,) * (items.ndim - 1)), items.shape)
    _within("item", items, graph.n_items, rows)
    _refuse(_among(graph, rows, items), rows, items, "is a positive of user {user}")
    if exclude is not None:
        _refuse(_excluded(exclude, graph, rows, items), rows, items, "is excluded for user {user}")
    if allow is not None:
        allowed = _same_shape("allow", allow, graph)
        _refuse(~_among(allowed, rows, items), rows, items, "is not allowed for user {user}")
    if distinct and items.ndim > 1:
        _refuse(_repeated(items), rows, items, "was drawn before for the same position")


def check_permutation(users: ArrayLike, positives: ArrayLike, train: Links) -> None:
    """Check that pairs are the distinct interactions of a training set, each exactly once.

    What the epoch of a sampler must be, and the union of its shards over workers and ranks.

    Parameters
    ----------
    users, positives : array_like of int, shape (n,)
        The pairs in any order, as codes.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        Repeated interactions count once.

    Raises
    ------
    AssertionError
        If a pair is missing, comes twice or is no interaction; the message names the first.
    ShapeError
        If users and positives differ in length.
    IdError
        If they are no whole numbers.

    Examples
    --------
    >>> import glowrec as gr
    >>> from glowrec.testing import check_permutation
    >>> train = gr.Graph.from_edges([0, 1], [2, 0], n_users=2, n_items=3)
    >>> check_permutation([1, 0], [0, 2], train)
    >>> check_permutation([1, 1], [0, 0], train)
    Traceback (most recent call last):
    AssertionError: position 1: the pair of user 1 and item 0 came before, at position 0
    """
    graph = linked("train", train)
    of, items = whole("users", users, 1), whole("positives", positives, 1)
    if of.shape != items.shape:
        raise ShapeError(f"positives: expected {of.size}, one per user, got {items.size}")
    _within("user", of, graph.n_users)
    _within("item", items, graph.n_items, of)
    _refuse(~_among(graph, of, items), of, items, "is no interaction of user {user}")
    keys = of * graph.n_items + items
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    if again.size:
        place = order[again].min()
        before = int(np.flatnonzero(keys == keys[place])[0])
        raise AssertionError(
            f"position {place}: the pair of user {of[place]} and item {items[place]} came before, "
            f"at position {before}"
        )
    known = links(graph)
    missing = np.flatnonzero(~np.isin(known, keys))
    if missing.size:
        user, item = divmod(int(known[missing[0]]), graph.n_items)
        raise AssertionError(
            f"{missing.size} of {known.size} interactions never came, the first of them user "
            f"{user} and item {item}"
        )


def count_draws(
    users: ArrayLike, items: ArrayLike, *, n_users: int, n_items: int
) -> NDArray[np.int64]:
    """Count how often each item was drawn for each user.

    Parameters
    ----------
    users : array_like of int, shape (B,)
    items : array_like of int, shape (B,) or (B, n)
    n_users, n_items : int

    Returns
    -------
    ndarray of int64, shape (n_users, n_items)
        For :func:`check_frequencies`.

    Raises
    ------
    ShapeError, IdError
        As of :func:`check_negatives`.
    AssertionError
        If a user or item is not one of these.

    Examples
    --------
    >>> from glowrec.testing import count_draws
    >>> count_draws([0, 1, 1], [[2, 2], [0, 1], [1, 1]], n_users=2, n_items=3)
    array([[0, 0, 2],
           [1, 3, 0]])
    """
    of, found = whole("users", users, 1), np.asarray(items)
    found = whole("items", found, max(1, min(found.ndim, 2)))
    if found.shape[:1] != of.shape:
        raise ShapeError(f"items: expected {of.size} rows, one per user, got shape {found.shape}")
    rows = np.broadcast_to(of.reshape(-1, *(1,) * (found.ndim - 1)), found.shape)
    _within("user", of, n_users)
    _within("item", found, n_items, rows)
    keys = (rows * n_items + found).ravel()
    return np.bincount(keys, minlength=n_users * n_items).reshape(n_users, n_items)


def links(graph: Graph) -> NDArray[np.int64]:
    """Return ``user * n_items + item`` of each link, ascending.

    Examples
    --------
    >>> from glowrec import Graph
    >>> links(Graph.from_edges([1, 0], [2, 0], n_users=2, n_items=3))
    array([0, 5])
    """
    starts, items = core(graph).user_csr()
    return np.repeat(np.arange(graph.n_users), np.diff(starts)) * graph.n_items + items


def _same_shape(name: str, other: Links, graph: Graph) -> Graph:
    found = linked(name, other)
    if (found.n_users, found.n_items) != (graph.n_users, graph.n_items):
        raise ShapeError(
            f"{name}: expected {graph.n_users} users and {graph.n_items} items as train, got "
            f"{found.n_users} and {found.n_items}; build both with the same n_users=, n_items="
        )
    return found


def excluded_links(exclude: Excluded, graph: Graph) -> NDArray[np.int64]:
    """Return the keys, as of :func:`links`, of what is excluded for each user of `graph`.

    Examples
    --------
    >>> from glowrec import Graph
    >>> excluded_links([2], Graph.from_edges([1, 0], [2, 0], n_users=2, n_items=3))
    array([2, 5])
    """
    if _are_links(exclude):
        return links(_same_shape("exclude", exclude, graph))
    blocked = np.unique(whole("exclude", np.asarray(exclude), 1))
    everybody = np.arange(graph.n_users)[:, None] * graph.n_items
    return (everybody + blocked).ravel()


def _are_links(given: Excluded) -> bool:
    return isinstance(given, (Interactions, Graph)) or hasattr(given, "tocoo")


def _excluded(
    exclude: Excluded, graph: Graph, rows: NDArray[np.int64], items: NDArray[np.int64]
) -> NDArray[np.bool_]:
    if _are_links(exclude):
        return _among(_same_shape("exclude", exclude, graph), rows, items)
    return np.isin(items, whole("exclude", np.asarray(exclude), 1))


def _among(graph: Graph, rows: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
    known = links(graph)
    keys = rows * graph.n_items + items
    places = np.searchsorted(known, keys)
    inside = places < known.size
    found = np.zeros(keys.shape, dtype=bool)
    found[inside] = known[places[inside]] == keys[inside]
    return found


def _repeated(items: NDArray[np.int64]) -> NDArray[np.bool_]:
    """All but the first of equal items in a row."""
    order = np.argsort(items, axis=1, kind="stable")
    inorder = np.take_along_axis(items, order, axis=1)
    same = np.zeros(items.shape, dtype=bool)
    np.put_along_axis(same, order[:, 1:], inorder[:, 1:] == inorder[:, :-1], axis=1)
    return same


def _within(
    kind: str, ids: NDArray[np.int64], n: int, rows: NDArray[np.int64] | None = None
) -> None:
    outside = (ids < 0) | (ids >= n)
    if outside.any():
        place = np.unravel_index(int(outside.argmax()), ids.shape)
        of = "" if rows is None else f" of user {rows[place]}"
        raise AssertionError(f"position {_at(place)}: {kind} {ids[place]}{of} is not in 0..{n}")


def _refuse(
    wrong: NDArray[np.bool_], rows: NDArray[np.int64], items: NDArray[np.int64], what: str
) -> None:
    if wrong.any():
        place = np.unravel_index(int(wrong.argmax()), wrong.shape)
        said = what.format(user=rows[place])
        raise AssertionError(f"position {_at(place)}: item {items[place]} {said}")


def _at(place: tuple[np.intp, ...]) -> str:
    return ", ".join(str(index) for index in place)
