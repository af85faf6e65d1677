"""The propagation through torch's own sparse product, for every device."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from glowrec.graph import Graph
    from glowrec.normalization import Normalization

_Key = tuple[str, bool, torch.device, torch.dtype]
_CACHE: WeakKeyDictionary[Graph, dict[_Key, Tensor]] = WeakKeyDictionary()


def propagate_by_torch(
    graph: Graph,
    x: Tensor,
    weights: Tensor,
    *,
    normalization: Normalization = "sym",
    transpose: bool = False,
    keep_prob: float = 1.0,
    dropout_seed: int = 0,
    n_folds: int = 0,
) -> Tensor:
    r"""Return :math:`\sum_k \alpha_k \hat{A}^k x` through torch's sparse product.

    Parameters
    ----------
    graph : Graph
    x : Tensor, shape (n_nodes, dim)
        On any device.
    weights : Tensor of float64 on the CPU, shape (n_layers + 1,)
    normalization, transpose, keep_prob, dropout_seed
        As in :meth:`glowrec.Graph.propagate`; the mask is the same one.
    n_folds : int, default 0
        With 0 the whole normalised adjacency is built (and kept, without dropout). Otherwise
        every product builds one of `n_folds` blocks of rows at a time and frees it, so that
        only a block's values and indices are in memory.

    Returns
    -------
    Tensor, shape (n_nodes, dim)

    Examples
    --------
    >>> import torch
    >>> from glowrec import Graph
    >>> from glowrec.nn.sparse import propagate_by_torch
    >>> graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
    >>> propagate_by_torch(graph, torch.eye(3), torch.tensor([0.0, 1.0]), normalization="none")
    tensor([[0., 0., 1.],
            [0., 0., 1.],
            [1., 1., 0.]])
    """
    alphas = weights.tolist()
    total: Tensor = x * alphas[-1]  # (n_nodes, dim); Horner's rule from the last layer inwards
    for alpha in reversed(alphas[:-1]):
        if n_folds:
            layer = torch.empty_like(total)
            for rows in _folds(graph.n_nodes, n_folds):
                block = _adjacency(
                    graph, x, normalization, transpose, keep_prob, dropout_seed, rows
                )
                layer[rows] = torch.mm(block, total)
                del block
        elif keep_prob == 1.0:
            layer = torch.mm(_cached(graph, x, normalization, transpose), total)
        else:
            whole = slice(0, graph.n_nodes)
            dropped = _adjacency(
                graph, x, normalization, transpose, keep_prob, dropout_seed, whole
            )
            layer = torch.mm(dropped, total)
        total = layer.add_(x, alpha=alpha)
    return total


def _folds(n_nodes: int, n_folds: int) -> Iterator[slice]:
    size = max(1, math.ceil(n_nodes / n_folds))
    for start in range(0, n_nodes, size):
        yield slice(start, min(start + size, n_nodes))


def _cached(graph: Graph, x: Tensor, normalization: Normalization, transpose: bool) -> Tensor:  # noqa: FBT001 - passed on
    key = (normalization, transpose, x.device, x.dtype)
    kept = _CACHE.setdefault(graph, {})
    if key not in kept:
        whole = slice(0, graph.n_nodes)
        kept[key] = _adjacency(graph, x, normalization, transpose, 1.0, 0, whole)
    return kept[key]


def _adjacency(  # noqa: PLR0917 - passed on
    graph: Graph,
    like: Tensor,
    normalization: Normalization,
    transpose: bool,  # noqa: FBT001 - passed on
    keep_prob: float,
    dropout_seed: int,
    rows: slice,
) -> Tensor:
    """Return a block of rows of the normalised adjacency, sparse CSR, (len(rows), n_nodes)."""
    indptr, indices, values = graph.adjacency(
        normalization,
        transpose=transpose,
        keep_prob=keep_prob,
        dropout_seed=dropout_seed,
        rows=rows,
    )
    # The adjacency holds the invariants. Asked by an argument of the call, some versions warn.
    unchecked = torch.sparse.check_sparse_tensor_invariants(enable=False)  # type: ignore[no-untyped-call]
    with unchecked, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            torch.from_numpy(indptr),
            torch.from_numpy(indices),
            torch.from_numpy(values).to(like.dtype),
            size=(rows.stop - rows.start, graph.n_nodes),
            device=like.device,
        )
