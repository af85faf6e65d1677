"""The exact checks of `glowrec.testing` against sets, and samplers that must not pass."""

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given

from glowrec import Graph, Interactions, TripletSampler, threads
from glowrec.errors import IdError, ShapeError
from glowrec.testing import (
    check_negatives,
    check_permutation,
    check_reproducible,
    count_draws,
    graphs,
)


def message(check, *arguments, **options):
    """Return what a check says, or None if it passes."""
    try:
        check(*arguments, **options)
    except AssertionError as error:
        said = str(error)
    else:
        return None
    assert "\n" not in said
    return said


def pairs(graph):
    return set(zip(*map(np.ndarray.tolist, graph.to_scipy().nonzero()), strict=True))


@given(graph=graphs(), data=st.data())
def test_negatives_are_refused_at_the_first_position_that_is_wrong(graph, data):
    user = st.integers(0, graph.n_users - 1)
    users = data.draw(st.lists(user, max_size=5))
    width = data.draw(st.integers(1, 3))
    item = st.integers(-1, graph.n_items)
    row = st.lists(item, min_size=width, max_size=width)
    items = data.draw(st.lists(row, min_size=len(users), max_size=len(users)))
    linked = pairs(graph)
    table = np.array(items, dtype=np.int64).reshape(len(users), width)
    found = message(check_negatives, users, table, graph)
    cells = [(r, c, users[r], items[r][c]) for r in range(len(users)) for c in range(width)]
    outside = [cell for cell in cells if not 0 <= cell[3] < graph.n_items]
    positive = [cell for cell in cells if (cell[2], cell[3]) in linked]
    if outside:
        r, c, user, item = outside[0]
        said = f"position {r}, {c}: item {item} of user {user} is not in 0..{graph.n_items}"
        assert found == said
    elif positive:
        r, c, user, item = positive[0]
        assert found == f"position {r}, {c}: item {item} is a positive of user {user}"
    else:
        assert found is None
    if width == 1 and not outside:
        flat = message(check_negatives, users, table[:, 0], graph)
        assert flat == (found and found.replace(", 0:", ":"))


@given(train=graphs(min_users=4, max_users=4, min_items=5, max_items=5), data=st.data())
def test_exclusions_and_allow_lists_are_kept(train, data):
    other = data.draw(graphs(min_users=4, max_users=4, min_items=5, max_items=5))
    blocked = data.draw(st.lists(st.integers(0, 4), max_size=3))
    every = [(user, item) for user in range(4) for item in range(5)]
    negatives = [pair for pair in every if pair not in pairs(train)]
    for user, item in negatives:
        linked = (user, item) in pairs(other)
        one = ([user], [item], train)
        said = message(check_negatives, *one, exclude=other)
        assert said == (f"position 0: item {item} is excluded for user {user}" if linked else None)
        said = message(check_negatives, *one, exclude=blocked)
        assert (said is None) == (item not in blocked)
        said = message(check_negatives, *one, allow=other)
        assert said == (
            None if linked else f"position 0: item {item} is not allowed for user {user}"
        )


def test_any_kind_of_links_will_do():
    matrix = sp.coo_array(([1, 1], ([0, 1], [2, 0])), shape=(2, 3))
    log = Interactions.from_scipy(matrix)
    for train in (matrix, log, log.graph):
        check_negatives([0], [0], train, exclude=matrix)
        assert message(check_negatives, [0], [2], train)
        assert message(
            check_negatives,
            [0],
            [0],
            Graph.from_edges([], [], n_users=2, n_items=3),
            exclude=sp.coo_array(([1], ([0], [0])), shape=(2, 3)),
        )


def test_distinct_negatives_are_told_from_repeats():
    train = Graph.from_edges([0], [0], n_users=2, n_items=4)
    rows = [[1, 2], [3, 3]]
    assert message(check_negatives, [0, 1], rows, train) is None
    said = message(check_negatives, [0, 1], rows, train, distinct=True)
    assert said == "position 1, 1: item 3 was drawn before for the same position"


def test_what_cannot_be_checked_is_an_error_and_no_failure():
    train = Graph.from_edges([0], [0], n_users=2, n_items=4)
    with pytest.raises(ShapeError, match="negatives: expected 2 rows"):
        check_negatives([0, 1], [1], train)
    with pytest.raises(ShapeError, match="exclude: expected 2 users and 4 items as train"):
        check_negatives([0], [1], train, exclude=Graph.from_edges([], [], n_users=2, n_items=5))
    with pytest.raises(IdError, match="negatives: expected whole numbers"):
        check_negatives([0], [1.0], train)
    with pytest.raises(ShapeError, match="positives: expected 1"):
        check_permutation([0], [1, 2], train)
    with pytest.raises(ShapeError, match="items: expected 2 rows"):
        count_draws([0, 1], [1], n_users=2, n_items=4)
    assert message(check_negatives, [2], [1], train) == "position 0: user 2 is not in 0..2"


@given(graph=graphs(), data=st.data())
def test_a_permutation_is_one(graph, data):
    linked = sorted(pairs(graph))
    order = data.draw(st.permutations(linked))
    change = data.draw(st.sampled_from(["none", "repeat", "drop", "replace", "foreign"]))
    every = {(u, i) for u in range(graph.n_users) for i in range(graph.n_items)}
    foreign = sorted(every - set(linked))
    if change == "repeat" and order:
        order.insert(data.draw(st.integers(0, len(order))), order[0])
    elif change == "drop" and order:
        order.pop(data.draw(st.integers(0, len(order) - 1)))
    elif change == "replace" and len(order) > 1:
        order[0] = order[1]
    elif change == "foreign" and foreign:
        order.insert(data.draw(st.integers(0, len(order))), foreign[0])
    users, items = zip(*order, strict=True) if order else ((), ())
    said = message(check_permutation, users, items, graph)
    right = Counter(order) == Counter(linked)
    assert (said is None) == right
    if not right:
        assert any(text in said for text in ("no interaction", "came before", "never came"))


@given(graph=graphs(), data=st.data())
def test_counts_are_counts(graph, data):
    n_users, n_items = graph.n_users, graph.n_items
    user, item = st.integers(0, n_users - 1), st.integers(0, n_items - 1)
    drawn = data.draw(st.lists(st.tuples(user, item, item), max_size=8))
    users = [row[0] for row in drawn]
    items = np.array([row[1:] for row in drawn], dtype=np.int64).reshape(-1, 2)
    expected = np.zeros((n_users, n_items))
    for user, first, second in drawn:
        expected[user, first] += 1
        expected[user, second] += 1
    counts = count_draws(users, items, n_users=n_users, n_items=n_items)
    assert counts.tolist() == expected.tolist()


@pytest.fixture
def sampler():
    rng = np.random.default_rng(0)
    users, items = (rng.random((30, 20)) < 0.5).nonzero()
    return TripletSampler(Graph.from_edges(users, items, n_users=30, n_items=20), n_negatives=2)


def test_our_sampler_is_reproducible_on_any_number_of_threads(sampler):
    before = threads.num_threads()
    try:
        check_reproducible(
            lambda start, stop: sampler.sample(1, start, stop),
            sampler.n_triplets,
            threads=(1, 2, 7),
            set_threads=threads.set_num_threads,
        )
        assert threads.num_threads() == 7
    finally:
        threads.set_num_threads(before)


def numbers(start, stop):
    return np.arange(start, stop) * 0.5 - 0.0


def stateful(rng):
    return lambda start, stop: rng.random(stop - start)


def seeded_by_its_start(start, stop):
    return np.random.default_rng(start).random(stop - start)


def seeded_by_its_length(start, stop):
    return np.random.default_rng(stop - start).random(stop)[start:]


def wrong_in_single_draws(start, stop):
    return numbers(start, stop) + (stop - start == 1)


def wrong_at_the_end(start, stop):
    found = numbers(start, stop)
    found[-1] += stop == 500 and start > 0
    return found


def other_bits(start, stop):
    """The negative zero of a later call equals the zero before, but is another number."""
    return np.full(stop - start, 0.0 if start == 0 else -0.0)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (stateful(np.random.default_rng(0)), "the same call again: position 0 is"),
        (seeded_by_its_start, "alone: position"),
        (seeded_by_its_length, "alone: position"),
        (wrong_in_single_draws, "alone: position"),
        (wrong_at_the_end, r"\.\.500 alone: position 499 is 250.5 where it was 249.5"),
        (other_bits, r"is -0.0 where it was 0.0"),
        (lambda start, stop: numbers(start, stop)[: 400 if stop == 500 else None], "expected 500"),
        (lambda start, stop: numbers(start, stop).astype("f4" if start else "f8"), "float32"),
        (lambda start, stop: (numbers(start, stop),) * (1 + (start > 0)), "2 arrays where"),
    ],
)
def test_draws_that_depend_on_their_call_are_named(draw, said):
    with pytest.raises(AssertionError, match=said):
        check_reproducible(draw, 500)


def test_draws_that_depend_on_threads_are_named():
    now = []
    with pytest.raises(AssertionError, match="the same call again on 2 threads: position 0"):
        check_reproducible(
            lambda start, stop: numbers(start, stop) + (now[-1:] == [2]),
            50,
            threads=(1, 2),
            set_threads=now.append,
        )
    assert now == [1, 2]


@pytest.mark.parametrize("n", [1, 2, 3, 8, 1000])
def test_draws_of_their_positions_pass_and_every_place_is_looked_at(n):
    seen = Counter()

    def draw(start, stop):
        assert 0 <= start < stop <= n
        seen.update(range(start, stop))
        return numbers(start, stop), np.full((stop - start, 2), np.nan)

    check_reproducible(draw, n)
    assert set(seen) == set(range(n))
    assert min(seen.values()) > 2
