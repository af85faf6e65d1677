"""Between ratings of items by users and the rows and columns of the auto-encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from glowrec.duplicates import settled
from glowrec.errors import DataError
from glowrec.nn.rating_matrix import RatingMatrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions

Orientation: TypeAlias = Literal["item", "user"]


def checked_ratings(name: str, ratings: Interactions) -> NDArray[np.float64]:
    """Return the values of ratings that a model can learn from or be judged by.

    Parameters
    ----------
    name : str
        What they are called in messages.
    ratings : Interactions

    Returns
    -------
    ndarray of float64, shape (n_ratings,)

    Raises
    ------
    DataError
        If there are no values, one is not finite, or a user rates an item twice; the message
        names what.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.training.glocal_k.orientation import checked_ratings
    >>> checked_ratings("train", Interactions.from_arrays([0], [0]))
    Traceback (most recent call last):
    glowrec.errors.DataError: train: has no values; GLocal-K learns from ratings
    """
    if ratings.values is None:
        raise DataError(f"{name}: has no values; GLocal-K learns from ratings")
    finite = np.isfinite(ratings.values)
    if not finite.all():
        place = int(np.argmin(finite))
        raise DataError(f"{name}: values[{place}] = {ratings.values[place]}: not finite")
    try:
        settled(ratings, "error")
    except DataError as error:
        raise DataError(f"{name}: {str(error).partition(';')[0]}; keep one rating") from None
    return ratings.values


def places(
    users: NDArray[np.int64], items: NDArray[np.int64], orientation: Orientation
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of (user, item) pairs.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.training.glocal_k.orientation import places
    >>> places(np.array([1]), np.array([7]), "item")
    (array([7]), array([1]))
    """
    return (items, users) if orientation == "item" else (users, items)


def rating_matrix(ratings: Interactions, orientation: Orientation) -> RatingMatrix:
    """Return ratings as the matrix that the auto-encoder reads, in the order of their codes.

    Parameters
    ----------
    ratings : Interactions
        With values; see :func:`checked_ratings`.
    orientation : {"item", "user"}
        What a row is.

    Returns
    -------
    RatingMatrix

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.training.glocal_k.orientation import rating_matrix
    >>> ratings = Interactions.from_arrays([0, 1], [2, 0], [5, 3], n_users=2, n_items=3)
    >>> rating_matrix(ratings, "item").shape
    (3, 2)
    """
    rows, columns = places(ratings.users, ratings.items, orientation)
    shape = places(np.array(ratings.n_users), np.array(ratings.n_items), orientation)
    assert ratings.values is not None  # noqa: S101 - the caller's contract
    return RatingMatrix(rows, columns, ratings.values, (int(shape[0]), int(shape[1])))
