"""The metrics against their definitions, written out in Python, under every convention."""

from dataclasses import replace
from math import log, log2

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import (
    Graph,
    Interactions,
    evaluate_factors,
    evaluate_rankings,
    metrics,
    threads,
    top_k,
)
from glowrec.conventions import Convention
from glowrec.errors import ParameterError
from glowrec.metrics import METRICS
from glowrec.metrics.names import OF_HITS

N_ITEMS = 9
GAINS = {
    "binary": lambda _: 1.0,
    "linear": lambda grade: grade,
    "exponential": lambda grade: 2**grade - 1,
}
DISCOUNTS = {
    "log2": lambda rank: log2(rank + 1),
    "ln": lambda rank: log(rank + 1),
    "clipped": lambda rank: max(1, log2(rank)),
}


def fraction(name, c, ranked, grades, k):
    """Return numerator and denominator of a metric, as its formula is written.

    `ranked` is a list of items, `grades` a dict of the relevant ones.
    """
    ranked = ranked[:k]
    hits = [item in grades for item in ranked]
    n, least = len(grades), min(len(grades), k)
    recall = {"relevant": n, "min": least}[c.recall]
    precision = {"k": k, "list": len(ranked), "min": least}[c.precision]

    def gained(gains):
        return sum(gain / DISCOUNTS[c.discount](rank) for rank, gain in enumerate(gains, 1))

    gains = [GAINS[c.gain](grades[item]) if item in grades else 0.0 for item in ranked]
    best = sorted((GAINS[c.gain](grade) for grade in grades.values()), reverse=True)[:k]
    ideal = {"min": best, "hits": sorted(gains, reverse=True), "k": [1.0] * k}[c.ideal]
    inverse = [1 / rank for rank, is_hit in enumerate(hits, 1) if is_hit]
    precisions = [sum(hits[:rank]) / rank for rank, is_hit in enumerate(hits, 1) if is_hit]
    counts = {"relevant": n, "min": least, "hits": sum(hits), "k": k}
    return {
        "recall": (sum(hits), recall),
        "precision": (sum(hits), precision),
        "f1": (2 * sum(hits), recall + precision),
        "hit": (sum(hits) if c.hit == "count" else float(any(hits)), 1),
        "dcg": (gained(gains), 1),
        "ndcg": (gained(gains), gained(ideal)),
        "mrr": (sum(inverse) if c.reciprocal_rank == "sum" else max(inverse, default=0.0), 1),
        "map": (sum(precisions), counts[c.average_precision]),
    }[name]


def ratio(over, under):
    return over / under if over else 0.0


def conventions(**fixed):
    fields = {
        "gain": st.sampled_from(["binary", "linear", "exponential"]),
        "discount": st.sampled_from(["log2", "ln", "clipped"]),
        "ideal": st.sampled_from(["min", "hits", "k"]),
        "recall": st.sampled_from(["relevant", "min"]),
        "precision": st.sampled_from(["k", "list", "min"]),
        "average_precision": st.sampled_from(["relevant", "min", "hits", "k"]),
        "reciprocal_rank": st.sampled_from(["first", "sum"]),
        "hit": st.sampled_from(["any", "count"]),
        "pooled": st.lists(st.sampled_from(OF_HITS), unique=True).map(tuple),
        "without_test": st.sampled_from(["skip", "zero"]),
        "without_list": st.sampled_from(["skip", "zero"]),
        "duplicates": st.sampled_from(["first", "keep"]),
    }
    fields |= {name: st.just(value) for name, value in fixed.items()}
    return st.builds(Convention, **fields)


ITEM = st.integers(0, N_ITEMS - 1)
LIST = st.lists(ITEM, max_size=7)  # with repeats
RELEVANT = st.dictionaries(ITEM, st.integers(1, 4).map(float))


def array(lists, width):
    rows = np.full((len(lists), width), -1)
    for row, ranked in zip(rows, lists, strict=True):
        row[: len(ranked)] = ranked
    return rows


def interactions(relevant, n_items=N_ITEMS):
    triples = [(u, i, grade) for u, grades in enumerate(relevant) for i, grade in grades.items()]
    users, items, values = zip(*triples, strict=True) if triples else ((), (), ())
    sizes = {"n_users": len(relevant), "n_items": n_items}
    return Interactions.from_arrays(users, items, values=np.array(values, float), **sizes)


@given(
    users=st.lists(st.tuples(LIST, RELEVANT), max_size=8),
    cuts=st.sets(st.integers(1, 7), min_size=1),
    names=st.lists(st.sampled_from(OF_HITS), unique=True, min_size=1),
    c=conventions(),
)
def test_every_metric_is_its_definition_in_every_convention(users, cuts, names, c):
    cuts = tuple(cuts)
    lists, relevant = [ranked for ranked, _ in users], [grades for _, grades in users]
    test = interactions(relevant)
    if c.gain != "binary" and c.ideal == "k" and "ndcg" in names:
        with pytest.raises(ParameterError, match="ndcg: an ideal of k hits has no grades"):
            evaluate_rankings(array(lists, 7), test, cuts, names, convention=c)
        return
    result = evaluate_rankings(array(lists, 7), test, cuts, names, convention=c)

    if c.duplicates == "first":
        lists = [list(dict.fromkeys(ranked)) for ranked in lists]
    judged = [u for u, grades in enumerate(relevant) if grades or c.without_test == "zero"]
    empty = [u for u in judged if not lists[u]]
    judged = [u for u in judged if lists[u] or c.without_list == "zero"]
    assert result.users.tolist() == judged
    assert result.n_without_test == sum(not grades for grades in relevant)
    assert result.n_without_list == len(empty)
    assert result.n_tied_at_cut is None
    assert list(result.summary) == [f"{name}@{k}" for name in names for k in cuts]
    for name in names:
        for k in cuts:
            halves = [fraction(name, c, lists[u], relevant[u], k) for u in judged]
            expected = [ratio(*half) for half in halves]
            found = result.per_user[f"{name}@{k}"]
            np.testing.assert_allclose(found, expected, rtol=1e-13, atol=0)
            mean = np.mean(expected) if judged else np.nan
            if name in c.pooled and judged:
                mean = ratio(*map(sum, zip(*halves, strict=True)))
            assert result.summary[f"{name}@{k}"] == pytest.approx(mean, rel=1e-13, nan_ok=True)


@given(
    ranked=LIST.map(dict.fromkeys).map(list),
    grades=RELEVANT,
    k=st.integers(1, 8),
    c=conventions(),
)
def test_a_function_of_one_list_is_the_same_number(ranked, grades, k, c):
    hits = [grades.get(item, 0) for item in ranked]
    graded = c.gain != "binary"
    n = len(grades)
    functions = {
        "recall": lambda: metrics.recall(hits, n, k, convention=c),
        "precision": lambda: metrics.precision(hits, n, k, convention=c),
        "f1": lambda: metrics.f1(hits, n, k, convention=c),
        "hit": lambda: metrics.hit(hits, k, convention=c),
        "dcg": lambda: metrics.dcg(hits, k, convention=c),
        "mrr": lambda: metrics.reciprocal_rank(hits, k, convention=c),
        "map": lambda: metrics.average_precision(hits, n, k, convention=c),
    }
    if not graded or c.ideal != "k":
        of_all = list(grades.values()) if graded else None
        functions["ndcg"] = lambda: metrics.ndcg(hits, n, k, convention=c, grades=of_all)
    if c.precision != "list":  # a padded row has another length
        test = interactions([grades])
        same = replace(c, without_test="zero", without_list="zero")
        found = evaluate_rankings(array([ranked], 8), test, k, tuple(functions), convention=same)
        for name, function in functions.items():
            assert function() == found.per_user[f"{name}@{k}"][0], name
    for name, function in functions.items():
        expected = ratio(*fraction(name, c, ranked, grades, k))
        assert function() == pytest.approx(expected, rel=1e-13), name
    expected = ratio(sum(item in grades for item in ranked[:n]), n)
    assert metrics.r_precision(hits, n) == pytest.approx(expected, rel=1e-15)


def ndcg_of_scikit_learn(y_true, y_score, k):
    """Return what ``sklearn.metrics.ndcg_score`` computes where no score ties."""
    discount = 1 / np.log2(np.arange(len(y_true)) + 2)
    discount[k:] = 0
    gained = y_true[np.argsort(y_score)[::-1]] @ discount
    return gained / (np.sort(y_true)[::-1] @ discount)


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 12))
def test_graded_ndcg_is_that_of_scikit_learn(seed, k):
    rng = np.random.default_rng(seed)
    grades = rng.integers(0, 5, (6, 10)).astype(float)
    grades[:, 0] = 1.0
    scores = rng.permuted(np.tile(np.arange(10.0), (6, 1)), axis=1)
    import scipy.sparse

    test = scipy.sparse.csr_array(grades)
    lists = array(np.argsort(-scores, axis=1), max(k, 10))
    found = evaluate_rankings(lists, test, k, "ndcg", convention=Convention(gain="linear"))
    expected = [ndcg_of_scikit_learn(*rows, k) for rows in zip(grades, scores, strict=True)]
    np.testing.assert_allclose(found.per_user[f"ndcg@{k}"], expected, rtol=1e-13)


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
            assert found.summary.keys() == {f"{name}@{k}" for name in METRICS}
            np.testing.assert_equal(found.summary, expected.summary)
            assert found.users.tolist() == expected.users.tolist()
            assert found.n_without_test == expected.n_without_test
            assert found.n_without_list == expected.n_without_list
            assert found.exposure[k].tolist() == expected.exposure[k].tolist()
            for key, values in expected.per_user.items():
                assert found.per_user[key].tobytes() == values.tobytes()
    finally:
        threads.set_num_threads(before)
