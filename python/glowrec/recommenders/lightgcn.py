"""The recommender that LightGCN makes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from glowrec.datasets import Dataset
from glowrec.errors import ParameterError
from glowrec.interactions import Interactions
from glowrec.recommenders.recommender import NotFittedError, check_interactions, kind
from glowrec.recommenders.vectors import VectorRecommender
from glowrec.training.learned import Learned
from glowrec.training.presets import preset as named_preset
from glowrec.training.run_folder import DATA
from glowrec.training.train import train as run_training

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.training.result import Result


class LightGCN(VectorRecommender):
    """LightGCN: fit it on interactions, ask it for recommendations.

    Parameters
    ----------
    dim : int, default 64
        Width of an embedding.
    n_layers : int, default 3
        Propagation layers.
    seed : int, default 0
        Of everything random.
    preset : str, default "lightgcn-fast"
        Settings to start from: ``"lightgcn-fast"`` or ``"lightgcn-reference"``.
    **settings
        Other fields of :class:`glowrec.training.Config`.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of range; the message names it.

    References
    ----------
    He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
    Recommendation", SIGIR 2020.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> model = gr.LightGCN(dim=16, epochs=2).fit(data.train, validation=0.1)
    >>> model.recommend(users=[3, 14], k=5).items.shape
    (2, 5)
    """

    def __init__(
        self,
        dim: int = 64,
        n_layers: int = 3,
        seed: int = 0,
        *,
        preset: str = "lightgcn-fast",
        **settings: Any,  # noqa: ANN401 - fields of Config
    ) -> None:
        self.config = named_preset(preset, dim=dim, n_layers=n_layers, seed=seed, **settings)
        self._learned: Learned | None = None
        self.result: Result | None = None

    @classmethod
    def from_learned(cls, learned: Learned) -> Self:
        """Make a fitted recommender of what a training learned.

        Parameters
        ----------
        learned : Learned

        Returns
        -------
        LightGCN

        Examples
        --------
        >>> import glowrec as gr
        >>> from glowrec.training import preset, train
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> result = train(preset("lightgcn-fast", dim=16, epochs=1), data)
        >>> gr.LightGCN.from_learned(result.learned).item_factors.shape
        (300, 16)
        """
        made = cls.__new__(cls)
        made.config, made.result, made._learned = learned.config, None, learned  # noqa: SLF001
        return made

    def __repr__(self) -> str:
        config = self.config
        state = "not fitted" if self._learned is None else f"fitted on {self._learned.train}"
        return (
            f"LightGCN(dim={config.dim}, n_layers={config.n_layers}, seed={config.seed}, "
            f"preset={config.preset!r}; {state})"
        )

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
        LightGCN
            Itself.

        Raises
        ------
        ParameterError
            If `train`, `validation` or `test` is something else, or as
            :func:`glowrec.training.train`.
        DataError, SaturatedError
            As :func:`glowrec.training.train`.

        Examples
        --------
        >>> import glowrec as gr
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> model = gr.LightGCN(dim=16, epochs=2).fit(data.train, test=data.test)
        >>> "ndcg@20" in model.result.test
        True
        """
        check_interactions("train", train)
        if test is not None:
            check_interactions("test", test)
        config, judge = self.config, None
        if isinstance(validation, Interactions):
            judge = validation
        elif isinstance(validation, (int, float, np.number)):
            config = config.replace(validation=float(validation))
        elif validation is not None:
            raise ParameterError(
                f"validation = {kind(validation)}: expected a share of each user's interactions "
                "or Interactions"
            )
        if test is None:
            test = train.select(np.zeros(len(train), dtype=bool))
        tables = None
        if pretrained is not None:
            users, items = (np.array(table, dtype=np.float32) for table in pretrained)
            tables = (torch.from_numpy(users), torch.from_numpy(items))
        result = run_training(
            config,
            Dataset("interactions", train, test),
            validation=judge,
            pretrained=tables,
            out=out,
            resume=resume,
            device=device,
            progress=progress,
            tensorboard=tensorboard,
        )
        self.result, self._learned = result, result.learned
        return self

    @property
    def learned(self) -> Learned:
        """What it is made of; :class:`NotFittedError` before it was fitted."""
        if self._learned is None:
            raise NotFittedError("LightGCN: not fitted yet; call fit, or glowrec.load")
        return self._learned

    @property
    def train_(self) -> Interactions:
        """What it learned from; those items are left out of recommendations."""
        return self.learned.train

    @property
    def user_factors(self) -> NDArray[np.float32]:
        """Propagated embeddings of the users, shape (n_users, dim)."""
        return self.learned.user_factors

    @property
    def item_factors(self) -> NDArray[np.float32]:
        """Propagated embeddings of the items, shape (n_items, dim)."""
        return self.learned.item_factors

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model into a folder; :func:`glowrec.load` reads it.

        Parameters
        ----------
        folder : str or path-like
            Made if it does not exist. Each file is written whole or not at all. A model that
            was saved there before is replaced.

        Raises
        ------
        ParameterError
            If the folder is that of a training run, whose curves and result would no longer be
            those of its model.

        Examples
        --------
        >>> import tempfile
        >>> import glowrec as gr
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> model = gr.LightGCN(dim=16, epochs=1).fit(data.train)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(folder)
        ...     gr.load(folder).user_factors.shape
        (200, 16)
        """
        learned = self.learned
        if (Path(folder) / DATA).exists():
            raise ParameterError(
                f"{os.fspath(folder)}: holds a training run, with a model of its own; save into "
                "another folder"
            )
        learned.save(folder)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Read a model that was saved, or that a run left behind.

        Parameters
        ----------
        folder : str or path-like
            Of :meth:`save` or of ``glowrec train --out``.

        Returns
        -------
        LightGCN
            Fitted.

        Raises
        ------
        DataError
            If the folder holds no such model, or a file of it is damaged.
        """
        return cls.from_learned(Learned.load(folder))
