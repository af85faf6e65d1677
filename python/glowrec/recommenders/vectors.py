"""Recommenders that rank by the dot products of one vector per user and per item."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import GlowrecError
from glowrec.interactions import Interactions
from glowrec.ranking import top_k
from glowrec.recommenders.recommender import Recommender, checked_k

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.ranking import TopK
    from glowrec.recommenders.recommendations import Recommendations


class NoFactorsError(GlowrecError, AttributeError):
    """A recommender was asked for factors, and its scores are not their inner products."""


class VectorRecommender(Recommender):
    """A recommender whose score of an item is the dot product of two vectors.

    :func:`glowrec.evaluate` takes it as it is, and no score is ever stored.
    """

    @property
    @abstractmethod
    def user_factors(self) -> NDArray[np.float32]:
        """Vectors of the users, shape (n_users, dim)."""

    @property
    @abstractmethod
    def item_factors(self) -> NDArray[np.float32]:
        """Vectors of the items, shape (n_items, dim)."""

    def similar_items(self, items: ArrayLike, k: int = 20) -> Recommendations:
        """Return the `k` items most like each item, by the cosine of their vectors.

        Parameters
        ----------
        items : array_like of str or int, shape (n,)
            Item ids.
        k : int, default 20
            Items per item, at least 0; the item itself is left out.

        Returns
        -------
        Recommendations
            Scores are cosines.

        Raises
        ------
        IdError
            If an item is unknown; the message names the first.
        ParameterError
            If `k` is negative.
        NotFittedError
            Before the model was fitted.

        Examples
        --------
        >>> import glowrec as gr
        >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
        >>> model = gr.LightGCN(dim=16, epochs=1).fit(data.train)
        >>> model.similar_items([7], k=3).items.shape
        (1, 3)
        """
        train = self.train_
        codes = train.encode_items(np.atleast_1d(np.asarray(items)))
        norms = np.linalg.norm(self.item_factors, axis=1, keepdims=True)
        unit = self.item_factors / np.maximum(norms, np.finfo(np.float32).tiny)
        every = np.arange(train.n_items)
        itself = Interactions.from_arrays(
            every, every, n_users=train.n_items, n_items=train.n_items
        )
        best = top_k(unit[codes], unit, checked_k(k), exclude=itself, users=codes)
        return self._named(train.decode_items(codes), best)

    def _best(self, users: NDArray[np.int64], k: int, exclude: Interactions | None) -> TopK:
        return top_k(self.user_factors[users], self.item_factors, k, exclude=exclude, users=users)
