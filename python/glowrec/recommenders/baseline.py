"""What the recommenders that need no torch share: settings, fitting, folders."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from glowrec.errors import DataError, GlowrecError, ParameterError
from glowrec.io.folders import path_of
from glowrec.recommenders import arrays
from glowrec.recommenders.recommender import NotFittedError, Recommender, check_interactions

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.recommenders.arrays import Form


class Baseline(Recommender):
    """A recommender that NumPy, SciPy and the compiled kernels fit, without gradients.

    A subclass keeps each argument of its constructor as an attribute of the same name, learns
    arrays (:meth:`_learn`), says their forms (:meth:`_forms`) and ranks by them.
    """

    _train: Interactions | None = None
    _arrays: dict[str, NDArray[Any]]

    @abstractmethod
    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        """Return what the model is made of."""

    @abstractmethod
    def _forms(self, train: Interactions) -> dict[str, Form]:
        """Return the type and shape of each array of :meth:`_learn`."""

    def _prepare(self) -> None:
        """Make of the arrays what ranking needs; nothing by default."""

    def fit(self, train: Interactions) -> Self:
        """Learn from interactions.

        Parameters
        ----------
        train : Interactions
            With at least one interaction.

        Returns
        -------
        Recommender
            Itself.

        Raises
        ------
        ParameterError
            If `train` is no Interactions, or a setting does not fit its size.
        DataError
            If it is empty, or the model would not fit the memory.
        """
        check_interactions("train", train)
        if not len(train):
            raise DataError("train: has no interactions to learn from")
        return self._hold(train, self._learn(train))

    def _hold(self, train: Interactions, learned: dict[str, NDArray[Any]]) -> Self:
        self._train, self._arrays = train, learned
        self._prepare()
        return self

    @property
    def train_(self) -> Interactions:
        """What it learned from; those items are left out of recommendations."""
        if self._train is None:
            name = type(self).__name__
            raise NotFittedError(f"{name}: not fitted yet; call fit, or glowrec.load")
        return self._train

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def _array(self, name: str) -> NDArray[Any]:
        """Return what was learned; :class:`NotFittedError` before."""
        self.train_  # noqa: B018 - raises
        return self._arrays[name]

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model into a folder; :func:`glowrec.load` reads it.

        Parameters
        ----------
        folder : str or path-like
            Made if it does not exist. ``model.json``, ``ids.json`` and ``model.npz`` are each
            written whole or not at all; those of a model that was saved there are replaced.

        Raises
        ------
        ParameterError
            If it is no path, a file, or holds a training run or a model made with torch.

        Examples
        --------
        >>> import tempfile
        >>> import glowrec as gr
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gr.ItemKNN(n_neighbors=20).fit(data.train).save(folder)
        ...     gr.load(folder)
        ItemKNN(n_neighbors=20; fitted on Interactions(3,722 of 200 users and 300 items))
        """
        train = self.train_
        if (path_of("folder", folder) / "config.toml").exists():
            raise ParameterError(f"{folder}: holds a trained model; save into another folder")
        stored = arrays.Stored(type(self).__name__, self.settings, train, self._arrays)
        arrays.write(folder, stored)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Read a model that was saved.

        Parameters
        ----------
        folder : str or path-like
            Of :meth:`save`.

        Returns
        -------
        Recommender
            Fitted.

        Raises
        ------
        DataError
            If the folder holds no such model, or a file of it is damaged; the message names it.
        """
        stored = arrays.read(folder)
        described, numbers = (Path(folder) / name for name in (arrays.DESCRIPTION, arrays.ARRAYS))
        if stored.name != cls.__name__:
            raise DataError(f"{described}: holds {stored.name!r}, expected {cls.__name__}")
        try:
            model = cls(**stored.settings)
        except (TypeError, GlowrecError) as error:
            raise DataError(f"{described}: damaged: {error}") from None
        try:
            arrays.check_arrays(stored.arrays, model._forms(stored.train))
            return model._hold(stored.train, stored.arrays)
        except GlowrecError as error:
            raise DataError(f"{numbers}: damaged: {error}") from None

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self)).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.settings.items()
            if value != parameters[name].default
        ]
        state = "not fitted" if self._train is None else f"fitted on {self._train}"
        return f"{type(self).__name__}({', '.join(changed)}{'; ' if changed else ''}{state})"


def dim_of(dim: int, train: Interactions, least: int = 1) -> int:
    """Return a number of singular vectors that interactions have.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.recommenders.baseline import dim_of
    >>> dim_of(64, Interactions.from_arrays([0, 1], [0, 1]))
    Traceback (most recent call last):
    glowrec.errors.ParameterError: dim = 64: expected at most 1, below the 2 users and 2 items
    """
    most = min(train.n_users, train.n_items) - 1
    if dim < least or dim > most:
        raise ParameterError(
            f"dim = {dim}: expected at most {most}, below the {train.n_users:,} users and "
            f"{train.n_items:,} items"
        )
    return dim
