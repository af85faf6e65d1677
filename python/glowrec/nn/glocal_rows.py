"""Some rows of GLocal-K: their vectors, and their part of the objective."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

    from glowrec.nn.glocal_k import GLocalK, Stage
    from glowrec.nn.rating_matrix import RatingMatrix

# The other half of the module: it stands here so that each file is one concept.
# ruff: noqa: SLF001

_ROWS_AT_ONCE = 2048


class Vectors(NamedTuple):
    """GLocal-K as factors: the prediction of a row and a column is a dot product and a bias."""

    rows: Tensor
    """Last hidden layer of each row, shape (n, hidden)."""
    columns: Tensor
    """Weights of each output, shape (n_columns, hidden)."""
    bias: Tensor
    """Of each output, shape (n_columns,)."""


@torch.no_grad()
def vectors(
    model: GLocalK,
    ratings: RatingMatrix,
    rows: ArrayLike | None = None,
    *,
    stage: Stage = "global",
    kernels: Tensor | None = None,
) -> Vectors:
    r"""Return the vectors whose dot products, with the bias, are all predictions.

    .. math:: AE(x)_j = h(x) \cdot d_j + b_j

    Parameters
    ----------
    model : GLocalK
    ratings : RatingMatrix
        As in :meth:`glowrec.nn.GLocalK.predict`.
    rows : array_like of int, shape (n,), optional
        All by default.
    stage : {"global", "local"}
    kernels : Tensor, optional
        As in :meth:`glowrec.nn.GLocalK.predict`.

    Returns
    -------
    Vectors

    Raises
    ------
    ParameterError, ShapeError
        As :meth:`glowrec.nn.GLocalK.predict`.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import GLocalK, RatingMatrix
    >>> from glowrec.nn.glocal_rows import vectors
    >>> ratings = RatingMatrix([0, 1], [1, 0], [4.0, 3.0], (2, 2))
    >>> model = GLocalK(2, 2, hidden=4)
    >>> found = vectors(model, ratings)
    >>> both = found.rows @ found.columns.T + found.bias
    >>> torch.allclose(both[0, 1], model.predict(ratings, [0], [1]))
    True
    """
    if stage not in ("global", "local"):
        raise ParameterError(f"stage = {stage!r}: expected 'local' or 'global'")
    shaped, _ = model._shaped()
    if stage == "global" and kernels is None:
        kernels = model._kernels(model._products(ratings), shaped)
    device = model._bias(0).device
    wanted = torch.as_tensor(np.arange(ratings.shape[0]) if rows is None else rows, device=device)
    kernels = None if stage == "local" else kernels
    parts = torch.split(wanted, _ROWS_AT_ONCE)
    hidden = [model._hidden(ratings, some, kernels, shaped) for some in parts]
    return Vectors(torch.cat(hidden), shaped[-1].T.contiguous(), model._bias(-1).detach())


@torch.no_grad()
def row_means(model: GLocalK, ratings: RatingMatrix) -> Tensor:
    """Return the mean of each row of the completed matrix, from which the kernels are mixed.

    Parameters
    ----------
    model : GLocalK
    ratings : RatingMatrix

    Returns
    -------
    Tensor, shape (n_rows,)

    Raises
    ------
    ShapeError
        If the ratings have another number of columns.

    Examples
    --------
    >>> from glowrec.nn import GLocalK, RatingMatrix
    >>> from glowrec.nn.glocal_rows import row_means
    >>> ratings = RatingMatrix([0, 1], [1, 0], [4.0, 3.0], (2, 2))
    >>> row_means(GLocalK(2, 2, hidden=4), ratings).shape
    torch.Size([2])
    """
    found = vectors(model, ratings, stage="local")
    return found.rows @ found.columns.mean(0) + found.bias.mean()


def block_loss(
    model: GLocalK, ratings: RatingMatrix, rows: ArrayLike, kernels: Tensor | None = None
) -> Tensor:
    """Return the part of some rows in the objective, for mini-batches.

    Their squared errors, and as large a share of the penalties as they are of all rows: the sum
    over blocks of rows is the objective of the stage.

    Parameters
    ----------
    model : GLocalK
    ratings : RatingMatrix
        All of them: rows are convolved together with their neighbours.
    rows : array_like of int, shape (n,)
        Of the block, each once.
    kernels : Tensor, shape (n_kernels, size, size), optional
        The convolution's kernels, for the second stage; without them it is the first.

    Returns
    -------
    Tensor, scalar

    Raises
    ------
    ShapeError
        If the ratings have another number of columns.
    IdError
        If a row lies outside the matrix.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import GLocalK, RatingMatrix
    >>> from glowrec.nn.glocal_rows import block_loss
    >>> ratings = RatingMatrix([0, 1], [1, 0], [4.0, 3.0], (2, 2))
    >>> model = GLocalK(2, 2, hidden=4)
    >>> parts = block_loss(model, ratings, [0]) + block_loss(model, ratings, [1])
    >>> torch.allclose(parts, model.local_loss(ratings))
    True
    """
    chosen = np.unique(np.asarray(rows))
    block = ratings.select(chosen)
    shaped, penalty = model._shaped()
    penalty = len(chosen) / ratings.shape[0] * penalty
    if not len(block):
        return penalty
    if kernels is None:
        products = model._products(block)
        first = products.first(shaped[0], model._bias(0))
    else:
        rated = np.flatnonzero(np.diff(block.starts))  # the others have no errors
        products = model._products(block.select(rated))
        around, place = _with_neighbours(chosen[rated], kernels.shape[-1] // 2, ratings.shape[0])
        wider = model._products(ratings.select(around))
        first = wider.every(wider.first_convolved(kernels, shaped[0], model._bias(0)))
        first = first.index_select(0, torch.from_numpy(place).to(first.device))
    hidden = model._encode(first, shaped)
    return products.squared_error(hidden, shaped[-1], model._bias(-1)) + penalty


def _with_neighbours(
    rows: NDArray[np.int64], margin: int, n_rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ascending rows between their neighbours, run by run, and where they stand there.

    What a convolution makes of `rows` among these is what it makes of them in the whole matrix.
    """
    ends = np.flatnonzero(np.diff(rows) > 1) + 1
    firsts, stops = (np.concatenate(parts) for parts in (([0], ends), (ends, [len(rows)])))
    lows = np.maximum(rows[firsts] - margin, 0)
    sizes = np.minimum(rows[stops - 1] + 1 + margin, n_rows) - lows
    shifts = np.cumsum(sizes) - sizes - lows
    place = rows + np.repeat(shifts, stops - firsts)
    return np.arange(sizes.sum()) - np.repeat(shifts, sizes), place
