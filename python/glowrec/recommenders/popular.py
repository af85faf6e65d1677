"""The same items for everybody: those that most users touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.ranking import top_k
from glowrec.recommenders.baseline import Baseline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.ranking import TopK
    from glowrec.recommenders.arrays import Form


class Popular(Baseline):
    r"""Recommend the items with the most users, ties to the lower id.

    .. math:: \hat{y}_{ui} = d_i

    The number of users of item i; exact up to :math:`2^{24}`. The baseline that tells how much
    of a metric popularity alone explains.

    Examples
    --------
    >>> import glowrec as gr
    >>> log = gr.Interactions.from_arrays([0, 1, 1, 2], ["tea", "tea", "jam", "rye"])
    >>> gr.Popular().fit(log).recommend([2], k=2).items.tolist()
    [['tea', 'jam']]
    """

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        return {"popularity": train.graph.item_degrees.astype(np.float32)}

    def _forms(self, train: Interactions) -> dict[str, Form]:
        return {"popularity": (np.float32, (train.n_items,))}

    @property
    def user_factors(self) -> NDArray[np.float32]:
        """Ones, shape (n_users, 1)."""
        return np.ones((self.train_.n_users, 1), dtype=np.float32)

    @property
    def item_factors(self) -> NDArray[np.float32]:
        """The number of users of each item, shape (n_items, 1)."""
        return self._array("popularity")[:, np.newaxis]

    def _best(self, users: NDArray[np.int64], k: int, exclude: Interactions | None) -> TopK:
        return top_k(self.user_factors[users], self.item_factors, k, exclude=exclude, users=users)
