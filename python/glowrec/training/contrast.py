"""The contrastive term of a step: two views of the graph, with edges dropped out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glowrec.nn.gather import gather_rows
from glowrec.nn.losses import info_nce

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from glowrec.graph import Graph
    from glowrec.nn.vector_model import VectorModel
    from glowrec.training.graph_settings import GraphSettings


class Contrast:
    """Tells the nodes of a batch apart in two views, users from users and items from items.

    Parameters
    ----------
    config : GraphSettings
    model : VectorModel
        One with edge dropout.
    graph : Graph

    Notes
    -----
    Wu et al., "Self-supervised graph learning for recommendation", SIGIR 2021, with edge dropout
    ("SGL-ED"). A step propagates three times instead of once.
    """

    def __init__(self, config: GraphSettings, model: VectorModel, graph: Graph) -> None:
        self._config, self._model, self._graph = config, model, graph

    def __call__(
        self, users: NDArray[np.int64], items: NDArray[np.int64], key: tuple[int, int]
    ) -> Tensor:
        """Return the weighted term of a batch.

        Parameters
        ----------
        users, items : ndarray of int64, shape (batch,)
            Those of the batch's positives; each is looked at once.
        key : pair of int
            Epoch and batch, which name the views.

        Returns
        -------
        Tensor, scalar
        """
        config = self._config
        first, second = (self._view(mixed(config.seed, *key, view)) for view in (1, 2))
        total = first.new_zeros(())
        for nodes in (np.unique(users), np.unique(items) + self._graph.n_users):
            index = torch.from_numpy(nodes).to(first.device)
            rows = gather_rows(first, index), gather_rows(second, index)
            total = total + info_nce(*rows, config.contrastive_temperature)
        return config.contrastive_weight * total

    def _view(self, seed: int) -> Tensor:
        model = self._model
        kept, model.keep_prob = model.keep_prob, self._config.contrastive_keep_prob
        try:
            return model.readout(self._graph, dropout_seed=seed)
        finally:
            model.keep_prob = kept


def mixed(*words: int) -> int:
    """Return a key in ``0..2**63``, mixed so that near words share no keys.

    Examples
    --------
    >>> from glowrec.training.contrast import mixed
    >>> mixed(0, 1) != mixed(1, 0)
    True
    """
    state = np.random.SeedSequence(words).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
