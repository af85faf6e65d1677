"""Rows of a table by index, with a gradient that does not depend on threads."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from glowrec import _native


def gather_rows(table: Tensor, index: Tensor) -> Tensor:
    """Return ``table[index]``; its gradient is summed in the order of `index`.

    Parameters
    ----------
    table : Tensor of float32 or float64, shape (n_rows, dim)
    index : Tensor of int64, shape (n,)
        Rows, repeats allowed.

    Returns
    -------
    Tensor, shape (n, dim)

    Notes
    -----
    On the CPU the gradient's scatter is a stable counting sort in the compiled core, the same
    bits for any number of threads; elsewhere it is torch's accumulating ``index_put_``, which on
    CUDA sorts, too, and gives the same bits each time.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import gather_rows
    >>> table = torch.eye(2, requires_grad=True)
    >>> gather_rows(table, torch.tensor([1, 1])).sum().backward()
    >>> table.grad
    tensor([[0., 0.],
            [2., 2.]])
    """
    return cast("Tensor", _gather(table, index))


@torch.library.custom_op("glowrec::gather_rows", mutates_args=())
def _gather(table: Tensor, index: Tensor) -> Tensor:
    return table.index_select(0, index)


@_gather.register_fake
def _(table: Tensor, index: Tensor) -> Tensor:
    return table.new_empty((index.shape[0], table.shape[1]))


@torch.library.custom_op("glowrec::scatter_rows", mutates_args=())
def _scatter(index: Tensor, values: Tensor, n_rows: int) -> Tensor:
    if values.device.type == "cpu" and values.dtype in (torch.float32, torch.float64):
        rows = values.detach().contiguous().numpy()
        return torch.from_numpy(_native.scatter_rows(index.contiguous().numpy(), rows, n_rows))
    total = values.new_zeros((n_rows, values.shape[1]))
    return total.index_put_((index,), values, accumulate=True)


@_scatter.register_fake
def _(index: Tensor, values: Tensor, n_rows: int) -> Tensor:  # noqa: ARG001 - shapes only
    return values.new_empty((n_rows, values.shape[1]))


def _keep_index(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:  # noqa: ANN401, ARG001
    ctx.n_rows = inputs[0].shape[0]
    ctx.save_for_backward(inputs[1])


def _gather_backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
    (index,) = ctx.saved_tensors
    return _scatter(index, grad, ctx.n_rows), None


def _keep_rows(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: Tensor) -> None:  # noqa: ANN401, ARG001
    ctx.save_for_backward(inputs[0])


def _scatter_backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor, None]:  # noqa: ANN401
    (index,) = ctx.saved_tensors
    return None, _gather(grad, index), None


_gather.register_autograd(_gather_backward, setup_context=_keep_index)
_scatter.register_autograd(_scatter_backward, setup_context=_keep_rows)
