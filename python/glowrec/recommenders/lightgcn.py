"""The recommender that LightGCN makes."""

from __future__ import annotations

from typing import Any

from glowrec.recommenders.trained import TrainedRecommender
from glowrec.training.config import Config


class LightGCN(TrainedRecommender):
    """LightGCN: fit it on interactions, ask it for recommendations.

    Parameters
    ----------
    dim : int, default 64
        Width of an embedding.
    n_layers : int, default 3
        Propagation layers.
    seed : int, default 0
        Of everything random.
    preset : str, default "lightgcn-fast"
        Settings to start from: ``"lightgcn-fast"`` or ``"lightgcn-reference"``.
    **settings
        Other fields of :class:`glowrec.training.Config`.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of range; the message names it.

    References
    ----------
    He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
    Recommendation", SIGIR 2020.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> model = gr.LightGCN(dim=16, epochs=2).fit(data.train, validation=0.1)
    >>> model.recommend(users=[3, 14], k=5).items.shape
    (2, 5)
    """

    settings_kind = Config

    def __init__(
        self,
        dim: int = 64,
        n_layers: int = 3,
        seed: int = 0,
        *,
        preset: str = "lightgcn-fast",
        **settings: Any,  # noqa: ANN401 - fields of Config
    ) -> None:
        self._prepare(preset, {"dim": dim, "n_layers": n_layers, "seed": seed, **settings})
