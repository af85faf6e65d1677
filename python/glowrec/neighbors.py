r"""The users or items most alike, by what they have in common; no dense matrix of pairs exists.

An item is the vector of its users, a user that of its items; what is not in the log is 0. Of two
such vectors x and y, each of length n and with c coordinates in which both are stored:

========== ======================================================================================
cosine     :math:`x \cdot y / (\lVert x \rVert \lVert y \rVert)`
pearson    :math:`(n\, x \cdot y - \sum x \sum y) / \sqrt{(n\, x \cdot x - (\sum x)^2)
           (n\, y \cdot y - (\sum y)^2)}`: the correlation of the whole vectors
jaccard    :math:`x \cdot y / (x \cdot x + y \cdot y - x \cdot y)`, Tanimoto's coefficient; with
           values of 1 the shared coordinates over those of either
========== ======================================================================================

A shrinkage h multiplies each by c / (c + h), so that what little rests on counts little (Bell and
Koren, "Scalable collaborative filtering with jointly derived neighborhood interpolation weights",
ICDM 2007).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from glowrec import _native
from glowrec.arguments import flag, real_number, whole_number
from glowrec.errors import DataError, ParameterError
from glowrec.factors import core, linked
from glowrec.graph import Graph
from glowrec.interactions import Interactions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from glowrec.factors import Links

__all__ = ["NEIGHBOR_SIMILARITIES", "NeighborSimilarity", "nearest_items", "nearest_users"]

NeighborSimilarity: TypeAlias = Literal["cosine", "pearson", "jaccard"]

NEIGHBOR_SIMILARITIES: tuple[NeighborSimilarity, ...] = get_args(NeighborSimilarity)
"""Names of the similarities."""


def nearest_items(
    log: Links,
    n: int = 100,
    *,
    similarity: NeighborSimilarity = "cosine",
    shrinkage: float = 0.0,
    weighted: bool = False,
) -> csr_array[np.float32, tuple[int, int]]:
    """Return the `n` items most like each item.

    Parameters
    ----------
    log : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        Who touched what; a pair counts once.
    n : int, default 100
        Neighbours per item, at least 0.
    similarity : {"cosine", "pearson", "jaccard"}, default "cosine"
        See :mod:`glowrec.neighbors` for the formulas.
    shrinkage : float, default 0.0
        At least 0.
    weighted : bool, default False
        Whether coordinates are the values of `log` (of repeated pairs their sum), not 1.

    Returns
    -------
    scipy.sparse.csr_array of float32, shape (n_items, n_items)
        Row i: the neighbours of item i, best first, ties to the lower id; fewer where fewer
        have a similarity above 0. An item is no neighbour of itself.

    Raises
    ------
    ParameterError
        If `n`, `similarity` or `shrinkage` is out of range, or `weighted` is asked for and there
        are no values.
    DataError
        If values are so large that their squares are infinite.

    Notes
    -----
    A row of the Gram matrix is added up at a time (Gustavson, "Two fast algorithms for sparse
    matrices", 1978) in float64 and forgotten once its best are found: time grows with the sum of
    the squared numbers of items per user, memory with the result. Similarities are rounded to
    float32 before they are compared; the same bits for any number of threads.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.neighbors import nearest_items
    >>> log = Interactions.from_arrays([0, 0, 1, 1, 2], ["tea", "jam", "tea", "jam", "rye"])
    >>> nearest_items(log, 1).toarray().round(3)
    array([[0., 0., 1.],
           [0., 0., 0.],
           [1., 0., 0.]], dtype=float32)
    """
    return _nearest(log, n, similarity, shrinkage, of_items=True, weighted=weighted)


def nearest_users(
    log: Links,
    n: int = 100,
    *,
    similarity: NeighborSimilarity = "cosine",
    shrinkage: float = 0.0,
    weighted: bool = False,
) -> csr_array[np.float32, tuple[int, int]]:
    """Return the `n` users most like each user.

    Parameters
    ----------
    log, n, similarity, shrinkage, weighted
        As in :func:`nearest_items`.

    Returns
    -------
    scipy.sparse.csr_array of float32, shape (n_users, n_users)
        Row u: the neighbours of user u, as those of an item.

    Raises
    ------
    ParameterError, DataError
        As :func:`nearest_items`.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.neighbors import nearest_users
    >>> log = Interactions.from_arrays([0, 0, 1, 1, 2], [0, 1, 1, 2, 2])
    >>> nearest_users(log, 1, similarity="jaccard").indices
    array([1, 2, 1])
    """
    return _nearest(log, n, similarity, shrinkage, of_items=False, weighted=weighted)


def check_neighbors(n: int, similarity: str, shrinkage: float) -> None:
    """Refuse a number of neighbours, a similarity or a shrinkage that is none.

    Examples
    --------
    >>> from glowrec.neighbors import check_neighbors
    >>> check_neighbors(10, "euclid", 0.0)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: similarity = 'euclid': choose from cosine, pearson, jaccard
    """
    if whole_number("n_neighbors", n) < 0:
        raise ParameterError(f"n_neighbors = {n} must be at least 0")
    if similarity not in NEIGHBOR_SIMILARITIES:
        raise ParameterError(
            f"similarity = {similarity!r}: choose from {', '.join(NEIGHBOR_SIMILARITIES)}"
        )
    if not (math.isfinite(real_number("shrinkage", shrinkage)) and shrinkage >= 0):
        raise ParameterError(f"shrinkage = {shrinkage}: expected a finite number, at least 0")


def values_of(log: Links) -> csr_array[np.float64, tuple[int, int]]:
    """Return the values of a log by user, those of repeated pairs added up, in order of item.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.neighbors import values_of
    >>> log = Interactions.from_arrays([0, 0], [1, 1], [2.0, 3.0], duplicates="keep")
    >>> values_of(log).data
    array([5.])
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - too slow for `import glowrec`

    matrix: Any
    if isinstance(log, Interactions) and log.values is not None:
        matrix = log.to_scipy()
    elif not isinstance(log, (Interactions, Graph)) and hasattr(log, "tocoo"):
        matrix = csr_array(log, dtype=np.float64, copy=True)
        matrix.eliminate_zeros()  # as a graph of it has it
    else:
        raise ParameterError("weighted = True: the log has no values")
    matrix.sum_duplicates()
    with np.errstate(over="ignore"):
        squares = float(np.square(matrix.data).sum())
    if not math.isfinite(squares * max(matrix.shape)):
        raise DataError("values are so large that their squares are infinite; scale them")
    found: csr_array[np.float64, tuple[int, int]] = matrix
    return found


def _nearest(
    log: Links, n: int, similarity: str, shrinkage: float, *, of_items: bool, weighted: bool
) -> csr_array[np.float32, tuple[int, int]]:
    from scipy.sparse import csr_array  # noqa: PLC0415 - too slow for `import glowrec`

    check_neighbors(n, similarity, shrinkage)
    graph = linked("log", log)
    values = None
    if flag("weighted", weighted):
        by_user = values_of(log)
        sides = by_user.data, by_user.tocsc().data
        values = sides[::-1] if of_items else sides
    size = graph.n_items if of_items else graph.n_users
    starts, columns, alike = _native.nearest(
        core(graph), of_items, values, similarity, float(shrinkage), min(n, size)
    )
    return csr_array((alike, columns, starts), shape=(size, size))
