"""Items at random, the same ones each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.arguments import bounded
from glowrec.recommenders.baseline import Baseline
from glowrec.recommenders.scores import ScoreRecommender

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.recommenders.arrays import Form


class Random(Baseline, ScoreRecommender):
    """Recommend items at random: what a metric is worth without any knowledge.

    The score of an item for a user is a uniform number that depends on the seed and the two of
    them only, so the same users get the same items in any order and any company.

    Parameters
    ----------
    seed : int, default 0
        From 0 to 2**64 - 1.

    Raises
    ------
    ParameterError
        If `seed` is out of range.

    Notes
    -----
    Scores are 53 bits of Philox with the seed as its key and the user in the highest word of its
    counter (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), whose stream
    NumPy guarantees.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> model = gr.Random(seed=3).fit(data.train)
    >>> one, two = model.recommend([5], k=4).items[0], model.recommend([9, 5], k=4).items[1]
    >>> one.tolist() == two.tolist()
    True
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = bounded("seed", seed, 0, 64)

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:  # noqa: ARG002 - nothing
        return {}

    def _forms(self, train: Interactions) -> dict[str, Form]:  # noqa: ARG002 - there are none
        return {}

    def score(self, users: NDArray[np.int64], /) -> NDArray[np.float64]:
        """Return uniform numbers from [0, 1), shape (n, n_items)."""
        scores = np.empty((len(users), self.train_.n_items))
        for row, user in enumerate(users.tolist()):
            stream = np.random.Philox(key=self.seed, counter=[0, 0, 0, user])
            scores[row] = (stream.random_raw(scores.shape[1]) >> np.uint64(11)) * 2.0**-53
        return scores
