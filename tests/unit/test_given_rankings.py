"""The forms in which rankings are handed over, and what of them is refused."""

import numpy as np
import pytest

from glowrec import Graph, IdMap, Interactions, evaluate_rankings
from glowrec.conventions import Convention
from glowrec.errors import DataError, IdError, ParameterError, ScoreError, ShapeError

USERS, ITEMS = ["ann", "bob", "eve", "kim"], ["fig", "jam", "oat", "rye", "tea"]
TEST = Interactions.from_arrays(
    ["ann", "ann", "eve"],
    ["jam", "oat", "rye"],
    user_ids=IdMap(USERS),
    item_ids=IdMap(ITEMS),
)
LISTS = [[1, 4, 2], [0, 1], [4], []]
NAMED = [["jam", "tea", "oat"], ["fig", "jam"], ["tea"], []]
TABLE = {
    "user": ["bob", "ann", "ann", "eve", "ann", "bob"],
    "item": ["jam", "oat", "jam", "tea", "tea", "fig"],
    "score": [1.0, 0.25, 0.5, 3.0, 0.5, 2.0],
}
CODES = {
    "user": [USERS.index(user) for user in TABLE["user"]],
    "item": [ITEMS.index(item) for item in TABLE["item"]],
    "score": TABLE["score"],
}


def structured(table):
    columns = {name: np.asarray(column) for name, column in table.items()}
    kinds = [(name, column.dtype) for name, column in columns.items()]
    rows = np.empty(len(table["user"]), kinds)
    for name, column in columns.items():
        rows[name] = column
    return rows


class Frame:
    """What a data frame is to us: columns, by name."""

    def __init__(self, table):
        self._table = table
        self.columns = list(table)
        self.shape = (len(table["user"]), len(table))

    def __getitem__(self, name):
        return self._table[name]


@pytest.mark.parametrize(
    "recommended",
    [
        np.array([[1, 4, 2], [0, 1, -1], [4, -1, -1], [-1, -1, -1]]),
        [[1, 4, 2], [0, 1, -1], [4, -1, -1], [-1, -1, -1]],
        LISTS,
        [[1, 4, 2], [0, 1, -1], [4], [-1]],
        [np.array(ranked, dtype=np.int32) for ranked in LISTS],
        dict(enumerate(LISTS)),
        {2: [4], 0: (1, 4, 2), 1: np.array([0, 1])},
        NAMED,
        dict(zip(USERS, NAMED, strict=True)),
        {"eve": ["tea"], "ann": ["jam", "tea", "oat"], "bob": ["fig", "jam"]},
        TABLE,
        CODES,
        structured(TABLE),
        structured(CODES),
        Frame(TABLE),
    ],
)
def test_all_forms_say_the_same(recommended):
    expected = evaluate_rankings(LISTS, TEST, (1, 3))
    assert expected.per_user["recall@3"].tolist() == [1.0, 0.0]
    assert expected.per_user["hit@1"].tolist() == [1.0, 0.0]
    names = (*expected.metrics, "r_precision", "coverage")
    found = evaluate_rankings(recommended, TEST, (1, 3), names)
    assert {key: found.summary[key] for key in expected.summary} == expected.summary
    assert found.per_user["r_precision"].tolist() == [0.5, 0.0]
    assert found.users.tolist() == [0, 2]
    assert (found.n_without_test, found.n_without_list) == (2, 0)
    assert found.exposure[3].tolist() == expected.exposure[3].tolist() == [0, 1, 1, 0, 2]


def test_frames_of_polars():
    polars = pytest.importorskip("polars", reason="the extra io is not installed")
    expected = evaluate_rankings(LISTS, TEST, 3).summary
    for table in (TABLE, CODES):
        assert evaluate_rankings(polars.DataFrame(table), TEST, 3).summary == expected


def test_scores_of_a_table_tie_by_lower_item_and_are_counted():
    names, options = ("hit", "recall"), {"users": ["ann", "bob", "eve"]}
    found = evaluate_rankings(TABLE, TEST, (1, 2), names, **options)
    assert found.n_tied_at_cut == {1: 1, 2: 0}
    assert found.per_user["hit@1"].tolist() == [1.0, 0.0]  # jam before tea
    for ties, value in [("expected", 0.5), ("pessimistic", 0.0), ("optimistic", 1.0)]:
        found = evaluate_rankings(TABLE, TEST, (1, 2), names, ties=ties, **options)
        assert found.per_user["hit@1"].tolist() == [value, 0.0]
        assert found.per_user["hit@2"].tolist() == [1.0, 0.0]


def test_a_tie_goes_on_behind_the_list():
    table = {"user": [0] * 5, "item": [4, 3, 2, 1, 0], "score": [1.0] * 5}
    test = Graph.from_edges([0, 0], [2, 4], n_users=1, n_items=5)
    for ties, recall, r_precision in [
        ("lower_id", 0.0, 0.0),
        ("expected", 0.2, 0.4),
        ("optimistic", 0.5, 1.0),
        ("pessimistic", 0.0, 0.0),
    ]:
        found = evaluate_rankings(table, test, 1, ("recall", "r_precision"), ties=ties)
        assert found.per_user["recall@1"].tolist() == [recall]
        assert found.per_user["r_precision"].tolist() == [r_precision]


def test_users_say_whose_the_rows_are_or_who_is_judged():
    rows = evaluate_rankings([["rye"], ["jam"]], TEST, 1, "hit", users=["eve", "ann"])
    assert (rows.users.tolist(), rows.per_user["hit@1"].tolist()) == ([2, 0], [1.0, 1.0])
    codes = evaluate_rankings([[3], [1, 0]], TEST, 1, "hit", users=[2, 1])
    assert (codes.users.tolist(), codes.n_without_test) == ([2], 1)
    some = evaluate_rankings(dict(zip(USERS, NAMED, strict=True)), TEST, 1, "hit", users=["ann"])
    assert (some.users.tolist(), some.n_without_test) == ([0], 0)


def test_missing_users_go_by_the_convention():
    lists = {"ann": ["jam"], "bob": ["jam"]}
    for policy, users, mean in [("zero", [0, 2], 0.5), ("skip", [0], 1.0)]:
        convention = Convention(without_list=policy)
        found = evaluate_rankings(lists, TEST, 1, "hit", convention=convention)
        assert (found.users.tolist(), found.summary["hit@1"]) == (users, mean)
        assert (found.n_without_list, found.n_without_test) == (1, 2)
    with pytest.raises(DataError, match="user 'eve' has no list; add one"):
        evaluate_rankings(lists, TEST, 1, convention=Convention(without_list="error"))
    found = evaluate_rankings(lists, TEST, 1, "hit", convention=Convention(without_test="zero"))
    assert (found.users.tolist(), found.summary["hit@1"]) == ([0, 1, 2, 3], 0.25)


def test_users_that_the_test_set_does_not_know_have_no_test_items():
    expected = evaluate_rankings(dict(zip(USERS, NAMED, strict=True)), TEST, 3)
    lists = {**dict(zip(USERS, NAMED, strict=True)), "zoe": ["jam"], "amy": ["no such item"]}
    del lists["amy"]
    found = evaluate_rankings(lists, TEST, 3)
    assert found.summary == expected.summary
    assert found.n_without_test == expected.n_without_test + 1
    rows = evaluate_rankings([*NAMED, ["jam"]], TEST, 3, users=[*USERS, "zoe"])
    assert (rows.summary, rows.n_without_test) == (expected.summary, 3)
    square = [["jam"], ["rye"]]
    rows = evaluate_rankings(square, TEST, 1, "hit", users=["zoe", "eve"])
    assert (rows.users.tolist(), rows.n_without_test) == ([2], 1)
    table = {name: [*TABLE[name], new] for name, new in zip(TABLE, ("zoe", "nil", 1), strict=True)}
    assert evaluate_rankings(table, TEST, 3).n_without_test == 3
    with pytest.raises(IdError, match=r"test does not know 'zoe'.*without_test='skip'"):
        evaluate_rankings(lists, TEST, 3, convention=Convention(without_test="zero"))
    with pytest.raises(IdError, match="unknown user 'tim'"):
        evaluate_rankings({"tim": ["jam"], "zoe": ["jam"]}, TEST, 3)


def test_repeated_items_go_by_the_policy():
    forms = {
        r"recommended\[0, 1\] repeats item 1": np.array([[1, 1, 2]]),
        "recommended: user 'ann', place 1 repeats item 'jam'": {0: [1, 1, 2]},
        "user 'ann', place 1 repeats": {"user": [0] * 3, "item": [1, 1, 2], "score": [3, 2, 1]},
    }
    for message, recommended in forms.items():
        with pytest.raises(DataError, match=message):
            evaluate_rankings(recommended, TEST, 2, users=[0])
        for policy, precision in [("first", 1.0), ("keep", 1.0)]:
            found = evaluate_rankings(
                recommended, TEST, 2, ("precision", "recall"), duplicates=policy, users=[0]
            )
            assert found.per_user["precision@2"].tolist() == [precision]
            assert found.convention.duplicates == policy
        found = evaluate_rankings(recommended, TEST, 3, "precision", duplicates="first", users=[0])
        assert found.per_user["precision@3"].tolist() == [2 / 3]
        found = evaluate_rankings(recommended, TEST, 3, "precision", duplicates="keep", users=[0])
        assert found.per_user["precision@3"].tolist() == [1.0]


def test_whole_numbers_that_could_be_codes_or_ids_are_asked_about():
    test = Interactions.from_arrays([10, 20], [7, 9])
    with pytest.raises(ParameterError, match=r"may be codes.*or the user ids of test; say ids"):
        evaluate_rankings([[0], [1]], test, 1)
    by_code = evaluate_rankings([[0], [1]], test, 1, "hit", ids=False)
    by_id = evaluate_rankings({20: [9], 10: [7]}, test, 1, "hit", ids=True)
    padded = evaluate_rankings(np.array([[7, -1], [9, 7]]), test, 1, "hit", ids=True)
    assert by_code.summary == by_id.summary == padded.summary == {"hit@1": 1.0}
    with pytest.raises(IdError, match="unknown item 8"):
        evaluate_rankings({20: [8]}, test, 1, ids=True)
    with pytest.raises(ParameterError, match="strings are ids"):
        evaluate_rankings({"ann": ["jam"]}, TEST, 1, ids=False)
    for links in (TEST.graph, TEST.to_scipy()):
        with pytest.raises(ParameterError, match="only Interactions know ids"):
            evaluate_rankings({"ann": ["jam"]}, links, 1)


@pytest.mark.parametrize(
    ("recommended", "error", "message"),
    [
        ({0: [1, 5]}, IdError, r"user 'ann', place 1: 5 is not an item in 0\.\.5"),
        ([[1, 2], [-2], [], []], IdError, r"user 'bob', place 0: -2 is not an item"),
        ([[1], [2, -1, 3], [], []], DataError, r"recommended\[1, 2\] follows padding"),
        ({4: [1]}, IdError, r"users\[0\] = 4 is not in 0\.\.4"),
        ({"ann": ["ham"]}, IdError, "unknown item 'ham'"),
        (["jam", "tea"], ShapeError, "recommended"),
        ([1, 2], ShapeError, "recommended: expected 2 dimension"),
        ([[1], [1, 2]], ShapeError, "recommended: expected 4 rows.*users="),
        (np.ones((4, 2)), IdError, "recommended: expected whole numbers"),
        ({"user": [0], "item": [1]}, DataError, "no column 'score' among user, item; expected"),
        (Frame({"user": [0], "score": [1]}), DataError, "no column 'item' among user, score"),
        (5, ParameterError, "recommended: expected an array, lists, .* got int"),
        ({**CODES, "score": ["a"] * 6}, DataError, "numbers in column score"),
        ({**CODES, "score": [1.0]}, ShapeError, "6 users, 6 items and 1 scores"),
        ({**TABLE, "score": [1, 2, np.nan, 4, 5, 6]}, ScoreError, "'ann' and item 'jam' is NaN"),
        ({**CODES, "score": [1, 2, np.nan, 4, 5, 6]}, ScoreError, "user 0 and item 1 is NaN"),
    ],
)
def test_what_cannot_be_read_is_named(recommended, error, message):
    with pytest.raises(error, match=message):
        evaluate_rankings(recommended, TEST, 1)


def test_lists_have_no_ties_and_not_all_scores():
    with pytest.raises(ParameterError, match="lists without scores have no ties"):
        evaluate_rankings(LISTS, TEST, 1, ties="expected")
    for recommended in (LISTS, TABLE):
        for metric in ("auc", "average_rank"):
            with pytest.raises(ParameterError, match=f"{metric} needs the scores of all items"):
                evaluate_rankings(recommended, TEST, 1, metric)


def test_nothing_recommended_is_no_error():
    for recommended in ({}, {"user": [], "item": [], "score": []}):
        found = evaluate_rankings(recommended, TEST, 1, "hit")
        assert (found.n_without_list, found.summary) == (2, {"hit@1": 0.0})
    empty = Graph.from_edges([], [], n_users=0, n_items=3)
    assert np.isnan(evaluate_rankings([], empty, 1, "hit").summary["hit@1"])
