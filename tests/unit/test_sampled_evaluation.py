"""Sampled evaluation: exact negatives, its warning, and what it refuses."""

import warnings

import numpy as np
import pytest

import glowrec as gr
from glowrec.errors import (
    IdError,
    ParameterError,
    SampledMetricsWarning,
    SaturatedError,
    ScoreError,
    ShapeError,
)
from glowrec.evaluation.sampled import (
    evaluate_sampled,
    evaluate_sampled_pairs,
    full_cut_off,
    rank_shape,
)
from glowrec.evaluation.sampled import ranks as engine
from glowrec.evaluation.sampled.corrections import _chances, corrected, of_rank


def world(n_users=30, n_items=60, dim=4, seed=0, n_train=5):
    """Factors of small integers, whose scores tie, and a test item per user."""
    rng = np.random.default_rng(seed)
    users = rng.integers(-3, 4, (n_users, dim)).astype(np.float32)
    items = rng.integers(-3, 4, (n_items, dim)).astype(np.float32)
    drawn = np.array([rng.permutation(n_items)[: n_train + 1] for _ in range(n_users)])
    rows = np.arange(n_users)
    train = gr.Graph.from_edges(
        np.repeat(rows, n_train), drawn[:, 1:].ravel(), n_users=n_users, n_items=n_items
    )
    test = gr.Graph.from_edges(rows, drawn[:, 0], n_users=n_users, n_items=n_items)
    return users, items, train, test


def sampled(*args, **options):
    with pytest.warns(SampledMetricsWarning) as seen:
        found = evaluate_sampled(*args, **options)
    assert len(seen) == 1
    return found


@pytest.mark.parametrize("correction", [None, "rank", "bv", "cls"])
def test_all_negatives_are_the_full_ranking(correction):
    users, items, train, test = world()
    names = ("recall", "precision", "ndcg", "hit", "mrr", "map")
    full = gr.evaluate_factors(users, items, train, test, k=(3, 10), metrics=names)
    found = sampled(
        users, items, train, test, n_candidates=54, k=(3, 10), metrics=names, correction=correction
    )
    for key, values in full.per_user.items():
        np.testing.assert_allclose(found.per_user[key], values, rtol=0, atol=1e-8, err_msg=key)
    if correction is None:
        assert found.summary == pytest.approx(full.summary, abs=1e-15)
    assert 0 < found.summary["recall@10"] < 1


def test_every_draw_warns_where_the_caller_stands():
    users, items, train, test = world()
    with pytest.warns(SampledMetricsWarning, match="not comparable") as seen:
        evaluate_sampled(users, items, train, test, n_candidates=9)
    assert [one.filename for one in seen] == [__file__]
    with pytest.warns(SampledMetricsWarning) as seen:
        evaluate_sampled_pairs(lambda of, wanted: of * wanted, train, test, n_candidates=9)
    assert [one.filename for one in seen] == [__file__]


@pytest.mark.parametrize("replace", [False, True])
def test_draws_do_not_depend_on_blocks_users_or_their_order(replace, monkeypatch):
    users, items, train, test = world()
    options = {"n_candidates": 20, "replace": replace, "seed": 9}
    found = sampled(users, items, train, test, **options)
    monkeypatch.setattr(engine, "_ENTRIES", 1)
    assert sampled(users, items, train, test, **options).ranks.tolist() == found.ranks.tolist()
    some = np.array([17, 3, 20])
    part = sampled(users[some], items, train, test, users=some, **options)
    assert part.users.tolist() == some.tolist()
    assert part.ranks.tolist() == found.ranks[some].tolist()
    other = sampled(users, items, train, test, **{**options, "seed": 10})
    assert other.ranks.tolist() != found.ranks.tolist()


def test_pairs_scored_by_a_callable_rank_as_factors_do():
    users, items, train, test = world()

    def score_pairs(of, wanted):
        return (users[of] * items[wanted]).sum(axis=1)

    found = sampled(users, items, train, test, n_candidates=20)
    with pytest.warns(SampledMetricsWarning):
        pairs = evaluate_sampled_pairs(score_pairs, train, test, n_candidates=20)
    assert pairs.ranks.tolist() == found.ranks.tolist()
    assert pairs.summary == found.summary


def test_means_are_over_the_targets_of_a_user_then_over_users():
    test = gr.Graph.from_edges([0, 0, 2], [0, 3, 1], n_users=3, n_items=4)
    train = gr.Graph.from_edges([2], [1], n_users=3, n_items=4)  # a test item that is in train
    with pytest.warns(SampledMetricsWarning):
        found = evaluate_sampled_pairs(
            lambda _, items: items, train, test, n_candidates=2, k=1, metrics=["recall", "mrr"]
        )
    assert found.users.tolist() == [0, 2]
    assert found.n_without_test == 1
    assert found.target_users.tolist() == [0, 0, 2]
    assert found.target_items.tolist() == [0, 3, 1]
    assert found.ranks.tolist() == [3, 1, -1]
    assert found.per_user["recall@1"].tolist() == [0.5, 0.0]
    assert found.summary == {"recall@1": 0.25, "mrr@1": 0.25}
    assert str(found) == (
        "            @1\n"
        "recall  0.2500\n"
        "mrr     0.2500\n"
        "sampled: 3 targets of 2 users, each among 2 negatives drawn without replacement, "
        "uncorrected; not comparable with full rankings"
    )
    assert repr(found) == "SampledEvaluation(recall@1=0.2500, mrr@1=0.2500)"
    assert found.to_dict()["n_targets"] == 3


def test_ties_go_to_the_lower_item():
    test = gr.Graph.from_edges([0], [2], n_users=1, n_items=5)
    with pytest.warns(SampledMetricsWarning):
        found = evaluate_sampled_pairs(lambda _, i: 0.0 * i, None, test, n_candidates=4)
    assert found.ranks.tolist() == [3]


def test_nobody_judged_is_no_number():
    test = gr.Graph.from_edges([], [], n_users=3, n_items=5)
    found = sampled(np.zeros((3, 1)), np.zeros((5, 1)), None, test, k=1, metrics="hit")
    assert np.isnan(found.summary["hit@1"])
    assert found.per_user["hit@1"].shape == (0,)
    assert found.n_without_test == 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_candidates": 55}, SaturatedError, "user 0 has 54 items .* replace=True"),
        ({"n_candidates": 0}, ParameterError, "n_candidates = 0 must be at least 1"),
        ({"n_candidates": 1.5}, ParameterError, "n_candidates = 1.5: expected a whole number"),
        ({"seed": -1}, ParameterError, "seed = -1 must be at least 0"),
        ({"metrics": "auc"}, ParameterError, "unknown 'auc' of a sampled rank"),
        ({"metrics": []}, ParameterError, "name at least one metric"),
        ({"correction": "clv"}, ParameterError, "correction: unknown 'clv'"),
        ({"correction": "bv", "gamma": 0.0}, ParameterError, "gamma = 0.0 must be above 0"),
        ({"k": 0}, ParameterError, "k = 0"),
        ({"users": np.r_[np.arange(29), 30]}, IdError, r"users\[29\] = 30 is not in 0..30"),
        ({"users": np.r_[np.arange(29), 0]}, ParameterError, "user 0 is given twice"),
        ({"users": np.arange(29)}, ShapeError, "expected 30 ids"),
    ],
)
def test_refusals_name_the_culprit(options, error, message):
    users, items, train, test = world()
    with pytest.raises(error, match=message):
        evaluate_sampled(users, items, train, test, **options)


def test_scores_and_shapes_are_refused():
    users, items, train, test = world()
    items[7] = np.nan
    with pytest.raises(ScoreError, match=r"item 7 for user \d+ is NaN"):
        evaluate_sampled(users, items, train, test, n_candidates=54)
    with pytest.raises(ShapeError, match=r"score_pairs: expected shape \(\d+,\)"):
        evaluate_sampled_pairs(lambda *_: [0.0], train, test, n_candidates=3)
    small = gr.Graph.from_edges([0], [1], n_users=30, n_items=59)
    with pytest.raises(ShapeError, match="expected 30 users and 59 items as train"):
        evaluate_sampled_pairs(lambda of, _: of, small, test)
    full = gr.Graph.from_edges([0] * 4, range(4), n_users=1, n_items=5)
    last = gr.Graph.from_edges([0], [4], n_users=1, n_items=5)
    with pytest.raises(SaturatedError, match="user 0 has 0 items"):
        evaluate_sampled_pairs(lambda of, _: of, full, last, n_candidates=1, replace=True)


def test_chances_are_those_of_scipy():
    from scipy import stats

    above = np.arange(21)
    found = _chances(above, 20, 6, replace=True)
    expected = stats.binom.pmf(np.arange(7), 6, above[:, None] / 20)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    found = _chances(above, 20, 6, replace=False)
    expected = stats.hypergeom.pmf(np.arange(7), 20, above[:, None], 6)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def objective(g, chances, truth, gamma):
    mean = chances @ g
    variance = chances @ g**2 - mean**2
    return float(((mean - truth) ** 2 + gamma * variance).sum())


@pytest.mark.parametrize("replace", [False, True])
def test_corrections_are_the_minima_they_claim(replace):
    n_negatives, n = 40, 7
    chances = _chances(np.arange(n_negatives + 1), n_negatives, n, replace=replace)
    truth = of_rank(np.arange(1.0, n_negatives + 2), ["ndcg"], [5])[:, 0]
    rng = np.random.default_rng(0)
    made = {
        gamma: corrected("bv", n_negatives, n, ["ndcg"], [5], replace=replace, gamma=gamma)[:, 0]
        for gamma in (0.01, 0.5, 1.0)
    }
    for gamma, g in made.items():
        best = objective(g, chances, truth, gamma)
        for scale in (1e-1, 1e-3):
            others = g + scale * rng.standard_normal((50, n + 1))
            assert min(objective(other, chances, truth, gamma) for other in others) > best
    # gamma = 1 is the posterior mean.
    posterior = (chances.T @ truth) / chances.sum(axis=0)
    np.testing.assert_allclose(made[1.0], posterior, rtol=1e-9, atol=1e-15)

    g = corrected("cls", n_negatives, n, ["ndcg"], [5], replace=replace, gamma=0.1)[:, 0]
    assert (np.diff(g) <= 1e-12).all()
    assert (g >= 0).all()
    best = objective(g, chances, truth, 0.0)
    for scale in (1e-1, 1e-3):
        steps = np.maximum(
            0, np.append(-np.diff(g), g[-1]) + scale * rng.standard_normal((50, n + 1))
        )
        others = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
        assert min(objective(other, chances, truth, 0.0) for other in others) > best - 1e-12


def test_blocks_do_not_change_a_correction(monkeypatch):
    from glowrec.evaluation.sampled import corrections

    options = {"replace": True, "gamma": 0.1}
    whole = corrected("bv", 300, 10, ["mrr", "recall"], [5, 20], **options)
    monkeypatch.setattr(corrections, "_ENTRIES", 1)
    parts = corrected("bv", 300, 10, ["mrr", "recall"], [5, 20], **options)
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-12)
    assert whole.shape == (11, 4)


def known_ranks(n_items, n_users=4000, seed=1):
    """Users whose test item has a known full rank, from a skewed law: P(R <= K) = sqrt(K / n)."""
    rng = np.random.default_rng(seed)
    ranks = 1 + np.floor(n_items * rng.random(n_users) ** 2).astype(int)
    items = np.argsort(rng.random((n_users, n_items)), axis=1)  # the item at each rank
    score = np.empty((n_users, n_items), dtype=np.int32)
    np.put_along_axis(score, items, np.arange(n_items, 0, -1)[None, :], axis=1)
    targets = items[np.arange(n_users), ranks - 1]
    test = gr.Graph.from_edges(range(n_users), targets, n_users=n_users, n_items=n_items)
    return score, test, ranks


@pytest.mark.parametrize("replace", [False, True])
def test_corrected_metrics_are_nearer_to_the_truth(replace):
    score, test, ranks = known_ranks(500)
    names = ("recall", "ndcg", "mrr")
    truth = of_rank(ranks.astype(float), names, [20]).mean(axis=0)

    def errors(**options):
        with pytest.warns(SampledMetricsWarning):
            found = evaluate_sampled_pairs(
                lambda of, items: score[of, items],
                None,
                test,
                n_candidates=50,
                k=20,
                metrics=names,
                replace=replace,
                **options,
            )
        return np.abs(np.array([found.summary[f"{name}@20"] for name in names]) - truth)

    naive = errors()
    assert (naive > 0.1).all()  # 20 of 51 are far more than 20 of 500
    for options in ({"correction": "bv", "gamma": 0.1}, {"correction": "cls"}):
        assert (errors(**options) < naive / 4).all(), options
    assert errors(correction="rank")[0] < naive[0] / 2
    # Less weight on the variance leaves less bias.
    assert errors(correction="bv", gamma=0.01)[0] < errors(correction="bv", gamma=1.0)[0]


def test_matching_cut_off_finds_the_recall_of_the_full_ranking():
    score, test, ranks = known_ranks(500)
    with pytest.warns(SampledMetricsWarning):
        found = evaluate_sampled_pairs(
            lambda of, items: score[of, items], None, test, n_candidates=50, k=(1, 5, 20)
        )
    shape = rank_shape(found.ranks, 50)
    assert shape == pytest.approx(0.5, abs=0.03)
    for k in (1, 5, 20):
        cut = full_cut_off(k, 50, 499, shape=shape)
        assert (ranks <= cut).mean() == pytest.approx(found.summary[f"recall@{k}"], abs=0.02)
    assert full_cut_off(1, 50, 499) == pytest.approx(500 / 51)
    assert full_cut_off(1, 50, 499, shape=0.5) < 0.9 * 500 / 51
    assert full_cut_off(51, 50, 499, shape=0.3) == pytest.approx(500)


def test_matching_cut_off_refuses():
    with pytest.raises(ParameterError, match=r"k = 102 must be .* n_candidates \+ 1 = 101"):
        full_cut_off(102, 100, 1000)
    with pytest.raises(ParameterError, match="n_negatives = 0"):
        full_cut_off(1, 100, 0)
    with pytest.raises(ParameterError, match="shape = 0"):
        full_cut_off(1, 100, 1000, shape=0)
    for ranks in ([], [0], [102]):
        with pytest.raises(gr.errors.DataError, match="ranks: expected some"):
            rank_shape(ranks, 100)


def test_rounded_numbers_of_negatives_move_little():
    """Three digits are used beyond a thousand; the vectors must be close at their ends."""
    options = {"replace": False, "gamma": 0.1}
    ends = [corrected("bv", n, 50, ["ndcg"], [10], **options)[0, 0] for n in (1005, 1010, 1014)]
    assert ends[0] == pytest.approx(ends[1], rel=0.01)
    assert ends[2] == pytest.approx(ends[1], rel=0.01)


def test_a_silenced_warning_stays_silent():
    users, items, train, test = world()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("ignore", SampledMetricsWarning)
        evaluate_sampled(users, items, train, test, n_candidates=9)
    assert seen == []
