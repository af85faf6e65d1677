"""The strategies of `glowrec.testing`: they keep their promises, meet every edge and shrink."""

import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from glowrec import testing
from glowrec.errors import ParameterError
from glowrec.testing import graphs, interactions

SEARCH = settings(
    max_examples=3000,
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
MEET = settings(SEARCH, phases=[Phase.generate])


@given(data=st.data())
def test_bounds_are_kept(data):
    draw = data.draw
    min_users, min_items = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    max_users, max_items = min_users + draw(st.integers(0, 4)), min_items + draw(st.integers(0, 4))
    min_negatives = draw(st.integers(0, min_items))
    room = max_users * (max_items - min_negatives)
    least = draw(st.integers(0, room))
    sizes = {
        "min_users": min_users,
        "max_users": max_users,
        "min_items": min_items,
        "max_items": max_items,
        "min_interactions": least,
        "min_negatives": min_negatives,
    }
    log = draw(interactions(**sizes, ids=draw(st.sampled_from(["codes", "any"]))))
    for found in (log.graph, draw(graphs(**sizes))):
        assert min_users <= found.n_users <= max_users
        assert min_items <= found.n_items <= max_items
        assert found.n_edges >= least
        assert found.n_items - found.user_degrees.max() >= min_negatives
    assert len(log) == log.graph.n_edges  # no pair twice, unless asked for
    assert log.values is None
    assert log.timestamps is None


@given(
    log=interactions(
        repeats=True, values=st.just(7.0), timestamps=True, ids="strings", min_interactions=1
    )
)
def test_columns_and_ids_are_those_asked_for(log):
    assert set(log.values.tolist()) == {7.0}
    assert log.timestamps.dtype == np.int64
    assert log.user_ids.ids.dtype.kind == log.item_ids.ids.dtype.kind == "U"
    assert log.encode_users(log.decode_users(log.users)).tolist() == log.users.tolist()


EDGES = {
    "no interaction": lambda log: len(log) == 0,
    "a user with all of several items": lambda log: (
        log.n_items > 1 and log.n_items in log.graph.user_degrees
    ),
    "every user with all items": lambda log: (
        log.n_users > 2 and bool((log.graph.user_degrees == log.n_items).all())
    ),
    "a user who lacks one of five items": lambda log: (
        log.n_items >= 5 and log.n_items - 1 in log.graph.user_degrees
    ),
    "a user who lacks two of five items": lambda log: (
        log.n_items >= 5 and log.n_items - 2 in log.graph.user_degrees
    ),
    "a user and an item without any, beside others": lambda log: (
        len(log) > 0 and log.graph.user_degrees.min() == log.graph.item_degrees.min() == 0
    ),
    "a pair that comes again": lambda log: len(log) > log.graph.n_edges,
    "out of order": lambda log: bool((np.diff(log.users) < 0).any()),
    "one item": lambda log: log.n_items == 1 and len(log) > 0,
    "both zeros": lambda log: set(np.signbit(log.values[log.values == 0])) == {True, False},
    "times that tie": lambda log: len(set(log.timestamps.tolist())) < len(log),
    "texts beside numbers": lambda log: (
        (log.user_ids.ids.dtype.kind, log.item_ids.ids.dtype.kind) == ("U", "i")
        and not log.item_ids.is_range
    ),
    "codes": lambda log: log.user_ids.is_range,
}


@pytest.mark.parametrize("edge", EDGES)
def test_every_edge_is_met(edge):
    every = interactions(repeats=True, values=True, timestamps=True, ids="any")
    assert EDGES[edge](find(every, EDGES[edge], settings=MEET))


def test_nearly_saturated_users_are_common_at_any_size():
    """Independent coins for 40 items would find one in 2**40 tries."""
    wide = interactions(min_items=40, max_items=40)
    found = find(wide, lambda log: 38 in log.graph.user_degrees, settings=SEARCH)
    assert found.n_users == 1


@pytest.mark.parametrize(
    ("wanted", "users", "items", "n_users", "n_items"),
    [
        (lambda log: len(log) > 0, [0], [0], 1, 1),
        (lambda log: log.graph.user_degrees.max() == 3, [0, 0, 0], [0, 1, 2], 1, 5),
        (lambda log: log.graph.user_degrees.min() > 0 and log.n_users == 2, [0, 1], [0, 0], 2, 1),
        (lambda log: len(log) > log.graph.n_edges, [0, 0], [0, 0], 1, 1),
    ],
)
def test_examples_shrink_to_small_ones(wanted, users, items, n_users, n_items):
    found = find(interactions(repeats=True, ids="any"), wanted, settings=SEARCH)
    assert (found.users.tolist(), found.items.tolist()) == (users, items)
    assert found.n_users == n_users
    assert found.n_items <= n_items
    assert found.user_ids.is_range


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ids": "words"}, "ids = 'words': expected one of codes, integers, strings, any"),
        ({"min_users": 0}, r"min_users = 0 and max_users = 6: expected 1 <= min_users"),
        ({"min_items": 9}, r"min_items = 9 and max_items = 8"),
        ({"min_negatives": 2}, r"min_negatives = 2 exceeds min_items = 1: raise min_items"),
        ({"min_negatives": -1}, r"min_negatives = -1 must not be negative"),
        ({"max_users": 1.5}, r"max_users = 1.5: expected a whole number"),
        (
            {"min_interactions": 43, "min_negatives": 1},
            "min_interactions = 43 exceeds the 42 pairs of 6 users who each lack 1 of 8 items",
        ),
    ],
)
def test_bounds_that_contradict_each_other_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        interactions(**options)


def test_without_hypothesis_the_strategies_name_the_extra_and_the_checks_work():
    code = """
import sys
sys.modules["hypothesis"] = None
from glowrec.testing import check_negatives, check_frequencies
check_frequencies([5, 5], [0.5, 0.5])
from glowrec.errors import MissingExtraError
try:
    from glowrec.testing import graphs
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = "the strategies of glowrec.testing need hypothesis: pip install glowrec[test]\n"
    assert done.stdout == expected


def test_every_name_is_listed_and_documented():
    assert {"graphs", "interactions", "check_negatives"} <= set(dir(testing))
    assert all(getattr(testing, name).__doc__ for name in dir(testing))
    assert not hasattr(testing, "no_such_name")
