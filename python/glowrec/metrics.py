r"""The ranking metrics: which there are, what they mean, and how they are asked for.

Let :math:`T` be the test items of a user and :math:`h_r` say whether the item at rank
:math:`r = 1 \dots k` is one of them.

========== ==========================================================================
recall     :math:`\sum_r h_r / |T|`
precision  :math:`\sum_r h_r / k`
ndcg       :math:`\sum_r h_r / \log_2(r + 1)` over :math:`\sum_{r=1}^{\min(k, |T|)}
           1 / \log_2(r + 1)`
hit        1 if any :math:`h_r` is, else 0
mrr        1 / the rank of the first hit, 0 if there is none
map        :math:`\frac{1}{\min(k, |T|)} \sum_r h_r \cdot \frac{1}{r} \sum_{s \le r} h_s`
========== ==========================================================================

These are the formulas of the convention ``lightgcn``. A mean is over the users with at least one
test item.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

Metric: TypeAlias = Literal["recall", "precision", "ndcg", "hit", "mrr", "map"]

METRICS: tuple[Metric, ...] = ("recall", "precision", "ndcg", "hit", "mrr", "map")
"""Names of all metrics, in the order in which they are reported by default."""

MOST_PLACES = 2**31 - 1
"""The longest list that can be asked for."""

CONVENTION = "lightgcn"
"""Name of the set of formulas above."""


def named(metrics: Metric | Sequence[Metric]) -> tuple[Metric, ...]:
    """Return the metrics asked for, checked.

    Parameters
    ----------
    metrics : str or sequence of str
        Names of :data:`METRICS`, without repeats.

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
        if name not in METRICS:
            raise ParameterError(f"metrics: unknown {name!r}; choose from {', '.join(METRICS)}")
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"metrics = {metrics!r}: name at least one metric, each once")
    return names


def cut_offs(k: int | Sequence[int]) -> tuple[int, ...]:
    """Return the cut-offs asked for, checked.

    Parameters
    ----------
    k : int or sequence of int
        Lengths of lists, each at least 1 and below 2**31, without repeats.

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
