"""Baselines whose arrays are one vector per user and per item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.recommenders.baseline import Baseline
from glowrec.recommenders.vectors import VectorRecommender

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.recommenders.arrays import Form


class VectorBaseline(Baseline, VectorRecommender):
    """A baseline that learns ``user_factors`` and ``item_factors``."""

    @property
    def user_factors(self) -> NDArray[np.float32]:
        """Vectors of the users, shape (n_users, dim)."""
        return self._array("user_factors")

    @property
    def item_factors(self) -> NDArray[np.float32]:
        """Vectors of the items, shape (n_items, dim)."""
        return self._array("item_factors")

    def _forms(self, train: Interactions) -> dict[str, Form]:
        return {
            "user_factors": (np.float32, (train.n_users, None)),
            "item_factors": (np.float32, (train.n_items, None)),
        }
