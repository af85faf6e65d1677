"""Which items are ranked for a user: all but those that are excluded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ShapeError
from glowrec.factors import core, linked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec import _native
    from glowrec.factors import Links

__all__ = ["Candidates"]


class Candidates:
    """All of `n_items` items but those linked to a user in `exclude`.

    Parameters
    ----------
    n_items : int
    exclude : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), or None
    name : str, default "exclude"
        What `exclude` is called in messages.

    Raises
    ------
    ShapeError
        If `exclude` has another number of items.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec import Graph
    >>> from glowrec.evaluation.candidates import Candidates
    >>> seen = Graph.from_edges([0], [2], n_users=2, n_items=3)
    >>> Candidates(3, seen).count(np.array([1, 0]))
    array([3, 2])
    """

    def __init__(self, n_items: int, exclude: Links | None, name: str = "exclude") -> None:
        self.n_items = n_items
        self.graph = None if exclude is None else linked(name, exclude)
        self.core: _native.Graph | None = None
        self._excluded: NDArray[np.int64] | None = None
        if self.graph is not None:
            if self.graph.n_items != n_items:
                raise ShapeError(
                    f"{name}: expected {n_items} items, got {self.graph.n_items}; "
                    "build it with n_items="
                )
            self.core, self._excluded = core(self.graph), self.graph.user_degrees

    def count(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of candidates of each user, shape (n,)."""
        if self._excluded is None:
            return np.full(len(users), self.n_items, dtype=np.int64)
        return self.n_items - self._excluded[users]
