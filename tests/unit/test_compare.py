"""Comparisons of two models: calibration, exact small cases, degenerate ones, refusals."""

import json
import sys
from itertools import product

import numpy as np
import pytest
from scipy import stats

import glowrec as gr
from glowrec.errors import DataError, MissingExtraError, ParameterError, ShapeError
from glowrec.rating_errors import errors_by_user
from glowrec.statistics import compare, resampling
from glowrec.statistics.paired_tests import bca_interval, holm, wilcoxon
from glowrec.statistics.resampling import bootstrap_sums, extreme_signs, on_grid


def two(n_users, seed=0, shift=0.0, n_metrics=1):
    rng = np.random.default_rng(seed)
    a = {f"m{i}": rng.random(n_users) + shift for i in range(n_metrics)}
    return a, {f"m{i}": rng.random(n_users) for i in range(n_metrics)}


def differences(a, b):
    return np.stack([np.asarray(a[name]) - np.asarray(b[name]) for name in a], axis=1)


def seeded(seed=0):
    return np.random.SeedSequence(seed)


def test_p_values_are_those_of_scipy():
    a, b = two(200, shift=0.06)
    found = compare(a, b)["m0"]
    d = differences(a, b)[:, 0]
    t = stats.ttest_rel(a["m0"], b["m0"])
    assert found.p["t"] == pytest.approx(t.pvalue, rel=1e-9)
    assert found.effect_size == pytest.approx(t.statistic / np.sqrt(200), rel=1e-9)
    assert found.difference == pytest.approx(d.mean(), rel=1e-12)
    assert found.p["wilcoxon"] == pytest.approx(stats.wilcoxon(d).pvalue, rel=1e-9)
    # Two random tests with 10,000 resamples each agree within six standard errors.
    flips = stats.permutation_test(
        (d,),
        lambda x, axis: x.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        batch=1000,
        random_state=np.random.default_rng(1),
    )
    error = np.sqrt(2 * flips.pvalue * (1 - flips.pvalue) / 10_000)
    assert abs(found.p["randomization"] - flips.pvalue) < 6 * error
    assert 0.001 < flips.pvalue < 0.2
    interval = stats.bootstrap(
        (a["m0"], b["m0"]),
        lambda x, y, axis: (x - y).mean(axis=axis),
        paired=True,
        vectorized=True,
        method="BCa",
        n_resamples=9999,
        batch=1000,
        random_state=np.random.default_rng(1),
    ).confidence_interval
    assert [found.low, found.high] == pytest.approx([interval.low, interval.high], abs=0.003)


def test_the_interval_is_the_bca_of_scipy_to_the_resample():
    """The same resampled means, skewed, put through SciPy's own steps."""
    rng = np.random.default_rng(3)
    d = rng.exponential(size=40) ** 2
    grid = on_grid(d[:, None])
    sums = bootstrap_sums(grid, 4000, seeded())
    means = grid.of_sums(sums)[:, 0]
    low, high = bca_interval(grid, sums, 0.9)
    z0 = stats.norm.ppf((means < d.mean()).mean())
    jackknife = (d.sum() - d) / 39
    spread = jackknife.mean() - jackknife
    acceleration = (spread**3).sum() / (6 * (spread**2).sum() ** 1.5)
    z = stats.norm.ppf([0.05, 0.95])
    level = stats.norm.cdf(z0 + (z0 + z) / (1 - acceleration * (z0 + z)))
    assert level[0] > 0.06  # far enough from the percentile interval to tell them apart
    assert [low[0], high[0]] == pytest.approx(np.quantile(means, level).tolist(), rel=1e-9)


@pytest.mark.parametrize("n_users", [2, 3, 5, 9])
def test_few_users_are_enumerated(n_users):
    rng = np.random.default_rng(n_users)
    d = rng.integers(-3, 4, n_users) / 3
    observed = abs(d.sum()) - 1e-9
    signs = list(product((-1, 1), repeat=n_users))
    expected = np.mean([abs(np.dot(sign, d)) >= observed for sign in signs])
    found = compare({"m": d}, {"m": np.zeros(n_users)}, n_resamples=2**n_users)
    assert found["m"].p["randomization"] == expected
    # One resample fewer, and signs are drawn: never 0.
    drawn = compare({"m": d}, {"m": np.zeros(n_users)}, n_resamples=2**n_users - 1)
    assert drawn["m"].p["randomization"] > 0
    assert (drawn["m"].p["randomization"] * 2**n_users).is_integer()


def test_enumeration_counts_users_that_differ_only():
    d = np.zeros((5000, 1))
    d[:3, 0] = [1, 2, 4]
    assert extreme_signs(on_grid(d), 8, seeded()).tolist() == [0.25]
    # Users who differ in one of two metrics stay: five of them, 32 sign vectors.
    d = np.hstack([d, np.zeros((5000, 1))])
    d[3:5, 1] = 1
    assert extreme_signs(on_grid(d), 32, seeded()).tolist() == [0.25, 0.5]


def test_random_signs_converge_to_the_enumeration():
    rng = np.random.default_rng(0)
    grid = on_grid(rng.normal([0.3, 0.6], size=(14, 2)))
    exact = extreme_signs(grid, 2**14, seeded())
    drawn = extreme_signs(grid, 2**14 - 1, seeded())
    assert (exact != drawn).all()
    np.testing.assert_allclose(drawn, exact, atol=6 * np.sqrt(0.25 / 2**14))


def test_the_observed_signs_count_as_one_more():
    a, b = two(300, shift=5.0)
    found = compare(a, b, n_resamples=99)["m0"]
    assert found.p["randomization"] == 1 / 100
    assert found.p["bootstrap"] == 1 / 100


@pytest.mark.parametrize("test", ["t", "wilcoxon", "randomization", "bootstrap"])
def test_false_alarms_are_as_frequent_as_promised(test):
    """Under the null hypothesis p is uniform: 400 comparisons of 60 users, fixed seeds."""
    rng = np.random.default_rng(42)
    found = []
    for seed in range(400):
        a, b = rng.random((2, 60)) ** 3  # skewed values, so that nothing is normal
        one = compare({"m": a}, {"m": b}, tests=test, n_resamples=199, seed=seed)
        found.append(one["m"].p[test])
    alarms = np.mean(np.array(found) <= 0.05)
    assert abs(alarms - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400)  # within 0.044
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def test_intervals_cover_the_truth_as_often_as_promised():
    rng = np.random.default_rng(7)
    covered = 0
    for seed in range(300):
        d = rng.exponential(size=60)
        found = compare({"m": d}, {"m": np.zeros(60)}, tests=(), n_resamples=399, seed=seed)["m"]
        covered += found.low <= 1 <= found.high
    assert 0.95 - 0.06 < covered / 300 < 0.95 + 0.04


@pytest.mark.parametrize("test", ["t", "wilcoxon", "randomization", "bootstrap"])
def test_a_real_difference_is_found(test):
    rng = np.random.default_rng(0)
    alarms = 0
    for seed in range(40):
        b = rng.random(100)
        a = b + 0.1 + 0.2 * rng.standard_normal(100)  # d_z of 0.5: power above 0.99
        alarms += compare({"m": a}, {"m": b}, tests=test, n_resamples=199, seed=seed)["m"].p[
            test
        ] <= (0.05)
    assert alarms >= 38


def test_a_seed_means_the_same_answer_whatever_the_blocks(monkeypatch):
    a, b = two(50, n_metrics=2)
    found = compare(a, b, n_resamples=500, seed=3).to_dict()
    for entries in (1, 130, 2**30):
        monkeypatch.setattr(resampling, "_ENTRIES", entries)
        assert compare(a, b, n_resamples=500, seed=3).to_dict() == found
    other = compare(a, b, n_resamples=500, seed=4)
    assert other["m0"].p["randomization"] != found["metrics"]["m0"]["p"]["randomization"]
    assert other["m0"].low != found["metrics"]["m0"]["low"]


PINNED = {
    "randomization": 28 / 1001,
    "bootstrap": 20 / 1001,
    "interval": [0.02858383434552479, 0.30097497691464076],
}


def test_the_answer_for_a_seed_is_pinned():
    d = np.sin(np.arange(1, 101.0) ** 2) + 0.15
    found = compare({"m": d}, {"m": np.zeros(100)}, n_resamples=1000, seed=1)["m"]
    assert found.p["randomization"] == PINNED["randomization"]
    assert found.p["bootstrap"] == PINNED["bootstrap"]
    assert [found.low, found.high] == pytest.approx(PINNED["interval"], rel=1e-9)


def test_leaving_out_a_test_or_the_order_of_users_changes_nothing_else():
    a, b = two(40)
    whole = compare(a, b, n_resamples=200)["m0"]
    alone = compare(a, b, n_resamples=200, tests="randomization")["m0"]
    assert alone.p == {"randomization": whole.p["randomization"]}
    assert (alone.low, alone.high) == (whole.low, whole.high)


def test_swapping_the_models_mirrors_the_answer():
    a, b = two(40, shift=0.1)
    here, there = compare(a, b)["m0"], compare(b, a)["m0"]
    assert there.difference == -here.difference
    assert there.p["t"] == here.p["t"]
    assert there.p["wilcoxon"] == pytest.approx(here.p["wilcoxon"])
    assert there.p["randomization"] == here.p["randomization"]
    assert there.p["bootstrap"] == here.p["bootstrap"]
    assert (there.low, there.high) == pytest.approx((-here.high, -here.low), rel=1e-2)


def test_metrics_share_signs_and_users():
    a, b = two(100, shift=0.05)
    found = compare({"m": a["m0"], "again": 2 * a["m0"]}, {"m": b["m0"], "again": 2 * b["m0"]})
    assert found["again"].p == pytest.approx(found["m"].p, rel=1e-12)
    assert found["again"].low == pytest.approx(2 * found["m"].low, rel=1e-12)


def test_sums_on_the_grid_are_exact_in_any_order():
    rng = np.random.default_rng(0)
    values = rng.random((1000, 2)) * [1.0, 1e-30] - [0.3, 3e-31]
    grid = on_grid(values)
    assert (grid.units == np.rint(grid.units)).all()
    assert np.abs(grid.units).sum(axis=0).max() < 2**52
    np.testing.assert_allclose(np.ldexp(grid.units, grid.exponents), values, rtol=0, atol=1e-12)
    order = rng.permutation(1000)
    assert grid.units.sum(axis=0).tolist() == np.cumsum(grid.units[order], axis=0)[-1].tolist()


def test_rounding_neither_hides_nor_makes_a_tie():
    # 0.3 - 0.2 and 0.1 are one rounding apart, but they are one difference.
    grid = on_grid(np.array([[0.3 - 0.2], [0.1], [0.2 - 0.3], [0.5], [0.1 + 0.2 - 0.3]]))
    expected = stats.wilcoxon([1, 1, -1, 5]).pvalue
    assert wilcoxon(grid).tolist() == [expected]
    # 0.1 + 0.2 - 0.3 is not 0 in floating point, yet all eight sign vectors are as extreme.
    d = np.array([0.1, 0.2, -0.3])
    assert d.sum() != 0
    assert compare({"m": d}, {"m": np.zeros(3)}, tests="randomization")["m"].p == {
        "randomization": 1.0
    }


@pytest.mark.parametrize("n_users", [2, 3, 60, 1000])
def test_no_difference_at_all(n_users):
    values = np.random.default_rng(0).random(n_users)
    found = compare({"m": values}, {"m": values.copy()}, n_resamples=100)["m"]
    assert set(found.p.values()) == {1.0}
    assert (found.difference, found.low, found.high, found.effect_size) == (0, 0, 0, 0)


def test_differences_within_rounding_are_none():
    a = np.full(30, 0.1) + 0.2
    b = np.full(30, 0.3)
    b[::2] = np.nextafter(0.3, 0)
    assert (a != b).all()
    found = compare({"m": a}, {"m": b}, n_resamples=100)["m"]
    assert set(found.p.values()) == {1.0}
    assert (found.low, found.high, found.effect_size) == (0, 0, 0)


def test_the_same_difference_for_everybody():
    found = compare({"m": np.ones(20)}, {"m": np.zeros(20)}, n_resamples=100)["m"]
    assert (found.difference, found.low, found.high) == (1, 1, 1)
    assert found.effect_size == np.inf
    plain = compare({"m": np.ones(20)}, {"m": np.zeros(20)}, n_resamples=9).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False))["metrics"]["m"]["effect_size"] is None
    assert found.p["t"] == 0
    assert found.p["randomization"] == found.p["bootstrap"] == 1 / 101
    below = compare({"m": np.zeros(20)}, {"m": np.ones(20)}, n_resamples=100)["m"]
    assert below.effect_size == -np.inf
    assert below.p["t"] == 0


def test_an_outlier_and_few_resamples_give_a_finite_interval():
    d = np.zeros(30)
    d[0] = 1e12
    for confidence in (0.5, 0.95, 0.999_999):
        found = compare({"m": d}, {"m": 0 * d}, n_resamples=3, confidence=confidence)["m"]
        assert 0 <= found.low <= found.high <= 1e12


def test_holm_is_the_definition():
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.5, 0.6])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []
    a, b = two(50, n_metrics=3)
    both = compare(a, b)
    for test in both.tests:
        plain = np.array([each.p[test] for each in both.metrics.values()])
        assert [each.p_holm[test] for each in both.metrics.values()] == holm(plain).tolist()


class Judged:
    """An evaluation as far as a comparison looks at it."""

    def __init__(self, users, **per_user):
        self.users = np.array(users)
        self.per_user = {name: np.array(values, float) for name, values in per_user.items()}


def test_users_are_matched_by_id():
    a = Judged([5, 2, 9], hit=[1, 0, 1])
    b = Judged([9, 5, 2], hit=[0, 0, 0])
    found = compare(a, b, tests="randomization")
    aligned = compare({"hit": [0, 1, 1]}, {"hit": [0, 0, 0]}, tests="randomization")
    assert found.to_dict() == aligned.to_dict()
    c = Judged([9, 5, 2], hit=[1, 1, 0])  # the values of a
    assert compare(a, c)["hit"].effect_size == compare(c, a)["hit"].high == 0


def test_evaluations_and_rating_errors_are_taken():
    test = gr.Graph.from_edges(range(6), range(6), n_users=6, n_items=7)
    lists = np.array([[u, 6] for u in range(6)])
    good = gr.evaluate_rankings(lists, test, k=(1, 2))
    poor = gr.evaluate_rankings(lists[:, ::-1], test, k=(1, 2))
    found = compare(good, poor, metrics=["mrr@2", "hit@2"])
    assert list(found.metrics) == ["mrr@2", "hit@2"]
    assert found["mrr@2"].difference == 0.5
    assert found["hit@2"].difference == 0.0
    errors = errors_by_user([3, 4, 5], [3, 3, 3], [0, 1, 2])
    assert compare(errors, errors).metrics.keys() == {"rmse", "mae"}


def test_the_table_and_the_dictionary(monkeypatch):
    a, b = two(30, n_metrics=2)
    found = compare(a, b, tests=["t"], n_resamples=1000)
    lines = str(found).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines[:3]}) == 1
    assert "p by Holm's method over 2 metrics; 1,000 resamples, seed 0" in lines[-1]
    assert repr(found).startswith("Comparison(m0=")
    again = json.loads(json.dumps(found.to_dict()))
    assert again["metrics"]["m1"]["p_holm"]["t"] == found["m1"].p_holm["t"]
    assert "Holm" not in str(compare(a, b, metrics="m0"))
    far = compare(*two(400, shift=3.0), tests="t")
    assert "<0.0001" in str(far)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtraError, match=r"pip install glowrec\[io\]"):
        found.to_frame()


def test_the_frame_has_a_row_per_metric():
    pytest.importorskip("polars")
    found = compare(*two(30, n_metrics=2), tests=["t", "bootstrap"], n_resamples=100)
    frame = found.to_frame()
    assert frame["metric"].to_list() == ["m0", "m1"]
    assert frame["p_holm_bootstrap"].to_list() == [
        each.p_holm["bootstrap"] for each in found.metrics.values()
    ]
    assert frame.width == 11


def test_frozen():
    found = compare(*two(10), n_resamples=10)
    with pytest.raises(AttributeError):
        found.seed = 1
    with pytest.raises(AttributeError):
        found["m0"].low = 1


ONE = Judged([1, 2, 3], m=[0, 1, 0])


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (ONE, Judged([1, 2, 4], m=[0, 1, 0]), DataError, "user 3 is in a only"),
        (ONE, Judged([1, 2, 3, 4], m=[0, 1, 0, 1]), DataError, "user 4 is in b only"),
        (ONE, Judged([1, 2, 2], m=[0, 1, 0]), DataError, "b: user 2 is in it twice"),
        (ONE, Judged([3, 1, 2], m=[0, np.nan, 0]), DataError, "b: 'm' of user 1 is nan"),
        (ONE, Judged([3, 1, 2], m=[0, 0]), ShapeError, r"b\['m'\]: expected shape \(3,\)"),
        (ONE, {"m": [0, 1, 0]}, ParameterError, "two evaluations, .* or two mappings"),
        (ONE, Judged([1, 2, 3], n=[0, 1, 0]), ParameterError, "'m' is in a only"),
        (Judged([1], m=[1]), Judged([1], m=[0]), DataError, r"1 user\(s\)"),
        (Judged([], m=[]), Judged([], m=[]), DataError, r"0 user\(s\)"),
        ({"m": [1, 2]}, {"m": [1, 2, 3]}, ShapeError, "b: expected 2 values per metric as a"),
        ({"m": [1, np.inf]}, {"m": [1, 2]}, DataError, "a: 'm' of position 1 is inf"),
        ({}, {}, ParameterError, "name at least one metric"),
    ],
)
def test_what_cannot_be_matched_is_named(a, b, error, message):
    with pytest.raises(error, match=message):
        compare(a, b)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": "x"}, "'x' is not in a, which has m0"),
        ({"metrics": ["m0", "m0"]}, "each once"),
        ({"tests": "u"}, "unknown 'u'; choose from t, wilcoxon, randomization, bootstrap"),
        ({"tests": ["t", "t"]}, "name each test once"),
        ({"confidence": 95}, "confidence = 95 must lie between 0 and 1"),
        ({"confidence": float("nan")}, "confidence = nan"),
        ({"n_resamples": 0}, "n_resamples = 0 must be at least 1"),
        ({"n_resamples": 1.5}, "n_resamples = 1.5: expected a whole number"),
        ({"seed": -1}, "seed = -1 must be at least 0"),
    ],
)
def test_parameters_out_of_range_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        compare(*two(10), **options)
