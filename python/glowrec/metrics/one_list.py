"""The metrics of one ranked list, computed by the kernel that judges all lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec import _native
from glowrec.conventions import convention as named_convention
from glowrec.errors import ParameterError, ShapeError
from glowrec.factors import core
from glowrec.graph import Graph
from glowrec.metrics.names import cut_offs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.conventions import Convention
    from glowrec.metrics.names import Metric


def recall(
    hits: ArrayLike, n_relevant: int, k: int, *, convention: str | Convention = "lightgcn"
) -> float:
    r"""Return the share of the relevant items that are among the first `k`.

    .. math:: \sum_{r=1}^{k} h_r / R

    or, where the convention's ``recall`` is "min", over :math:`\min(R, k)`, which a perfect list
    reaches at any k.

    Parameters
    ----------
    hits : array_like of bool or float, shape (n,)
        Whether the item at each rank is relevant, or its grade: anything above 0 is a hit.
    n_relevant : int
        :math:`R`, relevant items in all.
    k : int
        Cut-off, at least 1. Ranks behind the end of `hits` are no hits.
    convention : str or Convention, default "lightgcn"

    Returns
    -------
    float
        0 if nothing is relevant.

    Raises
    ------
    ShapeError
        If `hits` has not one dimension.
    ParameterError
        If an entry of `hits` is negative or not finite, `n_relevant` is below the number of hits,
        or `k` below 1.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.3.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.recall([0, 1, 0, 1], n_relevant=4, k=3)
    0.25
    """
    return rated("recall", hits, n_relevant, k, convention)


def precision(
    hits: ArrayLike, n_relevant: int, k: int, *, convention: str | Convention = "lightgcn"
) -> float:
    r"""Return the share of the first `k` places that hold a relevant item.

    .. math:: \sum_{r=1}^{k} h_r / k

    or, by the convention's ``precision``, over the length of the list within k ("list") or over
    :math:`\min(R, k)` ("min").

    Parameters
    ----------
    hits, n_relevant, k, convention
        As in :func:`recall`.

    Returns
    -------
    float

    Raises
    ------
    ShapeError, ParameterError
        As :func:`recall`.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.3.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.precision([0, 1, 0, 1], n_relevant=4, k=8)
    0.25
    """
    return rated("precision", hits, n_relevant, k, convention)


def f1(
    hits: ArrayLike, n_relevant: int, k: int, *, convention: str | Convention = "lightgcn"
) -> float:
    r"""Return the harmonic mean of recall and precision.

    .. math:: \frac{2 P R}{P + R} = \frac{2 \sum_{r=1}^{k} h_r}{k + |T|}

    with the denominators of precision and recall that the convention has.

    Parameters
    ----------
    hits, n_relevant, k, convention
        As in :func:`recall`.

    Returns
    -------
    float
        0 without a hit.

    Raises
    ------
    ShapeError, ParameterError
        As :func:`recall`.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.3.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.f1([0, 1, 0, 1], n_relevant=4, k=4)
    0.5
    """
    return rated("f1", hits, n_relevant, k, convention)


def hit(hits: ArrayLike, k: int, *, convention: str | Convention = "lightgcn") -> float:
    """Return 1 if a relevant item is among the first `k`, else 0.

    Where the convention's ``hit`` is "count", the number of hits.

    Parameters
    ----------
    hits, k, convention
        As in :func:`recall`.

    Returns
    -------
    float

    Raises
    ------
    ShapeError, ParameterError
        As :func:`recall`.

    References
    ----------
    Deshpande and Karypis, "Item-based top-N recommendation algorithms", ACM TOIS 22 (1), 2004,
    whose hit rate is its mean.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.hit([0, 1, 0, 1], k=1), metrics.hit([0, 1, 0, 1], k=2)
    (0.0, 1.0)
    """
    return rated("hit", hits, None, k, convention)


def reciprocal_rank(
    hits: ArrayLike, k: int, *, convention: str | Convention = "lightgcn"
) -> float:
    """Return 1 over the rank of the first relevant item, 0 if none is among the first `k`.

    Its mean over users is the metric "mrr". Where the convention's ``reciprocal_rank`` is "sum",
    1 over the rank of every hit is added up.

    Parameters
    ----------
    hits, k, convention
        As in :func:`recall`.

    Returns
    -------
    float

    Raises
    ------
    ShapeError, ParameterError
        As :func:`recall`.

    References
    ----------
    Voorhees, "The TREC-8 Question Answering Track Report", TREC 1999.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.reciprocal_rank([0, 1, 0, 1], k=4)
    0.5
    """
    return rated("mrr", hits, None, k, convention)


def average_precision(
    hits: ArrayLike, n_relevant: int, k: int, *, convention: str | Convention = "lightgcn"
) -> float:
    r"""Return the mean of the precisions at the relevant items, those not listed counting 0.

    .. math:: \frac{1}{\min(R, k)} \sum_{r=1}^{k} h_r \cdot \frac{1}{r} \sum_{s=1}^{r} h_s

    or, by the convention's ``average_precision``, over :math:`R` ("relevant"), over the hits
    ("hits") or over k ("k"). Its mean over users is the metric "map".

    Parameters
    ----------
    hits, n_relevant, k, convention
        As in :func:`recall`.

    Returns
    -------
    float

    Raises
    ------
    ShapeError, ParameterError
        As :func:`recall`.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.4,
    which divides by :math:`R`.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.average_precision([0, 1, 0, 1], n_relevant=2, k=4)
    0.5
    """
    return rated("map", hits, n_relevant, k, convention)


def r_precision(hits: ArrayLike, n_relevant: int) -> float:
    r"""Return the precision, and the recall, at as many places as there are relevant items.

    .. math:: \sum_{r=1}^{R} h_r / R

    Parameters
    ----------
    hits, n_relevant
        As in :func:`recall`.

    Returns
    -------
    float
        0 if nothing is relevant.

    Raises
    ------
    ShapeError, ParameterError
        As :func:`recall`.

    References
    ----------
    Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.4.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.r_precision([0, 1, 0, 1], n_relevant=2)
    0.5
    """
    return rated("recall", hits, n_relevant, max(n_relevant, 1), "lightgcn")


def rated(
    metric: Metric,
    hits: ArrayLike,
    n_relevant: int | None,
    k: int,
    convention: str | Convention,
    *,
    grades: ArrayLike | None = None,
) -> float:
    """Return a metric of one list: that of a user who was recommended items 0, 1, 2 and so on.

    Examples
    --------
    >>> rated("hit", [0, 3], None, 2, "lightgcn")
    1.0
    """
    record, (cut,) = named_convention(convention), cut_offs(k)
    found = _numbers("hits", hits)
    listed = np.flatnonzero(found)
    n = listed.size if n_relevant is None else n_relevant
    if n < listed.size:
        raise ParameterError(f"n_relevant = {n}: fewer than the {listed.size} hits of the list")
    items = np.concatenate([listed, found.size + np.arange(n - listed.size)])
    graph = Graph.from_edges(
        np.zeros(n, np.int64), items, n_users=1, n_items=int(items.max(initial=0)) + 1
    )
    ranked = np.full((1, max(cut, found.size)), -1)
    ranked[0, : found.size] = np.arange(found.size)
    rater = _native.Rater([metric], [cut], record, grades is not None)
    table = None if grades is None else _all_grades(found[listed], _numbers("grades", grades), n)
    user = np.zeros(1, np.int64)
    return float(rater.rate(ranked, None, None, core(graph), table, user, user, "value")[0, 0])


def _all_grades(
    listed: NDArray[np.float64], grades: NDArray[np.float64], n_relevant: int
) -> NDArray[np.float64]:
    """Return the grades of the hits, then those of the other relevant items."""
    rest = np.sort(grades).tolist()
    if len(rest) != n_relevant:
        raise ParameterError(
            f"grades: expected one per relevant item, n_relevant = {n_relevant}, got {len(rest)}"
        )
    for grade in listed.tolist():
        if grade not in rest:
            raise ParameterError(f"grades: {grade:g} occurs in hits more often than in grades")
        rest.remove(grade)
    return np.concatenate([listed, rest])


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    found = np.asarray(values)
    if found.ndim != 1:
        raise ShapeError(f"{name}: expected one dimension, got shape {found.shape}")
    if found.dtype.kind not in "biuf" and found.size:
        raise ParameterError(f"{name}: expected numbers, got {found.dtype}")
    numbers = found.astype(np.float64)
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bool(bad.any()):
        place = int(np.argmax(bad))
        raise ParameterError(
            f"{name}[{place}] = {numbers[place]:g}: expected 0, or a number above it"
        )
    return numbers
