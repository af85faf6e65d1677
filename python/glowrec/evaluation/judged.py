"""Whose rankings are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.graph import Graph


def check_once(users: ArrayLike | None, ids: NDArray[np.int64], test: Graph) -> None:
    """Refuse a user that would count twice in every mean."""
    if users is None or (ids.size and not 0 <= ids.min() <= ids.max() < test.n_users):
        return  # the core names an id that is out of range
    again = np.flatnonzero(np.bincount(ids, minlength=1) > 1)
    if again.size:
        raise ParameterError(f"users: user {again[0]} is given twice; give each user once")
