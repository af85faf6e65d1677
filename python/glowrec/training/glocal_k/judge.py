"""Errors of a model at ratings that it did not learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glowrec import rating_errors
from glowrec.training.glocal_k.orientation import places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.nn.glocal_k import GLocalK, Stage
    from glowrec.nn.rating_matrix import RatingMatrix
    from glowrec.training.glocal_k.orientation import Orientation


class Judge:
    """Compares predictions, clipped to a range, with ratings.

    Parameters
    ----------
    ratings : Interactions
        With values.
    orientation : {"item", "user"}
    low, high : float
        The range of the ratings that were learned from.
    """

    def __init__(
        self, ratings: Interactions, orientation: Orientation, low: float, high: float
    ) -> None:
        self._ratings, self._low, self._high = ratings, low, high
        rows, columns = places(ratings.users, ratings.items, orientation)
        self._rows, self._columns = rows.copy(), columns.copy()  # torch shares writable ones only
        assert ratings.values is not None  # noqa: S101 - the caller's contract
        self._observed: NDArray[np.float64] = ratings.values

    def metrics(self, model: GLocalK, known: RatingMatrix, stage: Stage) -> dict[str, float]:
        """Return root mean squared and mean absolute error, and NDCG where it has a meaning.

        Parameters
        ----------
        model : GLocalK
        known : RatingMatrix
            What the model learned from.
        stage : {"local", "global"}

        Returns
        -------
        dict of str to float
            ``"rmse"``, ``"mae"`` and, unless a rating is negative or no user has two,
            ``"ndcg"``; see :mod:`glowrec.rating_errors`.

        Raises
        ------
        DataError
            If a prediction is not finite.
        """
        found = model.predict(known, self._rows, self._columns, stage=stage)
        guesses = found.double().cpu().numpy().clip(self._low, self._high)
        users, items = self._ratings.users, self._ratings.items
        return rating_errors.summary(guesses, self._observed, users, items)
