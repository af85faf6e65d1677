"""Recommenders of models of vectors that are trained on pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from glowrec.recommenders.learned import LearnedRecommender, requested
from glowrec.recommenders.scores import best_by_scores
from glowrec.recommenders.vectors import NoFactorsError
from glowrec.training.ranking import Vectors
from glowrec.training.train import train as run_training

if TYPE_CHECKING:
    import os

    import numpy as np
    import torch
    from numpy.typing import ArrayLike, NDArray

    from glowrec.interactions import Interactions
    from glowrec.ranking import TopK


class TrainedRecommender(LearnedRecommender):
    """A recommender whose vectors are learned by :func:`glowrec.training.train`.

    Its scores are their inner products or, with ``scorer="mlp"``, those of a network over both
    vectors; there are no factors then, and :func:`glowrec.evaluate` asks :meth:`score`. A subclass
    names the class of its settings and has the arguments that its users expect.
    """

    @property
    def user_factors(self) -> NDArray[np.float32]:
        """Read-out of the users, shape (n_users, width of the read-out)."""
        return self._vectors().user_factors

    @property
    def item_factors(self) -> NDArray[np.float32]:
        """Read-out of the items, shape (n_items, width of the read-out)."""
        return self._vectors().item_factors

    def score(self, users: NDArray[np.int64], /) -> NDArray[np.float32]:
        """Return the scores of all items for users by code.

        Parameters
        ----------
        users : ndarray of int64, shape (n,)

        Returns
        -------
        ndarray of float32, shape (n, n_items)

        Examples
        --------
        >>> import numpy as np
        >>> import glowrec as gr
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> model = gr.MatrixFactorization(dim=16, epochs=1, scorer="mlp").fit(data.train)
        >>> model.score(np.array([3, 14])).shape
        (2, 300)
        """
        ranking = self.learned.ranking
        if isinstance(ranking, Vectors):
            return ranking.user_factors[users] @ ranking.item_factors.T
        return ranking(users)

    def fit(
        self,
        train: Interactions,
        *,
        validation: float | Interactions | None = None,
        test: Interactions | None = None,
        pretrained: tuple[ArrayLike, ArrayLike] | None = None,
        out: str | os.PathLike[str] | None = None,
        resume: bool = False,
        device: str | torch.device | None = None,
        progress: bool = False,
        tensorboard: bool = False,
    ) -> Self:
        """Learn from interactions.

        Parameters
        ----------
        train : Interactions
        validation : float or Interactions, optional
            What chooses the number of epochs: a share of each user's interactions, after which
            the model is fitted anew on all of `train` (unless ``refit=False``), or interactions
            of their own. By default as the preset says; 0 trains all epochs.
        test : Interactions, optional
            Scored once, at the end; the numbers are in ``result.test``.
        pretrained : tuple of array_like, optional
            Embeddings of users and of items to start from.
        out, resume, device, progress, tensorboard
            As in :func:`glowrec.training.train`.

        Returns
        -------
        TrainedRecommender
            Itself.

        Raises
        ------
        ParameterError
            If `train`, `validation` or `test` is something else, or as
            :func:`glowrec.training.train`.
        DataError, SaturatedError, ShapeError
            As :func:`glowrec.training.train`.

        Examples
        --------
        >>> import glowrec as gr
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> model = gr.LightGCN(dim=16, epochs=2).fit(data.train, test=data.test)
        >>> "ndcg@20" in model.result.test
        True
        """
        config, data, judge = requested(self.config, train, validation, test)
        result = run_training(
            config,
            data,
            validation=judge,
            pretrained=pretrained,
            out=out,
            resume=resume,
            device=device,
            progress=progress,
            tensorboard=tensorboard,
        )
        self.result, self._learned = result, result.learned
        return self

    def _vectors(self) -> Vectors:
        ranking = self.learned.ranking
        if isinstance(ranking, Vectors):
            return ranking
        raise NoFactorsError(
            f"{type(self).__name__}: its scores are those of a network and no inner products of "
            "factors; ask score(users), or learned.user_factors for the network's input"
        )

    def _best(self, users: NDArray[np.int64], k: int, exclude: Interactions | None) -> TopK:
        if isinstance(self.learned.ranking, Vectors):
            return super()._best(users, k, exclude)
        return best_by_scores(self.score, users, k, exclude, self.train_.n_items)
