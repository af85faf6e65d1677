"""`Evaluation`, and what evaluation refuses."""

import dataclasses
import json

import numpy as np
import pytest

from glowrec import Graph, Interactions, evaluate_factors, evaluate_rankings
from glowrec.errors import DataError, IdError, ParameterError, ScoreError, ShapeError

TEST = Graph.from_edges([0, 0, 2], [1, 2, 3], n_users=4, n_items=5)
LISTS = [[1, 4, 2], [0, 1, 2], [4, -1, -1], [-1, -1, -1]]


def test_an_evaluation_says_what_it_is_of():
    result = evaluate_rankings(LISTS, TEST, k=(1, 3), metrics=("recall", "mrr"))
    assert result.users.tolist() == [0, 2]
    assert (result.n_without_test, result.convention) == (2, "lightgcn")
    assert (result.k, result.metrics) == ((1, 3), ("recall", "mrr"))
    assert result.per_user["recall@3"].tolist() == [1.0, 0.0]
    assert result.per_user["recall@3"].flags.c_contiguous
    assert result.summary == {"recall@1": 0.25, "recall@3": 0.5, "mrr@1": 0.5, "mrr@3": 0.5}
    assert json.loads(json.dumps(result.to_dict())) == {
        "summary": result.summary,
        "n_users": 2,
        "n_without_test": 2,
        "k": [1, 3],
        "metrics": ["recall", "mrr"],
        "convention": "lightgcn",
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
        evaluate_rankings(LISTS, TEST)
    with pytest.raises(ShapeError, match=r"recommended: expected 4 rows.*users="):
        evaluate_rankings(LISTS[:3], TEST, k=3)
    with pytest.raises(ShapeError, match="unequal length"):
        evaluate_rankings([[1], [1, 2]], TEST, k=1)
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
    with pytest.raises(ParameterError, match="unknown 'auc'; choose from recall"):
        evaluate_rankings(LISTS, TEST, k=3, metrics="auc")
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
