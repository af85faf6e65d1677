"""Compiled kernels. Private: import the public modules instead."""

from typing import Final, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

__version__: Final[str]
MOST_THREADS: Final[int]

_Table: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

def num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def simd_level() -> str: ...

@final
class Graph:
    """A frozen bipartite graph."""

    def __new__(
        cls, n_users: int, n_items: int, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> Graph: ...
    @property
    def n_users(self) -> int: ...
    @property
    def n_items(self) -> int: ...
    @property
    def n_edges(self) -> int: ...
    @property
    def user_degrees(self) -> NDArray[np.int64]: ...
    @property
    def item_degrees(self) -> NDArray[np.int64]: ...
    def user_csr(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...
    def item_csr(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...
    def propagate(
        self,
        x: _Table,
        weights: NDArray[np.float64],
        normalization: str,
        transpose: bool,
        bfloat16: bool,
        keep_prob: float,
        dropout_seed: int,
    ) -> _Table: ...
    def bpr_gradient(
        self,
        embedding: NDArray[np.float32],
        readout: NDArray[np.float32],
        nodes: NDArray[np.int64],
        n_negatives: int,
        l2: float,
        weights: NDArray[np.float64],
        normalization: str,
        bfloat16: bool,
        keep_prob: float,
        dropout_seed: int,
    ) -> tuple[float, float, NDArray[np.float32]]: ...
    def adjacency(
        self,
        normalization: str,
        transpose: bool,
        keep_prob: float,
        dropout_seed: int,
        start: int,
        stop: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]: ...

def scatter_rows(index: NDArray[np.int64], values: _Table, n_rows: int) -> _Table: ...
def bpr(
    readout: NDArray[np.float32],
    embedding: NDArray[np.float32],
    nodes: NDArray[np.int64],
    n_negatives: int,
    l2: float,
) -> tuple[float, float, NDArray[np.float32], NDArray[np.float32]]: ...

@final
class Sampler:
    """Draws triplets of a graph."""

    def __new__(
        cls, graph: Graph, order: str, n_negatives: int, hardest_of: int, seed: int
    ) -> Sampler: ...
    @property
    def n_triplets(self) -> int: ...
    def sample(
        self,
        epoch: int,
        start: int,
        stop: int,
        vectors: NDArray[np.float32] | NDArray[np.uint16] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
    def candidates(self, epoch: int, start: int, stop: int) -> NDArray[np.int64]: ...

_Evaluated: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64], list[float]]

def top_k(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    k: int,
    exclude: Graph | None,
    ids: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...
def evaluate_factors(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    train: Graph | None,
    test: Graph,
    ids: NDArray[np.int64],
    metrics: list[str],
    cuts: list[int],
) -> _Evaluated: ...
def evaluate_rankings(
    lists: NDArray[np.int64],
    test: Graph,
    ids: NDArray[np.int64],
    metrics: list[str],
    cuts: list[int],
) -> _Evaluated: ...
