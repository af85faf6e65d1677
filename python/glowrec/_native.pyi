"""Compiled kernels. Private: import the public modules instead."""

from typing import Final, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from glowrec.conventions import Convention
from glowrec.sampling.plan import Plan

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
class Ratings32:
    """A frozen matrix of ratings."""

    def __new__(
        cls,
        n_rows: int,
        n_columns: int,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: NDArray[np.float32],
    ) -> Ratings32: ...
    @property
    def n_distinct(self) -> int: ...
    def places(self) -> NDArray[np.int64]: ...
    def product(
        self, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> NDArray[np.float32]: ...
    def transposed_product(self, rows: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def convolved_product(
        self, kernels: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> NDArray[np.float32]: ...
    def convolved_gradient(
        self,
        kernels: NDArray[np.float32],
        weights: NDArray[np.float32],
        gradient: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
    def squared_error(
        self, hidden: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]: ...

def shaped32(
    weights: NDArray[np.float32],
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    scale: float | None,
) -> tuple[NDArray[np.float32], float, float]: ...
def shaped_gradient32(
    weights: NDArray[np.float32],
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    scale: float | None,
    gradient: NDArray[np.float32],
    factors: tuple[float, float],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]: ...

@final
class Ratings64:
    """A frozen matrix of ratings."""

    def __new__(
        cls,
        n_rows: int,
        n_columns: int,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: NDArray[np.float64],
    ) -> Ratings64: ...
    @property
    def n_distinct(self) -> int: ...
    def places(self) -> NDArray[np.int64]: ...
    def product(
        self, weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> NDArray[np.float64]: ...
    def transposed_product(self, rows: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def convolved_product(
        self, kernels: NDArray[np.float64], weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> NDArray[np.float64]: ...
    def convolved_gradient(
        self,
        kernels: NDArray[np.float64],
        weights: NDArray[np.float64],
        gradient: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    def squared_error(
        self, hidden: NDArray[np.float64], weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...

def shaped64(
    weights: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    scale: float | None,
) -> tuple[NDArray[np.float64], float, float]: ...
def shaped_gradient64(
    weights: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    scale: float | None,
    gradient: NDArray[np.float64],
    factors: tuple[float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...

@final
class Sampler:
    """Draws triplets of a graph."""

    def __new__(cls, graph: Graph, plan: Plan) -> Sampler: ...
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
    def pairs(
        self, epoch: int, start: int, stop: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
    def in_batch(
        self, epoch: int, start: int, stop: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
    def in_batch_probabilities(self, n: int) -> NDArray[np.float64]: ...
    def probabilities(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> NDArray[np.float64]: ...

@final
class Candidates:
    """Draws negatives of users."""

    def __new__(cls, graph: Graph, plan: Plan) -> Candidates: ...
    def sample(
        self, users: NDArray[np.int64], targets: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]: ...
    def inclusion(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> NDArray[np.float64]: ...
    def n_possible(self, users: NDArray[np.int64]) -> NDArray[np.int64]: ...

@final
class Ranker:
    """Items to rank by factors, prepared at their first use."""

    def __new__(
        cls, items: NDArray[np.float32], bias: NDArray[np.float32] | None, prune: str
    ) -> Ranker: ...
    def top_k(
        self,
        users: NDArray[np.float32],
        k: int,
        exclude: Graph | None,
        ids: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...
    @property
    def work(self) -> tuple[int, int, int, int]: ...

_Behind: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

@final
class Rater:
    """Metrics at cut-offs by one convention."""

    def __new__(
        cls, metrics: list[str], cuts: list[int], convention: Convention, graded: bool
    ) -> Rater: ...
    def rate(
        self,
        lists: NDArray[np.int64],
        tied: NDArray[np.bool_] | None,
        beyond: _Behind | None,
        test: Graph,
        grades: NDArray[np.float64] | None,
        rows: NDArray[np.int64],
        users: NDArray[np.int64],
        part: str,
    ) -> NDArray[np.float64]: ...

def check_lists(lists: NDArray[np.int64], n_items: int, repeats: bool) -> None: ...
def without_repeats(lists: NDArray[np.int64]) -> NDArray[np.int64]: ...
def exposure(
    lists: NDArray[np.int64], rows: NDArray[np.int64], n_items: int, cuts: list[int]
) -> NDArray[np.int64]: ...
def total(values: NDArray[np.float64]) -> float: ...

_Placed: TypeAlias = tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
]

def factor_places(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
    exclude: Graph | None,
    ids: NDArray[np.int64],
    test: Graph,
) -> _Placed: ...
def factor_ties(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
    exclude: Graph | None,
    ids: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> NDArray[np.int64]: ...
def score_top_k(
    scores: _Table, exclude: Graph | None, ids: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], _Table]: ...
def score_places(
    scores: _Table, exclude: Graph | None, ids: NDArray[np.int64], test: Graph
) -> _Placed: ...
def score_ties(
    scores: _Table, exclude: Graph | None, ids: NDArray[np.int64], asked: NDArray[np.float64]
) -> NDArray[np.int64]: ...

@final
class SparseRows:
    """A sparse table of float32, stored by row."""

    def __new__(
        cls,
        n_columns: int,
        starts: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: NDArray[np.float32],
    ) -> SparseRows: ...
    def scores(
        self, right: SparseRows, bias: NDArray[np.float32] | None, rows: NDArray[np.int64]
    ) -> NDArray[np.float32]: ...
    def top_k(
        self,
        right: SparseRows,
        bias: NDArray[np.float32] | None,
        exclude: Graph | None,
        rows: NDArray[np.int64],
        k: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...

def nearest(
    graph: Graph,
    of_items: bool,
    values: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    similarity: str,
    shrinkage: float,
    n: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]: ...
