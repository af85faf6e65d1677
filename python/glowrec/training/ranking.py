"""What a model of vectors ranks items by: inner products, or a network over the vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch

from glowrec.nn.mlp_scores import MLPScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from glowrec.nn.mlp_scorer import MLPScorer


class Vectors(NamedTuple):
    """Vectors whose inner products are the scores."""

    user_factors: NDArray[np.float32]
    """Shape (n_users, dim)."""
    item_factors: NDArray[np.float32]
    """Shape (n_items, dim)."""


Ranking: TypeAlias = Vectors | MLPScores
"""Either is a model to :func:`glowrec.evaluate`."""


def ranking_by(
    users: NDArray[np.float32], items: NDArray[np.float32], scorer: MLPScorer | None
) -> Ranking:
    """Return what items are ranked by.

    Parameters
    ----------
    users, items : ndarray of float32, shape (n, dim)
        The read-out.
    scorer : MLPScorer or None
        What scores it, if inner products do not.

    Returns
    -------
    Vectors or MLPScores

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.training.ranking import ranking_by
    >>> type(ranking_by(np.ones((2, 3)), np.ones((4, 3)), None)).__name__
    'Vectors'
    """
    if scorer is None:
        return Vectors(users, items)
    return MLPScores(scorer, torch.from_numpy(users), torch.from_numpy(items))
