"""What is ranked: anything that can score all items for a block of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from glowrec.graph import Graph
    from glowrec.ranking import TopK


class Targets(NamedTuple):
    """Where the test items of some users stand among all their candidates.

    Row ``r`` holds entries ``indptr[r]:indptr[r + 1]``, in ascending order of item. An item that
    is no candidate (it is in train as well) has ``above = -1``.
    """

    indptr: NDArray[np.int64]
    """Shape (n_rows + 1,)."""
    items: NDArray[np.int64]
    """The test items, shape (n_targets,)."""
    scores: NDArray[np.float64]
    """Their scores; NaN of what is no candidate."""
    above: NDArray[np.int64]
    """Candidates with a higher score."""
    before: NDArray[np.int64]
    """Candidates with the same score and a lower id: the rank is ``above + before + 1``."""
    tied: NDArray[np.int64]
    """Candidates with the same score, the item itself left out."""
    n_candidates: NDArray[np.int64]
    """Candidates of each row, shape (n_rows,)."""


class Block(Protocol):
    """Some users, and the rankings that a source makes of all items for them."""

    @property
    def users(self) -> NDArray[np.int64]:
        """The users, shape (n_rows,)."""

    def best(self, k: int) -> TopK:
        """Rank the candidates: the best `k`, ties to the lower id, padded with -1 and -inf."""

    def targets(self, test: Graph) -> Targets:
        """Place the test items of each user among the candidates."""

    def equal_to(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """Count the candidates whose score equals the one given for each row."""


class Source(Protocol):
    """Ranks all items for users, block by block."""

    @property
    def n_items(self) -> int:
        """Number of items, candidates or not."""

    def blocks(self, users: NDArray[np.int64]) -> Iterator[Block]:
        """Cut users into blocks that are ranked at once, in the order given."""
