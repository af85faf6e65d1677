"""Linear propagation over the interaction graph, as one autograd operation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import torch
from torch import Tensor

from glowrec.errors import ParameterError, ShapeError
from glowrec.graph import NUMBERED
from glowrec.layers import MOST_LAYERS
from glowrec.nn.sparse import propagate_by_torch
from glowrec.normalization import Normalization, check_operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from glowrec.graph import Graph

Backend: TypeAlias = Literal["auto", "rust", "torch"]

_SLAB = 16
"""Columns per slab are a multiple of this, so that the kernel's vectors stay full."""


def propagate(
    graph: Graph,
    embedding: Tensor,
    n_layers: int,
    weights: Tensor | Sequence[float] | None = None,
    *,
    normalization: Normalization = "sym",
    keep_prob: float = 1.0,
    dropout_seed: int = 0,
    backend: Backend = "auto",
    gather_dtype: Literal["bfloat16"] | None = None,
    a_fold: int = 0,
) -> Tensor:
    r"""Return LightGCN's read-out :math:`\sum_k \alpha_k \hat{A}^k E^{(0)}`, with its gradient.

    Parameters
    ----------
    graph : Graph
    embedding : Tensor of float32 or float64, shape (n_nodes, dim)
        :math:`E^{(0)}`, users first.
    n_layers : int
        :math:`K`, at least 0.
    weights : Tensor or sequence of float, shape (n_layers + 1,), optional
        :math:`\alpha_k`, by default ``1 / (n_layers + 1)`` each. A tensor that requires a
        gradient gets one.
    normalization : str, default "sym"
        One of :data:`glowrec.normalization.NORMALIZATIONS`.
    keep_prob : float, default 1.0
        Edge dropout: each directed edge is kept with this probability and scaled by its inverse.
    dropout_seed : int, default 0
        Key of the mask, in ``0..2**63``; the gradient uses the same mask.
    backend : {"auto", "rust", "torch"}
        The compiled kernel for CPU tensors and torch's sparse product elsewhere, or one of them
        by force.
    gather_dtype : {None, "bfloat16"}
        Rounds the gathered rows in the compiled kernel: faster, and the sums stay float32.
        torch's product ignores it.
    a_fold : int, default 0
        Bounds the working memory (``A_split`` of the reference code), 0 for no bound: torch's
        product builds the adjacency in this many blocks of rows; the compiled kernel, which has
        no values to build, walks the columns in up to this many slabs of 16 or more, so that
        its two tables are as narrow as a slab.

    Returns
    -------
    Tensor, shape (n_nodes, dim)

    Raises
    ------
    ShapeError
        If `embedding` is not ``(n_nodes, dim)`` or `weights` not ``(n_layers + 1,)``.
    ParameterError
        If an option is unknown or out of range, or the compiled kernel is asked for another
        device or dtype than it takes.

    Notes
    -----
    The model is linear, so the gradient is :math:`P^T` applied to the read-out's: the same
    operation with the operator transposed, and no stored activations. He et al., SIGIR 2020,
    equations 7 and 8.

    Examples
    --------
    >>> import torch
    >>> from glowrec import Graph
    >>> from glowrec.nn import propagate
    >>> graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
    >>> propagate(graph, torch.tensor([[1.0], [3.0], [0.0]]), 1, normalization="l1_left")
    tensor([[0.5000],
            [1.5000],
            [1.0000]])
    """
    if embedding.ndim != 2 or embedding.shape[0] != graph.n_nodes:  # noqa: PLR2004 - a matrix
        raise ShapeError(
            f"embedding: expected shape ({graph.n_nodes}, dim), users first, "
            f"got {tuple(embedding.shape)}"
        )
    alphas = _alphas(weights, n_layers)
    check_operator(normalization, keep_prob, dropout_seed)
    if gather_dtype not in (None, "bfloat16"):
        raise ParameterError(f"gather_dtype = {gather_dtype!r}: expected None or 'bfloat16'")
    if a_fold < 0:
        raise ParameterError(f"a_fold = {a_fold}: expected a number of blocks, or 0 for none")
    use_rust = _use_rust(embedding, backend)
    return cast(
        "Tensor",
        _propagate(
            embedding,
            alphas,
            graph._number,  # noqa: SLF001 - this package's own
            normalization,
            False,
            keep_prob,
            dropout_seed,
            use_rust,
            gather_dtype == "bfloat16" and embedding.dtype == torch.float32,
            a_fold,
        ),
    )


@torch.library.custom_op("glowrec::propagate", mutates_args=())
def _propagate(  # noqa: PLR0917 - operators of torch take no keywords
    x: Tensor,
    alphas: Tensor,
    graph: int,
    normalization: str,
    transpose: bool,  # noqa: FBT001
    keep_prob: float,
    dropout_seed: int,
    use_rust: bool,  # noqa: FBT001
    bfloat16: bool,  # noqa: FBT001
    n_folds: int,
) -> Tensor:
    known = NUMBERED[graph]
    name = cast("Normalization", normalization)
    plain = alphas.detach().to("cpu", torch.float64)
    if not use_rust:
        return propagate_by_torch(
            known,
            x.detach(),
            plain,
            normalization=name,
            transpose=transpose,
            keep_prob=keep_prob,
            dropout_seed=dropout_seed,
            n_folds=n_folds,
        )
    table: np.ndarray[Any, Any] = x.detach().numpy()

    def run(columns: np.ndarray[Any, Any]) -> Tensor:
        return torch.from_numpy(
            known.propagate(
                columns,
                len(plain) - 1,
                plain.numpy(),
                normalization=name,
                transpose=transpose,
                gather_dtype="bfloat16" if bfloat16 else None,
                keep_prob=keep_prob,
                dropout_seed=dropout_seed,
            )
        )

    dim = x.shape[1]
    width = _SLAB * math.ceil(dim / (_SLAB * n_folds)) if n_folds else dim
    if width >= dim:
        return run(table)
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    for start in range(0, dim, width):
        out[:, start : start + width] = run(table[:, start : start + width])
    return out


@_propagate.register_fake
def _(x: Tensor, *_: object) -> Tensor:
    return torch.empty_like(x, memory_format=torch.contiguous_format)


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ANN401, ARG001
    x, alphas, *ctx.options = inputs
    ctx.learned = ctx.needs_input_grad[1]
    ctx.save_for_backward(*((x, alphas) if ctx.learned else (alphas,)))


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    graph, normalization, transpose, *rest = ctx.options
    grad = grad.contiguous()
    nothing = (None,) * len(ctx.options)
    if not ctx.learned:
        (alphas,) = ctx.saved_tensors
        back = _propagate(grad, alphas, graph, normalization, not transpose, *rest)
        return back, None, *nothing
    # Each power of the transposed operator is met on the way: the weights' gradient is free.
    x, alphas = ctx.saved_tensors
    one_layer = alphas.new_tensor([0.0, 1.0])
    power, back, slopes = grad, grad * alphas[0].to(grad.dtype), [(grad * x).sum()]
    for alpha in alphas[1:]:
        power = _propagate(power, one_layer, graph, normalization, not transpose, *rest)
        back = back + power * alpha.to(power.dtype)
        slopes.append((power * x).sum())
    return back, torch.stack(slopes).to(alphas), *nothing


_propagate.register_autograd(_backward, setup_context=_setup_context)


def _alphas(weights: Tensor | Sequence[float] | None, n_layers: int) -> Tensor:
    if not 0 <= n_layers <= MOST_LAYERS:
        raise ParameterError(f"n_layers = {n_layers}: expected from 0 to {MOST_LAYERS}")
    if weights is None:
        return torch.full((n_layers + 1,), 1 / (n_layers + 1), dtype=torch.float64)
    alphas = torch.as_tensor(weights)
    if alphas.shape != (n_layers + 1,):
        raise ShapeError(
            f"weights: expected {n_layers + 1}, one for the embedding and one per layer, "
            f"got shape {tuple(alphas.shape)}"
        )
    return alphas if alphas.is_floating_point() else alphas.double()


def _use_rust(embedding: Tensor, backend: Backend) -> bool:
    fits = embedding.device.type == "cpu" and embedding.dtype in (torch.float32, torch.float64)
    if backend == "rust" and not fits:
        raise ParameterError(
            "backend = 'rust': takes float32 and float64 on the CPU, got "
            f"{embedding.dtype} on {embedding.device}; use 'auto'"
        )
    if backend not in ("auto", "rust", "torch"):
        raise ParameterError(f"backend = {backend!r}: expected 'auto', 'rust' or 'torch'")
    return backend != "torch" and fits
