"""Graph and kernel collaborative filtering, fast on the machine you have.

Evaluators and data people need NumPy and SciPy only; models that learn by gradient train on
PyTorch, the extra ``train``. The public names are those of ``__all__``, and ``load`` and the
recommenders of :data:`glowrec.recommenders.models.MODELS`, which are imported at their first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glowrec import (
    beyond,
    conventions,
    datasets,
    errors,
    metrics,
    neighbors,
    rating_errors,
    splitting,
    statistics,
    threads,
)
from glowrec._native import __version__
from glowrec.conventions import Convention
from glowrec.errors import GlowrecError
from glowrec.evaluation import (
    Evaluation,
    evaluate,
    evaluate_factors,
    evaluate_rankings,
    evaluate_run,
)
from glowrec.graph import Graph
from glowrec.id_map import IdMap
from glowrec.interactions import Interactions
from glowrec.ranking import TopK, top_k
from glowrec.recommenders.models import MODELS
from glowrec.sampling import (
    Candidates,
    Hardest,
    InBatch,
    InBatchPairs,
    InBatchSampler,
    Mixed,
    Pairs,
    PairSampler,
    Pointwise,
    PointwiseSampler,
    Popularity,
    Triplets,
    TripletSampler,
    Uniform,
)

if TYPE_CHECKING:
    from glowrec.recommenders import EASE as EASE
    from glowrec.recommenders import GFCF as GFCF
    from glowrec.recommenders import NGCF as NGCF
    from glowrec.recommenders import GLocalK as GLocalK
    from glowrec.recommenders import ImplicitALS as ImplicitALS
    from glowrec.recommenders import ImplicitBPR as ImplicitBPR
    from glowrec.recommenders import ItemKNN as ItemKNN
    from glowrec.recommenders import LightGCN as LightGCN
    from glowrec.recommenders import MatrixFactorization as MatrixFactorization
    from glowrec.recommenders import Popular as Popular
    from glowrec.recommenders import PureSVD as PureSVD
    from glowrec.recommenders import Random as Random
    from glowrec.recommenders import UserKNN as UserKNN
    from glowrec.recommenders import load as load

__all__ = [
    "Candidates",
    "Convention",
    "Evaluation",
    "GlowrecError",
    "Graph",
    "Hardest",
    "IdMap",
    "InBatch",
    "InBatchPairs",
    "InBatchSampler",
    "Interactions",
    "Mixed",
    "PairSampler",
    "Pairs",
    "Pointwise",
    "PointwiseSampler",
    "Popularity",
    "TopK",
    "TripletSampler",
    "Triplets",
    "Uniform",
    "__version__",
    "beyond",
    "conventions",
    "datasets",
    "errors",
    "evaluate",
    "evaluate_factors",
    "evaluate_rankings",
    "evaluate_run",
    "metrics",
    "neighbors",
    "rating_errors",
    "splitting",
    "statistics",
    "threads",
    "top_k",
]

_RECOMMENDERS = frozenset({*MODELS, "load"})


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _RECOMMENDERS:
        raise AttributeError(f"module 'glowrec' has no attribute {name!r}")
    return getattr(import_module("glowrec.recommenders"), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_RECOMMENDERS})
