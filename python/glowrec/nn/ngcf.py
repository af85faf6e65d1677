"""NGCF: embeddings propagated through layers that transform, multiply and activate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from glowrec.errors import ParameterError
from glowrec.nn.propagation import propagate
from glowrec.nn.vector_model import VectorModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glowrec.graph import Graph
    from glowrec.nn.propagation import Backend
    from glowrec.nn.vector_model import Init
    from glowrec.normalization import Normalization

Activation: TypeAlias = Literal["sum", "each", "none"]
Readout: TypeAlias = Literal["concat", "sum"]

SLOPE = 0.2
"""Of LeakyReLU below zero."""
ONE_LAYER = (0.0, 1.0)


class NGCF(VectorModel):
    r"""Neural graph collaborative filtering, with each of its parts as a switch.

    .. math:: E^{(l)} = \mathrm{LeakyReLU}_{0.2}\bigl( (\hat{A} + I) E^{(l-1)} W_1^{(l)}
              + b_1^{(l)} + ((\hat{A} E^{(l-1)}) \odot E^{(l-1)}) W_2^{(l)} + b_2^{(l)} \bigr)

    LightGCN is what is left of it: without the transformations (``transform=False``, "NGCF-f" of
    LightGCN's paper), without the activation (``activation="none"``, "NGCF-n"), without both
    ("NGCF-fn"), it becomes better each time.

    Parameters
    ----------
    n_users, n_items : int
        Rows of the two blocks of the embedding table, users first.
    dim : int, default 64
        Width of an embedding.
    n_layers : int, default 3
    layer_dims : sequence of int, optional
        Width of each layer, `dim` for all by default.
    transform : bool, default True
        Whether layers have weights: :math:`W_1, b_1, W_2, b_2`.
    activation : {"sum", "each", "none"}, default "sum"
        LeakyReLU of the sum of both terms, as in the paper; of each term, as in the official
        code; or none.
    readout : {"concat", "sum"}, default "concat"
        The embedding beside all layers, each layer's rows of length 1; or the plain sum, which
        LightGCN's paper takes for the ablation.
    message_dropout : float, default 0.0
        Share of the entries of a layer that are dropped while training.
    node_dropout : float, default 0.0
        Share of the nodes whose messages are dropped while training, drawn anew for each layer.
    keep_prob : float, default 1.0
        Edge dropout while training, which the official code calls node dropout.
    normalization : str, default "sym"
        One of :data:`glowrec.normalization.NORMALIZATIONS`.
    init : {"normal", "xavier"}, default "xavier"
        Of the embeddings; weights are Xavier-uniform, biases 0.
    init_std : float, default 0.1
    backend, gather_dtype
        As in :func:`glowrec.nn.propagate`.
    generator : torch.Generator, optional
        Source of the initial parameters.

    Raises
    ------
    ParameterError
        If an option is unknown or out of range, or widths change without a transformation.
    DataError
        If there is no memory for the embeddings.

    Notes
    -----
    The propagation is :func:`glowrec.nn.propagate`, so it goes through the compiled kernel on the
    CPU. What drops out is a function of ``dropout_seed`` alone: of each layer first the nodes,
    then the entries, drawn by one generator on the CPU.

    References
    ----------
    Wang et al., "Neural Graph Collaborative Filtering", SIGIR 2019, equations 7 and 8. He et al.,
    "LightGCN", SIGIR 2020, section 2.2.

    Examples
    --------
    >>> from glowrec import Graph
    >>> from glowrec.nn import NGCF
    >>> graph = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=3)
    >>> users, items = NGCF(2, 3, dim=4, n_layers=2)(graph)
    >>> users.shape, items.shape
    (torch.Size([2, 12]), torch.Size([3, 12]))
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        dim: int = 64,
        n_layers: int = 3,
        *,
        layer_dims: Sequence[int] | None = None,
        transform: bool = True,
        activation: Activation = "sum",
        readout: Readout = "concat",
        message_dropout: float = 0.0,
        node_dropout: float = 0.0,
        keep_prob: float = 1.0,
        normalization: Normalization = "sym",
        init: Init = "xavier",
        init_std: float = 0.1,
        backend: Backend = "auto",
        gather_dtype: Literal["bfloat16"] | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(n_users, n_items, dim, init=init, init_std=init_std, generator=generator)
        self.layer_dims = _widths(dim, n_layers, layer_dims)
        self.transform, self.activation, self.kind_of_readout = transform, activation, readout
        self.message_dropout, self.node_dropout = message_dropout, node_dropout
        self.keep_prob, self.normalization = keep_prob, normalization
        self.backend, self.gather_dtype = backend, gather_dtype
        for name, value, known in (
            ("activation", activation, ("sum", "each", "none")),
            ("readout", readout, ("concat", "sum")),
        ):
            if value not in known:
                raise ParameterError(f"{name} = {value!r}: expected one of {known}")
        for name, share in (("message_dropout", message_dropout), ("node_dropout", node_dropout)):
            if not 0 <= share < 1:
                raise ParameterError(f"{name} = {share}: expected a share from 0, below 1")
        if len({dim, *self.layer_dims}) > 1 and not (transform and readout == "concat"):
            raise ParameterError(
                f"layer_dims = {list(self.layer_dims)} with dim = {dim}: without a "
                "transformation, or summed up, all layers are as wide as the embedding"
            )
        self.layers = nn.ModuleList(
            _Weights(before, width, generator)
            for before, width in zip((dim, *self.layer_dims), self.layer_dims, strict=False)
            if transform
        )

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        return (
            f"{self.n_users}, {self.n_items}, dim={self.embedding.shape[1]}, "
            f"layer_dims={list(self.layer_dims)}, transform={self.transform}, "
            f"activation={self.activation!r}, readout={self.kind_of_readout!r}"
        )

    @property
    def readout_dim(self) -> int:
        """Width of the read-out: that of all layers beside one another, or of one."""
        dim = self.embedding.shape[1]
        return dim + sum(self.layer_dims) if self.kind_of_readout == "concat" else dim

    @property
    def drops(self) -> bool:
        """Whether entries, nodes or edges drop out while training."""
        return self.keep_prob < 1 or self.message_dropout > 0 or self.node_dropout > 0

    def readout(self, graph: Graph, *, dropout_seed: int = 0) -> Tensor:
        """Return the vectors of all nodes, users first; see :meth:`VectorModel.readout`.

        Examples
        --------
        >>> from glowrec import Graph
        >>> from glowrec.nn import NGCF
        >>> graph = Graph.from_edges([0], [0], n_users=1, n_items=1)
        >>> NGCF(1, 1, dim=2, n_layers=1, readout="sum").readout(graph).shape
        torch.Size([2, 2])
        """
        self.check_graph(graph)
        generator = torch.Generator().manual_seed(dropout_seed) if self.training else None
        layer: Tensor = self.embedding
        layers = [layer]
        for depth in range(len(self.layer_dims)):
            layer = self._layer(graph, layer, depth, dropout_seed, generator)
            layer = _dropped(layer, self.message_dropout, layer.shape, generator)
            layers.append(layer)
        if self.kind_of_readout == "sum":
            return torch.stack(layers).sum(0)
        return torch.cat(
            [layers[0], *(functional.normalize(part, dim=1) for part in layers[1:])], 1
        )

    def _layer(
        self,
        graph: Graph,
        layer: Tensor,
        depth: int,
        dropout_seed: int,
        generator: torch.Generator | None,
    ) -> Tensor:
        sent = _dropped(layer, self.node_dropout, torch.Size([layer.shape[0], 1]), generator)
        received = propagate(
            graph,
            sent,
            1,
            ONE_LAYER,
            normalization=self.normalization,
            keep_prob=self.keep_prob if self.training else 1.0,
            dropout_seed=dropout_seed,
            backend=self.backend,
            gather_dtype=self.gather_dtype,
        )
        messages, products = received + layer, received * layer
        if self.transform:
            messages, products = self.layers[depth](messages, products)
        if self.activation == "each":
            return functional.leaky_relu(messages, SLOPE) + functional.leaky_relu(products, SLOPE)
        total = messages + products
        return functional.leaky_relu(total, SLOPE) if self.activation == "sum" else total


class _Weights(nn.Module):
    """The two transformations of a layer."""

    def __init__(self, before: int, width: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.messages, self.products = nn.Linear(before, width), nn.Linear(before, width)
        for linear in (self.messages, self.products):
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            nn.init.zeros_(linear.bias)

    def forward(self, messages: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
        return self.messages(messages), self.products(products)


def _dropped(
    values: Tensor, share: float, shape: torch.Size, generator: torch.Generator | None
) -> Tensor:
    """Return values of which a share is 0 and the rest is larger; all of them if not training."""
    if generator is None or not share:
        return values
    kept = torch.rand(shape, generator=generator) >= share
    return values * (kept.to(values.device, values.dtype) / (1 - share))


def _widths(dim: int, n_layers: int, layer_dims: Sequence[int] | None) -> tuple[int, ...]:
    widths = (dim,) * n_layers if layer_dims is None else tuple(layer_dims)
    if n_layers < 0 or any(width < 1 for width in widths):
        raise ParameterError(
            f"n_layers = {n_layers}, layer_dims = {layer_dims}: expected a number from 0 and "
            "widths from 1"
        )
    if len(widths) != n_layers:
        raise ParameterError(f"layer_dims: expected {n_layers}, one per layer, got {len(widths)}")
    return widths
