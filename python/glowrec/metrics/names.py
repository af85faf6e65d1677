"""Names of the metrics, and how metrics and cut-offs are asked for."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

Metric: TypeAlias = Literal[
    "recall",
    "precision",
    "ndcg",
    "hit",
    "mrr",
    "map",
    "f1",
    "dcg",
    "r_precision",
    "auc",
    "average_rank",
    "coverage",
    "gini",
    "entropy",
    "novelty",
    "popularity",
    "diversity",
]

METRICS: tuple[Metric, ...] = ("recall", "precision", "ndcg", "hit", "mrr", "map")
"""Names of the metrics that are reported by default, in their order."""

OF_HITS: tuple[Metric, ...] = (*METRICS, "f1", "dcg")
"""Those of the hits within a cut-off."""

OF_RANKS: tuple[Metric, ...] = ("r_precision", "auc", "average_rank")
"""Those of the ranks of all test items, without a cut-off."""

OF_EXPOSURE: tuple[Metric, ...] = ("coverage", "gini", "entropy")
"""Those of how often each item is listed within a cut-off: one value for all users."""

OF_LISTS: tuple[Metric, ...] = ("novelty", "popularity", "diversity")
"""Those of the items within a cut-off, relevant or not."""

MOST_PLACES = 2**24
"""The longest list that can be asked for."""

ALL_METRICS: tuple[Metric, ...] = (*OF_HITS, *OF_RANKS, *OF_EXPOSURE, *OF_LISTS)
"""Names of all metrics."""


def keys(name: Metric, cuts: tuple[int, ...]) -> list[str]:
    """Return what a metric's values are called.

    Examples
    --------
    >>> keys("recall", (10, 20)), keys("auc", (10, 20))
    (['recall@10', 'recall@20'], ['auc'])
    """
    return [name] if name in OF_RANKS else [f"{name}@{k}" for k in cuts]


def named(metrics: Metric | Sequence[Metric]) -> tuple[Metric, ...]:
    """Return the metrics asked for, checked.

    Parameters
    ----------
    metrics : str or sequence of str
        Names of :data:`ALL_METRICS`, without repeats.

    Returns
    -------
    tuple of str

    Raises
    ------
    ParameterError
        If there is none, or one is unknown or repeated.

    Examples
    --------
    >>> named("recall")
    ('recall',)
    """
    if not isinstance(metrics, Iterable):
        raise ParameterError(f"metrics = {metrics!r}: expected a name, or some of them")
    names: tuple[Metric, ...] = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    for name in names:
        if name not in ALL_METRICS:
            raise ParameterError(
                f"metrics: unknown {name!r}; choose from {', '.join(ALL_METRICS)}"
            )
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"metrics = {metrics!r}: name at least one metric, each once")
    return names


def cut_offs(k: int | Sequence[int]) -> tuple[int, ...]:
    """Return the cut-offs asked for, checked.

    Parameters
    ----------
    k : int or sequence of int
        Lengths of lists, each from 1 to 2**24, without repeats.

    Returns
    -------
    tuple of int

    Raises
    ------
    ParameterError
        If there is none, or one is out of range, repeated or no whole number.

    Examples
    --------
    >>> cut_offs(20), cut_offs([5, 10])
    ((20,), (5, 10))
    """
    several = k if isinstance(k, Iterable) else (k,)
    try:
        cuts = tuple(operator.index(each) for each in several)
    except TypeError:
        raise ParameterError(f"k = {k!r}: expected a whole number, or some of them") from None
    if not cuts or min(cuts) < 1 or len(set(cuts)) < len(cuts):
        raise ParameterError(f"k = {k!r}: give at least one cut-off, each at least 1 and once")
    if max(cuts) > MOST_PLACES:
        raise ParameterError(f"k = {max(cuts)}: expected at most {MOST_PLACES}")
    return cuts
