"""Recommenders of models of vectors that are trained on pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from glowrec.recommenders.learned import LearnedRecommender, requested
from glowrec.training.train import train as run_training

if TYPE_CHECKING:
    import os

    import torch
    from numpy.typing import ArrayLike

    from glowrec.interactions import Interactions


class TrainedRecommender(LearnedRecommender):
    """A recommender whose vectors are learned by :func:`glowrec.training.train`.

    A subclass names the class of its settings and has the arguments that its users expect.
    """

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
