"""All items scored for a block of users by a network, in tiles of bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glowrec.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from glowrec.nn.mlp_scorer import MLPScorer

_ON_CPU, _ON_DEVICE = 1 << 20, 256 << 20
"""Bytes of the widest layer of one tile: what caches hold, and what keeps a device busy."""


def pairs_at_once(scorer: MLPScorer, device: torch.device) -> int:
    """Return how many pairs pass through a scorer together where memory is to be bounded.

    Parameters
    ----------
    scorer : MLPScorer
    device : torch.device

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import MLPScorer
    >>> from glowrec.nn.mlp_scores import pairs_at_once
    >>> pairs_at_once(MLPScorer(8, hidden=(64, 32)), torch.device("cpu"))
    4096
    """
    size = _ON_CPU if device.type == "cpu" else _ON_DEVICE
    return max(size // (4 * max(scorer.hidden)), 1)


class MLPScores:
    """Scores of all items for users by code: what :func:`glowrec.evaluate` calls a scorer.

    The first layer's share of each user and each item is made once; a call adds them up and
    runs the other layers tile by tile, so that beside its answer it holds a few megabytes.

    Parameters
    ----------
    scorer : MLPScorer
    users : Tensor, shape (n_users, dim)
    items : Tensor, shape (n_items, dim)
        Vectors, moved to where the scorer is.

    Raises
    ------
    ShapeError
        If the vectors have another width than the scorer's.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from glowrec.nn import MLPScorer, MLPScores
    >>> scores = MLPScores(MLPScorer(4), torch.zeros(3, 4), torch.zeros(5, 4))
    >>> scores(np.array([2, 0])).shape
    (2, 5)
    """

    def __init__(self, scorer: MLPScorer, users: Tensor, items: Tensor) -> None:
        self._scorer = scorer
        weight = scorer.out.weight
        if users.ndim != 2 or items.ndim != 2:  # noqa: PLR2004 - rows and columns
            raise ShapeError(
                f"vectors: expected two tables, got shapes {tuple(users.shape)} and "
                f"{tuple(items.shape)}"
            )
        with torch.no_grad():
            self._users = scorer.of_users(users.to(weight.device, weight.dtype))
            self._items = scorer.of_items(items.to(weight.device, weight.dtype))

    def __call__(self, users: NDArray[np.int64], /) -> NDArray[np.float32]:
        """Return the scores of all items.

        Parameters
        ----------
        users : ndarray of int64, shape (n,)
            Codes, repeats allowed.

        Returns
        -------
        ndarray of float32, shape (n, n_items)
            The last bits are those of torch's matrix product: they may depend on the number of
            threads, and on which users are asked about together.
        """
        n_items = len(self._items)
        found = np.empty((len(users), n_items), dtype=np.float32)
        pairs = pairs_at_once(self._scorer, self._items.device)
        n_rows, n_columns = max(pairs // max(n_items, 1), 1), max(min(pairs, n_items), 1)
        with torch.no_grad():
            for start in range(0, len(users), n_rows):
                rows = slice(start, start + n_rows)
                own = self._users[torch.from_numpy(users[rows]).to(self._users.device)]
                for first in range(0, n_items, n_columns):
                    columns = slice(first, first + n_columns)
                    tile = self._scorer.combined(own.unsqueeze(1), self._items[columns])
                    found[rows, columns] = tile.float().cpu().numpy()
        return found
