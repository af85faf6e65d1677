"""What every recommender shares: ids in, named items out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glowrec.arguments import flag
from glowrec.datasets import Dataset
from glowrec.errors import GlowrecError, ParameterError
from glowrec.interactions import Interactions
from glowrec.recommenders.recommendations import Recommendations

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike, NDArray

    from glowrec.ranking import TopK


class NotFittedError(GlowrecError, AttributeError):
    """A recommender was asked before it was fitted."""


class Recommender(ABC):
    """A model that is fitted on interactions and asked for items.

    A subclass says how it learns, how it ranks all items for users (:meth:`_best`) and how it is
    kept in a folder. Those that rank by vectors stand on
    :class:`glowrec.recommenders.VectorRecommender`, those that score all items on
    :class:`glowrec.recommenders.ScoreRecommender`.
    """

    @abstractmethod
    def fit(self, train: Interactions, /) -> Self:
        """Learn from interactions, and return itself."""

    @property
    @abstractmethod
    def train_(self) -> Interactions:
        """What it learned from; :class:`NotFittedError` before it was fitted."""

    @abstractmethod
    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model into a folder; :func:`glowrec.load` reads it."""

    @classmethod
    @abstractmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Read what :meth:`save` wrote."""

    @abstractmethod
    def _best(self, users: NDArray[np.int64], k: int, exclude: Interactions | None) -> TopK:
        """Return the best items of users by code, ties to the lower id; `k` is checked."""

    def recommend(
        self, users: ArrayLike | None = None, k: int = 20, *, exclude_seen: bool = True
    ) -> Recommendations:
        """Return the `k` items that score highest for each user.

        Parameters
        ----------
        users : array_like of str or int, shape (n,), optional
            User ids; all users by default.
        k : int, default 20
            Items per user, at least 0.
        exclude_seen : bool, default True
            Leave out the items that a user has in train.

        Returns
        -------
        Recommendations

        Raises
        ------
        IdError
            If a user is unknown; the message names the first.
        ParameterError
            If `k` is negative.
        NotFittedError
            Before :meth:`fit`.

        Examples
        --------
        >>> import glowrec as gr
        >>> users, items = ["ann", "ann", "eve", "bob"], ["tea", "jam", "tea", "rye"]
        >>> log = gr.Interactions.from_arrays(users, items)
        >>> model = gr.LightGCN(dim=4, epochs=1, hardest_of=2).fit(log, validation=0)
        >>> sorted(model.recommend(["ann", "eve"], k=2).items[1].tolist())
        ['jam', 'rye']
        """
        train = self.train_
        if users is None:
            codes = np.arange(train.n_users, dtype=np.int64)
        else:
            codes = train.encode_users(np.atleast_1d(np.asarray(users)))
        best = self._best(
            codes, checked_k(k), train if flag("exclude_seen", exclude_seen) else None
        )
        return self._named(train.decode_users(codes), best)

    def _named(self, ids: NDArray[Any], best: TopK) -> Recommendations:
        """Return items by code as items by id."""
        counts = (best.items >= 0).sum(axis=1)
        if not self.train_.n_items:  # no item at all, so no name either
            return Recommendations(ids, best.items, best.scores, counts)
        named = self.train_.decode_items(np.maximum(best.items, 0))
        named[best.items < 0] = "" if named.dtype.kind == "U" else -1
        return Recommendations(ids, named, best.scores, counts)


def check_interactions(name: str, value: object) -> None:
    """Refuse what is no Interactions.

    Examples
    --------
    >>> from glowrec.recommenders.recommender import check_interactions
    >>> check_interactions("train", "gowalla")
    Traceback (most recent call last):
    glowrec.errors.ParameterError: train = 'gowalla': expected Interactions
    """
    if not isinstance(value, Interactions):
        part = f"; pass its .{name} part" if isinstance(value, Dataset) else ""
        raise ParameterError(f"{name} = {kind(value)}: expected Interactions{part}")


def kind(value: object) -> str:
    """Return how a message calls a value of the wrong type.

    Examples
    --------
    >>> from glowrec.recommenders.recommender import kind
    >>> kind("x"), kind([])
    ("'x'", 'a list')
    """
    return repr(value) if isinstance(value, (str, bool)) else f"a {type(value).__name__}"


MOST = 2**24
"""Items of a list, at most."""


def checked_k(k: int) -> int:
    """Return a number of items per list, checked.

    Examples
    --------
    >>> from glowrec.recommenders.recommender import checked_k
    >>> checked_k(-1)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: k = -1: expected a whole number, at least 0
    """
    if not isinstance(k, (int, np.integer)) or k < 0:
        raise ParameterError(f"k = {k!r}: expected a whole number, at least 0")
    if k > MOST:
        raise ParameterError(f"k = {k}: expected at most {MOST}")
    return int(k)
