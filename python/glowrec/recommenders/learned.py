"""Recommenders that are made of what a training learned: all but how they are fitted."""

from __future__ import annotations

import os
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from glowrec.datasets import Dataset
from glowrec.errors import DataError, ParameterError
from glowrec.interactions import Interactions
from glowrec.io.folders import path_of
from glowrec.recommenders.recommender import NotFittedError, check_interactions, kind
from glowrec.recommenders.vectors import VectorRecommender
from glowrec.training.learned import Learned
from glowrec.training.presets import PRESETS
from glowrec.training.presets import preset as named_preset
from glowrec.training.run_folder import DATA
from glowrec.training.settings import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.training.result import Result
    from glowrec.training.settings import Settings


class LearnedRecommender(VectorRecommender):
    """A recommender that keeps what a training learned, and is saved and loaded with it.

    A subclass names the class of its settings, has the arguments that its users expect, and says
    how it is fitted.

    Attributes
    ----------
    config : Settings
        How it learns.
    result : Result or None
        The outcome of :meth:`fit`.
    """

    settings_kind: ClassVar[type[Settings]]
    """Settings of the model."""

    config: Settings
    result: Result | None
    _learned: Learned | None

    def _prepare(self, preset: str, settings: dict[str, Any]) -> None:
        """Take a preset with changes as the settings; for constructors."""
        own = [name for name, made in PRESETS.items() if isinstance(made, self.settings_kind)]
        if not isinstance(preset, str) or preset not in own:
            whose = f"settings of {named_preset(preset).model}, " if preset in [*PRESETS] else ""
            names = ", ".join(own)
            raise ParameterError(f"preset = {shown(preset)}: {whose}expected one of {names}")
        config = PRESETS[preset]
        for name in settings:
            if not hasattr(config, name) and name in signature(type(self).fit).parameters:
                raise ParameterError(f"{name}: is no setting of the model; give it to fit")
        self.config = config.replace(**settings)
        self.result, self._learned = None, None

    @classmethod
    def from_learned(cls, learned: Learned) -> Self:
        """Make a fitted recommender of what a training learned.

        Parameters
        ----------
        learned : Learned

        Returns
        -------
        LearnedRecommender
            Of the class that is asked.

        Raises
        ------
        ParameterError
            If it was learned by another model.

        Examples
        --------
        >>> import glowrec as gr
        >>> from glowrec.training import preset, train
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> result = train(preset("lightgcn-fast", dim=16, epochs=1), data)
        >>> gr.LightGCN.from_learned(result.learned).item_factors.shape
        (300, 16)
        """
        if not isinstance(learned.config, cls.settings_kind):
            raise ParameterError(
                f"learned: by {learned.config.model}, expected by {cls.settings_kind.model}"
            )
        made = cls.__new__(cls)
        made.config, made.result, made._learned = learned.config, None, learned  # noqa: SLF001
        return made

    def __repr__(self) -> str:
        names = ("dim", "n_layers", "seed", "preset")
        shown = [
            f"{name}={getattr(self.config, name)!r}"
            for name in names
            if hasattr(self.config, name)
        ]
        state = "not fitted" if self._learned is None else f"fitted on {self._learned.train}"
        return f"{type(self).__name__}({', '.join(shown)}; {state})"

    @property
    def learned(self) -> Learned:
        """What it is made of; :class:`NotFittedError` before it was fitted."""
        if self._learned is None:
            raise NotFittedError(
                f"{type(self).__name__}: not fitted yet; call fit, or glowrec.load"
            )
        return self._learned

    @property
    def train_(self) -> Interactions:
        """What it learned from; those items are left out of recommendations."""
        return self.learned.train

    @property
    def user_factors(self) -> NDArray[np.float32]:
        """Read-out of the users, shape (n_users, width of the read-out)."""
        return self.learned.user_factors

    @property
    def item_factors(self) -> NDArray[np.float32]:
        """Read-out of the items, shape (n_items, width of the read-out)."""
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
            If it is no path, a file, or the folder of a training run, whose curves and result
            would no longer be those of its model.

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
        if (path_of("folder", folder) / DATA).exists():
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
        LearnedRecommender
            Fitted.

        Raises
        ------
        DataError
            If the folder holds no such model, or a file of it is damaged.
        """
        learned = Learned.load(folder)
        try:
            return cls.from_learned(learned)
        except ParameterError as error:
            raise DataError(f"{os.fspath(folder)}: {error}") from None


class Request(NamedTuple):
    """What :meth:`fit` was asked for."""

    settings: Any
    """With the share that is held out, if it was given."""
    data: Dataset
    judge: Interactions | None
    """What chooses the number of epochs, if it was given."""


def requested(
    settings: Settings,
    train: Interactions,
    validation: float | Interactions | None,
    test: Interactions | None,
) -> Request:
    """Return settings and data of a training from the arguments of a recommender's ``fit``.

    Parameters
    ----------
    settings : Settings
    train : Interactions
    validation : float or Interactions, optional
    test : Interactions, optional

    Returns
    -------
    Request

    Raises
    ------
    ParameterError
        If one of them is something else.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.recommenders.learned import requested
    >>> from glowrec.training import Config
    >>> requested(Config(), Interactions.from_arrays([0], [0]), 0.2, None).settings.validation
    0.2
    """
    check_interactions("train", train)
    if test is not None:
        check_interactions("test", test)
    judge = None
    if isinstance(validation, Interactions):
        judge = validation
    elif isinstance(validation, (int, float, np.number)):
        settings = settings.replace(validation=float(validation))
    elif validation is not None:
        raise ParameterError(
            f"validation = {kind(validation)}: expected a share of each user's interactions "
            "or Interactions"
        )
    if test is None:
        test = train.select(np.zeros(len(train), dtype=bool))
    return Request(settings, Dataset("interactions", train, test), judge)
