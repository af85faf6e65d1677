"""Sampled negatives and ranks against sets and sorted lists."""

import warnings

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

import glowrec as gr
from glowrec.errors import SampledMetricsWarning
from glowrec.evaluation.sampled import evaluate_sampled_pairs
from glowrec.evaluation.sampled.negatives import Complements, numbers_below

N_USERS, N_ITEMS = 4, 9
LINKS = st.sets(st.tuples(st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1)))


def graph(links):
    users, items = zip(*links, strict=True) if links else ((), ())
    return gr.Graph.from_edges(users, items, n_users=N_USERS, n_items=N_ITEMS)


@given(one=LINKS, other=LINKS)
def test_complements_are_the_other_items_in_order(one, other):
    found = Complements([graph(one), graph(other)])
    for user in range(N_USERS):
        expected = [i for i in range(N_ITEMS) if (user, i) not in one | other]
        assert found.sizes[user] == len(expected)
        places = np.arange(len(expected))[None, :]
        assert found.items(np.array([user]), places)[0].tolist() == expected


@given(
    bounds=st.lists(st.integers(1, 40), max_size=6),
    data=st.data(),
    seed=st.integers(0, 2**64 - 1),
    replace=st.booleans(),
)
def test_numbers_are_below_their_bounds_and_distinct_if_asked(bounds, data, seed, replace):
    n = data.draw(st.integers(0, 50 if replace else min(bounds, default=0)))
    positions = np.array(
        data.draw(st.lists(st.integers(0, 2**62), min_size=len(bounds), max_size=len(bounds))),
        dtype=np.int64,
    )
    limits = np.array(bounds, dtype=np.int64)
    found = numbers_below(limits, n, seed, positions, replace=replace)
    assert found.shape == (len(bounds), n)
    for row, bound in enumerate(bounds):
        numbers = found[row].tolist()
        assert all(0 <= number < bound for number in numbers)
        assert replace or len(set(numbers)) == n
        alone = numbers_below(
            limits[row : row + 1], n, seed, positions[row : row + 1], replace=replace
        )
        assert alone[0].tolist() == numbers


@given(
    train=LINKS,
    test=LINKS,
    scores=st.lists(
        st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf]),
        min_size=N_ITEMS,
        max_size=N_ITEMS,
    ),
    data=st.data(),
)
def test_ranks_among_all_negatives_are_those_of_a_sorted_list(train, test, scores, data):
    user = data.draw(st.integers(0, N_USERS - 1))
    negatives = [i for i in range(N_ITEMS) if (user, i) not in train | test]
    targets = sorted(i for u, i in test if u == user)
    if not negatives:
        return
    table = np.array(scores)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledMetricsWarning)
        found = evaluate_sampled_pairs(
            lambda _, items: table[items],
            graph(train),
            graph(test),
            n_candidates=len(negatives),
            users=[user],
        )
    expected = []
    for target in targets:
        order = sorted([target, *negatives], key=lambda item: (-scores[item], item))
        expected.append(-1 if (user, target) in train else 1 + order.index(target))
    assert found.target_items.tolist() == targets
    assert found.ranks.tolist() == expected
