"""Groups of users: their edges, their means, and the users that have none."""

import json

import numpy as np
import pytest
from scipy import stats

import glowrec as gr
from glowrec.errors import DataError, ParameterError, ShapeError
from glowrec.evaluation.grouped import group_means
from glowrec.evaluation.groups import by_activity, by_column


def train_of(degrees, n_items=20):
    users = np.repeat(np.arange(len(degrees)), degrees)
    items = np.concatenate([np.arange(degree) for degree in degrees])
    return gr.Graph.from_edges(users, items, n_users=len(degrees), n_items=n_items)


class Judged:
    def __init__(self, users, **per_user):
        self.users = np.array(users, dtype=np.int64)
        self.per_user = {name: np.array(values, float) for name, values in per_user.items()}


def test_edges_are_least_numbers_and_the_last_is_open():
    groups = by_activity(train_of([0, 1, 4, 5, 5, 20]), [1, 2, 5])
    assert groups.labels == ("1", "2 to 4", "5 or more")
    assert groups.users.tolist() == [1, 2, 3, 4, 5]
    assert groups.codes.tolist() == [0, 1, 2, 2, 2]


def test_quantiles_make_groups_of_about_equal_size():
    rng = np.random.default_rng(0)
    degrees = rng.permutation(100) % 97
    groups = by_activity(train_of(degrees, n_items=100), 4)
    assert np.bincount(groups.codes).tolist() == pytest.approx([25] * 4, abs=3)
    assert len(groups.users) == 100
    one = by_activity(train_of(degrees, n_items=100), 1)
    assert one.labels == ("0 or more",)


def test_equal_users_stay_together_so_there_may_be_fewer_groups():
    groups = by_activity(train_of([3, 3, 3, 3, 7]), 4)
    assert groups.labels == ("3 or more",)
    groups = by_activity(train_of([1, 9, 1, 1, 2, 2]), 2)
    assert groups.labels == ("1", "2 or more")
    assert groups.codes.tolist() == [0, 1, 0, 0, 1, 1]


def test_columns_of_any_order_and_kind():
    groups = by_column([7, 1, 4], ["b", "a", "b"])
    assert groups.users.tolist() == [1, 4, 7]
    assert groups.codes.tolist() == [0, 1, 1]
    assert by_column([0, 1], [10, 9]).labels == ("9", "10")  # by number, not by text
    assert by_column([0, 1], np.array(["x", "y"], dtype=object)).labels == ("x", "y")


def test_means_are_those_of_the_members():
    rng = np.random.default_rng(0)
    users, hit = rng.permutation(60), rng.random(60)
    groups = by_column(np.arange(50), np.arange(50) % 3)
    found = group_means(Judged(users, hit=hit), groups, confidence=0.9)
    assert found.n_without_group == 10
    for code in range(3):
        mine = hit[(users < 50) & (users % 3 == code)]
        one = found.means[str(code)]["hit"]
        assert found.n_users[str(code)] == mine.size
        assert one.mean == pytest.approx(mine.mean(), rel=1e-12)
        expected = stats.t.interval(0.9, mine.size - 1, mine.mean(), stats.sem(mine))
        assert (one.low, one.high) == pytest.approx(expected, rel=1e-9)


def test_groups_of_nobody_and_of_one():
    groups = by_column([0, 1, 2, 3], ["a", "b", "b", "c"])
    found = group_means(Judged([3, 1, 2, 9], hit=[1, 0.5, 0.25, 0]), groups)
    assert found.n_users == {"a": 0, "b": 2, "c": 1}
    assert np.isnan(found.means["a"]["hit"].mean)
    assert found.means["c"]["hit"].mean == 1
    assert np.isnan(found.means["c"]["hit"].low)
    lines = str(found).splitlines()
    assert lines[1].split() == ["a", "0", "-"]
    assert lines[3].split() == ["c", "1", "1.0000"]
    assert lines[-1] == "95% intervals; 1 users in no group"
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["groups"]["a"]["metrics"]["hit"]["mean"] is None
    assert repr(found) == "GroupedEvaluation(a: 0, b: 2, c: 1)"


def test_no_users_at_all():
    empty = by_column([], [])
    found = group_means(Judged([4], hit=[1.0]), empty)
    assert found.n_without_group == 1
    assert found.means == {}
    assert str(found).splitlines()[-1] == "95% intervals; 1 users in no group"
    some = group_means(Judged([], hit=[]), by_column([1], ["a"]))
    assert some.n_users == {"a": 0}


def test_an_evaluation_by_activity():
    train, test = (
        train_of([1, 1, 3, 3]),
        gr.Graph.from_edges(range(4), [5] * 4, n_users=4, n_items=20),
    )
    result = gr.evaluate_rankings([[5], [6], [5], [5]], test, k=1, metrics="hit")
    found = group_means(result, by_activity(train, [0, 2]))
    assert found.means["0 to 1"]["hit@1"].mean == 0.5
    assert found.means["2 or more"]["hit@1"] == (1, 1, 1)


@pytest.mark.parametrize("bins", [0, [], [3, 3], [5, 1], [-1, 2], "4", 1.5, [[1]]])
def test_bins_out_of_range_are_refused(bins):
    with pytest.raises(ParameterError, match="bins = "):
        by_activity(train_of([1, 2]), bins)


def test_refusals():
    with pytest.raises(DataError, match="user 3 is given twice"):
        by_column([3, 1, 3], ["a", "b", "c"])
    with pytest.raises(ShapeError, match=r"labels: expected shape \(2,\)"):
        by_column([1, 2], ["a"])
    with pytest.raises(DataError, match="labels: expected strings or whole numbers"):
        by_column([1, 2], [0.5, 1.5])
    with pytest.raises(DataError, match="labels of one kind"):
        by_column([1, 2], np.array(["a", 3], dtype=object))
    with pytest.raises(ParameterError, match="confidence = 1"):
        group_means(Judged([1], hit=[1]), by_column([1], ["a"]), confidence=1)
    with pytest.raises(DataError, match="train has no users"):
        by_activity(gr.Graph.from_edges([], [], n_users=0, n_items=3))
