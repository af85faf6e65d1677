"""From ranks among sampled negatives to means over users."""

from __future__ import annotations

import operator
import warnings
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from glowrec.arguments import flag
from glowrec.errors import ParameterError, SampledMetricsWarning
from glowrec.evaluation.sampled.corrections import CORRECTIONS, METRICS, corrected, of_rank
from glowrec.evaluation.sampled.ranks import sampled_ranks, targets
from glowrec.evaluation.sampled.result import SampledEvaluation
from glowrec.metrics import cut_offs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from glowrec.evaluation.sampled.corrections import Correction, Metric
    from glowrec.evaluation.sampled.ranks import Scorer, Targets
    from glowrec.graph import Graph

_EXACT = 1000  # numbers of negatives below this are not rounded for a correction


def averaged(
    scorer: Scorer,
    train: Graph | None,
    test: Graph,
    users: NDArray[np.int64],
    *,
    n_candidates: int,
    k: int | Sequence[int],
    metrics: Metric | Sequence[Metric],
    replace: bool,
    correction: Correction | None,
    gamma: float,
    seed: int,
) -> SampledEvaluation:
    """Rank the test items, warn, and average what their ranks are worth.

    Parameters
    ----------
    scorer : Scorer
    train : Graph or None
    test : Graph
    users : ndarray of int64, shape (n_rows,)
        Users of `test`, each once.
    n_candidates, k, metrics, replace, correction, gamma, seed
        As in :func:`glowrec.evaluation.sampled.evaluate_sampled`.

    Returns
    -------
    SampledEvaluation

    Warns
    -----
    SampledMetricsWarning
        Where the caller's caller stands.

    Raises
    ------
    ParameterError
        If a parameter is out of range or unknown.
    """
    names, cuts = _named(metrics), cut_offs(k)
    if correction is not None and correction not in CORRECTIONS:
        raise ParameterError(
            f"correction: unknown {correction!r}; choose None or {', '.join(CORRECTIONS)}"
        )
    if not 0 < gamma <= 1:
        raise ParameterError(f"gamma = {gamma!r} must be above 0 and at most 1, such as 0.1")
    n_candidates = _within("n_candidates", n_candidates, 1, 2**31)
    seed = _within("seed", seed, 0, 2**64)
    replace = flag("replace", replace)
    found = targets(train, test, users, n_candidates, seed, replace=replace)
    ranks = sampled_ranks(scorer, found)
    warnings.warn(
        f"metrics of {n_candidates:,} sampled negatives are not comparable with full rankings, "
        "and can order models differently; evaluate_factors ranks all items",
        SampledMetricsWarning,
        stacklevel=3,
    )
    values = _values(
        found,
        ranks,
        names,
        cuts,
        n_candidates,
        replace=replace,
        correction=correction,
        gamma=gamma,
    )
    judged, sizes = found.judged, found.sizes
    keys = [f"{name}@{cut}" for name in names for cut in cuts]
    sums = np.add.reduceat(values, np.cumsum(sizes) - sizes, axis=0) if len(judged) else values
    per_user = dict(zip(keys, np.ascontiguousarray((sums / sizes[:, None]).T), strict=True))
    return SampledEvaluation(
        summary={
            key: fsum(column) / len(judged) if len(judged) else float("nan")
            for key, column in per_user.items()
        },
        per_user=per_user,
        users=judged,
        n_without_test=len(users) - len(judged),
        ranks=ranks,
        target_users=found.users,
        target_items=found.items,
        n_candidates=n_candidates,
        replace=replace,
        correction=correction,
        gamma=float(gamma) if correction == "bv" else None,
        k=cuts,
        metrics=names,
        seed=seed,
    )


def _values(
    found: Targets,
    ranks: NDArray[np.int64],
    names: tuple[Metric, ...],
    cuts: tuple[int, ...],
    n_candidates: int,
    *,
    replace: bool,
    correction: Correction | None,
    gamma: float,
) -> NDArray[np.float64]:
    """Metrics of each target, corrected if asked for; 0 of those that are in train."""
    values = np.zeros((len(ranks), len(names) * len(cuts)))
    ranked = ranks > 0
    if correction is None:
        values[ranked] = of_rank(ranks[ranked].astype(np.float64), names, cuts)
        return values
    # Exact where most negatives are drawn or there are few; else within half a percent.
    n, digits = found.n_negatives, -(np.log10(np.maximum(found.n_negatives, 1)) // 1 - 2)
    rounded = (np.rint(n * 10.0**digits) / 10.0**digits).astype(np.int64)
    n = np.where(n < max(_EXACT, 2 * n_candidates), n, rounded)
    for size in np.unique(n[ranked]):
        vector = corrected(
            correction, int(size), n_candidates, names, cuts, replace=replace, gamma=gamma
        )
        inside = ranked & (n == size)
        values[inside] = vector[ranks[inside] - 1]
    return values


def _named(metrics: Metric | Sequence[Metric]) -> tuple[Metric, ...]:
    names: tuple[Metric, ...] = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    for name in names:
        if name not in METRICS:
            raise ParameterError(
                f"metrics: unknown {name!r} of a sampled rank; choose from {', '.join(METRICS)}"
            )
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"metrics = {metrics!r}: name at least one metric, each once")
    return names


def _within(name: str, value: int, least: int, end: int) -> int:
    try:
        whole = operator.index(value)
    except TypeError:
        raise ParameterError(f"{name} = {value!r}: expected a whole number") from None
    if not least <= whole < end:
        raise ParameterError(f"{name} = {whole} must be at least {least} and below {end}")
    return whole
