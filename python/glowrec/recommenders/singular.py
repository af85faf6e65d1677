"""Leading singular vectors of a sparse matrix, the same ones each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array


class Singular(NamedTuple):
    """Singular values in descending order and their vectors, in float64."""

    left: NDArray[np.float64]
    """Shape (n_rows, k)."""
    values: NDArray[np.float64]
    """Shape (k,)."""
    right: NDArray[np.float64]
    """Shape (n_columns, k)."""


def singular(matrix: csr_array[Any, tuple[int, int]], k: int, seed: int) -> Singular:
    """Return the `k` largest singular values of a matrix, and their vectors.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (n_rows, n_columns)
    k : int
        From 1 to ``min(n_rows, n_columns) - 1``.
    seed : int
        Of the vector that ARPACK's Lanczos iterations start from; they go on to the precision of
        float64.

    Returns
    -------
    Singular
        Of each pair of vectors the sign is that with which the entry of the right one that is
        largest by amount is positive.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from glowrec.recommenders.singular import singular
    >>> found = singular(csr_array([[0.0, 3.0], [-2.0, 0.0]]), 1, seed=0)
    >>> found.values.round(6), found.right.round(6).ravel()
    (array([3.]), array([0., 1.]))
    """
    from scipy.sparse.linalg import svds  # noqa: PLC0415 - too slow for `import glowrec`

    start = np.random.default_rng(seed).standard_normal(min(matrix.shape))
    found = svds(matrix.astype(np.float64), k, v0=start)
    left, values, right = (np.asarray(part, dtype=np.float64) for part in found)
    order = np.argsort(-values, kind="stable")
    left, values, right = left[:, order], values[order], right[order].T
    largest = right[np.abs(right).argmax(axis=0), np.arange(k)]
    signs = np.where(largest < 0, -1.0, 1.0)
    return Singular(left * signs, values, right * signs)
