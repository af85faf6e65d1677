"""The recommender that NGCF makes."""

from __future__ import annotations

from typing import Any

from glowrec.recommenders.trained import TrainedRecommender
from glowrec.training.ngcf_config import NGCFConfig


class NGCF(TrainedRecommender):
    """Neural graph collaborative filtering: fit it on interactions, ask it for recommendations.

    Parameters
    ----------
    dim : int, default 64
        Width of an embedding.
    n_layers : int, default 2
        Propagation layers.
    seed : int, default 0
        Of everything random.
    transform : bool, default True
        Whether layers have weights.
    activation : {"sum", "each", "none"}, default "sum"
        LeakyReLU of the sum of a layer's two terms, of each of them, or none.
    readout : {"concat", "sum"}, default "concat"
        All layers beside one another, or their sum.
    preset : str, default "ngcf-fast"
        Settings to start from: ``"ngcf-fast"`` or ``"ngcf-paper"``.
    **settings
        Other fields of :class:`glowrec.training.NGCFConfig`.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of range; the message names it.

    References
    ----------
    Wang et al., "Neural Graph Collaborative Filtering", SIGIR 2019.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> model = gr.NGCF(dim=16, epochs=2).fit(data.train, validation=0.1)
    >>> model.recommend(users=[3, 14], k=5).items.shape
    (2, 5)
    """

    settings_kind = NGCFConfig

    def __init__(
        self,
        dim: int = 64,
        n_layers: int = 2,
        seed: int = 0,
        *,
        transform: bool = True,
        activation: str = "sum",
        readout: str = "concat",
        preset: str = "ngcf-fast",
        **settings: Any,  # noqa: ANN401 - fields of NGCFConfig
    ) -> None:
        switches = {"transform": transform, "activation": activation, "readout": readout}
        sizes = {"dim": dim, "n_layers": n_layers, "seed": seed}
        self._prepare(preset, {**sizes, **switches, **settings})
