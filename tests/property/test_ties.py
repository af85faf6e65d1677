"""Tied scores against every order that the scores allow, and metrics of all ranks."""

from dataclasses import replace
from itertools import permutations, product

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import Graph, Interactions, evaluate, evaluate_rankings, metrics
from glowrec.conventions import Convention
from glowrec.metrics.names import OF_HITS

N_ITEMS = 6
SCORES = st.lists(
    st.sampled_from([0.0, -0.0, 1.0, 2.0, -np.inf, np.inf]), min_size=N_ITEMS, max_size=N_ITEMS
)
ITEMS = st.sets(st.integers(0, N_ITEMS - 1))
CONVENTIONS = st.builds(
    Convention,
    gain=st.sampled_from(["binary", "linear", "exponential"]),
    ideal=st.sampled_from(["min", "hits", "k"]),
    recall=st.sampled_from(["relevant", "min"]),
    precision=st.sampled_from(["k", "list", "min"]),
    average_precision=st.sampled_from(["relevant", "min", "hits", "k"]),
    reciprocal_rank=st.sampled_from(["first", "sum"]),
    hit=st.sampled_from(["any", "count"]),
).filter(lambda c: c.gain == "binary" or c.ideal == "min")


def orders(scores, candidates):
    """Return all orders of the candidates in which scores do not ascend."""
    levels = sorted({scores[item] for item in candidates}, reverse=True)
    groups = [[i for i in sorted(candidates) if scores[i] == level] for level in levels]
    choices = product(*(permutations(group) for group in groups))
    return [[item for group in choice for item in group] for choice in choices]


def log_of(grades):
    return Interactions.from_arrays(
        np.zeros(len(grades), int), list(grades), list(grades.values()), n_users=1, n_items=N_ITEMS
    )


def scorer(*rows):
    return lambda users: np.array(rows, dtype=np.float32)[users]


def judged(form, scores, seen, test, k, **options):
    """Return the evaluation of a scorer, or of a table of all candidates."""
    if form == "scorer":
        train = Graph.from_edges(np.zeros(len(seen), int), list(seen), n_users=1, n_items=N_ITEMS)
        return evaluate(scorer(scores), train, test, k, **options)
    items = [item for item in range(N_ITEMS) if item not in seen]
    table = {"user": [0] * len(items), "item": items, "score": [scores[item] for item in items]}
    return evaluate_rankings(table, test, k, **options)


@given(
    scores=SCORES,
    seen=ITEMS,
    grades=st.dictionaries(st.integers(0, N_ITEMS - 1), st.integers(1, 3).map(float), min_size=1),
    k=st.integers(1, N_ITEMS + 1),
    c=CONVENTIONS,
    form=st.sampled_from(["scorer", "table"]),
)
def test_ties_are_the_mean_of_all_orders_or_one_of_them(  # noqa: PLR0917 - drawn by hypothesis
    scores, seen, grades, k, c, form
):
    candidates = set(range(N_ITEMS)) - seen
    test = log_of(grades)
    wanted = {"metrics": (*OF_HITS, "r_precision"), "convention": c}
    names = [*(f"{name}@{k}" for name in OF_HITS), "r_precision"]
    by_order = {}
    for order in orders(scores, candidates):
        padded = np.full((1, N_ITEMS + 1), -1)
        padded[0, : len(order)] = order
        found = evaluate_rankings(padded, test, k, **wanted)
        by_order[tuple(order)] = [found.per_user[name][0] for name in names]

    found = judged(form, scores, seen, test, k, ties="expected", **wanted)
    values = [found.per_user[name][0] for name in names]
    np.testing.assert_allclose(values, np.mean(list(by_order.values()), axis=0), atol=1e-12)

    def of(key):
        return by_order[tuple(sorted(candidates, key=lambda i: (-scores[i], key(i))))]

    expected = {
        "lower_id": of(lambda i: i),
        "optimistic": of(lambda i: (-grades.get(i, 0), i)),
        "pessimistic": of(lambda i: (grades.get(i, 0), i)),
    }
    order = sorted(candidates, key=lambda i: (-scores[i], i))
    ties_at_cut = len(order) > k and scores[order[k - 1]] == scores[order[k]]
    assert found.n_tied_at_cut == {k: int(ties_at_cut)}
    for ties, by_hand in expected.items():
        found = judged(form, scores, seen, test, k, ties=ties, **wanted)
        values = [found.per_user[name][0] for name in names]
        np.testing.assert_allclose(values, by_hand, rtol=1e-14, err_msg=ties)
        assert found.n_tied_at_cut == {k: int(ties_at_cut)}
        assert found.convention == replace(c, ties=ties)


@given(
    users=st.lists(st.tuples(SCORES, ITEMS, ITEMS), min_size=1, max_size=5),
    cuts=st.sets(st.integers(1, N_ITEMS), min_size=1).map(tuple),
)
def test_many_users_are_judged_as_each_of_them(users, cuts):
    rows = [scores for scores, _, _ in users]
    train, test = (
        Graph.from_edges(
            *(np.array(pairs, int).reshape(-1, 2).T), n_users=len(users), n_items=N_ITEMS
        )
        for pairs in (
            [(u, i) for u, (_, seen, _) in enumerate(users) for i in seen],
            [(u, i) for u, (_, _, relevant) in enumerate(users) for i in relevant],
        )
    )
    names = (*OF_HITS, "r_precision", "auc", "average_rank", "gini")
    for ties in ("lower_id", "expected", "optimistic", "pessimistic"):
        whole = evaluate(scorer(*rows), train, test, cuts, names, ties=ties)
        alone = [
            evaluate(scorer(*rows), train, test, cuts, names, ties=ties, users=[user])
            for user in range(len(users))
        ]
        for key, values in whole.per_user.items():
            assert values.tolist() == np.concatenate([a.per_user[key] for a in alone]).tolist()
        for k in cuts:
            assert whole.n_tied_at_cut[k] == sum(each.n_tied_at_cut[k] for each in alone)
            assert (whole.exposure[k] == sum(each.exposure[k] for each in alone)).all()


@given(scores=SCORES, seen=ITEMS, relevant=ITEMS.filter(bool))
def test_auc_and_average_rank_count_all_candidates(scores, seen, relevant):
    candidates = sorted(set(range(N_ITEMS)) - seen)
    train = Graph.from_edges(np.zeros(len(seen), int), list(seen), n_users=1, n_items=N_ITEMS)
    test = log_of(dict.fromkeys(relevant, 1.0))
    found = evaluate(scorer(scores), train, test, 1, ("auc", "average_rank"))

    others = [item for item in candidates if item not in relevant]
    shares, ranks = [], []
    for item in relevant:
        if item not in candidates:
            shares.append(0.0)
            ranks.append(len(candidates) + 1)
            continue
        wins = [(scores[item] > scores[o]) + 0.5 * (scores[item] == scores[o]) for o in others]
        shares.append(np.mean(wins) if others else 0.5)
        above = sum(scores[other] > scores[item] for other in candidates)
        ties = sum(scores[other] == scores[item] for other in candidates) - 1
        ranks.append(1 + above + ties / 2)
    assert found.per_user["auc"][0] == pytest.approx(np.mean(shares), rel=1e-14)
    assert found.per_user["average_rank"][0] == pytest.approx(np.mean(ranks), rel=1e-14)
    if not seen:
        which = [item in relevant for item in range(N_ITEMS)]
        assert metrics.auc(scores, which) == found.per_user["auc"][0]
        assert metrics.average_rank(scores, which) == found.per_user["average_rank"][0]
