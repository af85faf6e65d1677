"""From what people pass to the arrays that :class:`glowrec.Interactions` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.arguments import whole_number
from glowrec.errors import DataError, IdError, ParameterError, ShapeError
from glowrec.id_map import MAX_IDS, IdMap, as_ids

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def coded(
    axis: str, ids: ArrayLike, n: int | None, known: IdMap | None
) -> tuple[NDArray[np.int64], IdMap]:
    """Return the codes of ids, and the map that gives them back.

    Parameters
    ----------
    axis : str
        ``"user"`` or ``"item"``, for messages.
    ids : array_like of str or int, shape (m,)
    n : int, optional
        Says that the ids are codes already, below this number.
    known : IdMap, optional
        Says which ids there are. Without it and `n`, the distinct ids become the map.

    Returns
    -------
    codes : ndarray of int64, shape (m,)
        Shares no memory with `ids`.
    id_map : IdMap

    Raises
    ------
    DataError
        If an id is neither a string nor a whole number, or `n` is out of range.
    IdError
        If an id is not in `known` or not below `n`.
    ParameterError
        If both `n` and `known` are given, or `n` is no whole number.

    Examples
    --------
    >>> from glowrec.columns import coded
    >>> coded("user", ["eve", "ann", "eve"], None, None)
    (array([1, 0, 1]), IdMap(2 ids, strings))
    """
    if n is not None and known is not None:
        raise ParameterError(f"n_{axis}s and {axis}_ids: give one of them, not both")
    if n is not None:
        if not 0 <= whole_number(f"n_{axis}s", n) <= MAX_IDS:
            raise DataError(f"n_{axis}s = {n}: expected a number of ids from 0 to {MAX_IDS}")
        known = IdMap.range(n)
    if known is not None:
        codes = known.encode(ids, axis=axis)
        return (codes.copy() if np.may_share_memory(codes, np.asarray(ids)) else codes), known
    distinct, codes = _distinct(as_ids(f"{axis}s", ids))
    n = distinct.size
    if n > MAX_IDS:
        raise DataError(f"{axis}s: {n} distinct ids are more than 32-bit codes name")
    dense = n > 0 and distinct.dtype.kind == "i" and distinct[0] == 0 and distinct[-1] == n - 1
    return codes, IdMap.range(n) if dense else IdMap(distinct)


def numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return finite numbers as int64 or float64.

    Parameters
    ----------
    name : str
        What they are called in messages.
    values : array_like of bool, int or float

    Returns
    -------
    ndarray of int64 or float64, in the shape of `values`
        A copy.

    Raises
    ------
    DataError
        If a value is no number, not finite, or whole and too large for 64 bits with a sign.

    Examples
    --------
    >>> from glowrec.columns import numbers
    >>> numbers("values", [3, float("nan")])
    Traceback (most recent call last):
    glowrec.errors.DataError: values[1] = nan: expected a finite number
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: expected numbers, got {array.dtype}")
    if array.dtype.kind == "f":
        finite = np.isfinite(array)
        if not bool(finite.all()):
            position = int(np.argmin(finite))
            raise DataError(
                f"{name}[{position}] = {array.flat[position]}: expected a finite number"
            )
        return array.astype(np.float64)
    if array.dtype.kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
        position = int(np.argmax(array))
        raise DataError(
            f"{name}[{position}] = {array.flat[position]} does not fit 64 bits with a sign"
        )
    return array.astype(np.int64)


def check_entries(name: str, entries: Any) -> None:  # noqa: ANN401 - of SciPy
    """Check that a sparse matrix stores no NaN, which is neither a link nor none.

    Parameters
    ----------
    name : str
        What the matrix is called in messages.
    entries : scipy.sparse.coo_array or coo_matrix

    Raises
    ------
    DataError
        If an entry is NaN; the message names the first cell.

    Examples
    --------
    >>> import scipy.sparse
    >>> from glowrec.columns import check_entries
    >>> check_entries("train", scipy.sparse.coo_array([[0.0, float("nan")]]))
    Traceback (most recent call last):
    glowrec.errors.DataError: train[0, 1] = nan: expected a number, or no entry
    """
    if entries.data.dtype.kind in "fc":
        wrong = np.flatnonzero(np.isnan(entries.data))
        if wrong.size:
            row, column = entries.row[wrong[0]], entries.col[wrong[0]]
            raise DataError(f"{name}[{row}, {column}] = nan: expected a number, or no entry")


def sparse_links(
    name: str,
    matrix: Any,  # noqa: ANN401 - any of SciPy's sparse formats
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return row and column of each entry of a sparse matrix that is not zero.

    Parameters
    ----------
    name : str
        What the matrix is called in messages.
    matrix : scipy.sparse array or matrix

    Returns
    -------
    rows, columns : ndarray of int, shape (n_links,)

    Raises
    ------
    ShapeError
        If the matrix is not sparse and two-dimensional.
    DataError
        If an entry is NaN; the message names the first cell.

    Examples
    --------
    >>> import scipy.sparse
    >>> from glowrec.columns import sparse_links
    >>> sparse_links("train", scipy.sparse.coo_array([[0.0, 2.0]]))
    (array([0], dtype=int32), array([1], dtype=int32))
    """
    check_sparse(name, matrix)
    entries = matrix.tocoo()
    check_entries(name, entries)
    linked = entries.data != 0
    return entries.row[linked], entries.col[linked]


def check_sparse(name: str, matrix: Any) -> None:  # noqa: ANN401 - whatever was given
    """Check that something is a sparse matrix of SciPy.

    Parameters
    ----------
    name : str
        What it is called in messages.
    matrix : scipy.sparse array or matrix

    Raises
    ------
    ShapeError
        If it is not sparse and two-dimensional.

    Examples
    --------
    >>> from glowrec.columns import check_sparse
    >>> check_sparse("matrix", [[1.0]])
    Traceback (most recent call last):
    glowrec.errors.ShapeError: matrix: expected a two-dimensional SciPy sparse matrix
    """
    if not hasattr(matrix, "tocsr") or len(matrix.shape) != 2:  # noqa: PLR2004 - an axis each
        raise ShapeError(f"{name}: expected a two-dimensional SciPy sparse matrix")


def check_codes(name: str, codes: NDArray[np.int64], n: int) -> None:
    """Check that every code is below `n`.

    Parameters
    ----------
    name : str
        What they are called in messages.
    codes : ndarray of int64, shape (m,)
    n : int

    Raises
    ------
    IdError
        At the first code outside ``0..n``.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.columns import check_codes
    >>> check_codes("users", np.array([0, 3]), 3)
    Traceback (most recent call last):
    glowrec.errors.IdError: users[1] = 3 is not in 0..3
    """
    if codes.size and (int(codes.min()) < 0 or int(codes.max()) >= n):
        position = int(np.argmax((codes < 0) | (codes >= n)))
        raise IdError(f"{name}[{position}] = {codes[position]} is not in 0..{n}")


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a contiguous, read-only view of an array.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.columns import frozen
    >>> frozen(np.zeros(2)).flags.writeable
    False
    """
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view


def _distinct(ids: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the sorted distinct ids, and the place of each id among them."""
    if ids.dtype.kind == "i" and ids.size:
        low, high = int(ids.min()), int(ids.max())
        if high - low < 4 * ids.size:  # a table of all ids in between is cheaper than a sort
            present = np.zeros(high - low + 1, dtype=bool)
            present[ids - low] = True
            return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[ids - low]
    distinct, inverse = np.unique(ids, return_inverse=True)
    return distinct, inverse.astype(np.int64, copy=False)
