"""GF-CF: graph filters in place of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.arguments import bounded, real_number
from glowrec.errors import ParameterError
from glowrec.factors import single
from glowrec.recommenders.baseline import Baseline, dim_of
from glowrec.recommenders.scores import ScoreRecommender
from glowrec.recommenders.singular import singular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.recommenders.arrays import Form

_USERS = 64
"""Signals that spread at once: their rows are gathered from near caches."""


class GFCF(Baseline, ScoreRecommender):
    r"""Score by two low-pass filters of a user's items on the graph of items.

    .. math:: \hat{y}_u = r_u \left( \tilde{R}^T \tilde{R}
        + \alpha\, D_I^{-1/2} V V^T D_I^{1/2} \right), \quad
        \tilde{R} = D_U^{-1/2} R D_I^{-1/2}

    with the leading right singular vectors V of :math:`\tilde{R}`: a linear filter, what two
    layers of LightGCN do to the items of a user, plus an ideal one. Equation 15 of the paper.

    Parameters
    ----------
    dim : int, default 256
        Singular vectors of the ideal filter; 0 leaves it out.
    alpha : float, default 0.3
        Its weight, at least 0.
    seed : int, default 0
        Where the iterations for the singular vectors start.

    Raises
    ------
    ParameterError
        If a setting is out of range; when fitting, if `dim` is more than the log has.

    References
    ----------
    Shen et al., "How powerful is graph convolution for recommendation?", CIKM 2021.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> gr.GFCF(dim=16).fit(data.train).recommend([3, 14], k=5).items.shape
    (2, 5)
    """

    def __init__(self, dim: int = 256, *, alpha: float = 0.3, seed: int = 0) -> None:
        self.dim, self.seed = bounded("dim", dim, 0, 32), bounded("seed", seed, 0, 64)
        self.alpha = real_number("alpha", alpha)
        if not (math.isfinite(self.alpha) and self.alpha >= 0):
            raise ParameterError(f"alpha = {alpha}: expected a finite number, at least 0")

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        if self.dim == 0:
            return {"components": np.zeros((train.n_items, 0), dtype=np.float32)}
        adjacency = train.graph.to_scipy("sym")
        normalised = adjacency[: train.n_users, train.n_users :]
        found = singular(normalised, dim_of(self.dim, train), self.seed)
        return {"components": single(found.right)}

    def _forms(self, train: Interactions) -> dict[str, Form]:
        return {"components": (np.float32, (train.n_items, self.dim))}

    def _prepare(self) -> None:
        graph = self.train_.graph
        self._links: Any = graph.to_scipy().astype(np.float32)
        root = np.sqrt(graph.item_degrees)
        inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
        components = self._array("components")
        self._into = single(self.alpha * inverse[:, np.newaxis] * components)
        self._out = single((root[:, np.newaxis] * components).T)

    def score(self, users: NDArray[np.int64], /) -> NDArray[np.float32]:
        """Return the scores of all items for users by code, shape (n, n_items)."""
        graph = self.train_.graph
        histories = self._links[users]
        scores: NDArray[np.float32] = (histories @ self._into) @ self._out
        for start in range(0, len(users), _USERS):
            block = slice(start, start + _USERS)
            # The items of each user as a signal on the nodes; two layers lead back to the items.
            signals = np.zeros((graph.n_nodes, len(users[block])), dtype=np.float32)
            signals[graph.n_users :] = histories[block].T.toarray()
            scores[block] += graph.propagate(signals, 2, [0, 0, 1])[graph.n_users :].T
        return scores
