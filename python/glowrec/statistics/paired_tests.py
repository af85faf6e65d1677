"""What is computed of paired differences: tests, an interval, an effect size, a correction."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.statistics.resampling import Grid


def effect_size(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return Cohen's :math:`d_z = \bar d / s_d`, the mean in standard deviations.

    Parameters
    ----------
    differences : ndarray of float64, shape (n_users, n_metrics)
        Of at least two users; :math:`s_d` divides by ``n_users - 1``.

    Returns
    -------
    ndarray of float64, shape (n_metrics,)
        0 if all differences are 0, and infinite if they are all the same but not 0.

    References
    ----------
    Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988, section 2.3.5.

    Examples
    --------
    >>> import numpy as np
    >>> effect_size(np.array([[1.0, 0.0, 2.0], [3.0, 0.0, 2.0]])).round(4)
    array([1.4142, 0.    ,    inf])
    """
    mean = means(differences)
    same = (differences == differences[0]).all(axis=0)
    spread = np.where(same, 0.0, np.sqrt(means((differences - mean) ** 2, less=1)))
    with np.errstate(divide="ignore"):
        return np.divide(mean, spread, where=mean != 0, out=np.zeros_like(mean))


def means(values: NDArray[np.float64], *, less: int = 0) -> NDArray[np.float64]:
    """Return the means of columns, from sums that are rounded once.

    Parameters
    ----------
    values : ndarray of float64, shape (n_users, n_metrics)
    less : int, default 0
        Divide by ``n_users - less``.

    Returns
    -------
    ndarray of float64, shape (n_metrics,)

    Examples
    --------
    >>> import numpy as np
    >>> means(np.array([[1e16], [1.0], [-1e16]]))
    array([0.33333333])
    """
    return np.array([fsum(column) for column in values.T]) / (len(values) - less)


def t_test(effect: NDArray[np.float64], n_users: int) -> NDArray[np.float64]:
    r"""Return the two-sided p-values of the paired t-test, :math:`t = d_z \sqrt n`.

    The same as ``scipy.stats.ttest_rel``, and defined where that warns: 1 if all differences
    are 0, and 0 if they are all the same but not 0.

    Parameters
    ----------
    effect : ndarray of float64, shape (n_metrics,)
        Of :func:`effect_size`.
    n_users : int

    Returns
    -------
    ndarray of float64, shape (n_metrics,)

    Examples
    --------
    >>> import numpy as np
    >>> t_test(np.array([0.0, 0.5, np.inf]), 16).round(4)
    array([1.    , 0.0639, 0.    ])
    """
    from scipy.special import stdtr  # noqa: PLC0415 - slow to import

    p: NDArray[np.float64] = 2 * stdtr(n_users - 1, -np.abs(effect) * np.sqrt(n_users))
    return p


def wilcoxon(grid: Grid) -> NDArray[np.float64]:
    """Return the two-sided p-values of the Wilcoxon signed-rank test.

    Users without a difference are left out (Wilcoxon's own policy), equal absolute differences
    share their mean rank. ``scipy.stats.wilcoxon`` with ``method="auto"``: exact for up to 50
    differences without ties and up to 13 with them, else normal with the tie correction and
    without the continuity correction. Ties are found on the grid, where rounding hides none.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    ndarray of float64, shape (n_metrics,)
        1 where all differences are 0.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.statistics.resampling import on_grid
    >>> wilcoxon(on_grid(np.array([[1.0, 0], [2.0, 0], [3.0, 0], [0, 0]])))
    array([0.25, 1.  ])
    """
    from scipy import stats  # noqa: PLC0415 - slow to import

    found = np.ones(grid.units.shape[1])
    for place, units in enumerate(grid.units.T):
        some = units[units != 0]
        if some.size:
            found[place] = stats.wilcoxon(some).pvalue
    return found


def shifted_bootstrap(grid: Grid, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return the two-sided p-values of the paired bootstrap test.

    The resampled means are shifted to where the null hypothesis puts them:
    :math:`p = (1 + \#\{|\bar d^* - \bar d| \ge |\bar d|\}) / (1 + B)` for `B` resamples.

    Parameters
    ----------
    grid : Grid
    sums : ndarray of float64, shape (n_resamples, n_metrics)
        Of :func:`glowrec.statistics.resampling.bootstrap_sums`.

    Returns
    -------
    ndarray of float64, shape (n_metrics,)

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 16.4: one sample,
    translated to have the mean of the null hypothesis (not studentised).

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.statistics.resampling import on_grid
    >>> grid = on_grid(np.array([[1.0], [-1.0]]))
    >>> shifted_bootstrap(grid, np.zeros((3, 1)))  # the observed mean is 0: nothing is nearer
    array([1.])
    """
    total = grid.units.sum(axis=0)
    extreme = np.abs(sums - total) >= np.abs(total) - grid.tolerance
    p: NDArray[np.float64] = (1 + extreme.sum(axis=0)) / (1 + len(sums))
    return p


def bca_interval(
    grid: Grid, sums: NDArray[np.float64], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return the ends of the BCa bootstrap interval of the mean difference.

    Bias-corrected and accelerated: the quantiles of the resampled means at
    :math:`\Phi(z_0 + (z_0 + z) / (1 - a (z_0 + z)))` for :math:`z = \Phi^{-1}((1 \mp c) / 2)`. The
    bias :math:`z_0` is the normal quantile of the share of resampled means below the observed one
    (half of those that are equal), the acceleration of a mean is
    :math:`a = \sum (d - \bar d)^3 / (6 (\sum (d - \bar d)^2)^{3/2})`.

    Parameters
    ----------
    grid : Grid
    sums : ndarray of float64, shape (n_resamples, n_metrics)
        Of :func:`glowrec.statistics.resampling.bootstrap_sums`.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64, shape (n_metrics,)
        Both the observed mean where all differences are the same.

    References
    ----------
    Efron, "Better Bootstrap Confidence Intervals", JASA 1987; Efron and Tibshirani, "An
    Introduction to the Bootstrap", 1993, section 14.3.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.statistics.resampling import on_grid
    >>> grid = on_grid(np.array([[1.0], [-1.0]]))
    >>> bca_interval(grid, np.array([[2.0], [0.0], [-2.0]]) * grid.units[0, 0], 0.5)
    (array([-0.5]), array([0.5]))
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - slow to import

    total = grid.units.sum(axis=0)
    low, high = np.empty(total.size), np.empty(total.size)
    z = ndtri([(1 - confidence) / 2, (1 + confidence) / 2])
    for place, units in enumerate(grid.units.T):
        if (units == units[0]).all():
            low[place] = high[place] = total[place]
            continue
        moved = sums[:, place] - total[place]
        below = (moved < -grid.tolerance).mean() + (np.abs(moved) <= grid.tolerance).mean() / 2
        # All on one side happens to a handful of users and few resamples: take the outermost.
        bias = ndtri(np.clip(below, 0.5 / len(sums), 1 - 0.5 / len(sums)))
        centred = units - total[place] / units.size
        centred /= np.abs(centred).max()  # the cubes of units would be huge
        acceleration = fsum(centred**3) / (6 * fsum(centred**2) ** 1.5)
        # Not positive for confidences next to 1 only: the outermost again.
        slope = np.maximum(1 - acceleration * (bias + z), np.finfo(float).tiny)
        level = ndtr(bias + (bias + z) / slope)
        low[place], high[place] = np.quantile(sums[:, place], level)
    return grid.of_sums(low), grid.of_sums(high)


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return p-values that hold for all hypotheses at once.

    The `i`-th smallest of `m` becomes :math:`\max_{j \le i} \min(1, (m - j + 1) p_{(j)})`.

    Parameters
    ----------
    p : ndarray of float64, shape (m,)

    Returns
    -------
    ndarray of float64, shape (m,)

    References
    ----------
    Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03])).round(4)
    array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(1.0, p[order] * np.arange(p.size, 0, -1))
    found = np.empty_like(p)
    found[order] = np.maximum.accumulate(scaled)
    return found
