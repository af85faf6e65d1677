"""The interaction graph: who is linked to what, and how vectors spread along the links."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

from glowrec import _native
from glowrec.arguments import flag, whole_number
from glowrec.columns import sparse_links
from glowrec.errors import IdError, ParameterError, ShapeError
from glowrec.id_map import MAX_IDS
from glowrec.layers import layer_weights
from glowrec.normalization import check_operator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from glowrec.interactions import Interactions
    from glowrec.normalization import Normalization

Floats: TypeAlias = "NDArray[np.float32] | NDArray[np.float64]"

_NUMBERS = itertools.count(1)
NUMBERED: WeakValueDictionary[int, Graph] = WeakValueDictionary()
"""The graphs of this process by number: torch's operators take numbers and no objects."""


class Graph:
    """A frozen bipartite graph of users and items, readable from both sides.

    Repeated links count once; users and items without any keep their place. Nodes are numbered
    users first: item ``i`` is node ``n_users + i``.

    Parameters
    ----------
    interactions : Interactions
        The links: its ``users``, ``items``, ``n_users`` and ``n_items`` are read.

    Raises
    ------
    IdError
        If an id is not one of its axis; the message gives the first such position.

    Notes
    -----
    The compiled core owns the graph: its pattern by user and by item, 4 bytes per link and
    side. Linear time and memory, in parallel.

    Examples
    --------
    >>> from glowrec.graph import Graph
    >>> graph = Graph.from_edges([0, 0, 2], [1, 0, 1], n_users=3, n_items=2)
    >>> graph.n_edges, graph.user_degrees, graph.item_degrees
    (3, array([2, 0, 1]), array([1, 2]))
    """

    __slots__ = ("__weakref__", "_native", "_number")

    def __init__(self, interactions: Interactions) -> None:
        users, items = interactions.users, interactions.items
        self._own(_built(users, items, interactions.n_users, interactions.n_items))

    @classmethod
    def from_edges(
        cls, users: ArrayLike, items: ArrayLike, *, n_users: int, n_items: int
    ) -> Graph:
        """Build a graph from one user and one item per link.

        Parameters
        ----------
        users, items : array_like of int, shape (n_links,)
            Ends of each link, in any order; repeated links count once.
        n_users, n_items : int
            Number of users and of items, those without links included; at most 2**32.

        Returns
        -------
        Graph

        Raises
        ------
        ShapeError
            If the arrays are not one-dimensional and equally long.
        IdError
            If an id is no integer, or not one of its axis, or there are more than 2**32 nodes.
        ParameterError
            If a number of nodes is negative or no whole number.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> Graph.from_edges([1, 1], [0, 0], n_users=2, n_items=1).n_edges
        1
        """
        graph = cls.__new__(cls)
        graph._own(_built(users, items, n_users, n_items))  # noqa: SLF001 - its own
        return graph

    @classmethod
    def from_scipy(cls, matrix: Any) -> Graph:  # noqa: ANN401 - any of SciPy's sparse formats
        """Build a graph from a sparse matrix of users by items.

        Parameters
        ----------
        matrix : scipy.sparse array or matrix, shape (n_users, n_items)
            Each stored value other than zero is a link.

        Returns
        -------
        Graph

        Raises
        ------
        ShapeError
            If the matrix is not sparse and two-dimensional.
        DataError
            If it stores NaN.

        Examples
        --------
        >>> import scipy.sparse
        >>> from glowrec.graph import Graph
        >>> Graph.from_scipy(scipy.sparse.eye_array(3)).n_edges
        3
        """
        users, items = sparse_links("matrix", matrix)
        n_users, n_items = matrix.shape
        return cls.from_edges(users, items, n_users=n_users, n_items=n_items)

    @property
    def n_users(self) -> int:
        """Number of users, those without links included."""
        return self._native.n_users

    @property
    def n_items(self) -> int:
        """Number of items, those without links included."""
        return self._native.n_items

    @property
    def n_nodes(self) -> int:
        """Number of users and items together."""
        return self.n_users + self.n_items

    @property
    def n_edges(self) -> int:
        """Number of distinct links."""
        return self._native.n_edges

    @property
    def user_degrees(self) -> NDArray[np.int64]:
        """Number of items of each user, shape (n_users,)."""
        return self._native.user_degrees

    @property
    def item_degrees(self) -> NDArray[np.int64]:
        """Number of users of each item, shape (n_items,)."""
        return self._native.item_degrees

    def propagate(
        self,
        x: ArrayLike,
        n_layers: int,
        weights: ArrayLike | None = None,
        *,
        normalization: Normalization = "sym",
        transpose: bool = False,
        gather_dtype: Literal["bfloat16"] | None = None,
        keep_prob: float = 1.0,
        dropout_seed: int = 0,
    ) -> Floats:
        r"""Return the weighted sum of all layers, :math:`\sum_k \alpha_k \hat{A}^k x`.

        Parameters
        ----------
        x : array_like, shape (n_nodes, dim)
            One row per node, users first. C-contiguous float32 and float64 arrays are read in
            place; float64 is computed in float64, every other real type is converted to float32.
            No other thread may change the array until the call returns.
        n_layers : int
            :math:`K`, from 0 to :data:`glowrec.layers.MOST_LAYERS`.
        weights : array_like, shape (n_layers + 1,), optional
            :math:`\alpha_k`, by default ``1 / (n_layers + 1)`` each, as LightGCN reads out. A
            layer of weight 0 is left out.
        normalization : {"sym", "left", "right", "l1_both", "l1_left", "l1_right", "none"}
            :math:`\hat{A} = D^{-p} A D^{-q}`; see
            :data:`glowrec.normalization.NORMALIZATIONS`. A node without links
            has a zero row and column in it.
        transpose : bool, default False
            Apply :math:`\hat{A}^T` instead, as the gradient needs it.
        gather_dtype : {None, "bfloat16"}
            With "bfloat16", the rows that a layer gathers are rounded to bfloat16 and summed in
            float32: about half the time, a relative error of up to 2**-8 per gathered value.
        keep_prob : float, default 1.0
            Keep each directed edge with this probability and scale it by ``1 / keep_prob``; one
            mask for all layers. Degrees stay those of the whole graph.
        dropout_seed : int, default 0
            Key of the mask, in ``0..2**64``. The same key with `transpose` uses the transposed
            mask.

        Returns
        -------
        ndarray of float32 or float64, shape (n_nodes, dim)
            The same bits for any number of threads and on every vector level.

        Raises
        ------
        ShapeError
            If `x` is not ``(n_nodes, dim)``.
        ParameterError
            If a name is unknown, or a number is none or outside its range.

        Notes
        -----
        ``O(n_layers * n_edges * dim)`` time. No layer is stored: Horner's rule needs two tables.
        He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
        Recommendation", SIGIR 2020, equations 7 and 8.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
        >>> graph.propagate([[1.0], [3.0], [0.0]], 1, weights=[0, 1], normalization="l1_left")
        array([[0.],
               [0.],
               [2.]])
        """
        table = _table(x, self.n_nodes)
        alphas = layer_weights(weights, n_layers)
        check_operator(normalization, keep_prob, dropout_seed)
        if gather_dtype not in (None, "bfloat16"):
            raise ParameterError(f"gather_dtype = {gather_dtype!r}: expected None or 'bfloat16'")
        if gather_dtype is not None and table.dtype != np.float32:
            raise ParameterError("gather_dtype = 'bfloat16' needs a float32 x, got float64")
        return self._native.propagate(
            table,
            alphas,
            normalization,
            flag("transpose", transpose),
            gather_dtype is not None,
            float(keep_prob),
            int(dropout_seed),
        )

    def adjacency(
        self,
        normalization: Normalization = "sym",
        *,
        transpose: bool = False,
        keep_prob: float = 1.0,
        dropout_seed: int = 0,
        rows: slice | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the arrays of the operator that one layer of :meth:`propagate` applies.

        Parameters
        ----------
        normalization, transpose, keep_prob, dropout_seed
            As in :meth:`propagate`.
        rows : slice, optional
            Nodes whose rows are wanted, without a step; all by default.

        Returns
        -------
        indptr : ndarray of int64, shape (n_rows + 1,)
        indices : ndarray of int64, shape (n_entries,)
            Nodes, strictly increasing within a row.
        values : ndarray of float64, shape (n_entries,)

        Raises
        ------
        ParameterError
            If a name is unknown, or a number outside its range.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
        >>> graph.adjacency("l1_left", rows=slice(2, 3))
        (array([0, 2]), array([0, 1]), array([0.5, 0.5]))
        """
        check_operator(normalization, keep_prob, dropout_seed)
        start, stop, step = (rows or slice(None)).indices(self.n_nodes)
        if step != 1:
            raise ParameterError(f"rows = {rows}: expected a slice without a step")
        transpose = flag("transpose", transpose)
        return self._native.adjacency(
            normalization, transpose, float(keep_prob), int(dropout_seed), start, max(start, stop)
        )

    def to_scipy(
        self,
        normalization: Normalization | None = None,
        *,
        transpose: bool = False,
        keep_prob: float = 1.0,
        dropout_seed: int = 0,
    ) -> csr_array[np.float64, tuple[int, int]]:
        """Return the links, or the operator of :meth:`propagate`, as a SciPy array.

        Parameters
        ----------
        normalization : str, optional
            By default the matrix of users by items, with a one for each link. With a name,
            the square normalised adjacency of all nodes.
        transpose, keep_prob, dropout_seed
            As in :meth:`propagate`; without `normalization` only `transpose` may be given.

        Returns
        -------
        scipy.sparse.csr_array of float64
            Shape (n_users, n_items), or (n_nodes, n_nodes) with a `normalization`.

        Raises
        ------
        ParameterError
            If a name is unknown, or a number outside its range.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
        >>> graph.to_scipy().toarray()
        array([[1.],
               [1.]])
        """
        from scipy.sparse import csr_array  # noqa: PLC0415 - too slow for `import glowrec`

        if normalization is not None:
            indptr, indices, values = self.adjacency(
                normalization, transpose=transpose, keep_prob=keep_prob, dropout_seed=dropout_seed
            )
            return csr_array((values, indices, indptr), shape=(self.n_nodes, self.n_nodes))
        transpose = flag("transpose", transpose)
        if keep_prob != 1.0:
            raise ParameterError("keep_prob: edge dropout needs a normalization, such as 'none'")
        shape = (self.n_items, self.n_users) if transpose else (self.n_users, self.n_items)
        starts, columns = self._native.item_csr() if transpose else self._native.user_csr()
        return csr_array((np.ones(len(columns)), columns, starts), shape=shape)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the links; the copy is built again."""
        starts, items = self._native.user_csr()
        users = np.repeat(np.arange(self.n_users), np.diff(starts))
        return _unpickled, (users, items, self.n_users, self.n_items)

    def _own(self, native: _native.Graph) -> None:
        self._native, self._number = native, next(_NUMBERS)
        NUMBERED[self._number] = self

    def __repr__(self) -> str:
        return f"Graph(n_users={self.n_users}, n_items={self.n_items}, n_edges={self.n_edges})"


def _unpickled(
    users: NDArray[np.int64], items: NDArray[np.int32], n_users: int, n_items: int
) -> Graph:
    return Graph.from_edges(users, items.view(np.uint32), n_users=n_users, n_items=n_items)


def _built(users: ArrayLike, items: ArrayLike, n_users: int, n_items: int) -> _native.Graph:
    for name, size in (("n_users", n_users), ("n_items", n_items)):
        if whole_number(name, size) < 0:
            raise ParameterError(f"{name} = {size} must not be negative")
        if size > MAX_IDS:
            raise IdError(f"{name} = {size} is more than the {MAX_IDS} that 32-bit ids can name")
    return _native.Graph(n_users, n_items, _ids("users", users), _ids("items", items))


def _ids(name: str, values: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ShapeError(f"{name}: expected one dimension, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu":
        raise IdError(f"{name}: ids must be integers, got {array.dtype}")
    if array.dtype == np.uint64:  # a huge id must not wrap around to a small one
        array = np.minimum(array, np.uint64(np.iinfo(np.int64).max))
    return np.ascontiguousarray(array, dtype=np.int64)


def _table(x: ArrayLike, n_nodes: int) -> Floats:
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ShapeError("x: rows of unequal length; pass a rectangular table") from error
    if array.ndim != 2 or array.shape[0] != n_nodes:  # noqa: PLR2004 - nodes and cells
        raise ShapeError(f"x: expected shape ({n_nodes}, dim), users first, got {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ParameterError(f"x: expected real numbers, got {array.dtype}")
    if array.dtype.newbyteorder("=") == np.float64:
        return np.ascontiguousarray(array, dtype=np.float64)
    return np.ascontiguousarray(array, dtype=np.float32)
