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
        source = ScoreSource(self.score, exclude, self.train_.n_items)
        items = np.full((len(users), k), -1, dtype=np.int64)
        scores = np.full((len(users), k), -np.inf, dtype=np.float32)
        start = 0
        for block in source.blocks(users):
            rows = slice(start, start + len(block.users))
            best = block.best(k)
            items[rows], scores[rows] = best.items, single(best.scores)
            start = rows.stop
        return TopK(items, scores)
