"""The metrics of what lists hold, relevant or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ParameterError, ShapeError
from glowrec.factors import check_items, linked
from glowrec.metrics.names import OF_LISTS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph
    from glowrec.metrics.names import Metric

__all__ = ["OfLists"]


class OfLists:
    """Novelty, popularity and diversity of lists, by :mod:`glowrec.beyond`.

    Parameters
    ----------
    names : tuple of str
        Metrics; those that are not of this kind are left to others.
    cuts : tuple of int
    test : Graph
        Says which items there are.
    train : Interactions, Graph or SciPy sparse matrix, or None
    item_vectors : array_like of float, shape (n_items, dim), or None

    Raises
    ------
    ParameterError
        If a metric lacks `train` or `item_vectors`.
    ShapeError
        If these have another number of items.
    """

    def __init__(
        self,
        names: tuple[Metric, ...],
        cuts: tuple[int, ...],
        test: Graph,
        train: Links | None,
        item_vectors: ArrayLike | None,
    ) -> None:
        self._names = [name for name in names if name in OF_LISTS]
        self._cuts = cuts
        self._counts, self._n_users = np.zeros(0, np.int64), 0
        self._vectors = None if item_vectors is None else np.asarray(item_vectors)
        for name in self._names:
            lacks = "item_vectors" if name == "diversity" else "train"
            if (item_vectors if name == "diversity" else train) is None:
                raise ParameterError(f"metrics: {name} needs {lacks}=")
        if train is not None:
            graph = linked("train", train)
            check_items("test", test.n_items, ("train", graph))
            self._counts, self._n_users = graph.item_degrees, graph.n_users
        if self._vectors is not None and len(self._vectors) != test.n_items:
            raise ShapeError(
                f"item_vectors: expected {test.n_items} rows, one per item of test, "
                f"got {len(self._vectors)}"
            )

    def values(
        self, lists: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float64]]:
        """Return every metric at every cut-off, one value per row; NaN where there is none."""
        return {
            f"{name}@{k}": self._value(name, lists[rows, :k])
            for name in self._names
            for k in self._cuts
        }

    def _value(self, name: Metric, lists: NDArray[np.int64]) -> NDArray[np.float64]:
        from glowrec import beyond  # noqa: PLC0415 - few ask for it

        if name == "novelty":
            return beyond.novelty(lists, self._counts, self._n_users)
        if name == "popularity":
            return beyond.popularity(lists, self._counts)
        return beyond.diversity(lists, np.asarray(self._vectors))
