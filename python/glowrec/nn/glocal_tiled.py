"""GLocal-K's products by dense tiles of rows, on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from glowrec.nn.global_kernel import convolve
from glowrec.nn.tile_convolution import ByShifts, ByTorch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glowrec.nn.rating_matrix import RatingMatrix

_CELLS = {"cpu": 1 << 20}
"""Cells of a tile: what fits the caches of a CPU."""
_CELLS_ON_DEVICE = 1 << 26


class TiledProducts:
    """What a model asks of a rating matrix, by dense tiles that are made when they are needed.

    Gradients make the tiles again: no full matrix is ever held.

    Parameters
    ----------
    ratings : RatingMatrix
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(self, ratings: RatingMatrix, dtype: torch.dtype, device: torch.device) -> None:
        # Not the matrix itself, which lives as long as its owner wants, and its products with it.
        self.rows, self.columns, self.values = ratings.rows, ratings.columns, ratings.values
        self.shape, self.starts = ratings.shape, ratings.starts
        self.dtype, self.device = dtype, device
        cells = _CELLS.get(device.type, _CELLS_ON_DEVICE)
        self.height = max(1, cells // max(1, ratings.shape[1]))

    def first(self, weights: Tensor, bias: Tensor) -> Tensor:
        """Return ``X W + b``, shape (n, hidden), of all rows that matter."""
        return cast("Tensor", _Tiled.apply(weights, bias, None, self))

    def first_convolved(
        self, kernels: Tensor, weights: Tensor, bias: Tensor, rows: Tensor | None = None
    ) -> Tensor:
        """Return the same of the convolved matrix, or of some of its rows."""
        if rows is None:
            return cast("Tensor", _Tiled.apply(weights, bias, kernels, self))
        return self._of_rows(rows, weights, bias, kernels)

    def every(self, values: Tensor) -> Tensor:
        """Return a row for each row of the matrix, of those that matter: all of them."""
        return values

    def row_means(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return the mean of each row of ``hidden W + b``, shape (n_rows,)."""
        return torch.addmv(bias.mean(), hidden, weights.mean(1))

    def squared_error(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return half the sum of squared errors of ``hidden W + b`` at the ratings."""
        return cast("Tensor", _TiledError.apply(hidden, weights, bias, self))

    def filled(self, size: int) -> float:
        """Return the share of cells that a convolution can reach from the ratings.

        Only rows with ratings count.
        """
        occupied = np.flatnonzero(np.diff(self.starts))
        reached = 0
        ones = torch.ones((1, size, size), dtype=self.dtype, device=self.device)
        for start, stop in self.tiles():
            tile = self.tile(start, stop, size // 2).ne(0).to(self.dtype)
            above = min(start, size // 2)
            counts = convolve(tile, ones)[above:][: stop - start].gt(0).sum(1).cpu()
            within = occupied[(occupied >= start) & (occupied < stop)] - start
            reached += int(counts[torch.from_numpy(within)].sum())
        return reached / max(1, len(occupied) * self.shape[1])

    def distinct(self, n_distinct: int) -> Tensor:
        """Return the rows with ratings, then one without if there is any."""
        counts = torch.from_numpy(np.diff(self.starts))
        rows = torch.nonzero(counts)[:, 0]
        if len(rows) < n_distinct:
            rows = torch.cat([rows, torch.argmin(counts)[None]])
        return rows.to(self.device)

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Return the bounds of the tiles."""
        for start in range(0, self.shape[0], self.height):
            yield start, min(start + self.height, self.shape[0])

    def tile(self, start: int, stop: int, margin: int = 0) -> Tensor:
        """Return rows ``start - margin..stop + margin`` of the matrix, as far as they exist."""
        first, last = max(start - margin, 0), min(stop + margin, self.shape[0])
        rows, columns, values = self._cells(first, last)
        out = torch.zeros((last - first, self.shape[1]), dtype=self.dtype, device=self.device)
        out[rows - first, columns] = values
        return out

    def convolved(self, start: int, stop: int, kernels: Tensor) -> ByShifts | ByTorch:
        """Return the convolution of rows ``start..stop``."""
        margin = kernels.shape[-1] // 2
        way = ByShifts if self.device.type == "cpu" else ByTorch
        above = min(start, margin)
        return way(self.tile(start, stop, margin), above, stop - start, kernels)

    def _cells(self, first: int, last: int) -> tuple[Tensor, Tensor, Tensor]:
        begin, end = (int(self.starts[row]) for row in (first, last))
        places = (axis[begin:end].to(self.device) for axis in (self.rows, self.columns))
        values = self.values[begin:end].to(self.device, self.dtype)
        return *places, values  # type: ignore[return-value]

    def _of_rows(self, rows: Tensor, weights: Tensor, bias: Tensor, kernels: Tensor) -> Tensor:
        """Return the product of some convolved rows, tile by tile."""
        out = bias.new_empty((len(rows), bias.shape[0]))
        rows, order = torch.sort(rows)
        done = 0
        for start, stop in self.tiles():
            until = int(torch.searchsorted(rows, stop))
            if until > done:
                chosen = self.convolved(start, stop, kernels).rows[rows[done:until] - start]
                out[order[done:until]] = torch.addmm(bias, chosen, weights)
                done = until
        return out


class _Tiled(torch.autograd.Function):
    """``X W + b`` or, with kernels, the same of the convolved matrix."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        weights: Tensor,
        bias: Tensor,
        kernels: Tensor | None,
        matrix: TiledProducts,
    ) -> Tensor:
        ctx.matrix = matrix
        ctx.save_for_backward(weights, *([] if kernels is None else [kernels]))
        out = bias.new_empty((matrix.shape[0], bias.shape[0]))
        for start, stop in matrix.tiles():
            x = (
                matrix.tile(start, stop)
                if kernels is None
                else matrix.convolved(start, stop, kernels).rows
            )
            torch.addmm(bias, x, weights, out=out[start:stop])
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        matrix: TiledProducts = ctx.matrix
        weights, *rest = ctx.saved_tensors
        kernels = rest[0] if rest else None
        by_weights = torch.zeros_like(weights)
        by_kernels = None if kernels is None else torch.zeros_like(kernels)
        for start, stop in matrix.tiles():
            slope = grad[start:stop]
            if kernels is None or by_kernels is None:
                by_weights.addmm_(matrix.tile(start, stop).t(), slope)
                continue
            convolution = matrix.convolved(start, stop, kernels)
            by_weights.addmm_(convolution.rows.t(), slope)
            by_kernels += convolution.by_kernels(slope @ weights.t())
        return by_weights, grad.sum(0), by_kernels, None


class _TiledError(torch.autograd.Function):
    """Half the sum of squared errors at the ratings."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        hidden: Tensor,
        weights: Tensor,
        bias: Tensor,
        matrix: TiledProducts,
    ) -> Tensor:
        ctx.matrix = matrix
        ctx.save_for_backward(hidden, weights, bias)
        loss = torch.zeros((), dtype=torch.float64, device=bias.device)
        for start, stop in matrix.tiles():
            loss += (
                _errors(matrix, hidden, weights, bias, (start, stop))[1].double().square().sum()
            )
        return (0.5 * loss).to(bias.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        matrix: TiledProducts = ctx.matrix
        hidden, weights, bias = ctx.saved_tensors
        by_hidden, by_weights, by_bias = (torch.zeros_like(x) for x in (hidden, weights, bias))
        for start, stop in matrix.tiles():
            places, errors = _errors(matrix, hidden, weights, bias, (start, stop))
            full = torch.zeros((stop - start, len(bias)), dtype=bias.dtype, device=bias.device)
            full[places] = errors * grad
            torch.mm(full, weights.t(), out=by_hidden[start:stop])
            by_weights.addmm_(hidden[start:stop].t(), full)
            by_bias += full.sum(0)
        return by_hidden, by_weights, by_bias, None


def _errors(
    matrix: TiledProducts, hidden: Tensor, weights: Tensor, bias: Tensor, tile: tuple[int, int]
) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Return the places of a tile's ratings and the errors there."""
    start, stop = tile
    rows, columns, values = matrix._cells(start, stop)  # noqa: SLF001 - its own module
    rows = rows - start
    full = torch.addmm(bias, hidden[start:stop], weights)
    return (rows, columns), full[rows, columns] - values
