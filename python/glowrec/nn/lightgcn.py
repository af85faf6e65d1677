"""LightGCN: embeddings smoothed by a fixed, linear propagation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from glowrec.errors import ParameterError, ShapeError
from glowrec.nn.layer_attention import LayerAttention
from glowrec.nn.propagation import propagate
from glowrec.nn.vector_model import VectorModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glowrec.graph import Graph
    from glowrec.nn.propagation import Backend
    from glowrec.nn.vector_model import Init
    from glowrec.normalization import Normalization


class LightGCN(VectorModel):
    r"""Users and items embedded by a weighted sum of linear propagation layers.

    .. math:: E = \sum_{k=0}^{K} \alpha_k \hat{A}^k E^{(0)}

    The module owns the embeddings (and the layer weights, where they are learned) and nothing
    else. The graph is an argument of :meth:`forward`, so that checkpoints hold no graph and
    ``.to(device)`` moves no data.

    Parameters
    ----------
    n_users, n_items : int
        Rows of the two blocks of the embedding table, users first.
    dim : int, default 64
        Width of an embedding.
    n_layers : int, default 3
        :math:`K`; with 0 the model is matrix factorisation.
    layer_weights : sequence of float, optional
        :math:`\alpha_k`, ``n_layers + 1`` of them, by default ``1 / (n_layers + 1)`` each.
    learn_layer_weights : bool, default False
        Whether the weights are parameters that start there.
    layer_attention : bool, default False
        Whether each node weighs its layers by attention instead; see :class:`LayerAttention`.
    normalization : str, default "sym"
        One of :data:`glowrec.normalization.NORMALIZATIONS`.
    init : {"normal", "xavier"}, default "normal"
        Normal with deviation `init_std`, which the reference code runs, or Xavier-uniform per
        block, which the paper reports.
    init_std : float, default 0.1
    keep_prob : float, default 1.0
        Edge dropout while training; the reference code's value is 0.6 when on.
    a_fold : int, default 0
        Bounds the working memory; see :func:`glowrec.nn.propagate`.
    backend, gather_dtype
        As in :func:`glowrec.nn.propagate`.
    generator : torch.Generator, optional
        Source of the initial embeddings.

    Raises
    ------
    ParameterError
        If an option is unknown or out of range.
    ShapeError
        If there are not ``n_layers + 1`` weights.
    DataError
        If there is no memory for the embeddings.

    References
    ----------
    He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
    Recommendation", SIGIR 2020, equations 7 and 8.

    Examples
    --------
    >>> import torch
    >>> from glowrec import Graph
    >>> from glowrec.nn import LightGCN
    >>> graph = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=3)
    >>> users, items = LightGCN(2, 3, dim=4)(graph)
    >>> users.shape, items.shape
    (torch.Size([2, 4]), torch.Size([3, 4]))
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        dim: int = 64,
        n_layers: int = 3,
        *,
        layer_weights: Sequence[float] | None = None,
        learn_layer_weights: bool = False,
        layer_attention: bool = False,
        normalization: Normalization = "sym",
        init: Init = "normal",
        init_std: float = 0.1,
        keep_prob: float = 1.0,
        a_fold: int = 0,
        backend: Backend = "auto",
        gather_dtype: Literal["bfloat16"] | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        if n_layers < 0:
            raise ParameterError(f"n_layers = {n_layers}: expected a number from 0")
        super().__init__(n_users, n_items, dim, init=init, init_std=init_std, generator=generator)
        self.n_layers = n_layers
        self.normalization, self.backend, self.gather_dtype = normalization, backend, gather_dtype
        self.keep_prob, self.a_fold = keep_prob, a_fold
        if layer_attention and (learn_layer_weights or layer_weights is not None):
            raise ParameterError("layer_attention = True: leave out the weights of layers")
        self.attention = LayerAttention(dim, n_layers) if layer_attention else None
        if layer_weights is None:
            layer_weights = [1 / (n_layers + 1)] * (n_layers + 1)
        if len(layer_weights) != n_layers + 1:
            raise ShapeError(
                f"layer_weights: expected {n_layers + 1}, one for the embedding and one per "
                f"layer, got {len(layer_weights)}"
            )
        alphas = torch.tensor(layer_weights, dtype=torch.float64)
        self.layer_weights: Tensor
        if learn_layer_weights:
            self.layer_weights = nn.Parameter(alphas)
        else:
            self.register_buffer("layer_weights", alphas)

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        return (
            f"{self.n_users}, {self.n_items}, dim={self.embedding.shape[1]}, "
            f"n_layers={self.n_layers}, normalization={self.normalization!r}"
        )

    @property
    def drops(self) -> bool:
        """Whether edges drop out while training."""
        return self.keep_prob < 1

    def readout(self, graph: Graph, *, dropout_seed: int = 0) -> Tensor:
        """Return the propagated embeddings of all nodes, users first.

        Parameters
        ----------
        graph : Graph
        dropout_seed : int, default 0
            Key of the edge mask; matters in training mode with ``keep_prob < 1`` only.

        Returns
        -------
        Tensor, shape (n_nodes, dim)

        Raises
        ------
        ShapeError
            If the graph has other numbers of users or items than the module.

        Examples
        --------
        >>> from glowrec import Graph
        >>> from glowrec.nn import LightGCN
        >>> LightGCN(1, 1, dim=2).readout(Graph.from_edges([0], [0], n_users=1, n_items=1)).shape
        torch.Size([2, 2])
        """
        self.check_graph(graph)
        if self.attention is None:
            return self._propagated(
                graph, self.embedding, self.n_layers, self.layer_weights, dropout_seed
            )
        layers: list[Tensor] = [self.embedding]
        one_layer = torch.tensor([0.0, 1.0])
        for _ in range(self.n_layers):
            layers.append(self._propagated(graph, layers[-1], 1, one_layer, dropout_seed))
        read: Tensor = self.attention(torch.stack(layers))
        return read

    def _propagated(
        self, graph: Graph, table: Tensor, n_layers: int, weights: Tensor, dropout_seed: int
    ) -> Tensor:
        return propagate(
            graph,
            table,
            n_layers,
            weights,
            normalization=self.normalization,
            keep_prob=self.keep_prob if self.training else 1.0,
            dropout_seed=dropout_seed,
            backend=self.backend,
            gather_dtype=self.gather_dtype,
            a_fold=self.a_fold,
        )
