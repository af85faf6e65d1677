r"""What a rank among sampled negatives says about the metric of the rank among all of them.

A target has rank :math:`R` among :math:`N` negatives and itself, and rank :math:`r` among `n`
sampled ones. Given :math:`R`, the number of sampled negatives above it, :math:`r - 1`, has the
binomial distribution :math:`B(n, (R - 1) / N)` if they are drawn with replacement, and the
hypergeometric one of `n` draws from :math:`N` of which :math:`R - 1` count, if without. A metric
:math:`f(R)` is 0 beyond its cut-off; a correction is a vector :math:`g(r)` that replaces
:math:`f(r)`. With :math:`R` uniform in :math:`1 \dots N + 1`:

====== ======================================================================================
rank   :math:`g(r) = f(1 + N (r - 1) / n)`: the metric of the unbiased estimate of the rank
bv     minimises :math:`\sum_R (E[g(r) | R] - f(R))^2 + \gamma \operatorname{Var}[g(r) | R]`,
       bias and variance; ``gamma=1`` is the posterior mean, less means less bias and more
       variance
cls    minimises the bias alone, :math:`\sum_R (E[g(r) | R] - f(R))^2`, among all :math:`g`
       that are not negative and do not rise with the rank
====== ======================================================================================

The three are those of Krichene and Rendle, "On Sampled Metrics for Item Recommendation", KDD 2020,
who analyse draws with replacement. The solutions here are derived from these definitions: with the
matrix :math:`A_{R r} = P(r | R)`, ``bv`` solves
:math:`((1 - \gamma) A^T A + \gamma \operatorname{diag}(A^T 1)) g = A^T f`, and ``cls`` is a least
squares problem in the steps of :math:`g`, which are not negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

Metric: TypeAlias = Literal["recall", "precision", "ndcg", "hit", "mrr", "map"]
METRICS: tuple[Metric, ...] = get_args(Metric)
Correction: TypeAlias = Literal["rank", "bv", "cls"]
CORRECTIONS: tuple[Correction, ...] = get_args(Correction)

Whole: TypeAlias = "int | NDArray[np.int64]"
Blocks: TypeAlias = "Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]"
"""Some rows of the matrix A, shape (m, n + 1), and the metrics of their ranks."""

_ENTRIES = 2**20  # of a block of probabilities: 8 MiB


def of_rank(
    ranks: NDArray[np.float64], names: Sequence[Metric], cuts: Sequence[int]
) -> NDArray[np.float64]:
    r"""Return the metrics of rankings with one relevant item, from its rank.

    Up to the cut-off `k`: recall and hit 1, precision :math:`1 / k`, ndcg
    :math:`1 / \log_2(R + 1)`, mrr and map :math:`1 / R`; beyond it 0.

    Parameters
    ----------
    ranks : ndarray of float64, shape (n,)
        From 1; estimates need not be whole.
    names : sequence of str
    cuts : sequence of int

    Returns
    -------
    ndarray of float64, shape (n, len(names) * len(cuts))
        In the order of ``[f"{name}@{k}" for name in names for k in cuts]``.

    Examples
    --------
    >>> import numpy as np
    >>> of_rank(np.array([1.0, 3.0, 4.0]), ["ndcg"], [3]).ravel()
    array([1. , 0.5, 0. ])
    """
    ones = np.ones_like(ranks)
    gains: dict[str, Callable[[int], NDArray[np.float64]]] = {
        "recall": lambda _: ones,
        "hit": lambda _: ones,
        "precision": lambda k: ones / k,
        "ndcg": lambda _: 1 / np.log2(ranks + 1),
        "mrr": lambda _: 1 / ranks,
        "map": lambda _: 1 / ranks,
    }
    columns = [np.where(ranks <= k, gains[name](k), 0.0) for name in names for k in cuts]
    return np.stack(columns, axis=1)


def corrected(
    correction: Correction,
    n_negatives: int,
    n_candidates: int,
    names: Sequence[Metric],
    cuts: Sequence[int],
    *,
    replace: bool,
    gamma: float,
) -> NDArray[np.float64]:
    r"""Return what a target at each sampled rank adds to each corrected metric.

    Parameters
    ----------
    correction : {"rank", "bv", "cls"}
        See :mod:`glowrec.evaluation.sampled.corrections`.
    n_negatives : int
        :math:`N`, all negatives there are.
    n_candidates : int
        `n`, the sampled ones; at most `n_negatives` without replacement.
    names : sequence of str
        Of :data:`METRICS`.
    cuts : sequence of int
        Cut-offs of the full ranking.
    replace : bool
        How they were drawn.
    gamma : float
        Weight of the variance, for "bv"; above 0 and at most 1.

    Returns
    -------
    ndarray of float64, shape (n_candidates + 1, len(names) * len(cuts))
        Row ``r - 1`` for rank `r`.

    Notes
    -----
    ``O(n_negatives * n_candidates**2)`` time, blocks of 8 MiB.

    Examples
    --------
    With all negatives there is nothing to correct:

    >>> corrected("bv", 3, 3, ["recall"], [2], replace=False, gamma=0.1).ravel().round(6)
    array([1., 1., 0., 0.])
    """
    if correction == "rank":
        sampled = np.arange(n_candidates + 1, dtype=np.float64)
        return of_rank(1 + n_negatives * sampled / n_candidates, names, cuts)
    n = n_candidates + 1
    blocks = (
        (_chances(above, n_negatives, n_candidates, replace=replace), of_rank(ranks, names, cuts))
        for above in _blocks(n_negatives + 1, n)
        for ranks in [(above + 1).astype(np.float64)]
    )
    return _weighed(blocks, n, gamma) if correction == "bv" else _falling(blocks, n)


def _weighed(blocks: Blocks, n: int, gamma: float) -> NDArray[np.float64]:
    """Least squares with a price on the variance; the sums of blocks are small and definite."""
    square, mass, right = np.zeros((n, n)), np.zeros(n), np.zeros((n, 1))
    for chances, values in blocks:
        square += chances.T @ chances
        mass += chances.sum(axis=0)
        right = right + chances.T @ values
    return np.linalg.solve((1 - gamma) * square + gamma * np.diag(mass), right).astype(np.float64)


def _falling(blocks: Blocks, n: int) -> NDArray[np.float64]:
    """Least squares among vectors that are not negative and do not rise."""
    from scipy.optimize import nnls  # noqa: PLC0415 - slow to import

    # The problem is close to singular, so not its squares: the triangle of [A, f] has the same
    # solutions in n rows. It is made block by block.
    triangle: NDArray[np.float64] | None = None
    for chances, values in blocks:
        block = np.hstack([chances, values])
        rows = block if triangle is None else np.vstack([triangle, block])
        # An array in this mode; NumPy's stubs know the tuple of the others only.
        triangle = np.asarray(np.linalg.qr(rows, mode="r"), dtype=np.float64)
    left, right = np.split(np.asarray(triangle), [n], axis=1)
    steps = np.triu(np.ones((n, n)))  # a vector is the sum of its steps from the end
    columns = [nnls(left @ steps, column, maxiter=100 * n)[0] for column in right.T]
    found: NDArray[np.float64] = steps @ np.stack(columns, axis=1)
    return found


def _chances(
    above: NDArray[np.int64], n_negatives: int, n_candidates: int, *, replace: bool
) -> NDArray[np.float64]:
    """Probability of each number of sampled negatives above the target; shape (n_ranks, n + 1)."""
    from scipy.special import gammaln, xlog1py, xlogy  # noqa: PLC0415 - slow to import

    sampled, total = np.arange(n_candidates + 1), above[:, None]
    others, rest = n_candidates - sampled, n_negatives - total

    def log_ways(n: Whole, k: Whole) -> NDArray[np.float64]:
        return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)

    if replace:
        share = total / n_negatives
        logs = xlogy(sampled, share) + xlog1py(others, -share)
        return np.exp(logs + log_ways(n_candidates, sampled))
    possible = (sampled <= total) & (others <= rest)
    ways = log_ways(total, np.minimum(sampled, total)) + log_ways(rest, np.minimum(others, rest))
    return np.where(possible, np.exp(ways - log_ways(n_negatives, n_candidates)), 0.0)


def _blocks(n_rows: int, n_cols: int) -> Iterator[NDArray[np.int64]]:
    step = max(n_cols, _ENTRIES // n_cols)  # triangles of fewer rows than columns save nothing
    for start in range(0, n_rows, step):
        yield np.arange(start, min(start + step, n_rows))
