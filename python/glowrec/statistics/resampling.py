"""Sums of differences under random signs and under resampled users, the same on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_ENTRIES = (
    2**18
)  # of a block of signs or counts, resamples by users: 2 MiB, which stay in the cache
_BITS = 52  # of the sum of all differences; one is left of a float64's 53


class Grid(NamedTuple):
    """Differences as whole numbers of a unit that is a power of two, of one size per metric.

    The unit is so small that ``n_users`` times the largest value has 52 bits, so that every sum of
    signed or resampled differences is exact: no order of summation, and so no number of threads
    and no linear algebra library, can show in a result. Rounding to it moves a difference by less
    than ``2**-51 * n_users`` of the largest value.
    """

    units: NDArray[np.float64]
    """Shape (n_users, n_metrics)."""
    exponents: NDArray[np.int64]
    """The unit of a metric is ``2**exponent``; shape (n_metrics,)."""

    @property
    def tolerance(self) -> int:
        """Units by which two sums may differ that were equal before the rounding."""
        return len(self.units)

    def of_sums(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return means of differences, from sums in units."""
        return np.ldexp(sums, self.exponents) / len(self.units)


def on_grid(differences: NDArray[np.float64], scale: NDArray[np.float64] | None = None) -> Grid:
    """Round differences to a grid on which their sums are exact.

    Parameters
    ----------
    differences : ndarray of float64, shape (n_users, n_metrics)
        Finite.
    scale : ndarray of float64, shape (n_metrics,), optional
        At least the largest absolute difference, which is the default. That of the values that
        were subtracted makes differences 0 that are within their rounding.

    Returns
    -------
    Grid

    Examples
    --------
    >>> import numpy as np
    >>> grid = on_grid(np.array([[0.5], [-0.25], [0.0]]))
    >>> grid.of_sums(grid.units.sum(axis=0))
    array([0.08333333])
    """
    largest = np.abs(differences).max(axis=0, initial=0.0) if scale is None else scale
    exponents = np.frexp(largest)[1] + len(differences).bit_length() - _BITS
    return Grid(np.rint(np.ldexp(differences, -exponents)), exponents.astype(np.int64))


def extreme_signs(
    grid: Grid, n_resamples: int, seed: np.random.SeedSequence
) -> NDArray[np.float64]:
    """Return the two-sided p-value of each metric under random signs of the differences.

    If model a were no better than b, a user's difference would be as likely as its negative. The
    p-value is the share of sign vectors whose mean is at least as far from 0 as the observed one.
    If there are at most `n_resamples` sign vectors, all are tried and it is exact; otherwise
    `n_resamples` are drawn, and the observed one counts as one more (Phipson and Smyth,
    "Permutation P-values Should Never Be Zero", SAGMB 2010). Users whose differences are all 0
    are left out: their signs change nothing. All metrics share the signs.

    Parameters
    ----------
    grid : Grid
    n_resamples : int
    seed : SeedSequence

    Returns
    -------
    ndarray of float64, shape (n_metrics,)

    Examples
    --------
    >>> import numpy as np
    >>> extreme_signs(on_grid(np.array([[1.0], [2.0], [0.0]])), 100, np.random.SeedSequence(0))
    array([0.5])
    """
    units = grid.units[(grid.units != 0).any(axis=1)]
    total = units.sum(axis=0)
    reached = np.abs(total) - grid.tolerance
    exact = len(units) < n_resamples.bit_length()  # 2**len(units) <= n_resamples
    blocks = _all_bits(len(units)) if exact else _random_bits(len(units), n_resamples, seed)
    count = np.zeros(len(total), dtype=np.int64)
    for bits in blocks:
        count += (np.abs(2 * (bits @ units) - total) >= reached).sum(axis=0)
    return count / 2 ** len(units) if exact else (count + 1) / (n_resamples + 1)


def bootstrap_sums(
    grid: Grid, n_resamples: int, seed: np.random.SeedSequence
) -> NDArray[np.float64]:
    """Return sums of differences of users drawn with replacement, as many as there are.

    All metrics share the drawn users.

    Parameters
    ----------
    grid : Grid
    n_resamples : int
    seed : SeedSequence

    Returns
    -------
    ndarray of float64, shape (n_resamples, n_metrics)
        In units of the grid.

    Examples
    --------
    >>> import numpy as np
    >>> grid = on_grid(np.array([[1.0], [1.0]]))
    >>> grid.of_sums(bootstrap_sums(grid, 3, np.random.SeedSequence(0))).ravel()
    array([1., 1., 1.])
    """
    n_users, n_metrics = grid.units.shape
    generator = np.random.Generator(np.random.PCG64(seed))
    sums = np.empty((n_resamples, n_metrics))
    for rows in _blocks(n_resamples, n_users):
        drawn = generator.integers(n_users, size=(len(rows), n_users), dtype=np.uint32)
        cells = drawn + np.arange(0, len(rows) * n_users, n_users)[:, None]
        counts = np.bincount(cells.ravel(), minlength=cells.size).reshape(cells.shape)
        sums[rows.start : rows.stop] = counts.astype(np.float64) @ grid.units
    return sums


def _blocks(n_rows: int, n_cols: int) -> Iterator[range]:
    step = max(1, _ENTRIES // max(1, n_cols))
    for start in range(0, n_rows, step):
        yield range(start, min(start + step, n_rows))


def _all_bits(n_bits: int) -> Iterator[NDArray[np.float64]]:
    for rows in _blocks(2**n_bits, n_bits):
        numbers = np.arange(rows.start, rows.stop)[:, None]
        yield (numbers >> np.arange(n_bits) & 1).astype(np.float64)


def _random_bits(
    n_bits: int, n_rows: int, seed: np.random.SeedSequence
) -> Iterator[NDArray[np.float64]]:
    generator = np.random.Generator(np.random.PCG64(seed))
    n_words = -(-n_bits // 64)  # whole words for each row, so that blocks of any size are the same
    for rows in _blocks(n_rows, n_bits):
        words = generator.integers(2**64, size=(len(rows), n_words), dtype=np.uint64)
        octets = words.astype("<u8").view(np.uint8)
        bits = np.unpackbits(octets, axis=1, count=n_bits, bitorder="little")
        yield bits.astype(np.float64)
