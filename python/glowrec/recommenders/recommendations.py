"""The answer of a recommender, in ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The best items of some users (or the nearest ones of some items), best first.

    Attributes
    ----------
    ids : ndarray of str or int64, shape (n,)
        Whom each row is for.
    items : ndarray of str or int64, shape (n, k)
        Item ids, best first. Where fewer than ``k`` items were left, the rest of the row, from
        ``counts[row]`` on, is -1 or, among strings, empty.
    scores : ndarray of float32, shape (n, k)
        ``-inf`` where there is no item.
    counts : ndarray of int64, shape (n,)
        Items of each row.
    """

    ids: NDArray[Any]
    items: NDArray[Any]
    scores: NDArray[np.float32]
    counts: NDArray[np.int64]

    def rows(self) -> Iterator[tuple[Any, Any, int, float]]:
        """Yield (id, item, rank from 1, score) of every recommendation.

        Yields
        ------
        tuple

        Examples
        --------
        >>> import numpy as np
        >>> from glowrec.recommenders import Recommendations
        >>> one = Recommendations(
        ...     np.array(["eve"]), np.array([["tea"]]), np.ones((1, 1), "f4"), np.array([1])
        ... )
        >>> list(one.rows())
        [('eve', 'tea', 1, 1.0)]
        """
        columns = zip(
            self.ids.tolist(),
            self.items.tolist(),
            self.scores.tolist(),
            self.counts.tolist(),
            strict=True,
        )
        for whom, items, scores, count in columns:
            for rank in range(count):
                yield whom, items[rank], rank + 1, scores[rank]

    def __len__(self) -> int:
        return len(self.ids)
