"""How unlikely counts are under probabilities: an exact test, and one for large counts."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glowrec.arguments import real_number
from glowrec.errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Outcomes that the exact test lists; with more of them, expected counts allow the other test.
_MOST_OUTCOMES = 20_000
# Cells that are expected to be hit less often are pooled, so that the test for large counts keeps
# its nominal rate within a factor of 1.5. What Williams' correction leaves of the excess of its
# mean, in standard deviations, is as the root of the number of cells by the square of this.
_LEAST_EXPECTED = 10.0
_MOST_CELLS = 1000  # for which that many suffice
# Of the false alarms, what the test of rare cells that were added to a common one may raise.
_SHARE_OF_HIDDEN = 0.1
# Probabilities of outcomes closer than this are one probability, computed in two orders.
_SAME = 1e-9


def p_value(counts: ArrayLike, probabilities: ArrayLike) -> float:
    r"""Return how likely counts at least this unusual are, if the probabilities are right.

    Where there are at most 20,000 outcomes the multinomial test is exact: the sum over all
    outcomes that are no more likely than the one observed. Otherwise the log-likelihood ratio
    :math:`G = 2 \sum_i c_i \log(c_i / n p_i)`, divided by Williams' correction
    :math:`q = 1 + (\sum_i 1/p_i - 1) / 6n(k - 1)`, is referred to the chi-square distribution
    with :math:`k - 1` degrees of freedom, after cells that are expected fewer than ten times
    (:math:`10 (k / 1000)^{1/4}` if there are more than 1,000 cells) have been added up, the
    rarest with the next rarest, into cells that are. Rare cells that end up in a common one, which
    may hide them, are also compared with all others by the exact binomial test, which may raise
    a tenth of the false alarms.

    Parameters
    ----------
    counts : array_like of int, shape (n_cells,)
    probabilities : array_like of float, shape (n_cells,)

    Returns
    -------
    float
        0 if something happened whose probability is 0, and 1 if nothing else could have happened.

    Raises
    ------
    ShapeError, ParameterError
        As of :func:`glowrec.testing.check_frequencies`.

    Notes
    -----
    Why this statistic of the family of Cressie and Read, and not Pearson's: at a nominal 1e-6, a
    rare cell expected ten times among 100,000 draws raises 18 times as many false alarms with
    Pearson's, 6 times with their own :math:`\lambda = 2/3` and 0.25 times with `G`, computed
    exactly. With 1,000 cells expected ten times each, where `G` alone raises four times as many
    as the nominal 1e-3, Williams' factor leaves 1.3.

    References
    ----------
    Cressie and Read, "Multinomial goodness-of-fit tests", JRSS B 46, 1984.
    Williams, "Improved likelihood ratio tests for complete contingency tables", Biometrika 63,
    1976.

    Examples
    --------
    >>> from glowrec.testing import p_value
    >>> round(p_value([9, 1], [0.5, 0.5]), 9)  # 22 of 1,024 sequences
    0.021484375
    >>> p_value([490_000, 510_000], [0.5, 0.5]) < 1e-80
    True
    """
    observed, expected = cells(counts, probabilities)
    return p_of_row(observed, expected)


def cells(
    counts: ArrayLike, probabilities: ArrayLike, n_dims: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return counts and probabilities of the same shape, checked; rows of the latter sum to 1.

    Examples
    --------
    >>> cells([3, 1], [0.5, 0.4])
    Traceback (most recent call last):
    glowrec.errors.ParameterError: probabilities: expected a sum of 1, got 0.9
    """
    found, chances = np.asarray(counts), np.asarray(probabilities, dtype=np.float64)
    if found.shape != chances.shape or not 1 <= found.ndim <= n_dims:
        raise ShapeError(
            f"counts and probabilities: expected one shape of at most {n_dims} dimension(s), got "
            f"{found.shape} and {chances.shape}"
        )
    whole = found.astype(np.int64)
    if not bool((whole == found).all()) or bool((whole < 0).any()):
        raise ParameterError("counts: expected whole numbers, none of them negative")
    if not bool((chances >= 0).all()):
        raise ParameterError("probabilities: expected numbers from 0 to 1")
    sums = chances.sum(axis=-1)
    # Room for what float32 probabilities lose; the test cannot see so little.
    wrong = np.flatnonzero(~(np.abs(np.ravel(sums) - 1) < 1e-6))  # noqa: PLR2004
    if wrong.size:
        row = f"row {wrong[0]}: " if chances.ndim > 1 else ""
        raise ParameterError(
            f"probabilities: {row}expected a sum of 1, got {np.ravel(sums)[wrong[0]]:.9g}"
        )
    return whole, chances / sums[..., None]


def level(alpha: float) -> float:
    """Return a rate of false alarms, checked.

    Examples
    --------
    >>> level(1.5)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: alpha = 1.5: expected a rate between 0 and 1
    """
    rate = real_number("alpha", alpha)
    if not 0 < rate < 1:
        raise ParameterError(f"alpha = {alpha}: expected a rate between 0 and 1")
    return rate


def is_exact(n: int, n_cells: int) -> bool:
    """Return whether so few outcomes exist that they are listed.

    Examples
    --------
    >>> is_exact(100, 2), is_exact(100, 5)
    (True, False)
    """
    return comb(n + n_cells - 1, n_cells - 1) <= _MOST_OUTCOMES


def p_of_row(counts: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Return the p-value of one checked row.

    Examples
    --------
    >>> import numpy as np
    >>> p_of_row(np.array([0, 7, 0]), np.array([0.0, 1.0, 0.0]))
    1.0
    """
    possible = probabilities > 0
    if counts[~possible].any():
        return 0.0
    counts, probabilities = counts[possible], probabilities[possible]
    n = int(counts.sum())
    if n == 0 or counts.size == 1:
        return 1.0
    if is_exact(n, counts.size):
        return _exact(counts, probabilities)
    groups = _groups(probabilities, n)
    p = _large(groups.add_up(counts), groups.add_up(probabilities))
    hidden = groups.hidden
    if not hidden.size:
        return p
    of_hidden = _binomial(int(counts[hidden].sum()), n, float(probabilities[hidden].sum()))
    return min(1.0, p / (1 - _SHARE_OF_HIDDEN), of_hidden / _SHARE_OF_HIDDEN)


def _exact(counts: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    from scipy.special import gammaln, xlogy  # noqa: PLC0415 - slow to import

    n = int(counts.sum())

    def log_likelihood(table: NDArray[np.int64]) -> NDArray[np.float64]:
        terms = xlogy(table, probabilities) - gammaln(table + 1)
        return np.asarray(gammaln(n + 1) + terms.sum(axis=-1))

    logs = log_likelihood(_outcomes(n, counts.size))
    return min(1.0, float(np.exp(logs[logs <= log_likelihood(counts) + _SAME]).sum()))


@lru_cache(maxsize=8)
def _outcomes(n: int, n_cells: int) -> NDArray[np.int64]:
    """Return all ways to throw `n` into cells: the gaps between bars among stars."""
    bars = np.array(list(combinations(range(n + n_cells - 1), n_cells - 1)), dtype=np.int64)
    edges = np.full((len(bars), 1), n + n_cells - 1)
    return np.diff(np.hstack([np.full_like(edges, -1), bars, edges]), axis=1) - 1


def pooled(
    probabilities: NDArray[np.float64], n: int, *tables: NDArray[Any]
) -> list[NDArray[Any]]:
    """Add cells up, the rarest first, into as many as `n` draws hit often enough.

    Counts play no part in who is added to whom: that would favour the hypothesis.

    Examples
    --------
    >>> import numpy as np
    >>> pooled(np.array([0.5, 0.2, 0.2, 0.1]), 30, np.array([16, 5, 7, 2]))
    [array([14, 16])]
    """
    groups = _groups(probabilities, n)
    return [groups.add_up(table) for table in tables]


class _Groups(NamedTuple):
    """Cells that are added up."""

    order: NDArray[np.intp]
    """The cells, from the rarest on."""
    starts: list[int]
    """Where in `order` each group begins."""
    n_rare: int
    """How many cells are expected too seldom to stand alone."""

    def add_up(self, table: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.add.reduceat(table[self.order], self.starts))

    @property
    def hidden(self) -> NDArray[np.intp]:
        """Rare cells that are added to a common one."""
        if self.n_rare == self.order.size:
            return self.order[:0]
        first = max(start for start in self.starts if start <= self.n_rare)
        return self.order[first : self.n_rare]


def _groups(probabilities: NDArray[np.float64], n: int) -> _Groups:
    crowd = max(1.0, probabilities.size / _MOST_CELLS) ** 0.25
    least = crowd * _LEAST_EXPECTED / n * (1 - _SAME)
    order = np.argsort(probabilities, kind="stable")
    ascending = probabilities[order]
    sums = np.concatenate([[0.0], np.cumsum(ascending)])
    n_rare = int(np.searchsorted(ascending, least))
    ends = [0]
    while ends[-1] < ascending.size:
        if ends[-1] >= n_rare:
            ends += range(ends[-1] + 1, ascending.size + 1)
            break
        end = int(np.searchsorted(sums, sums[ends[-1]] + least))
        if end > ascending.size:  # too little is left: it joins the cell before
            break
        ends.append(end)
    return _Groups(order, ends[:-1] or [0], n_rare)


def _binomial(count: int, n: int, probability: float) -> float:
    from scipy.stats import binomtest  # noqa: PLC0415 - slow to import

    return float(binomtest(count, n, min(1.0, probability)).pvalue)


def _large(counts: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    from scipy.special import chdtrc, xlogy  # noqa: PLC0415 - slow to import

    if counts.size == 1:
        return 1.0
    n, freedom = counts.sum(), counts.size - 1
    statistic = 2 * float(xlogy(counts, counts / (n * probabilities)).sum())
    williams = 1 + (float((1 / probabilities).sum()) - 1) / (6 * n * freedom)
    return float(chdtrc(freedom, max(0.0, statistic) / williams))
