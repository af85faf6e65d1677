"""Interactions to which others with new users or new items are added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from glowrec.errors import DataError
from glowrec.id_map import IdMap
from glowrec.interactions import Interactions
from glowrec.training.glocal_k.orientation import checked_ratings

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Extended(NamedTuple):
    """Old and new ratings together, and where each row of them stands."""

    known: Interactions
    old: NDArray[np.int64]
    """Codes of the rows that were there, in their order."""
    new: NDArray[np.int64]
    """Codes of the new ones, ascending."""


def extended(train: Interactions, more: Interactions, axis: Literal["user", "item"]) -> Extended:
    """Add ratings of new users or of new items, in the order of their ids.

    Parameters
    ----------
    train, more : Interactions
        With ratings as values.
    axis : {"user", "item"}
        Which of the two may be new; all of `more` must be.

    Returns
    -------
    Extended

    Raises
    ------
    DataError
        If one is known already, ratings have no values, occur twice or lie outside the range of
        train, or ids of the two sets are of different kinds.
    IdError
        If someone is unknown on the other axis.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.recommenders.extended import extended
    >>> train = Interactions.from_arrays([1, 1], [10, 30], [5, 3])
    >>> found = extended(train, Interactions.from_arrays([1], [20], [4]), "item")
    >>> found.old, found.new, found.known.item_ids.ids
    (array([0, 2]), array([1]), array([10, 20, 30]))
    """
    values = checked_ratings("ratings", more)
    if not len(more):
        raise DataError("ratings: are empty; new rows need at least one each")
    rows = more.to_numpy()
    before: IdMap = getattr(train, f"{axis}_ids")
    fresh = np.unique(rows[axis])
    _check_kinds(axis, before.ids, fresh)
    known = np.isin(fresh, before.ids)
    if known.any():
        first = fresh[np.argmax(known)].item()
        raise DataError(
            f"ratings: {axis} {first!r} is known already; only new {axis}s can be folded in"
        )
    assert train.values is not None  # noqa: S101 - a model of ratings was trained on it
    low, high = train.values.min(), train.values.max()
    outside = np.flatnonzero((values < low) | (values > high))
    if outside.size:
        row = int(outside[0])
        user, item = rows["user"][row].item(), rows["item"][row].item()
        raise DataError(
            f"ratings: {values[row]:g} by user {user!r} for item {item!r} lies outside "
            f"{low:g} to {high:g}, the range of train"
        )
    ids = IdMap(np.union1d(before.ids, fresh))
    other: Literal["user", "item"] = "user" if axis == "item" else "item"
    other_ids: IdMap = getattr(train, f"{other}_ids")
    codes = {
        axis: np.concatenate(
            [ids.encode(before.ids)[_codes(train, axis)], ids.encode(rows[axis])]
        ),
        other: np.concatenate([_codes(train, other), other_ids.encode(rows[other], axis=other)]),
    }
    maps = {axis: ids, other: other_ids}
    together = Interactions(
        codes["user"],
        codes["item"],
        maps["user"],
        maps["item"],
        values=np.concatenate([train.values, values]),
    )
    return Extended(together, ids.encode(before.ids), ids.encode(fresh))


def _codes(part: Interactions, axis: str) -> NDArray[np.int64]:
    return part.items if axis == "item" else part.users


def _check_kinds(axis: str, old: NDArray[Any], new: NDArray[Any]) -> None:
    kinds = ["strings" if ids.dtype.kind == "U" else "whole numbers" for ids in (old, new)]
    if kinds[0] != kinds[1]:
        raise DataError(f"ratings: {axis}s are {kinds[1]}, those of train {kinds[0]}")
