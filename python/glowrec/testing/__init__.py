"""Tests for samplers, ours and yours: generated inputs, exact checks, statistics.

The strategies `interactions` and `graphs` need Hypothesis, the extra ``test``, and are imported
at their first use; the checks need NumPy and SciPy only.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glowrec.testing.distribution import (
    check_distribution,
    check_uniform,
    complement_probabilities,
)
from glowrec.testing.frequencies import check_frequencies, check_inclusions, draws_to_detect
from glowrec.testing.goodness import p_value
from glowrec.testing.negatives import check_negatives, check_permutation, count_draws
from glowrec.testing.reproducible import check_reproducible

if TYPE_CHECKING:
    from glowrec.testing.strategies import graphs as graphs
    from glowrec.testing.strategies import interactions as interactions

__all__ = [
    "check_distribution",
    "check_frequencies",
    "check_inclusions",
    "check_negatives",
    "check_permutation",
    "check_reproducible",
    "check_uniform",
    "complement_probabilities",
    "count_draws",
    "draws_to_detect",
    "p_value",
]

_STRATEGIES = frozenset({"graphs", "interactions"})


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a strategy
    if name not in _STRATEGIES:
        raise AttributeError(f"module 'glowrec.testing' has no attribute {name!r}")
    return getattr(import_module("glowrec.testing.strategies"), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_STRATEGIES})
