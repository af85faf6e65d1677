"""`Evaluation`, and what evaluation refuses."""

import dataclasses
import json
import sys

import numpy as np
import pytest

from glowrec import Graph, Interactions, beyond, evaluate, evaluate_factors, evaluate_rankings
from glowrec.conventions import CONVENTIONS, Convention
from glowrec.errors import (
    DataError,
    IdError,
    MissingExtraError,
    ParameterError,
    ScoreError,
    ShapeError,
)
from glowrec.evaluation.given import Given
from glowrec.evaluation.judge import Judge
from glowrec.evaluation.of_scores import ScoreSource

TEST = Graph.from_edges([0, 0, 2], [1, 2, 3], n_users=4, n_items=5)
LISTS = [[1, 4, 2], [0, 1, 2], [4, -1, -1], [-1, -1, -1]]


def test_an_evaluation_says_what_it_is_of():
    result = evaluate_rankings(LISTS, TEST, k=(1, 3), metrics=("recall", "mrr"))
    assert result.users.tolist() == [0, 2]
    assert (result.n_without_test, result.n_without_list) == (2, 0)
    assert result.convention == CONVENTIONS["lightgcn"]
    assert result.n_tied_at_cut is None
    assert (result.k, result.metrics) == ((1, 3), ("recall", "mrr"))
    assert result.per_user["recall@3"].tolist() == [1.0, 0.0]
    assert result.per_user["recall@3"].flags.c_contiguous
    assert result.summary == {"recall@1": 0.25, "recall@3": 0.5, "mrr@1": 0.5, "mrr@3": 0.5}
    assert {k: counts.tolist() for k, counts in result.exposure.items()} == {
        1: [0, 1, 0, 0, 1],
        3: [0, 1, 1, 0, 2],
    }
    assert json.loads(json.dumps(result.to_dict())) == {
        "summary": result.summary,
        "n_users": 2,
        "n_without_test": 2,
        "n_without_list": 0,
        "n_tied_at_cut": None,
        "k": [1, 3],
        "metrics": ["recall", "mrr"],
        "convention": {**dataclasses.asdict(Convention()), "name": "lightgcn", "pooled": []},
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.k = (2,)


def test_the_table_is_aligned():
    lines = str(evaluate_rankings(LISTS, TEST, k=(1, 3), metrics=("recall", "mrr"))).splitlines()
    assert lines == [
        "              @1      @3",
        "recall    0.2500  0.5000",
        "mrr       0.5000  0.5000",
        "2 users judged, 2 without test items (lightgcn)",
    ]


def test_the_table_says_what_is_unusual():
    scores = np.array([[1, 1, 0, 0, 0], [1, 2, 3, 4, 5], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])
    result = evaluate(
        lambda users: scores[users].astype(np.float32),
        Graph.from_edges([2] * 5, range(5), n_users=4, n_items=5),
        TEST,
        k=(1, 3),
        metrics=("auc", "hit", "coverage"),
        ties="expected",
    )
    assert str(result).splitlines() == [
        "               all      @1      @3",
        "auc         0.2917",
        "hit                 0.2500  0.5000",
        "coverage            0.2000  0.6000",
        "2 users judged, 2 without test items, 1 without a list (lightgcn, ties=expected)",
        "users with a tie at the cut: 1 @1, 1 @3",
    ]
    assert result.to_dict()["n_tied_at_cut"] == {"1": 1, "3": 1}
    assert set(result.per_user) == {"auc", "hit@1", "hit@3"}
    pooled = Convention(pooled=("precision", "auc"), gain="linear")
    named = evaluate_rankings(LISTS, TEST, 3, "hit", convention=pooled)
    assert str(named).endswith("(custom, gain=linear, pooled=precision+auc)")
    assert str(evaluate_rankings(LISTS, TEST, 3, "hit", convention="ranx")).endswith("(ranx)")


def test_values_per_user_as_a_frame(monkeypatch):
    result = evaluate_rankings(LISTS, TEST, k=3, metrics=("hit", "recall"))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "polars", None)
        with pytest.raises(MissingExtraError, match=r"pip install glowrec\[io\]"):
            result.to_frame()
    pytest.importorskip("polars", reason="the extra io is not installed")
    frame = result.to_frame()
    assert frame.columns == ["user", "hit@3", "recall@3"]
    assert frame.rows() == [(0, 1.0, 1.0), (2, 0.0, 0.0)]


def test_no_user_with_test_items_is_no_error():
    empty = Graph.from_edges([], [], n_users=4, n_items=5)
    result = evaluate_rankings(LISTS, empty, k=3)
    assert result.n_without_test == 4
    assert all(np.isnan(mean) for mean in result.summary.values())
    assert "nan" in str(result)
    assert evaluate_factors(np.ones((4, 2)), np.ones((5, 2)), None, empty).users.size == 0


def test_links_may_be_interactions_or_scipy():
    log = Interactions.from_arrays([0, 0, 2], [1, 2, 3], n_users=4, n_items=5)
    for links in (log, log.to_scipy()):
        assert evaluate_rankings(LISTS, links, k=3).summary == (
            evaluate_rankings(LISTS, TEST, k=3).summary
        )


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ([1, 5, 2], IdError, r"recommended\[2, 1\] = 5 is not an item in 0\.\.5"),
        ([-2, 1, 2], IdError, r"recommended\[2, 0\] = -2"),
        ([1, -1, 2], DataError, r"recommended\[2, 2\] follows padding"),
        ([1, 2, 1], DataError, r"recommended\[2, 2\] repeats item 1"),
    ],
)
def test_a_bad_list_is_named_even_of_a_user_without_test_items(row, error, message):
    lists = [LISTS[0], LISTS[1], row, [9, 9, 9]]
    with pytest.raises(error, match=message):
        evaluate_rankings(lists, TEST, k=2)


def test_refusals_name_the_parameter():
    with pytest.raises(ShapeError, match="recommended: expected at least k = 20 columns, got 3"):
        evaluate_rankings(np.array(LISTS), TEST)
    with pytest.raises(ShapeError, match=r"recommended: expected 4 rows.*users="):
        evaluate_rankings(LISTS[:3], TEST, k=3)
    with pytest.raises(ShapeError, match="dimension"):
        evaluate_rankings([1, 2], TEST, k=1)
    with pytest.raises(IdError, match="whole numbers"):
        evaluate_rankings(np.ones((4, 3)), TEST, k=1)
    with pytest.raises(IdError, match="users"):
        evaluate_rankings(LISTS, TEST, k=1, users=[0, 1, 2, 4])
    with pytest.raises(ParameterError, match="user 2 is given twice"):
        evaluate_rankings(LISTS, TEST, k=1, users=[0, 2, 1, 2])
    for k in (0, (), (3, 3), 1.5, "3", (2, -1)):
        with pytest.raises(ParameterError, match="k = "):
            evaluate_rankings(LISTS, TEST, k=k)
    with pytest.raises(ParameterError, match="unknown 'bleu'; choose from recall"):
        evaluate_rankings(LISTS, TEST, k=3, metrics="bleu")
    for metrics in ((), ("mrr", "mrr")):
        with pytest.raises(ParameterError, match="metrics = "):
            evaluate_rankings(LISTS, TEST, k=3, metrics=metrics)


def test_factors_must_fit_train_and_test():
    users, items = np.ones((4, 2)), np.ones((5, 2))
    with pytest.raises(ShapeError, match="item_factors: expected 2 columns"):
        evaluate_factors(users, np.ones((5, 3)), None, TEST)
    with pytest.raises(ShapeError, match="test: expected 6 items"):
        evaluate_factors(users, np.ones((6, 2)), None, TEST)
    train = Graph.from_edges([], [], n_users=4, n_items=6)
    with pytest.raises(ShapeError, match="train: expected 5 items"):
        evaluate_factors(users, items, train, TEST)
    train = Graph.from_edges([], [], n_users=3, n_items=5)
    with pytest.raises(ShapeError, match="test: expected 3 users as train, got 4"):
        evaluate_factors(users, items, train, TEST)
    with pytest.raises(ScoreError, match="user 2 and item 0 is NaN"):
        evaluate_factors([[1], [np.nan], [np.nan], [1]], np.ones((5, 1)), None, TEST)


def test_a_test_item_seen_in_train_counts_as_missed():
    train = Graph.from_edges([0], [1], n_users=4, n_items=5)
    result = evaluate_factors(np.ones((4, 1)), np.ones((5, 1)), train, TEST, 5, "recall")
    assert result.per_user["recall@5"].tolist() == [0.5, 1.0]


def test_what_a_metric_needs_is_said_before_anything_is_ranked():
    def never(_):
        raise AssertionError("asked for scores")

    def refused(message, **options):
        with pytest.raises(ParameterError, match=message):
            evaluate(never, None, TEST, 1, **options)

    graded = Interactions.from_arrays([0], [1], values=[2.0], n_users=4, n_items=5)
    refused("novelty needs train=", metrics="novelty")
    refused("diversity needs item_vectors=", metrics="diversity")
    refused("average_rank of a user without", metrics="average_rank", convention="lenskit")
    refused("'gini' is no fraction; choose", convention=Convention(pooled=("gini",)))
    refused(
        "ndcg: it cannot be pooled over ties",
        convention=Convention(pooled=("ndcg",), ideal="hits", ties="expected"),
    )
    refused("convention = 'bleu'", convention="bleu")
    refused("ties = 'random'", ties="random")
    for ideal, ties, message in [
        ("hits", "expected", "ndcg: its mean over ties has no closed form"),
        ("k", "lower_id", "ndcg: an ideal of k hits has no grades"),
    ]:
        with pytest.raises(ParameterError, match=message):
            Judge(graded, 1, convention=Convention(gain="linear", ideal=ideal, ties=ties))
    with pytest.raises(ShapeError, match=r"item_vectors: expected 5 rows.*got 4"):
        Judge(TEST, 1, "diversity", item_vectors=np.ones((4, 2)))
    other = Graph.from_edges([0], [1], n_users=4, n_items=6)
    with pytest.raises(ShapeError, match="train"):
        Judge(TEST, 1, "novelty", train=other)


@pytest.mark.parametrize("grade", [0.0, -1.0, 1e200])
def test_grades_that_have_no_gain_are_named(grade):
    ids = {"users": ["ann", "eve"], "items": ["tea", "jam"]}
    test = Interactions.from_arrays(**ids, values=[3.0, grade])
    message = "user 'eve' and item 'jam' have grade .*; gain='linear' needs one above 0"
    with pytest.raises(DataError, match=message):
        Judge(test, convention="ranx")
    Judge(test)  # binary gains read no grades
    with pytest.raises(DataError, match=r"gain='exponential'.*below 332"):
        Judge(
            Interactions.from_arrays([0], [0], values=[333.0]),
            convention=Convention(gain="exponential"),
        )


def test_grades_of_a_matrix_skip_stored_zeros_and_repeats_add_up():
    import scipy.sparse

    entries = ([2.0, 0.0, 1.0, 3.0], ([0, 0, 1, 0], [0, 1, 1, 0]))
    test = scipy.sparse.coo_array(entries, shape=(2, 2))
    result = evaluate_rankings([[0, 1], [1, 0]], test, 1, "dcg", convention="trec_eval")
    assert result.per_user["dcg@1"].tolist() == [5.0, 1.0]


def test_a_judge_takes_no_user_twice_and_none_from_elsewhere():
    judge = Judge(TEST, 1, "hit")
    judge.add_lists(Given(np.array([2, 0]), np.array([[3], [0]])))
    with pytest.raises(ParameterError, match="user 2 is given twice"):
        judge.add_lists(Given(np.array([1, 2]), np.array([[3], [0]])))
    with pytest.raises(IdError, match=r"users\[1\] = 4 is not in 0\.\.4"):
        judge.add_lists(Given(np.array([3, 4]), np.array([[3], [0]])))
    assert judge.result().per_user["hit@1"].tolist() == [1.0, 0.0]
    assert Judge(TEST, 1, "hit").wanted(np.arange(4)).tolist() == [0, 2]
    everybody = Judge(TEST, 1, "hit", Convention(without_test="zero"))
    assert everybody.wanted(np.arange(4)).tolist() == [0, 1, 2, 3]


def test_users_that_no_mean_counts_may_be_ranked_or_not():
    scores = np.zeros((4, 5), np.float32)
    options = {"metrics": ("hit", "gini", "auc", "recall"), "ties": "expected"}
    spared = evaluate(lambda users: scores[users], None, TEST, (1, 3), **options)
    judge = Judge(TEST, (1, 3), **options)
    source = ScoreSource(lambda users: scores[users], None, 5, batch_size=1)
    for block in source.blocks(np.arange(4)):
        judge.add(block)
    assert judge.result().to_dict() == spared.to_dict()
    assert judge.result().exposure[3].tolist() == [2, 2, 2, 0, 0]
    assert spared.n_tied_at_cut == {1: 2, 3: 2}
    assert spared.n_without_test == 2


def test_measures_beyond_accuracy_are_those_of_their_functions():
    train = Graph.from_edges([0, 0, 1, 3], [0, 1, 0, 0], n_users=4, n_items=5)
    vectors = np.eye(5)[:, :3]
    names = ("coverage", "gini", "entropy", "novelty", "popularity", "diversity")
    result = evaluate_rankings(LISTS, TEST, (1, 3), names, train=train, item_vectors=vectors)
    judged = np.array(LISTS)[[0, 2]]
    for k in (1, 3):
        lists = judged[:, :k]
        counts = beyond.exposure(lists, 5)
        assert result.summary[f"coverage@{k}"] == beyond.coverage(counts)
        assert result.summary[f"gini@{k}"] == beyond.gini(counts)
        assert result.summary[f"entropy@{k}"] == beyond.entropy(counts)
        for name, values in [
            ("novelty", beyond.novelty(lists, train.item_degrees, 4)),
            ("popularity", beyond.popularity(lists, train.item_degrees)),
            ("diversity", beyond.diversity(lists, vectors)),
        ]:
            np.testing.assert_equal(result.per_user[f"{name}@{k}"], values)
            known = values[~np.isnan(values)]  # one item has no diversity
            mean = known.mean() if known.size else np.nan
            assert result.summary[f"{name}@{k}"] == pytest.approx(mean, nan_ok=True)
    assert np.isnan(result.summary["diversity@1"])
    assert not np.isnan(result.summary["diversity@3"])
