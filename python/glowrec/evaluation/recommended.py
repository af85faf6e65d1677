"""The forms in which people hand over rankings, each read into lists of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from glowrec.errors import DataError, ParameterError, ScoreError, ShapeError
from glowrec.evaluation.coding import UNKNOWN
from glowrec.evaluation.rows import Rows
from glowrec.factors import user_of_each_row, whole
from glowrec.id_map import as_ids

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.evaluation.coding import Coding

__all__ = ["Read", "read"]

Ids: TypeAlias = "NDArray[Any]"
"""Users or items as they were given: an array of str or int64."""


class Read(NamedTuple):
    """Rankings by code."""

    lists: NDArray[np.int64] | Rows
    """An array with one row per user, padded with -1, or lists of any lengths."""
    users: NDArray[np.int64]
    """Whose they are."""
    unknown: list[Any]
    """Users that the test set does not know; they have no row."""


def read(recommended: Any, users: ArrayLike | None, coding: Coding) -> Read:  # noqa: ANN401
    """Read rankings in any of the forms of :func:`glowrec.evaluate_rankings`.

    Parameters
    ----------
    recommended : array, sequence of lists, mapping of users to lists, or table
    users : array_like of int or str, optional
        Whose the rows are; of a mapping or a table, which users are judged.
    coding : Coding
        What users and items are called.

    Returns
    -------
    Read
        Whether items exist and repeat is still to be checked.

    Raises
    ------
    ShapeError
        If rows and users, or the columns of a table, differ in number.
    DataError
        If a table lacks a column, or a list goes on after -1.
    ScoreError
        If a score is NaN: user and item are named.
    IdError, ParameterError
        As of `coding`.

    Examples
    --------
    >>> from glowrec import Graph
    >>> from glowrec.evaluation.coding import Coding
    >>> from glowrec.evaluation.relevance import relevance
    >>> test = Graph.from_edges([0], [1], n_users=2, n_items=3)
    >>> coding = Coding(relevance(test, "binary"), None)
    >>> table = {"user": [1, 0, 1], "item": [2, 0, 1], "score": [0.1, 3, 0.5]}
    >>> read(table, None, coding).lists.items
    array([0, 1, 2])
    """
    wanted = None if users is None else as_ids("users", users)
    if _is_table(recommended):
        return _of_table(recommended, wanted, coding)
    if isinstance(recommended, Mapping):
        return _of_mapping(recommended, wanted, coding)
    if hasattr(recommended, "ndim"):
        return _of_array(np.asarray(recommended), wanted, coding)
    if not isinstance(recommended, Iterable):
        raise ParameterError(
            "recommended: expected an array, lists, a mapping of users to lists or a table, "
            f"got {type(recommended).__name__}"
        )
    lists = list(recommended)
    if any(isinstance(each, str) or not hasattr(each, "__len__") for each in lists):
        whole("recommended", lists, 2)  # names the shape
    if len({len(each) for each in lists}) == 1:
        return _of_array(np.asarray(lists), wanted, coding)
    return _of_lists(lists, wanted, coding)


def _is_table(recommended: Any) -> bool:  # noqa: ANN401 - any form
    if isinstance(recommended, Mapping):
        return {"user", "item"} <= recommended.keys()
    names = getattr(getattr(recommended, "dtype", None), "names", None)
    return names is not None or hasattr(recommended, "columns")


def _of_array(array: Ids, users: Ids | None, coding: Coding) -> Read:
    if array.ndim == 2 and array.dtype.kind in "UOT":  # noqa: PLR2004 - users and places
        items = as_ids("recommended", array.ravel()).reshape(array.shape)
    else:
        items = whole("recommended", array, 2)
    coding = coding.of(items, users)
    if coding.ids:
        there = items != -1 if items.dtype.kind == "i" else np.ones(items.shape, dtype=bool)
        codes = np.full(items.shape, -1)
        codes[there] = coding.items(items[there])
        items = codes
    owners, unknown = _owners(len(items), users, coding)
    known = owners != UNKNOWN
    return Read(items[known], owners[known], unknown) if unknown else Read(items, owners, [])


def _of_lists(lists: list[Any], users: Ids | None, coding: Coding) -> Read:
    starts, items = _joined(lists)
    coding = coding.of(items, users)
    owners, unknown = _owners(len(lists), users, coding)
    rows = Rows(owners, starts, coding.items(items))
    known = np.flatnonzero(owners != UNKNOWN)
    return Read(rows.select(known, owners[known]), owners[known], unknown)


def _of_mapping(lists: Mapping[Any, Any], users: Ids | None, coding: Coding) -> Read:
    names = as_ids("recommended", list(lists))
    starts, items = _joined(list(lists.values()))
    coding = coding.of(names, items, users)
    owners = coding.users(names) if names.size else np.zeros(0, np.int64)
    rows = Rows(owners, starts, coding.items(items))
    return _by_user(rows, names[owners == UNKNOWN], users, coding)


def _of_table(table: Any, users: Ids | None, coding: Coding) -> Read:  # noqa: ANN401 - any table
    names, items, scores = _columns(table)
    coding = coding.of(names, items, users)
    bad = np.flatnonzero(np.isnan(scores))
    if bad.size:
        user, item = (column[bad[0]].item() for column in (names, items))
        raise ScoreError(f"recommended: the score of user {user!r} and item {item!r} is NaN")
    owners = coding.users(names) if names.size else np.zeros(0, np.int64)
    known = owners != UNKNOWN
    codes = np.full(items.size, -1)
    codes[known] = coding.items(items[known])
    order = np.lexsort((codes, -scores, owners))
    order = order[np.count_nonzero(~known) :]  # the unknown come first
    found = owners[order]
    first = np.flatnonzero(np.diff(found, prepend=UNKNOWN))
    starts = np.append(first, found.size)
    rows = Rows(found[first], starts, codes[order], scores[order])
    return _by_user(rows, names[~known], users, coding)


def _columns(table: Any) -> tuple[Ids, Ids, NDArray[np.float64]]:  # noqa: ANN401 - any table
    """Return users, items and scores as they were given."""
    names = list(table.keys() if isinstance(table, Mapping) else _names(table))
    for name in ("user", "item", "score"):
        if name not in names:
            raise DataError(
                f"recommended: no column {name!r} among {', '.join(map(str, names))}; "
                "expected user, item and score"
            )
    user, item, score = (np.asarray(table[name]) for name in ("user", "item", "score"))
    if score.dtype.kind not in "fiub":
        raise DataError(f"recommended: expected numbers in column score, got {score.dtype}")
    users, items = as_ids("recommended: user", user), as_ids("recommended: item", item)
    if not users.size == items.size == score.size:
        raise ShapeError(
            f"recommended: {users.size} users, {items.size} items and {score.size} scores; "
            "give one of each per row"
        )
    return users, items, score.astype(np.float64)


def _names(table: Any) -> Iterable[Any]:  # noqa: ANN401 - a structured array or a frame
    names = getattr(getattr(table, "dtype", None), "names", None)
    found: Iterable[Any] = table.columns if names is None else names
    return found


def _joined(lists: list[Any]) -> tuple[NDArray[np.int64], Ids]:
    """Return where each list starts, and all items; -1 at the end of lists is left out."""
    lengths = [len(each) for each in lists]
    arrays = all(isinstance(each, np.ndarray) for each in lists) and lists
    items = as_ids(
        "recommended", np.concatenate(lists) if arrays else list(chain.from_iterable(lists))
    )
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    padding = items == -1 if items.dtype.kind == "i" else np.zeros(items.size, dtype=bool)
    if bool(padding.any()):
        row = np.repeat(np.arange(len(lists)), lengths)
        after = np.flatnonzero(padding[:-1] & ~padding[1:] & (row[:-1] == row[1:]))
        if after.size:
            entry = int(after[0]) + 1
            raise DataError(
                f"recommended[{row[entry]}, {entry - starts[row[entry]]}] follows padding: "
                "-1 may stand only at a row's end"
            )
        counts = np.bincount(row[~padding], minlength=len(lists))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return starts, items[~padding]


def _owners(n_rows: int, users: Ids | None, coding: Coding) -> tuple[NDArray[np.int64], list[Any]]:
    """Return the user of each row, and those that are unknown."""
    if users is None:
        links = ("test", coding.test.graph)
        return user_of_each_row("recommended", n_rows, None, links), []
    if users.size != n_rows:
        raise ShapeError(
            f"users: expected {n_rows} ids, one per row of recommended, got {users.size}"
        )
    owners = coding.users(users) if users.size else np.zeros(0, np.int64)
    return owners, users[owners == UNKNOWN].tolist()


def _by_user(rows: Rows, unknown: Ids, users: Ids | None, coding: Coding) -> Read:
    """Return one row per user who is judged: all of the test set, or those asked for."""
    n_users = coding.test.graph.n_users
    judged, strangers = np.arange(n_users), np.unique(unknown).tolist()
    if users is not None:
        judged, strangers = _owners(users.size, users, coding)
        judged = judged[judged != UNKNOWN]
    row_of = np.full(n_users + 1, -1)  # the last place is that of UNKNOWN
    row_of[rows.users] = np.arange(rows.users.size)
    return Read(rows.select(row_of[judged], judged), judged, strangers)
