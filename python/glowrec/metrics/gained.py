"""Discounted gain of one ranked list, binary or graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.conventions import convention as named_convention
from glowrec.metrics.one_list import rated

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from glowrec.conventions import Convention


def dcg(hits: ArrayLike, k: int, *, convention: str | Convention = "lightgcn") -> float:
    r"""Return the discounted cumulative gain of the first `k` places.

    .. math:: \sum_{r=1}^{k} \frac{g_r}{\log_2(r + 1)}

    The gain of a hit is 1, its grade or :math:`2^{grade} - 1`, by the convention's ``gain``; the
    discount is its ``discount``.

    Parameters
    ----------
    hits : array_like of bool or float, shape (n,)
        Whether the item at each rank is relevant, or its grade: anything above 0 is a hit.
    k : int
        Cut-off, at least 1. Ranks behind the end of `hits` are no hits.
    convention : str or Convention, default "lightgcn"

    Returns
    -------
    float

    Raises
    ------
    ShapeError
        If `hits` has not one dimension.
    ParameterError
        If an entry of `hits` is negative or not finite, or `k` is below 1.

    References
    ----------
    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20 (4),
    2002, with the discount and, for "exponential", the gain of Burges et al., "Learning to Rank
    using Gradient Descent", ICML 2005.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.dcg([1, 0, 1], k=3)
    1.5
    >>> metrics.dcg([3, 0, 2], k=3, convention="trec_eval")
    4.0
    """
    given = None if named_convention(convention).gain == "binary" else _above_zero(hits)
    return rated("dcg", hits, None, k, convention, grades=given)


def ndcg(
    hits: ArrayLike,
    n_relevant: int,
    k: int,
    *,
    convention: str | Convention = "lightgcn",
    grades: ArrayLike | None = None,
) -> float:
    r"""Return the discounted gain of the first `k` places over that of an ideal list.

    .. math:: \sum_{r=1}^{k} \frac{g_r}{\log_2(r + 1)} \Big/
              \sum_{r=1}^{\min(R, k)} \frac{g^*_r}{\log_2(r + 1)}

    where :math:`g^*` are the gains of all relevant items, best first; by the convention's
    ``ideal``, the divisor may also be that of the hits moved to the top, or of k hits.

    Parameters
    ----------
    hits : array_like of bool or float, shape (n,)
        Whether the item at each rank is relevant, or its grade: anything above 0 is a hit.
    n_relevant : int
        :math:`R`, relevant items in all.
    k : int
        Cut-off, at least 1. Ranks behind the end of `hits` are no hits.
    convention : str or Convention, default "lightgcn"
    grades : array_like of float, shape (n_relevant,), optional
        Grades of all relevant items, in any order. By default items that are not listed have
        grade 1; asked for by gains that are not binary.

    Returns
    -------
    float
        0 if nothing is relevant.

    Raises
    ------
    ShapeError
        If `hits` or `grades` has not one dimension.
    ParameterError
        If an entry of `hits` is negative or not finite, `n_relevant` is below the number of hits,
        `grades` does not hold the grades of the hits, or `k` is below 1.

    References
    ----------
    As :func:`dcg`.

    Examples
    --------
    >>> from glowrec import metrics
    >>> round(metrics.ndcg([0, 1, 0, 0, 1, 0, 0, 0, 1], n_relevant=5, k=10), 4)
    0.4473
    >>> metrics.ndcg([2, 3], 2, k=1, convention="trec_eval", grades=[2, 3])
    0.6666666666666666
    """
    given: ArrayLike | None = None
    if named_convention(convention).gain != "binary":
        given = grades
        if grades is None:
            listed = _above_zero(hits)
            given = np.append(listed, np.ones(max(n_relevant - listed.size, 0)))
    return rated("ndcg", hits, n_relevant, k, convention, grades=given)


def _above_zero(hits: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    found = np.asarray(hits, dtype=np.float64)
    return found[found > 0]
