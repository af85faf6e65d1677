"""Sampled negatives and ranks against sets and sorted lists."""

import warnings

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

import glowrec as gr
from glowrec.errors import SampledMetricsWarning
from glowrec.evaluation.sampled import evaluate_sampled_pairs
from glowrec.evaluation.sampled.ranks import targets

N_USERS, N_ITEMS = 4, 9
LINKS = st.sets(st.tuples(st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1)))


def graph(links):
    users, items = zip(*links, strict=True) if links else ((), ())
    return gr.Graph.from_edges(users, items, n_users=N_USERS, n_items=N_ITEMS)


@given(train=st.none() | LINKS, test=LINKS, seed=st.integers(0, 2**64 - 1), replace=st.booleans())
def test_negatives_are_in_neither_train_nor_test(train, test, seed, replace):
    links = None if train is None else graph(train)
    known = test | (train or set())
    found = targets(links, graph(test), np.arange(N_USERS), 1, seed, replace=replace)
    for user, n in zip(found.users.tolist(), found.n_negatives.tolist(), strict=True):
        assert n == sum((user, item) not in known for item in range(N_ITEMS))
    some = found.n_negatives > 0
    users = found.users[some]
    drawn = found.candidates.sample(users, found.items[some])[:, 0].tolist()
    assert known.isdisjoint(zip(users.tolist(), drawn, strict=True))


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
