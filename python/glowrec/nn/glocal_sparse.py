"""GLocal-K's products by the compiled kernels, which see rated cells only."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from glowrec import _native
from glowrec.errors import ParameterError
from glowrec.nn.glocal_tiled import TiledProducts

if TYPE_CHECKING:
    from glowrec.nn.rating_matrix import RatingMatrix

_MATRICES: WeakValueDictionary[int, SparseProducts] = WeakValueDictionary()
_NEXT = itertools.count(1)

_FULL = 0.55
"""Share of the convolved matrix from which on dense tiles are faster than sparse rows."""


class SparseProducts:
    """What a model asks of a rating matrix, by sparse products on the CPU.

    Rows without ratings are alike, so one of them stands for all: "the rows that matter" are the
    rows with ratings, in their order, and one more if there are others.

    Parameters
    ----------
    ratings : RatingMatrix
    dtype : torch.dtype
        float32 or float64.
    device : torch.device
        The CPU.
    tile : bool or None, default None
        Whether the convolved matrix is multiplied by dense tiles; None decides by how full it
        can be.

    Raises
    ------
    ParameterError
        If there are no kernels for the device or the dtype.
    """

    def __init__(
        self,
        ratings: RatingMatrix,
        dtype: torch.dtype,
        device: torch.device,
        *,
        tile: bool | None = None,
    ) -> None:
        classes = {torch.float32: _native.Ratings32, torch.float64: _native.Ratings64}
        if device.type != "cpu" or dtype not in classes:
            raise ParameterError(
                f"backend = 'sparse' takes float32 or float64 on the CPU, not {dtype} on "
                f"{device}; use 'auto'"
            )
        values = ratings.values.to(dtype).numpy()
        places = ratings.rows.numpy(), ratings.columns.numpy()
        self.native: Any = classes[dtype](*ratings.shape, *places, values)
        self.place = torch.from_numpy(self.native.places())
        self.tiled = TiledProducts(ratings, dtype, device)
        self.tile = tile
        self.n_ratings, self.n_columns = len(ratings), ratings.shape[1]
        self.name = next(_NEXT)
        _MATRICES[self.name] = self

    def first(self, weights: Tensor, bias: Tensor) -> Tensor:
        """Return ``X W + b``, shape (n, hidden), of all rows that matter."""
        return cast("Tensor", _product(weights, bias, self.name, self.native.n_distinct))

    def first_convolved(
        self, kernels: Tensor, weights: Tensor, bias: Tensor, rows: Tensor | None = None
    ) -> Tensor:
        """Return the same of the convolved matrix, or of some of its rows."""
        if rows is not None:
            return self.tiled.first_convolved(kernels, weights, bias, rows)
        if self._tiles_win(kernels.shape[-1]):
            whole = self.tiled.first_convolved(kernels, weights, bias)
            return whole.index_select(0, self.tiled.distinct(self.native.n_distinct))
        n_distinct = self.native.n_distinct
        return cast("Tensor", _convolved_product(kernels, weights, bias, self.name, n_distinct))

    def every(self, values: Tensor) -> Tensor:
        """Return a row for each row of the matrix, of those that matter."""
        return values.index_select(0, self.place)

    def row_means(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return the mean of each row of ``hidden W + b``, shape (n_rows,)."""
        return self.every(torch.addmv(bias.mean(), hidden, weights.mean(1)))

    def squared_error(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return half the sum of squared errors of ``hidden W + b`` at the ratings."""
        return cast("Tensor", _squared_error(hidden, weights, bias, self.name)[0])

    def _tiles_win(self, size: int) -> bool:
        if self.tile is None:
            # No kernel reaches more cells than it has weights, so a sparse matrix is decided.
            most = size * size * self.n_ratings / max(1, self.native.n_distinct * self.n_columns)
            self.tile = most > _FULL and self.tiled.filled(size) > _FULL
        return self.tile


def _array(tensor: Tensor) -> Any:  # noqa: ANN401 - of either precision
    return tensor.detach().contiguous().numpy()


@torch.library.custom_op("glowrec::rating_product", mutates_args=())
def _product(weights: Tensor, bias: Tensor, matrix: int, n_distinct: int) -> Tensor:  # noqa: ARG001 - for the shape
    native = _MATRICES[matrix].native
    return torch.from_numpy(native.product(_array(weights), _array(bias)))


@_product.register_fake
def _(weights: Tensor, bias: Tensor, matrix: int, n_distinct: int) -> Tensor:  # noqa: ARG001
    return weights.new_empty((n_distinct, bias.shape[0]))


@torch.library.custom_op("glowrec::rating_product_back", mutates_args=())
def _product_back(gradient: Tensor, matrix: int, n_columns: int) -> Tensor:  # noqa: ARG001 - for the shape
    native = _MATRICES[matrix].native
    return torch.from_numpy(native.transposed_product(_array(gradient)))


@_product_back.register_fake
def _(gradient: Tensor, matrix: int, n_columns: int) -> Tensor:  # noqa: ARG001
    return gradient.new_empty((n_columns, gradient.shape[1]))


def _keep_matrix(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ANN401, ARG001
    weights, _, ctx.matrix, _ = inputs
    ctx.alive = _MATRICES[ctx.matrix]
    ctx.n_columns = weights.shape[0]


def _product_backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    by_weights = _product_back(grad, ctx.matrix, ctx.n_columns)
    return by_weights, grad.sum(0), None, None


_product.register_autograd(_product_backward, setup_context=_keep_matrix)


@torch.library.custom_op("glowrec::convolved_product", mutates_args=())
def _convolved_product(
    kernels: Tensor,
    weights: Tensor,
    bias: Tensor,
    matrix: int,
    n_distinct: int,  # noqa: ARG001 - for the shape
) -> Tensor:
    native = _MATRICES[matrix].native
    return torch.from_numpy(
        native.convolved_product(_array(kernels), _array(weights), _array(bias))
    )


@_convolved_product.register_fake
def _(
    kernels: Tensor,  # noqa: ARG001
    weights: Tensor,
    bias: Tensor,
    matrix: int,  # noqa: ARG001
    n_distinct: int,
) -> Tensor:
    return weights.new_empty((n_distinct, bias.shape[0]))


@torch.library.custom_op("glowrec::convolved_product_back", mutates_args=())
def _convolved_back(
    kernels: Tensor, weights: Tensor, gradient: Tensor, matrix: int
) -> tuple[Tensor, Tensor]:
    by_weights, by_kernels = _MATRICES[matrix].native.convolved_gradient(
        _array(kernels), _array(weights), _array(gradient)
    )
    return torch.from_numpy(by_weights), torch.from_numpy(by_kernels)


@_convolved_back.register_fake
def _(
    kernels: Tensor,
    weights: Tensor,
    gradient: Tensor,  # noqa: ARG001
    matrix: int,  # noqa: ARG001
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(weights).contiguous(), torch.empty_like(kernels).contiguous()


def _keep_operands(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ANN401, ARG001
    kernels, weights, _, ctx.matrix, _ = inputs
    ctx.alive = _MATRICES[ctx.matrix]
    ctx.save_for_backward(kernels, weights)


def _convolved_backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    kernels, weights = ctx.saved_tensors
    by_weights, by_kernels = _convolved_back(kernels, weights, grad, ctx.matrix)
    return by_kernels, by_weights, grad.sum(0), None, None


_convolved_product.register_autograd(_convolved_backward, setup_context=_keep_operands)


@torch.library.custom_op("glowrec::rating_error", mutates_args=())
def _squared_error(
    hidden: Tensor, weights: Tensor, bias: Tensor, matrix: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    native = _MATRICES[matrix].native
    loss, *gradients = native.squared_error(_array(hidden), _array(weights), _array(bias))
    by_hidden, by_weights, by_bias = (torch.from_numpy(gradient) for gradient in gradients)
    return torch.tensor(loss, dtype=hidden.dtype), by_hidden, by_weights, by_bias


@_squared_error.register_fake
def _(
    hidden: Tensor,
    weights: Tensor,
    bias: Tensor,
    matrix: int,  # noqa: ARG001
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    gradients = (torch.empty_like(operand).contiguous() for operand in (hidden, weights, bias))
    return hidden.new_empty(()), *gradients  # type: ignore[return-value]


def _keep_gradients(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ANN401, ARG001
    ctx.save_for_backward(*output[1:])


def _error_backward(ctx: Any, grad: Tensor, *_: Tensor | None) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    by_hidden, by_weights, by_bias = ctx.saved_tensors
    return by_hidden * grad, by_weights * grad, by_bias * grad, None


_squared_error.register_autograd(_error_backward, setup_context=_keep_gradients)
