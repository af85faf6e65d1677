"""What every model of vectors is: a table of embeddings, and a read-out over a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
from torch import Tensor, nn

from glowrec.errors import ParameterError, ShapeError
from glowrec.nn.memory import room_for

if TYPE_CHECKING:
    from glowrec.graph import Graph
    from glowrec.nn.mlp_scorer import MLPScorer

Init: TypeAlias = Literal["normal", "xavier"]


class VectorModel(nn.Module):
    """Users and items embedded, and read out as vectors whose inner products are scores.

    With a :class:`glowrec.nn.MLPScorer` as `scorer`, a network scores the vectors instead.

    A subclass says how, in :meth:`readout`. The module owns parameters and nothing else: the
    graph is an argument, so that checkpoints hold no graph and ``.to(device)`` moves no data.

    Parameters
    ----------
    n_users, n_items : int
        Rows of the two blocks of the embedding table, users first.
    dim : int, default 64
        Width of an embedding.
    init : {"normal", "xavier"}, default "normal"
        Normal with deviation `init_std`, or Xavier-uniform per block.
    init_std : float, default 0.1
    generator : torch.Generator, optional
        Source of the initial embeddings.

    Attributes
    ----------
    embedding : Parameter, shape (n_users + n_items, dim)
    scorer : MLPScorer or None
        What scores the read-out, where inner products do not; of width ``readout_dim``.
        None until it is set.
    gather_dtype : {None, "bfloat16"}
        Precision of gathered rows, where a subclass propagates.
    keep_prob : float
        Edge dropout while training, where a subclass propagates.

    Raises
    ------
    ParameterError
        If an option is unknown or out of range.
    DataError
        If there is no memory for the embeddings.

    Examples
    --------
    >>> from glowrec.nn import LightGCN, VectorModel
    >>> isinstance(LightGCN(2, 3, dim=4), VectorModel)
    True
    """

    gather_dtype: Literal["bfloat16"] | None = None
    keep_prob: float = 1.0

    def __init__(
        self,
        n_users: int,
        n_items: int,
        dim: int = 64,
        *,
        init: Init = "normal",
        init_std: float = 0.1,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if not 1 <= dim < 2**31:
            raise ParameterError(f"dim = {dim}: expected a number from 1, below 2**31")
        if init not in ("normal", "xavier"):
            raise ParameterError(f"init = {init!r}: expected 'normal' or 'xavier'")
        self.n_users, self.n_items = n_users, n_items
        self.scorer: MLPScorer | None = None
        with room_for(n_users, n_items, dim):
            self.embedding = nn.Parameter(torch.empty(n_users + n_items, dim))
        for block in (self.embedding.data[:n_users], self.embedding.data[n_users:]):
            if init == "normal":
                nn.init.normal_(block, std=init_std, generator=generator)
            else:
                nn.init.xavier_uniform_(block, generator=generator)

    @property
    def readout_dim(self) -> int:
        """Width of the read-out."""
        return self.embedding.shape[1]

    @property
    def drops(self) -> bool:
        """Whether anything is dropped while training, so that masks need a key."""
        return False

    def readout(self, graph: Graph, *, dropout_seed: int = 0) -> Tensor:
        """Return the vectors of all nodes, users first.

        Parameters
        ----------
        graph : Graph
        dropout_seed : int, default 0
            Key of everything that is dropped while training.

        Returns
        -------
        Tensor, shape (n_nodes, readout_dim)

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
        raise NotImplementedError

    def check_graph(self, graph: Graph) -> None:
        """Raise :class:`~glowrec.errors.ShapeError` unless a graph has the module's nodes."""
        if (graph.n_users, graph.n_items) != (self.n_users, self.n_items):
            raise ShapeError(
                f"graph: expected {self.n_users} users and {self.n_items} items, "
                f"got {graph.n_users} and {graph.n_items}"
            )

    def forward(self, graph: Graph, *, dropout_seed: int = 0) -> tuple[Tensor, Tensor]:
        """Return the vectors of all users and of all items.

        Parameters
        ----------
        graph : Graph
        dropout_seed : int, default 0
            As in :meth:`readout`.

        Returns
        -------
        users : Tensor, shape (n_users, readout_dim)
        items : Tensor, shape (n_items, readout_dim)
        """
        nodes = self.readout(graph, dropout_seed=dropout_seed)
        return nodes[: self.n_users], nodes[self.n_users :]

    def load_pretrained(self, user_embedding: Tensor, item_embedding: Tensor) -> None:
        """Start from given embeddings (``pretrain`` of the reference code).

        Parameters
        ----------
        user_embedding : Tensor, shape (n_users, dim)
        item_embedding : Tensor, shape (n_items, dim)

        Raises
        ------
        ShapeError
            If a table has another shape.

        Examples
        --------
        >>> import torch
        >>> from glowrec.nn import LightGCN
        >>> model = LightGCN(1, 2, dim=1)
        >>> model.load_pretrained(torch.zeros(1, 1), torch.ones(2, 1))
        >>> model.embedding.flatten().tolist()
        [0.0, 1.0, 1.0]
        """
        dim = self.embedding.shape[1]
        tables = {"user": (user_embedding, self.n_users), "item": (item_embedding, self.n_items)}
        for name, (table, n_rows) in tables.items():
            if table.shape != (n_rows, dim):
                raise ShapeError(
                    f"{name}_embedding: expected shape ({n_rows}, {dim}), got {tuple(table.shape)}"
                )
        with torch.no_grad():
            self.embedding.copy_(torch.cat([user_embedding, item_embedding]))
