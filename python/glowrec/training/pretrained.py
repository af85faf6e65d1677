"""Embeddings that a training starts from, as people hand them over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glowrec.errors import DataError, ParameterError, ShapeError
from glowrec.factors import vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor


def start_of(
    pretrained: tuple[ArrayLike, ArrayLike] | None, n_users: int, n_items: int, dim: int
) -> tuple[Tensor, Tensor] | None:
    """Return checked tables of float32 for users and for items, copied.

    Parameters
    ----------
    pretrained : tuple of array_like, optional
    n_users, n_items, dim : int
        Of the model.

    Returns
    -------
    tuple of Tensor, or None

    Raises
    ------
    ParameterError
        If it is no pair of tables of numbers.
    ShapeError
        If a table has another shape.
    DataError
        If a number is not finite, or too large for float32: named by its row and column.

    Examples
    --------
    >>> start_of(([[0.5]], [[1.0], [float("nan")]]), 1, 2, 1)
    Traceback (most recent call last):
    glowrec.errors.DataError: pretrained items[1, 0] = nan: expected a finite number
    """
    if pretrained is None:
        return None
    try:
        users, items = pretrained
    except (TypeError, ValueError):
        told = repr(pretrained) if isinstance(pretrained, str) else type(pretrained).__name__
        raise ParameterError(
            f"pretrained: expected a pair of tables, of users and of items, got {told}"
        ) from None
    return _table("users", users, (n_users, dim)), _table("items", items, (n_items, dim))


def _table(side: str, table: ArrayLike, shape: tuple[int, int]) -> Tensor:
    if isinstance(table, torch.Tensor):
        table = table.detach().cpu()  # such as the parameters of a module
    found = vectors(f"pretrained {side}", table)
    if found.shape != shape:
        raise ShapeError(f"pretrained {side}: expected shape {shape}, got {found.shape}")
    wrong = np.argwhere(~np.isfinite(found))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"pretrained {side}[{row}, {column}] = {found[row, column]}: expected a finite number"
        )
    return torch.from_numpy(found.copy())
