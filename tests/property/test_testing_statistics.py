"""The statistics of `glowrec.testing`: exact where they say so, their false alarms, their power.

Seeds are fixed, so a test that passes once always does. Counts of false alarms are compared with
what a correct rate exceeds once in a million runs.
"""

from itertools import product
from math import prod

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from glowrec.errors import ParameterError, ShapeError
from glowrec.testing import (
    check_frequencies,
    check_inclusions,
    draws_to_detect,
    p_value,
)
from glowrec.testing.goodness import is_exact

ALPHA = 1e-6


def fails(check, *arguments, **options):
    try:
        check(*arguments, **options)
    except AssertionError:
        return True
    return False


@given(weights=st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(any), data=st.data())
def test_small_cases_are_the_sum_over_sequences(weights, data):
    """By definition: all sequences of draws, grouped by their counts."""
    chances = np.array(weights) / sum(weights)
    n = data.draw(st.integers(0, 5))
    cells = range(len(weights))
    observed = data.draw(st.lists(st.sampled_from(cells), min_size=n, max_size=n))
    counts = [observed.count(cell) for cell in cells]
    likelihood = {}
    for sequence in product(cells, repeat=n):
        key = tuple(sequence.count(cell) for cell in cells)
        likelihood[key] = likelihood.get(key, 0) + prod(chances[cell] for cell in sequence)
    mine = likelihood[tuple(counts)]
    expected = sum(chance for chance in likelihood.values() if chance <= mine * (1 + 1e-9))
    assert p_value(counts, chances) == pytest.approx(0 if mine == 0 else min(1, expected))


@pytest.mark.parametrize("n", [1, 20, 5_000, 15_000])
@pytest.mark.parametrize("chance", [0.5, 0.3, 0.001])
def test_two_cells_are_the_binomial_test(n, chance):
    assert is_exact(n, 2)
    for count in {0, 1, int(n * chance), min(n, int(n * chance) + 20), n}:
        expected = stats.binomtest(count, n, chance).pvalue
        assert p_value([count, n - count], [chance, 1 - chance]) == pytest.approx(expected)


def test_large_cases_are_williams_g_test():
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.full(12, 5.0))
    n = 2_000
    counts = rng.multinomial(n, chances)
    assert (n * chances).min() > 10
    g = stats.power_divergence(counts, n * chances, lambda_="log-likelihood").statistic
    q = 1 + ((1 / chances).sum() - 1) / (6 * n * 11)
    assert p_value(counts, chances) == pytest.approx(stats.chi2.sf(g / q, 11))


def pooled(expected, counts, groups):
    """Return the p-value as it stands, and of cells that were pooled by hand."""
    chances = np.array(expected) / sum(expected)
    by_hand = [[sum(column[i] for i in group) for group in groups] for column in (counts, chances)]
    return p_value(counts, chances), pytest.approx(p_value(*by_hand))


def test_rare_cells_are_pooled_whatever_was_counted():
    # 1, 4 and 5 make ten.
    found, by_hand = pooled([9000, 4, 990, 5, 1], [9008, 6, 980, 2, 4], [[0], [2], [1, 3, 4]])
    assert found == by_hand
    # 3 and 5 do not: the next one joins them.
    groups = [[0], [1], [2, 3, 4]]
    found, by_hand = pooled([90_000, 9_900, 92, 5, 3], [90_100, 9_790, 102, 2, 6], groups)
    assert found / by_hand.expected == pytest.approx(1 / 0.9)
    assert 0.1 < found < 0.9
    # Nothing but rare cells: pairs of them, and the odd one joins the last.
    counts = np.random.default_rng(7).multinomial(6 * 1001, np.full(1001, 1 / 1001))
    groups = [[2 * i, 2 * i + 1] for i in range(499)] + [[998, 999, 1000]]
    crowd = (1001 / 1000) ** 0.25
    assert 6 < 10 * crowd < 12
    found, by_hand = pooled([6] * 1001, counts.tolist(), groups)
    assert found == by_hand
    assert p_value([30, 2, 4, 1, 3, 0, 0, 0], np.full(8, 0.125)) < 1e-6
    assert p_value([1] * 8, np.full(8, 0.125)) == 1.0


@pytest.mark.parametrize("n", [199, 1000, 4999, 100_000])
def test_a_common_cell_hides_no_rare_ones(n):
    rare = 5e-4 / n
    chances = np.array([1 - 2 * rare, rare, rare])
    assert p_value([n, 0, 0], chances) == 1.0
    for counts in ([n - 3, 2, 1], [n // 2, 3 * n // 10, n - n // 2 - 3 * n // 10]):
        beyond = stats.binom.sf(n - counts[0] - 1, n, 2 * rare)
        assert p_value(counts, chances) == pytest.approx(10 * beyond, rel=1e-3)
    # Each of the two tests keeps its share of the false alarms.
    rng = np.random.default_rng(n)
    often = np.array([0.5, 0.5 - 8 / n, 5 / n, 3 / n])
    drawn = rng.multinomial(n, often, size=2000)
    assert np.mean([p_value(counts, often) <= 0.05 for counts in drawn]) < 0.07


@pytest.mark.parametrize("n", [25_000, 1_000_000])
@pytest.mark.parametrize("expected", [10, 11, 30, 200, 10_000])
def test_false_alarms_of_one_cell_by_summing_over_all_counts(n, expected):
    """Exactly, at the level that matters: the worst case of the approximation is a rare cell."""
    assert not is_exact(n, 2)
    chance = expected / n
    spread = int(9 * np.sqrt(expected)) + 30
    counts = np.arange(max(0, expected - spread), expected + spread)
    alarms = [p_value([c, n - c], [chance, 1 - chance]) <= ALPHA for c in counts]
    rate = stats.binom.pmf(counts, n, chance)[alarms].sum()
    assert any(alarms)
    assert ALPHA / 8 < rate < 1.5 * ALPHA


@pytest.mark.parametrize(
    ("n_cells", "expected"), [(5, 10), (40, 10), (300, 10), (1000, 10), (40, 100)]
)
def test_false_alarms_of_many_cells_keep_the_nominal_rate(n_cells, expected):
    rng = np.random.default_rng(n_cells + expected)
    chances, n, runs = np.full(n_cells, 1 / n_cells), n_cells * expected, 3000
    alarms = sum(p_value(rng.multinomial(n, chances), chances) <= 0.01 for _ in range(runs))
    assert stats.binom.sf(alarms - 1, runs, 0.015) > ALPHA
    assert stats.binom.cdf(alarms, runs, 0.005) > ALPHA  # nor are they too shy


def drawn(rng, chances, n):
    return np.stack([rng.multinomial(n, row) for row in chances])


@pytest.mark.parametrize(
    ("n_rows", "n_cells", "n"),
    [(1, 4, 12), (1, 30, 5_000), (60, 3, 15), (60, 12, 600), (400, 20, 400)],
)
def test_false_alarms_of_a_right_sampler_stay_below_the_stated_rate(n_rows, n_cells, n):
    alpha, runs = 0.06, 300
    rng = np.random.default_rng(n_rows * n_cells)
    alarms = 0
    for _ in range(runs):
        chances = rng.dirichlet(np.full(n_cells, 2.0), n_rows)
        alarms += fails(check_frequencies, drawn(rng, chances, n), chances, alpha)
    assert stats.binom.sf(alarms - 1, runs, alpha) > ALPHA
    if not is_exact(n, n_cells):  # exact tests of few draws may well be shy
        assert alarms > 0


@pytest.mark.parametrize("n_cells", [8, 50, 1000])
@pytest.mark.parametrize(
    "bias", ["one item gets 2 % of the draws", "half the items, by 2 %", "the last item never"]
)
def test_a_bias_is_found_with_as_many_draws_as_promised(bias, n_cells):
    chances = np.full(n_cells, 1 / n_cells)
    if bias.startswith("one"):
        biased = 0.98 * chances + 0.02 * np.eye(n_cells)[3]
    elif bias.startswith("half"):
        biased = chances * np.where(np.arange(n_cells) % 2, 1.02, 0.98)
    else:
        biased = np.append(np.full(n_cells - 1, 1 / (n_cells - 1)), 0.0)
    n = draws_to_detect(chances, biased, power=0.99)
    rng = np.random.default_rng(1)
    found = sum(fails(check_frequencies, rng.multinomial(n, biased), chances) for _ in range(200))
    assert stats.binom.cdf(found, 200, 0.98) > ALPHA  # the approximation is good to a percent
    few = n // 3
    missed = sum(
        not fails(check_frequencies, rng.multinomial(few, biased), chances) for _ in range(50)
    )
    assert missed > 0  # so n is not a number that would find anything


def test_a_bias_too_small_for_every_row_is_found_in_all_of_them_together():
    n_rows, n_cells, n = 400, 20, 4_000
    chances = np.full((n_rows, n_cells), 1 / n_cells)
    biased = chances * np.where(np.arange(n_cells) % 2, 1.03, 0.97)
    counts = drawn(np.random.default_rng(2), biased, n)
    assert not any(
        fails(check_frequencies, row, chance) for row, chance in zip(counts, chances, strict=True)
    )
    with pytest.raises(AssertionError, match="all 400 rows together: p = "):
        check_frequencies(counts, chances)


def test_one_bad_row_of_many_is_named():
    chances = np.full((50, 10), 0.1)
    counts = drawn(np.random.default_rng(3), chances, 1_000)
    check_frequencies(counts, chances, users=np.arange(50) + 100)
    counts[7] = [200, 100, 100, 100, 100, 100, 100, 100, 100, 0]
    with pytest.raises(AssertionError, match=r"^user 107: cell [09] was drawn"):
        check_frequencies(counts, chances, users=np.arange(50) + 100)
    with pytest.raises(AssertionError, match=r"^row 7: cell [09] was drawn .* of 50 rows$"):
        check_frequencies(counts, chances)


def test_what_cannot_happen_fails_at_once():
    with pytest.raises(AssertionError, match=r"^row 1: cell 0 was drawn 1 times, and its prob"):
        check_frequencies([[5, 5], [1, 9]], [[0.5, 0.5], [0, 1]], alpha=1e-300)
    check_frequencies([[0, 10]], [[0, 1]])
    check_frequencies(np.zeros((0, 3)), np.zeros((0, 3)))


@pytest.mark.parametrize(
    ("counts", "chances", "options", "error", "message"),
    [
        ([1, 2], [1.0], {}, ShapeError, r"got \(2,\) and \(1,\)"),
        ([1, -2], [0.5, 0.5], {}, ParameterError, "counts: expected whole numbers"),
        ([1, 0.5], [0.5, 0.5], {}, ParameterError, "counts: expected whole numbers"),
        ([1, 2], [0.5, 0.6], {}, ParameterError, "expected a sum of 1, got 1.1"),
        ([[1, 2]], [[0.5, 0.4]], {}, ParameterError, "row 0: expected a sum of 1, got 0.9"),
        ([1, 2], [1.5, -0.5], {}, ParameterError, "expected numbers from 0 to 1"),
        ([1, 2], [np.nan, 1], {}, ParameterError, "expected numbers from 0 to 1"),
        ([1, 2], [0.5, 0.5], {"alpha": 0}, ParameterError, "alpha = 0: expected a rate"),
        ([[1, 2]], [[0.5, 0.5]], {"users": [1, 2]}, ShapeError, "users: expected 1"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(counts, chances, options, error, message):
    with pytest.raises(error, match=message):
        check_frequencies(counts, chances, **options)


def test_no_number_of_draws_tells_the_same_apart():
    with pytest.raises(ParameterError, match="no number of draws is enough"):
        draws_to_detect([0.5, 0.5], [0.5, 0.5])
    with pytest.raises(ParameterError, match="which one draw reveals"):
        draws_to_detect([1, 0], [0.5, 0.5])


def subsets(rng, weights, n, n_draws):
    """How often each item is among the first `n` of a weighted shuffle (Efraimidis, Spirakis)."""
    keys = rng.random((n_draws, len(weights))) ** (1 / np.asarray(weights))
    chosen = np.argsort(-keys, axis=1)[:, :n]
    return np.bincount(chosen.ravel(), minlength=len(weights))


def test_distinct_draws_have_the_inclusion_probability_of_all_subsets():
    rng = np.random.default_rng(4)
    even = np.ones(20)
    check_inclusions(subsets(rng, even, 5, 20_000), 20_000, np.full(20, 0.25))
    uneven = np.where(np.arange(20) == 6, 1.2, 1.0)
    with pytest.raises(
        AssertionError, match=r"^cell 6 was in .* of 20000 draws, expected in 5000"
    ):
        check_inclusions(subsets(rng, uneven, 5, 20_000), 20_000, np.full(20, 0.25))


@pytest.mark.parametrize(
    ("chance", "n"), [(0.25, 40), (0.003, 1000), (0.9, 7), (1.0, 5), (0.0, 5)]
)
def test_false_alarms_of_inclusions_are_at_most_the_rate(chance, n):
    for alpha in (0.05, 1e-3, ALPHA):
        counts = np.arange(n + 1)
        alarms = [fails(check_inclusions, [c], n, [chance], alpha) for c in counts]
        assert stats.binom.pmf(counts, n, chance)[alarms].sum() <= alpha
        if chance in {0.0, 1.0}:
            assert sum(alarms) == n  # all but the one that must happen


def test_the_rate_is_shared_by_all_cells():
    p = stats.binomtest(40, 50, 0.5).pvalue
    assert fails(check_inclusions, [40], 50, [0.5], alpha=1.01 * p)
    assert not fails(check_inclusions, [40, 25, 25], 50, [0.5] * 3, alpha=2.9 * p)
    assert fails(check_inclusions, [[40, 25, 25]], 50, [[0.5] * 3], alpha=3.1 * p)


def test_what_is_no_count_of_inclusions_is_refused():
    with pytest.raises(ParameterError, match="from 0 to n_draws = 5"):
        check_inclusions([6], 5, [0.5])
    with pytest.raises(ParameterError, match="expected numbers from 0 to 1"):
        check_inclusions([5], 5, [1.5])
    with pytest.raises(ShapeError, match="expected one shape"):
        check_inclusions([5], 5, [0.5, 0.5])
