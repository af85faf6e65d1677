r"""From vectors to scores: inner product or cosine, with biases.

========== =============================================================================
dot        :math:`b_i + \sum_d U_{rd} V_{id}`
cosine     :math:`b_i + \sum_d U_{rd} V_{id} / (\lVert U_r \rVert \lVert V_i \rVert)`
========== =============================================================================

The bias of an item, :math:`b_i`, is 0 if there is none. The bias of a user is the same for all
items, so it changes no ranking: it is added to the scores that are returned, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from glowrec.errors import ParameterError, ShapeError
from glowrec.factors import check_pair, fitting, real, single, vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SIMILARITIES", "Factors", "Similarity", "bias_of", "check_similarity", "factors_of"]

Similarity: TypeAlias = Literal["dot", "cosine"]

SIMILARITIES: tuple[Similarity, ...] = ("dot", "cosine")
"""Names of the ways from two vectors to a score."""


class Factors(NamedTuple):
    """Vectors whose dot products, summed in order from the bias of an item, are the scores."""

    users: NDArray[np.float32]
    """Shape (n_rows, dim)."""
    items: NDArray[np.float32]
    """Shape (n_items, dim)."""
    item_bias: NDArray[np.float32] | None
    """Shape (n_items,)."""
    user_bias: NDArray[np.float32] | None
    """Shape (n_rows,); finite."""


def factors_of(
    user_factors: ArrayLike,
    item_factors: ArrayLike,
    similarity: Similarity = "dot",
    user_bias: ArrayLike | None = None,
    item_bias: ArrayLike | None = None,
) -> Factors:
    """Return what scores are made of, checked and in float32.

    Parameters
    ----------
    user_factors : array_like of float, shape (n_rows, dim)
    item_factors : array_like of float, shape (n_items, dim)
        C-ordered float32 arrays and CPU tensors are returned as they are, not copied, where
        nothing is to be done to them.
    similarity : {"dot", "cosine"}, default "dot"
        With ``"cosine"`` each vector is divided by its norm, taken in float64, and rounded once
        to float32; zero vectors stay zero.
    user_bias : array_like of float, shape (n_rows,), optional
    item_bias : array_like of float, shape (n_items,), optional
        What the sum of each item starts from.

    Returns
    -------
    Factors

    Raises
    ------
    ShapeError
        If the shapes do not fit each other.
    ParameterError
        If `similarity` is unknown, something is no real number, or a bias of a user is not
        finite.
    DataError
        If a finite number of float64 is too large for float32: named by its row and column.

    Examples
    --------
    >>> from glowrec.similarity import factors_of
    >>> factors_of([[3, 4]], [[0, 2], [0, 0]], "cosine").items
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """
    check_similarity(similarity)
    users, items = real("user_factors", user_factors), real("item_factors", item_factors)
    if similarity == "cosine":
        users, items = _directions("user_factors", users), _directions("item_factors", items)
    users, items = vectors("user_factors", users), vectors("item_factors", items)
    check_pair(users, items)
    starts, added = None, None
    if item_bias is not None:
        starts = bias_of("item_bias", item_bias, len(items), "item")
    if user_bias is not None:
        added = bias_of("user_bias", user_bias, len(users), "row of user_factors")
        wrong = np.flatnonzero(~np.isfinite(added))
        if wrong.size:
            raise ParameterError(
                f"user_bias[{wrong[0]}] = {added[wrong[0]]}: expected a finite number"
            )
    return Factors(users, items, starts, added)


def check_similarity(similarity: str) -> None:
    """Refuse what is no way from vectors to a score.

    Examples
    --------
    >>> from glowrec.similarity import check_similarity
    >>> check_similarity("euclid")
    Traceback (most recent call last):
    glowrec.errors.ParameterError: similarity = 'euclid': choose from dot, cosine
    """
    if similarity not in SIMILARITIES:
        raise ParameterError(f"similarity = {similarity!r}: choose from {', '.join(SIMILARITIES)}")


def bias_of(name: str, bias: ArrayLike, n: int, of: str) -> NDArray[np.float32]:
    """Return one float32 bias for each of `n`.

    Examples
    --------
    >>> from glowrec.similarity import bias_of
    >>> bias_of("item_bias", [1, 2], 3, "item")
    Traceback (most recent call last):
    glowrec.errors.ShapeError: item_bias: expected shape (3,), one number per item, got (2,)
    """
    found = real(name, bias)
    if found.shape != (n,):
        raise ShapeError(f"{name}: expected shape ({n},), one number per {of}, got {found.shape}")
    return fitting(name, found)


def _directions(name: str, table: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return vectors of length 1, or 0 where they were 0."""
    if table.ndim != 2:  # noqa: PLR2004 - rows and coordinates; refused by its reader
        return vectors(name, table)
    wide = table.astype(np.float64)
    # Scaled first, so that no square overflows or vanishes.
    largest = np.abs(wide).max(axis=1, keepdims=True, initial=0.0)
    with np.errstate(invalid="ignore"):  # infinite coordinates have no direction: NaN
        wide /= np.where(largest == 0, 1.0, largest)
        norms = np.linalg.norm(wide, axis=1, keepdims=True)
        return single(wide / np.where(norms == 0, 1.0, norms))
