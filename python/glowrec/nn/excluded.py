"""Where excluded items stand in blocks of users and items, on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from glowrec.factors import core

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.graph import Graph

__all__ = ["Excluded"]


class Excluded:
    """The items that are excluded for each of some users.

    Parameters
    ----------
    graph : Graph
        Links users to the items that are excluded for them.
    users : ndarray of int64, shape (n,)
        Users of `graph`, repeats allowed.
    device : torch.device
        Where positions are wanted.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from glowrec import Graph
    >>> from glowrec.nn.excluded import Excluded
    >>> seen = Graph.from_edges([0, 0, 1], [1, 4, 3], n_users=2, n_items=5)
    >>> excluded = Excluded(seen, np.array([1, 0]), torch.device("cpu"))
    >>> excluded.within(slice(0, 2), slice(2, 5))
    (tensor([0, 1]), tensor([1, 2]))
    """

    def __init__(self, graph: Graph, users: NDArray[np.int64], device: torch.device) -> None:
        starts, items = core(graph).user_csr()
        self._starts = starts[users]
        self._counts = starts[users + 1] - self._starts
        self._items = torch.from_numpy(items).to(device)
        self._n_items = graph.n_items

    def within(self, rows: slice, columns: slice) -> tuple[Tensor, Tensor]:
        """Return row and column, within the block, of everything in it that is excluded.

        Parameters
        ----------
        rows, columns : slice
            Both bounds given; no step.

        Returns
        -------
        pair of Tensor of int64
        """
        starts, counts = self._starts[rows], self._counts[rows]
        row = np.repeat(np.arange(len(counts)), counts)
        before = np.cumsum(counts) - counts
        place = np.arange(len(row)) + np.repeat(starts - before, counts)
        device = self._items.device
        row_of = torch.from_numpy(row).to(device)
        item = self._items[torch.from_numpy(place).to(device)].long()
        if columns.stop - columns.start < self._n_items:
            inside = (item >= columns.start) & (item < columns.stop)
            row_of, item = row_of[inside], item[inside]
        return row_of, item - columns.start
