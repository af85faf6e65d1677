"""From values per user, and from exposure, to one number per metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from glowrec import _native
from glowrec.metrics.names import OF_EXPOSURE, OF_LISTS, keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from glowrec.metrics.names import Metric
    from glowrec.metrics.ranks import Fractions

__all__ = ["summarised"]


def summarised(
    names: tuple[Metric, ...],
    cuts: tuple[int, ...],
    per_user: Mapping[str, NDArray[np.float64]],
    pooled: Mapping[str, Fractions],
    exposure: Mapping[int, NDArray[np.int64]],
) -> dict[str, float]:
    """Return one number under each key of the metrics `names`.

    Parameters
    ----------
    names, cuts
        As asked for.
    per_user : mapping of str to ndarray of float64, shape (n_users,)
    pooled : mapping of str to Fractions
        Halves of what is averaged as a sum over a sum.
    exposure : mapping of int to ndarray of int64, shape (n_items,)
        By cut-off.

    Returns
    -------
    dict of str to float
        NaN where no user has a value. Sums are rounded once, so that no number depends on the
        order of the users.

    Examples
    --------
    >>> values = {"recall@1": np.array([1.0, 0.5])}
    >>> summarised(("recall",), (1,), values, {}, {})
    {'recall@1': 0.75}
    """
    found: dict[str, float] = {}
    for name in names:
        for key, k in zip(keys(name, cuts), cuts, strict=False):
            if name in OF_EXPOSURE:
                found[key] = _of_exposure(name, exposure[k])
            elif key in pooled:
                found[key] = _pooled(pooled[key])
            else:
                values = per_user[key]
                if name in OF_LISTS:  # NaN: a list too short to have a value
                    values = values[~np.isnan(values)]
                found[key] = _native.total(values) / values.size if values.size else math.nan
    return found


def _pooled(halves: Fractions) -> float:
    if not halves.over.size:
        return math.nan
    over, under = _native.total(halves.over), _native.total(halves.under)
    return over / under if over else 0.0


def _of_exposure(name: Metric, counts: NDArray[np.int64]) -> float:
    from glowrec import beyond  # noqa: PLC0415 - few ask for it

    measure = {"coverage": beyond.coverage, "gini": beyond.gini, "entropy": beyond.entropy}[name]
    return float(measure(counts))
