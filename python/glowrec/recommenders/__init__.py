"""What most people touch: fit, recommend, save, load.

Each recommender is imported at its first use, so that those that need NumPy and SciPy only work
where torch is not installed.
"""

from typing import TYPE_CHECKING, Any

from glowrec.recommenders.models import MODELS, recommender_class
from glowrec.recommenders.recommendations import Recommendations
from glowrec.recommenders.recommender import NotFittedError, Recommender
from glowrec.recommenders.scores import ScoreRecommender
from glowrec.recommenders.stored import load
from glowrec.recommenders.vectors import NoFactorsError, VectorRecommender

if TYPE_CHECKING:
    from glowrec.recommenders.ease import EASE as EASE
    from glowrec.recommenders.gf_cf import GFCF as GFCF
    from glowrec.recommenders.glocal_k import GLocalK as GLocalK
    from glowrec.recommenders.implicit_models import ImplicitALS as ImplicitALS
    from glowrec.recommenders.implicit_models import ImplicitBPR as ImplicitBPR
    from glowrec.recommenders.knn import ItemKNN as ItemKNN
    from glowrec.recommenders.knn import UserKNN as UserKNN
    from glowrec.recommenders.lightgcn import LightGCN as LightGCN
    from glowrec.recommenders.matrix_factorization import (
        MatrixFactorization as MatrixFactorization,
    )
    from glowrec.recommenders.ngcf import NGCF as NGCF
    from glowrec.recommenders.popular import Popular as Popular
    from glowrec.recommenders.pure_svd import PureSVD as PureSVD
    from glowrec.recommenders.random import Random as Random

__all__ = [
    "EASE",
    "GFCF",
    "NGCF",
    "GLocalK",
    "ImplicitALS",
    "ImplicitBPR",
    "ItemKNN",
    "LightGCN",
    "MatrixFactorization",
    "NoFactorsError",
    "NotFittedError",
    "Popular",
    "PureSVD",
    "Random",
    "Recommendations",
    "Recommender",
    "ScoreRecommender",
    "UserKNN",
    "VectorRecommender",
    "load",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any recommender
    if name not in MODELS:
        raise AttributeError(f"module 'glowrec.recommenders' has no attribute {name!r}")
    return recommender_class(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *MODELS})
