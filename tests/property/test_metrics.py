"""The metrics against their definitions, written out in Python."""

from math import log2

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import Graph, evaluate_factors, evaluate_rankings, threads, top_k
from glowrec.metrics import METRICS


def recall(hits, k, n_relevant):
    return sum(hits[:k]) / n_relevant


def precision(hits, k, _):
    return sum(hits[:k]) / k


def hit(hits, k, _):
    return float(any(hits[:k]))


def ndcg(hits, k, n_relevant):
    gained = sum(h / log2(rank + 1) for rank, h in enumerate(hits[:k], 1))
    return gained / sum(1 / log2(rank + 1) for rank in range(1, min(k, n_relevant) + 1))


def mrr(hits, k, _):
    return next((1 / rank for rank, h in enumerate(hits[:k], 1) if h), 0.0)


def average_precision(hits, k, n_relevant):
    precisions = [h * sum(hits[:rank]) / rank for rank, h in enumerate(hits[:k], 1)]
    return sum(precisions) / min(k, n_relevant)


DEFINITIONS = {
    "recall": recall,
    "precision": precision,
    "ndcg": ndcg,
    "hit": hit,
    "mrr": mrr,
    "map": average_precision,
}

N_ITEMS = 9
LIST = st.lists(st.integers(0, N_ITEMS - 1), unique=True, max_size=7)
RELEVANT = st.sets(st.integers(0, N_ITEMS - 1))


@given(
    users=st.lists(st.tuples(LIST, RELEVANT), max_size=8),
    cuts=st.sets(st.integers(1, 7), min_size=1),
    metrics=st.lists(st.sampled_from(METRICS), unique=True, min_size=1),
)
def test_every_metric_is_its_definition(users, cuts, metrics):
    cuts = tuple(cuts)
    lists = np.full((len(users), 7), -1)
    for row, (ranked, _) in zip(lists, users, strict=True):
        row[: len(ranked)] = ranked
    pairs = [(u, i) for u, (_, relevant) in enumerate(users) for i in relevant]
    who, what = zip(*pairs, strict=True) if pairs else ((), ())
    test = Graph.from_edges(who, what, n_users=len(users), n_items=N_ITEMS)
    judged = [u for u, (_, relevant) in enumerate(users) if relevant]

    result = evaluate_rankings(lists, test, cuts, metrics)
    assert result.users.tolist() == judged
    assert result.n_without_test == len(users) - len(judged)
    assert list(result.summary) == [f"{name}@{k}" for name in metrics for k in cuts]
    for name in metrics:
        for k in cuts:
            expected = []
            for ranked, relevant in (users[u] for u in judged):
                hits = [item in relevant for item in ranked] + [False] * (7 - len(ranked))
                expected.append(DEFINITIONS[name](hits, k, len(relevant)))
            found = result.per_user[f"{name}@{k}"]
            np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)
            if judged:
                mean = np.mean(expected)
                assert result.summary[f"{name}@{k}"] == pytest.approx(mean, rel=1e-14, abs=0)
            else:
                assert np.isnan(result.summary[f"{name}@{k}"])


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 25), n_users=st.integers(1, 40))
def test_factors_are_judged_as_their_lists(seed, k, n_users):
    rng = np.random.default_rng(seed)
    shape = (n_users, 20)
    train, test = (
        Graph.from_edges(*np.nonzero(rng.random(shape) < 0.3), n_users=n_users, n_items=20)
        for _ in range(2)
    )
    users, items = (rng.integers(-2, 3, (n, 4)).astype(np.float32) for n in shape)
    ids = rng.permutation(n_users)[: n_users // 2 + 1]
    lists = top_k(users[ids], items, k, train, users=ids).items
    expected = evaluate_rankings(lists, test, k, users=ids)
    before = threads.num_threads()
    try:
        for n in (1, 2, 7):
            threads.set_num_threads(n)
            found = evaluate_factors(users[ids], items, train, test, k, users=ids)
            np.testing.assert_equal(found.to_dict(), expected.to_dict())
            assert found.users.tolist() == expected.users.tolist()
            for key, values in expected.per_user.items():
                assert found.per_user[key].tobytes() == values.tobytes()
    finally:
        threads.set_num_threads(before)
