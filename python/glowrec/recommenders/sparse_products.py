"""Scores that are products of two sparse tables, computed a row at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec import _native
from glowrec.factors import core, linked, single
from glowrec.ranking import TopK

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from glowrec.factors import Links


class SparseProducts:
    r"""Scores :math:`s_{ui} = b_i + \sum_j L_{uj} R_{ji}`, without a table of users by items.

    Parameters
    ----------
    left : scipy.sparse.csr_array, shape (n_users, n)
    right : scipy.sparse.csr_array, shape (n, n_items)
        Values of both are rounded to float32.
    bias : ndarray of float, shape (n_items,), optional

    Raises
    ------
    ShapeError
        If the shapes do not fit each other.

    Notes
    -----
    A score is added up in float32 from the bias, in the order of the entries. :meth:`scores` and
    :meth:`top_k` give the same bits, for any number of threads.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from glowrec.recommenders.sparse_products import SparseProducts
    >>> products = SparseProducts(csr_array([[1, 2], [0, 0]]), csr_array([[0, 1], [4, 0]]))
    >>> products.scores(np.array([0, 1]))
    array([[8., 1.],
           [0., 0.]], dtype=float32)
    """

    def __init__(
        self,
        left: csr_array[Any, tuple[int, int]],
        right: csr_array[Any, tuple[int, int]],
        bias: NDArray[np.floating] | None = None,
    ) -> None:
        self._left, self._right = _rows(left), _rows(right)
        self._bias = None if bias is None else single(bias)
        self.scores(np.zeros(0, dtype=np.int64))  # refuses what does not fit

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of all items for some users, shape (n, n_items)."""
        return self._left.scores(self._right, self._bias, users)

    def top_k(self, users: NDArray[np.int64], k: int, exclude: Links | None) -> TopK:
        """Return the best items of some users, ties to the lower id; see :func:`glowrec.top_k`."""
        seen = None if exclude is None else core(linked("exclude", exclude))
        return TopK(*self._left.top_k(self._right, self._bias, seen, users, k))


def _rows(matrix: csr_array[Any, tuple[int, int]]) -> _native.SparseRows:
    starts, columns = (
        np.ascontiguousarray(indices, dtype=np.int64)
        for indices in (matrix.indptr, matrix.indices)
    )
    return _native.SparseRows(matrix.shape[1], starts, columns, single(matrix.data))
