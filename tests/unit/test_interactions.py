import pickle

import numpy as np
import pytest
import scipy.sparse

from glowrec import IdMap, Interactions
from glowrec.errors import DataError, IdError, ParameterError, ShapeError


def test_strings_are_coded_in_sorted_order():
    log = Interactions.from_arrays(["eve", "ann", "eve"], ["tea", "tea", "jam"])
    assert log.users.tolist() == [1, 0, 1]
    assert log.items.tolist() == [1, 1, 0]
    assert log.users.dtype == log.items.dtype == np.int64
    assert (log.n_users, log.n_items, log.n_interactions, len(log)) == (2, 2, 3, 3)
    assert log.decode_users([1]).tolist() == ["eve"]
    assert log.encode_items(["tea"]).tolist() == [1]


def test_codes_are_taken_as_they_are_and_gaps_stay():
    log = Interactions.from_arrays([0, 2], [4, 4], n_users=5, n_items=6)
    assert log.users.tolist() == [0, 2]
    assert (log.n_users, log.n_items) == (5, 6)
    assert log.user_ids.is_range
    assert log.graph.user_degrees.tolist() == [1, 0, 1, 0, 0]


def test_ids_that_are_their_own_codes_cost_no_memory():
    assert Interactions.from_arrays([1, 0], [5, 9]).user_ids.is_range
    assert not Interactions.from_arrays([1, 0], [5, 9]).item_ids.is_range


@pytest.mark.parametrize("dtype", ["i1", "u2", ">i4", "u8", "U3", "O", "T"])
def test_any_dtype_of_ids_will_do(dtype):
    ids = np.array([3, 1, 3]).astype("U1" if dtype in "U3T" else "i8").astype(dtype)
    log = Interactions.from_arrays(ids, [0, 1, 2])
    assert [str(found) for found in log.to_numpy()["user"].tolist()] == ["3", "1", "3"]


def test_another_sets_ids_can_be_given():
    train = Interactions.from_arrays(["a", "b"], [10, 20])
    test = Interactions.from_arrays(["b"], [10], user_ids=train.user_ids, item_ids=train.item_ids)
    assert (test.users.tolist(), test.n_users, test.n_items) == ([1], 2, 2)
    with pytest.raises(IdError, match=r"unknown user 'c' \(position 1\); the 2 known .*'a', 'b'"):
        Interactions.from_arrays(["b", "c"], [0, 0], user_ids=train.user_ids)


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([1, "a"], r"users\[1\] = 'a': ids must be all strings or all whole numbers"),
        (["a", None], r"users\[1\] = None"),
        ([1.0, 2.0], r"users\[0\] = 1.0"),
        ([True, 7], r"users\[0\] = True"),
        (np.array([1.0, 2.0]), r"users: expected strings or whole numbers, got float64; convert"),
        (np.array([b"a", b"b"]), r"users: .* got \|S1"),
        (np.array([[1, 2]]), r"users: expected one dimension, got shape \(1, 2\)"),
        (np.array([1, 2**63], np.uint64), r"users\[1\] = 9223372036854775808 does not fit"),
        ([1, 2**70], r"users: an id does not fit 64 bits"),
    ],
)
def test_ids_of_no_kind_are_refused(users, message):
    with pytest.raises(DataError, match=message):
        Interactions.from_arrays(users, [1, 2])


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([0, 3], r"unknown user 3 \(position 1\); they go from 0 to 2"),
        ([-1, 0], r"unknown user -1 \(position 0\)"),
        (["0", "1"], r"unknown user '0' \(position 0\)"),
        ([0, 2**40], r"unknown user 1099511627776 \(position 1\)"),
    ],
)
def test_codes_out_of_range_are_named(users, message):
    with pytest.raises(IdError, match=message):
        Interactions.from_arrays(users, [0, 1], n_users=3, n_items=2)


def test_an_axis_longer_than_u32_is_refused():
    with pytest.raises(DataError, match=r"^n_users = 4294967297: expected .* 0 to 4294967296"):
        Interactions.from_arrays([0], [0], n_users=2**32 + 1)
    with pytest.raises(DataError, match=r"^n_items = -5: expected a number of ids from 0 to"):
        Interactions.from_arrays([0], [0], n_items=-5)
    with pytest.raises(DataError, match="n = -1"):
        IdMap.range(-1)


@pytest.mark.parametrize("code", [-1, 2])
def test_codes_given_to_the_class_itself_are_checked(code):
    codes, two = np.array([0, code]), IdMap.range(2)
    with pytest.raises(IdError, match=rf"users\[1\] = {code} is not in 0..2"):
        Interactions(codes, np.array([0, 1]), two, two)
    with pytest.raises(IdError, match=rf"items\[1\] = {code} is not in 0..2"):
        Interactions(np.array([0, 1]), codes, two, two)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ShapeError, match=r"items: expected shape \(2,\) as users, got \(1,\)"):
        Interactions.from_arrays([0, 1], [0])
    with pytest.raises(ShapeError, match=r"values: expected shape \(2,\)"):
        Interactions.from_arrays([0, 1], [0, 1], [1.0])
    with pytest.raises(ShapeError, match=r"timestamps: expected shape \(2,\)"):
        Interactions.from_arrays([0, 1], [0, 1], timestamps=[[1, 2]])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan], r"values\[1\] = nan: expected a finite number"),
        ([np.inf, 1.0], r"values\[0\] = inf"),
        (["a", "b"], r"values: expected numbers, got <U1"),
        (np.array([0, 2**63], np.uint64), r"values\[1\] = 9223372036854775808 does not fit"),
    ],
)
def test_values_are_finite_numbers(values, message):
    with pytest.raises(DataError, match=message):
        Interactions.from_arrays([0, 1], [0, 1], values)


def test_timestamps_keep_whole_numbers_exactly():
    times = [2**60 + 1, 0]
    assert Interactions.from_arrays([0, 1], [0, 1], None, times).timestamps.tolist() == times
    floats = Interactions.from_arrays([0, 1], [0, 1], None, [0.5, 1]).timestamps
    assert floats.dtype == np.float64


def test_policies_for_duplicates():
    columns = ["a", "b", "a", "a"], ["x", "x", "x", "y"], [1, 2, 4, 8]
    made = {
        policy: Interactions.from_arrays(*columns, duplicates=policy).values.tolist()
        for policy in ("first", "last", "sum", "keep")
    }
    assert made == {
        "first": [1, 2, 8],
        "last": [2, 4, 8],
        "sum": [2, 5, 8],
        "keep": [1, 2, 4, 8],
    }
    with pytest.raises(DataError, match=r"position 2: user 'a' and item 'x' occurred before; .*"):
        Interactions.from_arrays(*columns)
    with pytest.raises(ParameterError, match="duplicates = 'max': expected one of error, first"):
        Interactions.from_arrays(*columns, duplicates="max")


def test_first_and_last_go_by_time_where_there_is_one():
    columns = [0, 0, 0], [0, 0, 0], [1, 2, 4], [30, 10, 20]
    first, last, total = (
        Interactions.from_arrays(*columns, duplicates=policy)
        for policy in ("first", "last", "sum")
    )
    assert (first.values.tolist(), first.timestamps.tolist()) == ([2], [10])
    assert (last.values.tolist(), last.timestamps.tolist()) == ([1], [30])
    assert (total.values.tolist(), total.timestamps.tolist()) == ([7], [30])


def test_pairs_of_huge_axes_do_not_collide():
    big = 2**32
    users, items = [big - 1, big - 2, big - 1], [big - 1, big - 1, big - 2]
    log = Interactions.from_arrays(users, items, n_users=big, n_items=big)
    assert len(log) == 3
    with pytest.raises(DataError, match="position 3"):
        Interactions.from_arrays([*users, big - 1], [*items, big - 2], n_users=big, n_items=big)


def test_nothing_at_all_is_a_set_too():
    for policy in ("error", "first", "sum", "keep"):
        log = Interactions.from_arrays([], [], duplicates=policy)
        assert (len(log), log.n_users, log.n_items, log.graph.n_edges) == (0, 0, 0, 0)
        assert log.to_scipy().shape == (0, 0)
        assert len(log.select([])) == 0


def test_interactions_are_frozen():
    source = np.array([0, 1])
    log = Interactions.from_arrays(source, source, n_users=2, n_items=2)
    source[:] = 7
    assert log.users.tolist() == log.items.tolist() == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        log.users[0] = 1
    with pytest.raises(AttributeError, match="frozen, so users cannot be set"):
        log.users = source
    with pytest.raises(AttributeError, match="frozen"):
        log.surprise = 1


def test_a_map_leaves_the_callers_array_alone():
    ids = np.array([3, 5])
    known = IdMap(ids)
    ids[0] = 4
    assert known.ids.tolist() == [3, 5]


def test_the_graph_is_built_once():
    log = Interactions.from_arrays([0, 1, 1], [0, 0, 0], duplicates="keep")
    assert log.graph is log.graph
    assert log.graph.n_edges == 2


def test_pickling_keeps_everything_frozen():
    log = Interactions.from_arrays(["a", "b"], [5, 7], [1.0, 2.0])
    assert log.graph.n_edges == 2
    back = pickle.loads(pickle.dumps(log))  # noqa: S301 - our own
    assert back.to_numpy()["user"].tolist() == ["a", "b"]
    assert (back.user_ids, back.item_ids) == (log.user_ids, log.item_ids)
    assert not back.values.flags.writeable
    assert not back.item_ids.ids.flags.writeable
    assert "graph" not in back.__dict__


def test_select_keeps_maps_and_columns():
    log = Interactions.from_arrays(["a", "b", "b"], [5, 5, 7], [1, 2, 3], [9, 8, 7])
    some = log.select(log.users == 1)
    assert {name: column.tolist() for name, column in some.to_numpy().items()} == {
        "user": ["b", "b"],
        "item": [5, 7],
        "value": [2.0, 3.0],
        "timestamp": [8, 7],
    }
    assert some.user_ids is log.user_ids
    assert log.select([2, 0]).to_numpy()["item"].tolist() == [7, 5]
    for where in ([True], [3], [0.5]):
        with pytest.raises(IdError, match="where: "):
            log.select(where)


def test_from_scipy_reads_every_format_and_drops_stored_zeros():
    matrix = scipy.sparse.coo_array(
        ([1.0, 0.0, 2.0, 2.5], ([0, 1, 2, 2], [3, 0, 1, 1])), shape=(3, 4)
    )
    for form in ("coo", "csr", "csc", "lil", "dok", "bsr"):
        given = matrix.copy().asformat(form)
        n_stored = given.nnz
        log = Interactions.from_scipy(given)
        assert given.nnz == n_stored
        assert log.users.tolist() == [0, 2]
        assert log.items.tolist() == [3, 1]
        assert log.values.tolist() == [1.0, 4.5]
        assert (log.n_users, log.n_items) == (3, 4)
    assert Interactions.from_scipy(scipy.sparse.eye_array(2)).values is None
    with pytest.raises(ShapeError, match="two-dimensional SciPy sparse"):
        Interactions.from_scipy(np.eye(2))


def test_a_graph_and_interactions_say_the_same():
    log = Interactions.from_arrays([0, 1, 1], [2, 0, 2], n_users=2, n_items=3)
    assert (log.to_scipy() != log.graph.to_scipy()).nnz == 0


def test_id_maps_are_checked_and_compared_by_value():
    assert IdMap(["a", "b"]) == IdMap(["a", "b"])
    assert IdMap([0, 1]) == IdMap.range(2) != IdMap.range(3)
    assert IdMap(["a"]) != "a"
    for ids in (["b", "a"], ["a", "a"]):
        with pytest.raises(DataError, match="distinct ids in ascending order"):
            IdMap(ids)
    with pytest.raises(IdError, match=r"codes\[1\] = 2 is not in 0..2"):
        IdMap(["a", "b"]).decode([0, 2])
    with pytest.raises(IdError, match=r"unknown id 'x' .* there are none"):
        IdMap.range(0).encode(["x"])
    assert repr(IdMap(["a"])) == "IdMap(1 ids, strings)"
    assert len(IdMap([5, 6])) == 2
