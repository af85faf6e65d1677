"""Observed ratings as a sparse matrix, in the orientation that a model reads."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from glowrec.arguments import bounded
from glowrec.errors import DataError, IdError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class RatingMatrix:
    """Observed ratings by row, sorted by (row, column).

    In GLocal-K's item-based orientation, the default there, rows are items and columns are
    users. What is not stored is unknown; a stored zero is a rating.

    Parameters
    ----------
    rows, columns : array_like of int, shape (n_ratings,)
        Places of the ratings, in any order.
    values : array_like of float, shape (n_ratings,)
    shape : tuple of int
        ``(n_rows, n_columns)``.

    Raises
    ------
    ShapeError
        If the arrays differ in length or are not one-dimensional.
    IdError
        If a place lies outside `shape`; the message gives its position.
    DataError
        If a place has two ratings or a rating is not finite; the message names it.

    Examples
    --------
    >>> from glowrec.nn import RatingMatrix
    >>> ratings = RatingMatrix([1, 0], [2, 1], [4.0, 5.0], (2, 3))
    >>> ratings
    RatingMatrix((2, 3), 2 ratings)
    >>> ratings.dense().tolist()
    [[0.0, 5.0, 0.0], [0.0, 0.0, 4.0]]
    """

    def __init__(
        self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike, shape: tuple[int, int]
    ) -> None:
        n_rows, n_columns = (
            bounded(name, n, 0, 32) for name, n in zip(("n_rows", "n_columns"), shape, strict=True)
        )
        given = np.asarray(values, dtype=np.float64)
        if given.ndim != 1:
            raise ShapeError(f"values: expected one dimension, got shape {given.shape}")
        places = [
            _places(name, axis, len(given), n)
            for name, axis, n in (("rows", rows, n_rows), ("columns", columns, n_columns))
        ]
        order = np.lexsort((places[1], places[0]))
        self._rows, self._columns = places[0][order], places[1][order]
        self._values = given[order]
        same = (np.diff(self._rows) == 0) & (np.diff(self._columns) == 0)
        if same.any():
            first = int(np.argmax(same))
            raise DataError(
                f"positions {order[first]} and {order[first + 1]} both rate row "
                f"{self._rows[first]}, column {self._columns[first]}: keep one of them"
            )
        if not np.isfinite(given).all():
            position = int(np.argmin(np.isfinite(given)))
            raise DataError(f"values[{position}] = {given[position]}: expected a finite rating")
        self.shape = (n_rows, n_columns)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"RatingMatrix({self.shape}, {len(self):,} ratings)"

    @cached_property
    def rows(self) -> Tensor:
        """Rows of the ratings, sorted; int64 on the CPU."""
        return torch.from_numpy(self._rows)

    @cached_property
    def columns(self) -> Tensor:
        """Columns of the ratings, ascending within a row; int64 on the CPU."""
        return torch.from_numpy(self._columns)

    @cached_property
    def values(self) -> Tensor:
        """The ratings, in the order of their places; float64 on the CPU."""
        return torch.from_numpy(self._values)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each row starts; one entry more than there are rows."""
        return np.searchsorted(self._rows, np.arange(self.shape[0] + 1)).astype(np.int64)

    def select(self, rows: ArrayLike) -> RatingMatrix:
        """Return the matrix of some rows, in the order given: a mini-batch, or new rows alone.

        Parameters
        ----------
        rows : array_like of int, shape (n,)

        Returns
        -------
        RatingMatrix, shape (n, n_columns)

        Raises
        ------
        IdError
            If a row lies outside the matrix.

        Examples
        --------
        >>> from glowrec.nn import RatingMatrix
        >>> RatingMatrix([1, 0], [2, 1], [4.0, 5.0], (2, 3)).select([1]).dense().tolist()
        [[0.0, 0.0, 4.0]]
        """
        given = np.atleast_1d(np.asarray(rows))
        chosen = _places("rows", given, len(given), self.shape[0])
        first, counts = self.starts[chosen], np.diff(self.starts)[chosen]
        at = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        new = np.repeat(np.arange(len(chosen)), counts)
        shape = (len(chosen), self.shape[1])
        return RatingMatrix(new, self._columns[at], self._values[at], shape)

    def dense(
        self, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> Tensor:
        """Return the whole matrix with zeros for what is unknown.

        Parameters
        ----------
        dtype : torch.dtype, default torch.float32
        device : torch.device or str, default "cpu"

        Returns
        -------
        Tensor, shape (n_rows, n_columns)
        """
        matrix = torch.zeros(self.shape, dtype=dtype, device=device)
        rows, columns = self.rows.to(device), self.columns.to(device)
        matrix[rows, columns] = self.values.to(device, dtype)
        return matrix


def _places(name: str, axis: ArrayLike, n: int, bound: int) -> NDArray[np.int64]:
    """Return ids of an axis as int64, checked."""
    ids: NDArray[Any] = np.asarray(axis)
    if ids.shape != (n,):
        raise ShapeError(f"{name}: expected shape ({n},), as values has, got {ids.shape}")
    if n and ids.dtype.kind not in "iu":
        raise IdError(f"{name}: expected whole numbers, got {ids.dtype}")
    outside = (ids < 0) | (ids >= bound)
    if outside.any():
        position = int(np.argmax(outside))
        raise IdError(f"{name}[{position}] = {ids[position]} is not in 0..{bound}")
    return ids.astype(np.int64)
