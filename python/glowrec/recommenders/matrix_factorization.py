"""The recommender that matrix factorisation makes."""

from __future__ import annotations

from typing import Any

from glowrec.recommenders.trained import TrainedRecommender
from glowrec.training.mf_config import MFConfig


class MatrixFactorization(TrainedRecommender):
    """Matrix factorisation: LightGCN with no layers, the common baseline ("MF-BPR").

    Parameters
    ----------
    dim : int, default 64
        Width of an embedding.
    seed : int, default 0
        Of everything random.
    preset : str, default "mf-fast"
        Settings to start from.
    **settings
        Other fields of :class:`glowrec.training.MFConfig`.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of range; the message names it.

    References
    ----------
    Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> model = gr.MatrixFactorization(dim=16, epochs=2).fit(data.train, validation=0.1)
    >>> model.recommend(users=[3, 14], k=5).items.shape
    (2, 5)
    """

    settings_kind = MFConfig

    def __init__(
        self,
        dim: int = 64,
        seed: int = 0,
        *,
        preset: str = "mf-fast",
        **settings: Any,  # noqa: ANN401 - fields of MFConfig
    ) -> None:
        self._prepare(preset, {"dim": dim, "seed": seed, **settings})
