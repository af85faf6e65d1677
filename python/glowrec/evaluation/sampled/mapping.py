r"""Which cut-off of the full ranking a cut-off among sampled negatives stands for.

The full rank :math:`R` of a target among :math:`N + 1` items is taken to follow a power law,
:math:`P(R \le K) = (K / (N + 1))^a`; then its rank among `n` sampled negatives has a beta-binomial
distribution, and recall at `k` of the sample equals recall at

.. math:: f(k; a) = (N + 1) \Big[ a \sum_{i=0}^{k-1} \binom{n}{i} B(a + i, n - i + 1) \Big]^{1 / a}

of the full ranking. With :math:`a = 1`, all ranks equally likely, it is linear:
:math:`f(k) = k (N + 1) / (n + 1)`. The idea of a mapping function is that of Li, Jin, Gao and Liu,
"On Sampling Top-K Recommendation Evaluation", KDD 2020; the formula is derived from the assumption
above.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import DataError, ParameterError
from glowrec.factors import whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_WIDEST = 12.0  # of the logarithm of a shape: ranks all first, or all last


def full_cut_off(k: int, n_candidates: int, n_negatives: int, *, shape: float = 1.0) -> float:
    """Return the cut-off of the full ranking whose recall is that at `k` among sampled negatives.

    Parameters
    ----------
    k : int
        Cut-off among the sampled negatives and the target, from 1 to ``n_candidates + 1``.
    n_candidates : int
        Sampled negatives, at least 1.
    n_negatives : int
        All negatives, at least 1.
    shape : float, default 1.0
        The power :math:`a` of the law: below 1 where targets stand near the top. What a model's
        sampled ranks say of it is :func:`rank_shape`.

    Returns
    -------
    float
        From above 0 to ``n_negatives + 1``.

    Raises
    ------
    ParameterError
        If a parameter is out of range.

    Examples
    --------
    The usual 10 among 100 negatives of 40,980 is a cut-off no list has:

    >>> round(full_cut_off(10, 100, 40_980))
    4058
    """
    from scipy.stats import betabinom  # noqa: PLC0415 - slow to import

    for name, value, most in (
        ("n_negatives", n_negatives, None),
        ("n_candidates", n_candidates, None),
        ("k", k, n_candidates + 1),
    ):
        if operator.index(value) < 1 or (most is not None and value > most):
            end = "" if most is None else f" and at most n_candidates + 1 = {most}"
            raise ParameterError(f"{name} = {value} must be at least 1{end}")
    if not 0 < shape < np.inf:
        raise ParameterError(f"shape = {shape!r} must be a number above 0")
    recall = betabinom.cdf(k - 1, n_candidates, shape, 1)
    return float((n_negatives + 1) * recall ** (1 / shape))


def rank_shape(ranks: ArrayLike, n_candidates: int) -> float:
    """Return the shape of the power law that makes sampled ranks likeliest.

    Parameters
    ----------
    ranks : array_like of int64, shape (n_targets,)
        Ranks among the sampled negatives, as in ``SampledEvaluation.ranks``; -1 is left out.
    n_candidates : int
        Sampled negatives.

    Returns
    -------
    float
        For :func:`full_cut_off`; 1 if all ranks are equally likely.

    Raises
    ------
    DataError
        If there is no rank, or one is not in 1 to ``n_candidates + 1``.

    Examples
    --------
    >>> round(rank_shape(range(1, 102), 100), 2)
    1.0
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - slow to import
    from scipy.special import betaln  # noqa: PLC0415 - slow to import

    found = whole("ranks", ranks, 1)
    found = found[found != -1]
    if not found.size or found.min() < 1 or found.max() > n_candidates + 1:
        raise DataError(
            f"ranks: expected some, each in 1 to n_candidates + 1 = {n_candidates + 1}"
        )
    above, counts = np.unique(found - 1, return_counts=True)

    def surprise(log_shape: float) -> float:
        shape = np.exp(log_shape)
        logs = log_shape + betaln(shape + above, n_candidates - above + 1)
        return -float(counts @ logs)

    best = minimize_scalar(surprise, bounds=(-_WIDEST, _WIDEST), method="bounded")
    return float(np.exp(best.x))
