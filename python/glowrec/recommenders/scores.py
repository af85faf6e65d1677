"""Recommenders that score all items for some users at a time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from glowrec.evaluation.of_scores import ScoreSource
from glowrec.factors import single
from glowrec.ranking import TopK
from glowrec.recommenders.recommender import Recommender

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from glowrec.graph import Floats
    from glowrec.interactions import Interactions


class ScoreRecommender(Recommender):
    """A recommender that scores all items for a block of users.

    :func:`glowrec.evaluate` takes it as it is. Users are scored in blocks of bounded memory, so
    the table of users by items never exists.
    """

    @abstractmethod
    def score(self, users: NDArray[np.int64], /) -> Floats:
        """Return the scores of all items for users by code, shape (n, n_items)."""

    def _best(self, users: NDArray[np.int64], k: int, exclude: Interactions | None) -> TopK:
        return best_by_scores(self.score, users, k, exclude, self.train_.n_items)


def best_by_scores(
    score: Callable[[NDArray[np.int64]], Floats],
    users: NDArray[np.int64],
    k: int,
    exclude: Interactions | None,
    n_items: int,
) -> TopK:
    """Return the best items of users by the scores that a function gives, block by block.

    Parameters
    ----------
    score : callable
        Takes users by code, gives the scores of all items, shape (n, n_items).
    users : ndarray of int64, shape (n,)
    k : int
    exclude : Interactions or None
        A user's items here are not returned.
    n_items : int

    Returns
    -------
    TopK
        Ties go to the lower item id.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.recommenders.scores import best_by_scores
    >>> scores = np.array([[1.0, 3.0, 2.0]])
    >>> best_by_scores(lambda users: scores[users], np.array([0]), 2, None, 3).items
    array([[1, 2]])
    """
    source = ScoreSource(score, exclude, n_items)
    items = np.full((len(users), k), -1, dtype=np.int64)
    scores = np.full((len(users), k), -np.inf, dtype=np.float32)
    start = 0
    for block in source.blocks(users):
        rows = slice(start, start + len(block.users))
        best = block.best(k)
        items[rows], scores[rows] = best.items, single(best.scores)
        start = rows.stop
    return TopK(items, scores)
