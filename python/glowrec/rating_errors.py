r"""Errors of predicted ratings: root mean squared, mean absolute, and of their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec.errors import DataError, ShapeError
from glowrec.factors import whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["RatingErrors", "errors_by_user", "mae", "ndcg", "rmse", "summary"]


class RatingErrors(NamedTuple):
    """Errors of each user's ratings; :func:`glowrec.statistics.compare` takes two of them."""

    users: NDArray[np.int64]
    """The users with ratings, ascending, shape (n,)."""
    per_user: dict[str, NDArray[np.float64]]
    """``"rmse"`` and ``"mae"``, shape (n,) each."""


def rmse(predicted: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    r"""Return the root mean squared error of predictions.

    .. math:: \sqrt{\sum_j w_j (p_j - o_j)^2 / \sum_j w_j}

    Source: Herlocker et al., "Evaluating Collaborative Filtering Recommender Systems", TOIS 2004.

    Parameters
    ----------
    predicted, observed : array_like of float, of one shape
        Ratings; sums are made in float64.
    weights : array_like of float, of the same shape, optional
        Not negative, not all 0; all 1 by default.

    Returns
    -------
    float

    Raises
    ------
    ShapeError
        If the shapes differ.
    DataError
        If there is no rating, or a number is not finite (its position is named), or weights are
        negative or all 0.

    Examples
    --------
    >>> rmse([3, 4, 5], [3, 4, 2]) == 3**0.5
    True
    >>> rmse([3, 5], [3, 2], weights=[8, 1])
    1.0
    """
    errors, shares = _errors(predicted, observed, weights)
    return float(np.sqrt(np.average(errors**2, weights=shares)))


def mae(predicted: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    r"""Return the mean absolute error of predictions.

    .. math:: \sum_j w_j |p_j - o_j| / \sum_j w_j

    Source: Herlocker et al., "Evaluating Collaborative Filtering Recommender Systems", TOIS 2004.

    Parameters
    ----------
    predicted, observed : array_like of float, of one shape
        Ratings; sums are made in float64.
    weights : array_like of float, of the same shape, optional
        Not negative, not all 0; all 1 by default.

    Returns
    -------
    float

    Raises
    ------
    ShapeError, DataError
        As :func:`rmse`.

    Examples
    --------
    >>> mae([3, 4, 5], [3, 4, 2])
    1.0
    """
    errors, shares = _errors(predicted, observed, weights)
    return float(np.average(np.abs(errors), weights=shares))


def ndcg(
    predicted: ArrayLike, observed: ArrayLike, users: ArrayLike, items: ArrayLike | None = None
) -> float:
    r"""Return how well predictions order each user's own ratings, averaged over users.

    .. math:: \frac{\sum_r (2^{o_{\pi(r)}} - 1) / \log_2(r + 1)}
              {\sum_r (2^{o_{\sigma(r)}} - 1) / \log_2(r + 1)}

    with the first order by prediction and the second by rating, both descending, over all
    ratings of the user. Users with fewer than two ratings are left out, and so are those who gave
    0 alone, for whom every order is as good. This is the NDCG of rating papers, such as GLocal-K
    (Han et al., CIKM 2021); :func:`glowrec.metrics.ndcg` is that of rankings of the whole
    catalogue.

    Parameters
    ----------
    predicted, observed : array_like of float, shape (n_ratings,)
        Ratings; observed ones are not negative, of any size.
    users : array_like of int64, shape (n_ratings,)
        Whose rating each is.
    items : array_like of int64, shape (n_ratings,), optional
        Equal predictions go to the lower item; without items, to the earlier position.

    Returns
    -------
    float
        NaN where no user is left.

    Raises
    ------
    ShapeError
        If the shapes differ.
    DataError
        If there is no rating, a number is not finite (its position is named), or an observed
        rating is negative.

    Examples
    --------
    >>> ndcg([4.1, 3.2, 5.0], [4, 3, 2], users=[7, 7, 4])
    1.0
    >>> round(ndcg([3, 4], [2, 1], users=[0, 0]), 4)
    0.7967
    """
    guesses, truth = _numbers("predicted", predicted), _numbers("observed", observed)
    _errors(guesses, truth, None)
    whose = _aligned("users", users, truth.shape)
    ties = np.arange(truth.size) if items is None else _aligned("items", items, truth.shape)
    if truth.min() < 0:
        place = int(np.argmax(truth < 0))
        raise DataError(f"observed[{place}] = {truth[place]}: ndcg needs ratings from 0 on")
    _, codes, sizes = np.unique(whose, return_inverse=True, return_counts=True)
    # The largest rating of each user is taken out of the fraction: 2^100 and 2^2000 are the same.
    top = np.zeros(sizes.size)
    np.maximum.at(top, codes, truth)
    gains = np.exp2(truth - top[codes]) - np.exp2(-top[codes])
    by_guess, by_truth = np.lexsort((ties, -guesses, codes)), np.lexsort((-truth, codes))
    rank = np.arange(truth.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    discount = np.log2(rank + 2.0)
    found, ideal = (
        np.bincount(codes[order], gains[order] / discount, sizes.size)
        for order in (by_guess, by_truth)
    )
    counted = (sizes > 1) & (ideal > 0)
    if not counted.any():
        return float("nan")
    return float((found[counted] / ideal[counted]).mean())


def summary(
    predicted: ArrayLike, observed: ArrayLike, users: ArrayLike, items: ArrayLike | None = None
) -> dict[str, float]:
    """Return ``"rmse"``, ``"mae"`` and, where it has a meaning, ``"ndcg"``.

    Parameters
    ----------
    predicted, observed, users, items
        As of :func:`ndcg`; observed ratings may be negative.

    Returns
    -------
    dict of str to float
        Without ``"ndcg"`` where a rating is negative or no user has two that differ from 0.

    Raises
    ------
    ShapeError, DataError
        As :func:`rmse` and :func:`ndcg`.

    Examples
    --------
    >>> summary([3, 5], [3, 1], users=[0, 0])["mae"]
    2.0
    """
    found = {"rmse": rmse(predicted, observed), "mae": mae(predicted, observed)}
    if float(np.min(np.asarray(observed))) >= 0:
        order = ndcg(predicted, observed, users, items)
        if not np.isnan(order):
            found["ndcg"] = order
    return found


def errors_by_user(predicted: ArrayLike, observed: ArrayLike, users: ArrayLike) -> RatingErrors:
    """Return both errors over the ratings of each user.

    Parameters
    ----------
    predicted, observed : array_like of float, shape (n_ratings,)
    users : array_like of int64, shape (n_ratings,)
        Whose rating each is.

    Returns
    -------
    RatingErrors

    Raises
    ------
    ShapeError, DataError
        As :func:`rmse`.

    Examples
    --------
    >>> found = errors_by_user([3, 5, 1], [3, 2, 2], [7, 7, 4])
    >>> found.users, found.per_user["mae"]
    (array([4, 7]), array([1. , 1.5]))
    """
    errors, _ = _errors(predicted, observed, None)
    whose = _aligned("users", users, errors.shape)
    ids, codes, sizes = np.unique(whose, return_inverse=True, return_counts=True)
    squares = np.bincount(codes, errors**2, len(ids)) / sizes
    absolute = np.bincount(codes, np.abs(errors), len(ids)) / sizes
    return RatingErrors(ids, {"rmse": np.sqrt(squares), "mae": absolute})


def _errors(
    predicted: ArrayLike, observed: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    guesses, truth = _numbers("predicted", predicted), _numbers("observed", observed)
    if guesses.shape != truth.shape:
        raise ShapeError(
            f"predicted: expected shape {truth.shape} as observed, got {guesses.shape}"
        )
    if not truth.size:
        raise DataError("observed: no ratings, so there is no error to average")
    if weights is None:
        return guesses - truth, None
    shares = _numbers("weights", weights)
    if shares.shape != truth.shape:
        raise ShapeError(f"weights: expected shape {truth.shape} as observed, got {shares.shape}")
    if shares.min() < 0 or not shares.any():
        raise DataError("weights: expected numbers that are not negative and not all 0")
    return guesses - truth, shares


def _aligned(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return one whole number for each rating."""
    array = whole(name, values, 1)
    if array.shape != shape:
        raise ShapeError(f"{name}: expected shape {shape}, got {array.shape}")
    return array


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: expected numbers, got {array.dtype}")
    finite = np.isfinite(array)
    if not finite.all():
        place = np.unravel_index(int(np.argmin(finite)), array.shape)
        where = ", ".join(str(each) for each in place)
        raise DataError(f"{name}[{where}] = {array[place]}: expected a finite number")
    return array.astype(np.float64)
