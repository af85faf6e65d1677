"""The recommender that GLocal-K makes: ratings in, ratings out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glowrec.errors import ParameterError, ShapeError
from glowrec.recommenders.extended import extended
from glowrec.recommenders.learned import LearnedRecommender, requested
from glowrec.recommenders.recommender import check_interactions
from glowrec.training.glocal_k.read_out import new_rows
from glowrec.training.glocal_k.settings import GLocalKConfig
from glowrec.training.glocal_k.train import train_ratings
from glowrec.training.learned import Learned

if TYPE_CHECKING:
    import os

    import torch
    from numpy.typing import ArrayLike, NDArray

    from glowrec.interactions import Interactions

_PAIRS_AT_ONCE = 1 << 16


class GLocalK(LearnedRecommender):
    """GLocal-K: fit it on ratings, ask it for ratings and for recommendations.

    Ratings may have any range; predictions stay in that of train. The model convolves the matrix
    of ratings, so the order of its rows and columns matters: both follow the ids, ascending (by
    number where they are numbers), and are kept when the model is saved.

    Parameters
    ----------
    hidden : int, default 500
        Width of a hidden layer.
    seed : int, default 0
        Of everything random.
    preset : str, default "glocal-k-ml-100k"
        Settings to start from: a row of the paper's table, ``"glocal-k-ml-100k"``,
        ``"glocal-k-ml-1m"`` or ``"glocal-k-douban"``. For other data take the one of the nearest
        number of ratings (80 thousand, 900 thousand, 123 thousand), and find ``l2`` and
        ``sparsity`` on a validation set.
    **settings
        Other fields of :class:`glowrec.training.GLocalKConfig`.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of range; the message names it.

    References
    ----------
    Han et al., "GLocal-K: Global and Local Kernels for Recommender Systems", CIKM 2021.

    Examples
    --------
    >>> import glowrec as gr
    >>> users = ["ann", "ann", "bob", "bob", "eve", "eve"]
    >>> items = ["tea", "jam", "jam", "rye", "tea", "rye"]
    >>> ratings = gr.Interactions.from_arrays(users, items, [5, 3, 4, 1, 5, 2])
    >>> model = gr.GLocalK(hidden=8, local_epochs=2, global_epochs=2).fit(ratings, validation=0)
    >>> bool(1 <= model.predict(["ann"], ["rye"])[0] <= 5)
    True
    """

    settings_kind = GLocalKConfig

    config: GLocalKConfig
    _is_extended = False

    def __init__(
        self,
        hidden: int = 500,
        seed: int = 0,
        *,
        preset: str = "glocal-k-ml-100k",
        **settings: Any,  # noqa: ANN401 - fields of GLocalKConfig
    ) -> None:
        self._prepare(preset, {"hidden": hidden, "seed": seed, **settings})

    def fit(
        self,
        train: Interactions,
        *,
        validation: float | Interactions | None = None,
        test: Interactions | None = None,
        out: str | os.PathLike[str] | None = None,
        resume: bool = False,
        device: str | torch.device | None = None,
        progress: bool = False,
        tensorboard: bool = False,
    ) -> Self:
        """Learn from ratings.

        Parameters
        ----------
        train : Interactions
            With ratings as ``values``.
        validation : float or Interactions, optional
            What chooses the epoch: a share of each user's ratings, after which the model is
            fitted anew on all of `train` (unless ``refit=False``), or ratings of their own. By
            default as the preset says; 0 trains all epochs.
        test : Interactions, optional
            Scored once, at the end; the numbers are in ``result.test``.
        out, resume, device, progress, tensorboard
            As in :func:`glowrec.training.train`.

        Returns
        -------
        GLocalK
            Itself.

        Raises
        ------
        ParameterError, DataError
            As :func:`glowrec.training.train_ratings`.

        Examples
        --------
        >>> import glowrec as gr
        >>> ratings = gr.Interactions.from_arrays([0, 0, 1], [0, 1, 1], [5, 3, 4])
        >>> model = gr.GLocalK(hidden=4, local_epochs=1, global_epochs=1)
        >>> model.fit(ratings, validation=0).result.best_epoch
        1
        """
        config, data, judge = requested(self.config, train, validation, test)
        result = train_ratings(
            config,
            data,
            validation=judge,
            out=out,
            resume=resume,
            device=device,
            progress=progress,
            tensorboard=tensorboard,
        )
        self.result, self._learned, self._is_extended = result, result.learned, False
        return self

    @property
    def rating_range(self) -> tuple[float, float]:
        """Lowest and highest rating of train, which predictions are clipped to."""
        values = self.train_.values
        assert values is not None  # noqa: S101 - nothing else can be learned from
        return float(values.min()), float(values.max())

    def predict(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float32]:
        """Return the ratings that users would give to items.

        Parameters
        ----------
        users, items : array_like of str or int, shape (n,)
            Ids, pair by pair.

        Returns
        -------
        ndarray of float32, shape (n,)
            In the range of the ratings in train. :meth:`recommend` orders by the same
            predictions before they are clipped.

        Raises
        ------
        IdError
            If a user or an item is unknown; the message names the first. New items (with
            ``orientation="user"``, new users) come in by :meth:`fold_in`.
        ShapeError
            If there are not as many users as items.
        NotFittedError
            Before :meth:`fit`.

        Examples
        --------
        >>> import glowrec as gr
        >>> ratings = gr.Interactions.from_arrays([0, 0, 1], [0, 1, 1], [50, 30, 40])
        >>> model = gr.GLocalK(hidden=4, local_epochs=1).fit(ratings, validation=0)
        >>> model.predict([1, 1], [0, 1]).shape
        (2,)
        """
        train = self.train_
        user_of, item_of = train.encode_users(users), train.encode_items(items)
        if len(user_of) != len(item_of):
            raise ShapeError(f"users: {len(user_of)}, items: {len(item_of)}; expected pairs")
        low, high = self.rating_range
        found = np.empty(len(user_of), dtype=np.float32)
        for start in range(0, len(found), _PAIRS_AT_ONCE):
            some = slice(start, start + _PAIRS_AT_ONCE)
            left, right = self.user_factors[user_of[some]], self.item_factors[item_of[some]]
            found[some] = np.einsum("nd,nd->n", left, right)
        return found.clip(low, high)

    def fold_in(self, ratings: Interactions) -> Self:
        """Return the model with new items or users that it was not trained on.

        New items where rows are items, as in the paper; new users with ``orientation="user"``.
        Their ratings pass through the trained network, and the global kernel stays that of
        training. A new row takes its place by its id, so that the convolution sees the neighbours
        that it would have seen in training; what was known keeps its predictions.

        Parameters
        ----------
        ratings : Interactions
            Of new items by known users (or of known items by new users).

        Returns
        -------
        GLocalK
            Predicts and recommends for known and new ids. It cannot be saved: save the model
            that was fitted, and fold in again.

        Raises
        ------
        ParameterError
            If `ratings` is something else, or the model has taken in others already.
        DataError
            If a row is known already, ratings have no values, occur twice or lie outside the range
            of train, or ids are strings where those of train are numbers.
        IdError
            If someone is unknown on the side that cannot grow; the message names the first.
        NotFittedError
            Before :meth:`fit`.

        Examples
        --------
        >>> import glowrec as gr
        >>> ratings = gr.Interactions.from_arrays([1, 1, 2], [10, 30, 30], [5, 3, 4])
        >>> model = gr.GLocalK(hidden=4, local_epochs=1).fit(ratings, validation=0)
        >>> film = gr.Interactions.from_arrays([2], [20], [5])
        >>> model.fold_in(film).predict([1], [20]).shape
        (1,)
        """
        check_interactions("ratings", ratings)
        learned = self.learned
        if self._is_extended:
            raise ParameterError("fold_in: takes in all at once; call it on the fitted model")
        by_item = self.config.orientation == "item"
        known, old, new = extended(learned.train, ratings, "item" if by_item else "user")
        vectors = new_rows(learned, known, new)
        before = learned.item_factors if by_item else learned.user_factors
        rows = np.empty((len(old) + len(new), before.shape[1]), dtype=np.float32)
        rows[old], rows[new] = before, vectors
        users, items = (learned.user_factors, rows) if by_item else (rows, learned.item_factors)
        made = self.from_learned(Learned(self.config, known, users, items, learned.parameters))
        made.result, made._is_extended = self.result, True  # noqa: SLF001 - its own kind
        return made

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
            If the folder is that of a training run, or the model has taken in new rows.
        """
        if self._is_extended:
            raise ParameterError("save: the model has folded in new rows; save the fitted one")
        super().save(folder)
