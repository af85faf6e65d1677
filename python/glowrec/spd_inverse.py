"""The inverse of a large symmetric positive definite table, in its own memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 1024
"""Rows and columns that are worked on at once."""


def invert_in_place(table: NDArray[Any], block: int = BLOCK) -> bool:
    r"""Replace a symmetric positive definite table by its inverse.

    The blocked Cholesky method: :math:`A = L L^T`, then :math:`L^{-1}`, then
    :math:`A^{-1} = L^{-T} L^{-1}`, each in the place of what it is made of.

    Parameters
    ----------
    table : ndarray of float32 or float64, shape (n, n), C-ordered
        Only its lower triangle is read.
    block : int

    Returns
    -------
    bool
        Whether it was positive definite to the precision of its type; if not, the table is
        spoiled.

    Notes
    -----
    :math:`n^3` operations, nearly all of them products of blocks; beside the table it takes two
    strips of `block` rows. Why not LAPACK's ``potrf`` and ``potri`` on the whole table: with the
    OpenBLAS of SciPy's wheels they were seen to crash at 40,981 rows.

    References
    ----------
    Bientinesi, Gunter and van de Geijn, "Families of algorithms related to the inversion of a
    symmetric positive definite matrix", TOMS 35(1), 2008.

    Examples
    --------
    >>> from glowrec.spd_inverse import invert_in_place
    >>> table = np.array([[4.0, 2.0], [2.0, 2.0]])
    >>> invert_in_place(table), table.round(6).tolist()
    (True, [[0.5, -0.5], [-0.5, 1.0]])
    """
    blocks = [
        slice(start, min(start + block, len(table))) for start in range(0, len(table), block)
    ]
    if not _factorise(table, blocks):
        return False
    _invert_factor(table, blocks)
    for rows in blocks:  # L^-T L^-1, whose row needs no row above it
        below = slice(rows.start, None)
        table[rows, : rows.stop] = table[below, rows].T @ table[below, : rows.stop]
    for rows in blocks:  # the upper triangle
        table[: rows.start, rows] = table[rows, : rows.start].T
    return True


def _factorise(table: NDArray[Any], blocks: list[slice]) -> bool:
    """Replace the lower triangle by L; blocks on the diagonal have zeros above it."""
    factorise = _lapack("potrf", table)
    from scipy.linalg import solve_triangular  # noqa: PLC0415 - too slow for `import glowrec`

    for columns in blocks:
        start, stop = columns.start, columns.stop
        table[start:, columns] -= table[start:, :start] @ table[columns, :start].T
        corner, failed = factorise(table[columns, columns], lower=True, clean=True)
        if failed or not bool(np.isfinite(corner).all()):
            return False
        table[columns, columns] = corner
        if stop < len(table):
            under = solve_triangular(corner, table[stop:, columns].T, lower=True)
            table[stop:, columns] = under.T
    return True


def _invert_factor(table: NDArray[Any], blocks: list[slice]) -> None:
    """Replace L by its inverse, from the last columns to the first."""
    invert = _lapack("trtri", table)
    for at in reversed(range(len(blocks))):
        columns = blocks[at]
        corner, _ = invert(table[columns, columns], lower=True)
        table[columns, columns] = corner
        for rows in reversed(blocks[at + 1 :]):
            between = slice(columns.stop, rows.stop)  # already inverted, times still L
            table[rows, columns] = -(table[rows, between] @ table[between, columns]) @ corner


def _lapack(name: str, table: NDArray[Any]) -> Any:  # noqa: ANN401 - a Fortran function
    from scipy.linalg import get_lapack_funcs  # noqa: PLC0415 - too slow for `import glowrec`

    return get_lapack_funcs(name, (table,))
