"""Groups of users, by what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import DataError, ParameterError, ShapeError
from glowrec.factors import linked, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links

__all__ = ["Groups", "by_activity", "by_column"]


@dataclass(frozen=True, eq=False, repr=False)
class Groups:
    """Some users, each in one group; made by :func:`by_activity` or :func:`by_column`."""

    users: NDArray[np.int64]
    """The users that have a group, ascending."""
    codes: NDArray[np.int64]
    """Place in `labels` of the group of each of them."""
    labels: tuple[str, ...]
    """Names of the groups, in the order that tables show."""

    def __repr__(self) -> str:
        return f"Groups({len(self.users):,} users: {', '.join(self.labels)})"


def by_activity(train: Links, bins: int | Sequence[int] = 4) -> Groups:
    """Group users by their number of train interactions.

    Parameters
    ----------
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        Repeated interactions count once.
    bins : int or sequence of int, default 4
        Number of groups of about equal size, cut at quantiles: users with the same number stay
        together, so there may be fewer; or the least number of each group, ascending, the last
        group open. Users below the first are in no group.

    Returns
    -------
    Groups
        Labels name the numbers, such as "3 to 9".

    Raises
    ------
    ParameterError
        If `bins` is below 1, or its numbers do not ascend or are negative.
    DataError
        If `train` has no user.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 1, 1, 1], [0, 0, 1, 2], n_users=3, n_items=3)
    >>> by_activity(train, [1, 3])
    Groups(2 users: 1 to 2, 3 or more)
    """
    degrees = linked("train", train).user_degrees
    if not degrees.size:
        raise DataError("train has no users to group")
    edges = _edges(degrees, bins)
    codes = np.searchsorted(edges, degrees, side="right") - 1
    users = np.flatnonzero(codes >= 0)
    labels = [
        str(least) if least == next_ - 1 else f"{least} to {next_ - 1}"
        for least, next_ in pairwise(edges)
    ]
    return Groups(users, codes[users], (*labels, f"{edges[-1]} or more"))


def by_column(users: ArrayLike, labels: ArrayLike) -> Groups:
    """Group users by a column of labels, such as a country.

    Parameters
    ----------
    users : array_like of int64, shape (n,)
        Each once.
    labels : array_like of str, int or bool, shape (n,)
        Label of each; groups are shown in ascending order of label.

    Returns
    -------
    Groups

    Raises
    ------
    ShapeError
        If the arrays differ in length.
    DataError
        If a user is given twice.

    Examples
    --------
    >>> by_column([4, 2, 9], ["nl", "fr", "nl"])
    Groups(3 users: fr, nl)
    """
    ids, column = whole("users", users, 1), np.asarray(labels)
    if column.shape != ids.shape:
        raise ShapeError(
            f"labels: expected shape {ids.shape}, one per user, got shape {column.shape}"
        )
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(np.diff(ids[order]) == 0)
    if again.size:
        raise DataError(f"users: user {ids[order][again[0]]} is given twice; label each once")
    if column.size and column.dtype.kind not in "biuUSO":
        raise DataError(f"labels: expected strings or whole numbers, got {column.dtype}")
    try:
        names, codes = np.unique(column, return_inverse=True)
    except TypeError as error:  # objects of kinds that have no common order
        raise DataError(f"labels: expected labels of one kind ({error})") from error
    return Groups(ids[order], codes[order].astype(np.int64), tuple(map(str, names.tolist())))


def _edges(degrees: NDArray[np.int64], bins: int | Sequence[int]) -> NDArray[np.int64]:
    given = np.asarray(bins)
    if given.ndim > 1 or given.dtype.kind not in "iu" or not given.size:
        raise ParameterError(f"bins = {bins!r}: expected a whole number, or some in a row")
    if given.ndim == 0:
        n = int(given)
        if n < 1:
            raise ParameterError(f"bins = {n} must be at least 1")
        return np.unique(np.sort(degrees)[np.arange(n) * degrees.size // n])
    if int(given[0]) < 0 or (given[1:] <= given[:-1]).any():
        raise ParameterError(f"bins = {bins!r}: expected ascending numbers from 0")
    return given.astype(np.int64)
