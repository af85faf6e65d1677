"""Weights shaped by a kernel over learned vectors, in one pass over the layer."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from glowrec import _native


def shaped_weights(
    weight: Tensor, u: Tensor, v: Tensor, scale: float | None, *, l2: float, sparsity: float
) -> tuple[Tensor, Tensor]:
    r"""Return weights shaped by a kernel, and their penalty.

    .. math:: W \circ K, \qquad
              \frac{\lambda_2}{2} \|W\|^2 + \frac{\lambda_s}{2} \|K\|^2

    Parameters
    ----------
    weight : Tensor of float32 or float64 on the CPU, shape (n_in, n_out)
    u : Tensor, shape (n_in, dim)
    v : Tensor, shape (n_out, dim)
    scale : float or None
        :math:`1 / 2 \sigma^2` of a Gaussian kernel; None is the one of finite support.
    l2, sparsity : float

    Returns
    -------
    weights : Tensor, shape (n_in, n_out)
    penalty : Tensor, scalar

    Notes
    -----
    The kernel is never stored; the gradient computes it again. The bits do not depend on the
    number of threads.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.shaped_weights import shaped_weights
    >>> u, v = torch.zeros(1, 2), torch.tensor([[0.0, 0.0], [0.5, 0.5]])
    >>> shaped_weights(torch.ones(1, 2), u, v, None, l2=1.0, sparsity=0.0)
    (tensor([[1.0000, 0.5000]]), tensor(1.))
    """
    return cast("tuple[Tensor, Tensor]", _shaped(weight, u, v, scale, l2, sparsity))


def _arrays(*tensors: Tensor) -> list[Any]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


@torch.library.custom_op("glowrec::shaped_weights", mutates_args=())
def _shaped(  # noqa: PLR0917 - operators of torch take no keywords
    weight: Tensor, u: Tensor, v: Tensor, scale: float | None, l2: float, sparsity: float
) -> tuple[Tensor, Tensor]:
    run: Any = _native.shaped32 if weight.dtype == torch.float32 else _native.shaped64
    weights, of_weight, of_kernel = run(*_arrays(weight, u, v), scale)
    penalty = l2 / 2 * of_weight + sparsity / 2 * of_kernel
    return torch.from_numpy(weights), torch.tensor(penalty, dtype=weight.dtype)


@_shaped.register_fake
def _(weight: Tensor, *_: object) -> tuple[Tensor, Tensor]:
    return torch.empty_like(weight).contiguous(), weight.new_empty(())


@torch.library.custom_op("glowrec::shaped_weights_back", mutates_args=())
def _back(  # noqa: PLR0917
    weight: Tensor,
    u: Tensor,
    v: Tensor,
    scale: float | None,
    gradient: Tensor,
    by_penalty: Tensor,
    l2: float,
    sparsity: float,
) -> tuple[Tensor, Tensor, Tensor]:
    single = weight.dtype == torch.float32
    run: Any = _native.shaped_gradient32 if single else _native.shaped_gradient64
    share = float(by_penalty)
    arrays, slope = _arrays(weight, u, v), _arrays(gradient)[0]
    by_weight, by_u, by_v = run(*arrays, scale, slope, (share * l2, share * sparsity))
    return torch.from_numpy(by_weight), torch.from_numpy(by_u), torch.from_numpy(by_v)


@_back.register_fake
def _(weight: Tensor, u: Tensor, v: Tensor, *_: object) -> tuple[Tensor, Tensor, Tensor]:
    back = (torch.empty_like(operand).contiguous() for operand in (weight, u, v))
    return tuple(back)  # type: ignore[return-value]


def _keep_operands(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ANN401, ARG001
    weight, u, v, ctx.scale, ctx.l2, ctx.sparsity = inputs
    ctx.save_for_backward(weight, u, v)


def _backward(ctx: Any, by_weights: Tensor, by_penalty: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    operands = ctx.saved_tensors
    by = _back(*operands, ctx.scale, by_weights, by_penalty, ctx.l2, ctx.sparsity)
    return *by, None, None, None


_shaped.register_autograd(_backward, setup_context=_keep_operands)
