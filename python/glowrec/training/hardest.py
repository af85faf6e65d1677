"""The hardest of candidates by a scorer that the compiled sampler does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glowrec.nn.mlp_scores import pairs_at_once

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from glowrec.nn.mlp_scorer import MLPScorer


def hardest(
    scorer: MLPScorer, users: Tensor, items: Tensor, candidates: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the candidate that scores highest, for each negative of each row.

    What :class:`glowrec.sampling.Hardest` does by inner products, in tiles of bounded memory.

    Parameters
    ----------
    scorer : MLPScorer
    users : Tensor, shape (batch, dim)
        Vectors of the rows.
    items : Tensor, shape (n_items, dim)
        Vectors of all items.
    candidates : ndarray of int64, shape (batch, n_negatives, of)
        Items.

    Returns
    -------
    ndarray of int64, shape (batch, n_negatives)

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from glowrec.nn import MLPScorer
    >>> from glowrec.training.hardest import hardest
    >>> users, items = torch.ones(2, 1), torch.ones(3, 1)
    >>> hardest(MLPScorer(1), users, items, np.array([[[2, 2]], [[0, 0]]])).tolist()
    [[2], [0]]
    """
    batch, n_negatives, of = candidates.shape
    found = np.empty((batch, n_negatives), dtype=np.int64)
    at_once = max(pairs_at_once(scorer, users.device) // (n_negatives * of), 1)
    with torch.no_grad():
        own, others = scorer.of_users(users), scorer.of_items(items)
        for start in range(0, batch, at_once):
            rows = slice(start, start + at_once)
            index = torch.from_numpy(candidates[rows]).to(users.device)
            scores = scorer.combined(own[rows, None, None], others[index])
            best = scores.argmax(2, keepdim=True)
            found[rows] = index.gather(2, best).squeeze(2).cpu().numpy()
    return found
