"""Comparing two models user by user."""

from __future__ import annotations

import operator
from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from glowrec.errors import DataError, ParameterError
from glowrec.statistics.comparison import Comparison, PairedDifference
from glowrec.statistics.paired_tests import (
    bca_interval,
    effect_size,
    holm,
    means,
    shifted_bootstrap,
    t_test,
    wilcoxon,
)
from glowrec.statistics.pairing import paired
from glowrec.statistics.resampling import bootstrap_sums, extreme_signs, on_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glowrec.statistics.pairing import Values

Test: TypeAlias = Literal["t", "wilcoxon", "randomization", "bootstrap"]
TESTS: tuple[Test, ...] = get_args(Test)
_LEAST = 2  # users of whom a difference can vary


def compare(
    a: Values,
    b: Values,
    *,
    metrics: str | Sequence[str] | None = None,
    tests: Test | Sequence[Test] = TESTS,
    confidence: float = 0.95,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> Comparison:
    r"""Compare two models on the same users: differences, intervals, tests, in one pass.

    Let :math:`d_u` be the value of `a` less that of `b` for user `u`.

    ============= =================================================================================
    t             paired t-test: :math:`\bar d` in standard errors, Student's distribution
    wilcoxon      Wilcoxon signed-rank test; users with :math:`d_u = 0` left out, ties share ranks
    randomization the share of random signs of all :math:`d_u` that move :math:`|\bar d|` as far;
                  exact by enumeration for few users
    bootstrap     the share of resampled means, shifted to mean 0, that are as far from 0
    ============= =================================================================================

    Parameters
    ----------
    a, b : Evaluation, or mapping of str to array_like of float, shape (n_users,)
        Two evaluations of the same users, matched by id, in any order; or two mappings from
        metrics to values whose positions are the same users.
    metrics : str or sequence of str, optional
        What to compare, such as "ndcg@20"; by default all, which must be the same in both.
    tests : str or sequence of str
        Of the table above; all by default.
    confidence : float, default 0.95
        Of the interval of the mean difference.
    n_resamples : int, default 10,000
        Random sign vectors, and resamples of the users.
    seed : int, default 0
        Of both; not negative.

    Returns
    -------
    Comparison
        Means, mean difference, BCa bootstrap interval, Cohen's :math:`d_z` and p-values, plain
        and corrected by Holm's method over the metrics, for each test by itself.

    Raises
    ------
    DataError
        If a user is in one evaluation only, or twice, a value is NaN or infinite, or there are
        fewer than two users.
    ParameterError
        If a metric is not in both, a test is unknown, or a number is out of range.
    ShapeError
        If the arrays of mappings differ in length.

    Notes
    -----
    All p-values are two-sided. Where all differences are 0 (up to the rounding of the values),
    every p-value is 1 and the interval is [0, 0]. Random signs and resampled users are drawn once
    and shared by all metrics. Sums are exact (:class:`glowrec.statistics.resampling.Grid`), so a
    seed means the same result on any machine, up to the last bit of the normal and Student's
    distribution functions.
    ``O(n_resamples * n_users * n_metrics)`` time, blocks of 2 MiB.

    References
    ----------
    Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information
    Retrieval Evaluation", CIKM 2007. The formulas and their sources are at the functions of
    :mod:`glowrec.statistics.paired_tests` and :mod:`glowrec.statistics.resampling`.

    Examples
    --------
    >>> from glowrec import Graph, evaluate_rankings
    >>> test = Graph.from_edges(range(8), range(8), n_users=8, n_items=9)
    >>> good = evaluate_rankings([[u, 8] for u in range(8)], test, k=2, metrics="mrr")
    >>> poor = evaluate_rankings([[8, u] for u in range(8)], test, k=2, metrics="mrr")
    >>> found = compare(good, poor)["mrr@2"]
    >>> found.difference, found.low, found.high, found.p["randomization"] == 2 / 2**8
    (0.5, 0.5, 0.5, True)
    """
    names = _tests(tests)
    if not (isfinite(confidence) and 0 < confidence < 1):
        raise ParameterError(f"confidence = {confidence!r} must lie between 0 and 1, such as 0.95")
    n_resamples = _at_least("n_resamples", n_resamples, 1)
    seed = _at_least("seed", seed, 0)
    values = paired(a, b, metrics)
    n_users = len(values.a)
    if n_users < _LEAST:
        raise DataError(f"{n_users} user(s): differences of at least two users can be tested")

    differences = values.a - values.b
    scale = np.abs(values.a).max(axis=0) + np.abs(values.b).max(axis=0)
    grid = on_grid(differences, scale)
    differences[grid.units == 0] = 0.0  # what rounding made of equal values
    # A stream each: leaving out a test does not change the others.
    signs, users = np.random.SeedSequence(seed).spawn(2)
    sums = bootstrap_sums(grid, n_resamples, users)
    effect = effect_size(differences)
    p = {
        name: {
            "t": lambda: t_test(effect, n_users),
            "wilcoxon": lambda: wilcoxon(grid),
            "randomization": lambda: extreme_signs(grid, n_resamples, signs),
            "bootstrap": lambda: shifted_bootstrap(grid, sums),
        }[name]()
        for name in names
    }
    p_holm = {name: holm(each) for name, each in p.items()}
    low, high = bca_interval(grid, sums, confidence)
    columns = zip(
        means(values.a), means(values.b), means(differences), low, high, effect, strict=True
    )
    return Comparison(
        metrics={
            metric: PairedDifference(
                **dict(zip(_FIELDS, map(float, column), strict=True)),
                p={name: float(p[name][place]) for name in names},
                p_holm={name: float(p_holm[name][place]) for name in names},
            )
            for place, (metric, column) in enumerate(zip(values.metrics, columns, strict=True))
        },
        n_users=n_users,
        tests=names,
        confidence=float(confidence),
        n_resamples=n_resamples,
        seed=seed,
    )


_FIELDS = ("mean_a", "mean_b", "difference", "low", "high", "effect_size")


def _tests(tests: Test | Sequence[Test]) -> tuple[Test, ...]:
    names: tuple[Test, ...] = (tests,) if isinstance(tests, str) else tuple(tests)
    for name in names:
        if name not in TESTS:
            raise ParameterError(f"tests: unknown {name!r}; choose from {', '.join(TESTS)}")
    if len(set(names)) < len(names):
        raise ParameterError(f"tests = {tests!r}: name each test once")
    return names


def _at_least(name: str, value: int, least: int) -> int:
    try:
        whole = operator.index(value)
    except TypeError:
        raise ParameterError(f"{name} = {value!r}: expected a whole number") from None
    if whole < least:
        raise ParameterError(f"{name} = {whole} must be at least {least}")
    return whole
