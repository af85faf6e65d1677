"""Whether draws come as often as their probabilities say, with a stated rate of false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.arguments import bounded
from glowrec.errors import ParameterError, ShapeError
from glowrec.testing.goodness import cells, level, p_of_row, pooled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_UNDERFLOW = 1e-300
_STEP = 1.05  # between numbers of draws that are tried


def check_frequencies(
    counts: ArrayLike, probabilities: ArrayLike, alpha: float = 1e-6, *, users: ArrayLike = ()
) -> None:
    r"""Check that independent draws came as often as their probabilities say.

    Each row of counts is held against its probabilities by :func:`p_value`. A row fails if its
    p-value, times the number of rows, is too small (Bonferroni; the first step of Holm's), and
    all rows together fail if Fisher's :math:`-2 \sum \log p` is too large, which sees a bias that
    is small for everyone.

    Parameters
    ----------
    counts : array_like of int, shape (n_cells,) or (n_rows, n_cells)
        How often each cell (say, each item) was drawn for each row (say, each user). Draws with
        replacement only; for others there is :func:`check_inclusions`.
    probabilities : array_like of float, of the same shape
        Probability of each cell; rows sum to 1.
    alpha : float, default 1e-6
        How often a call may fail though the probabilities are right. The two tests get a third of
        it each (with one row, one test gets two thirds); the rest covers what the tests for
        large counts exceed their nominal rates by, at most half. A draw of probability 0 always
        fails.
    users : array_like of int, shape (n_rows,), optional
        What the rows are called in the message.

    Raises
    ------
    AssertionError
        If the counts do not fit; the message names the row and the cell that is furthest off.
    ShapeError
        If counts and probabilities differ in shape, or there are not as many users as rows.
    ParameterError
        If a count is negative or no whole number, a row of probabilities does not sum to 1, or
        `alpha` is not between 0 and 1.

    Notes
    -----
    :func:`draws_to_detect` says how many draws reveal a given bias.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979. Fisher, "Statistical Methods for Research Workers", 1932, section 21.1.

    Examples
    --------
    >>> from glowrec.testing import check_frequencies
    >>> check_frequencies([5030, 4970], [0.5, 0.5])
    >>> check_frequencies([5300, 4700], [0.5, 0.5])
    Traceback (most recent call last):
    AssertionError: cell 0 was drawn 5300 times of 10000, expected 5000: p = 2e-09 for all cells
    """
    rate = level(alpha)
    table, chances = cells(counts, probabilities, 2)
    names = _names(users, table)
    table, chances = np.atleast_2d(table), np.atleast_2d(chances)
    impossible = np.argwhere((table > 0) & (chances == 0))
    if impossible.size:
        row, cell = impossible[0]
        raise AssertionError(
            f"{names[row]}cell {cell} was drawn {table[row, cell]} times, and its probability is 0"
        )
    p_values = np.array([p_of_row(*pair) for pair in zip(table, chances, strict=True)])
    n_tests = 1 if len(p_values) == 1 else 2
    share = 2 * rate / 3 / n_tests
    if p_values.size and p_values.min() * len(p_values) <= share:
        row = int(p_values.argmin())
        of = f" of {len(p_values)} rows" if len(p_values) > 1 else ""
        raise AssertionError(
            f"{names[row]}{_furthest(table[row], chances[row])}: {_p(p_values[row])} for all "
            f"cells{of}"
        )
    if n_tests > 1 and (together := _fisher(p_values)) <= share:
        row = int(p_values.argmin())
        raise AssertionError(
            f"all {len(p_values)} rows together: {_p(together)}; most of all "
            f"{names[row]}{_furthest(table[row], chances[row])}"
        )


def check_inclusions(
    counts: ArrayLike, n_draws: int, probabilities: ArrayLike, alpha: float = 1e-6
) -> None:
    """Check that cells were part of draws as often as their inclusion probabilities say.

    For draws that hold several cells at once: distinct negatives, or the items of a batch. Every
    count is binomial on its own, whatever ties the cells together, so each gets an exact binomial
    test at the level that Bonferroni leaves it: the rate of false alarms is at most `alpha`.

    Parameters
    ----------
    counts : array_like of int, shape (n_cells,) or (n_rows, n_cells)
        In how many draws each cell was.
    n_draws : int
        Independent draws, at least 1, the same number for every row.
    probabilities : array_like of float, of the same shape
        Probability that a draw holds the cell, from 0 to 1.
    alpha : float, default 1e-6
        How often a call may fail though the probabilities are right, at most.

    Raises
    ------
    AssertionError
        If a count does not fit; the message names its place.
    ShapeError
        If counts and probabilities differ in shape.
    ParameterError
        If a count is not in ``0..=n_draws``, a probability is not in 0 to 1, or `alpha` is not
        between 0 and 1.

    Examples
    --------
    Two of three items at a time:

    >>> from glowrec.testing import check_inclusions
    >>> check_inclusions([670, 660, 670], 1000, [2 / 3, 2 / 3, 2 / 3])
    >>> check_inclusions([1000, 500, 500], 1000, [2 / 3, 2 / 3, 2 / 3])
    Traceback (most recent call last):
    AssertionError: cell 0 was in 1000 of 1000 draws, expected in 666.7: p = 2e-176, one of 3 cells
    """
    from scipy.special import bdtr, bdtrc  # noqa: PLC0415 - slow to import

    rate, n = level(alpha), bounded("n_draws", n_draws, 1, 53)
    found, chances = np.asarray(counts), np.asarray(probabilities, dtype=np.float64)
    if found.shape != chances.shape:
        raise ShapeError(
            f"counts and probabilities: expected one shape, got {found.shape} and {chances.shape}"
        )
    if not bool(((found >= 0) & (found <= n) & (found == np.floor(found))).all()):
        raise ParameterError(f"counts: expected whole numbers from 0 to n_draws = {n}")
    if not bool(((chances >= 0) & (chances <= 1)).all()):
        raise ParameterError("probabilities: expected numbers from 0 to 1")
    if not found.size:
        return
    # Twice the smaller tail is an exact two-sided test; where a chance is 0 or 1 both are known.
    below = bdtr(found.astype(np.float64), n, chances)
    above = np.where(found > 0, bdtrc(np.maximum(found, 1) - 1.0, n, chances), 1.0)
    p_values = np.minimum(1.0, 2 * np.minimum(below, above))
    place = np.unravel_index(int(p_values.argmin()), p_values.shape)
    if p_values[place] * found.size <= rate:
        row = f"row {place[0]}: " if found.ndim > 1 else ""
        raise AssertionError(
            f"{row}cell {place[-1]} was in {found[place]} of {n} draws, expected in "
            f"{n * chances[place]:.4g}: {_p(p_values[place])}, one of {found.size} cells"
        )


def draws_to_detect(
    probabilities: ArrayLike, biased: ArrayLike, alpha: float = 1e-6, power: float = 0.99
) -> int:
    r"""Return how many draws of one row let :func:`check_frequencies` tell two samplers apart.

    Under the biased probabilities `q` the statistic of :func:`p_value` has a mean of about
    :math:`2 n D + k - 1` and a variance of about :math:`4 n V + 2 (k - 1)`, where `D` and `V` are
    mean and variance of :math:`\log(q_i / p_i)` under `q`. This is the smallest `n` at which a
    normal variable with these exceeds the threshold with the power asked for.

    Parameters
    ----------
    probabilities : array_like of float, shape (n_cells,)
        What is claimed.
    biased : array_like of float, shape (n_cells,)
        What is drawn.
    alpha : float, default 1e-6
        As of :func:`check_frequencies`.
    power : float, default 0.99
        Probability that the bias is found.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If the two are the same, so that no number of draws is enough; further errors as of
        :func:`check_frequencies`.

    References
    ----------
    Cressie and Read, "Multinomial goodness-of-fit tests", JRSS B 46, 1984, section 5.

    Examples
    --------
    An item that comes 2 % more often than 49 others:

    >>> import numpy as np
    >>> from glowrec.testing import draws_to_detect
    >>> weights = np.ones(50)
    >>> weights[0] = 1.02
    >>> draws_to_detect(np.full(50, 0.02), weights / weights.sum())
    15349572

    2 % of the draws go to one item:

    >>> draws_to_detect(np.full(50, 0.02), 0.98 * np.full(50, 0.02) + 0.02 * np.eye(50)[0])
    8224
    """
    rate, wanted = level(alpha), level(power)
    zeros = np.zeros(np.shape(probabilities), dtype=np.int64)
    _, claimed = cells(zeros, probabilities)
    _, drawn = cells(zeros, biased)
    if bool((drawn[claimed == 0] > 0).any()):
        raise ParameterError("biased: an item of probability 0 is drawn, which one draw reveals")
    drawn, claimed = drawn[claimed > 0], claimed[claimed > 0]
    n = _needed(claimed, drawn, 2 * rate / 3, wanted)
    if n == np.inf:
        raise ParameterError("biased: the same as probabilities, so no number of draws is enough")
    # Cells that so few draws make too rare are pooled, which hides some of the bias.
    while True:
        rare, biased_rare = pooled(claimed, int(n), claimed, drawn)
        if _needed(rare, biased_rare, 2 * rate / 3, wanted) <= n:
            break
        n *= _STEP
    return int(np.ceil(n))


def _needed(
    claimed: NDArray[np.float64], drawn: NDArray[np.float64], alpha: float, power: float
) -> float:
    from scipy.special import xlogy  # noqa: PLC0415 - slow to import
    from scipy.stats import chi2, norm  # noqa: PLC0415

    freedom = claimed.size - 1
    mean = float(xlogy(drawn, drawn / claimed).sum())
    if mean < np.finfo(np.float64).eps:
        return np.inf
    ratios = np.log(np.where(drawn > 0, drawn, claimed) / claimed)
    variance = float((drawn * (ratios - mean) ** 2).sum())
    beyond, z = float(chi2.isf(alpha, freedom)) - freedom, float(norm.ppf(power))
    # The root of 2 n D - beyond = z sqrt(4 n V + 2 (k - 1)), on the side where both are positive.
    a, b, c = mean**2, mean * beyond + z**2 * variance, beyond**2 / 4 - z**2 * freedom / 2
    root = np.sqrt(max(0.0, b**2 - 4 * a * c))
    return max(1.0, float(b + np.copysign(root, z)) / (2 * a))


def _names(users: ArrayLike, table: NDArray[np.int64]) -> list[str]:
    if table.ndim == 1:
        return [""]
    named = np.asarray(users)
    if not named.size:
        return [f"row {row}: " for row in range(len(table))]
    if named.shape != (len(table),):
        raise ShapeError(f"users: expected {len(table)}, one per row, got shape {named.shape}")
    return [f"user {user}: " for user in named.tolist()]


def _furthest(counts: NDArray[np.int64], probabilities: NDArray[np.float64]) -> str:
    n = int(counts.sum())
    expected = n * probabilities
    off = np.abs(counts - expected) / np.sqrt(np.maximum(expected, np.finfo(np.float64).tiny))
    cell = int(off.argmax())
    return f"cell {cell} was drawn {counts[cell]} times of {n}, expected {expected[cell]:.6g}"


def _p(value: float) -> str:
    return f"p = {value:.0e}" if value > _UNDERFLOW else "p < 1e-300"


def _fisher(p_values: NDArray[np.float64]) -> float:
    from scipy.special import chdtrc  # noqa: PLC0415 - slow to import

    with np.errstate(divide="ignore"):  # an underflow to 0 is an infinite statistic
        return float(chdtrc(2 * len(p_values), -2 * np.log(p_values).sum()))
