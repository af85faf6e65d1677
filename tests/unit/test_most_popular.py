"""Most-popular on Gowalla: the numbers everyone gets, since item degrees are exact."""

import numpy as np
import pytest

from glowrec import datasets, evaluate_factors, evaluate_rankings

RECALL, NDCG = 0.0416310, 0.0316899


@pytest.fixture(scope="module")
def gowalla():
    return datasets.load("gowalla")


@pytest.mark.data
def test_degrees_as_factors(gowalla):
    popularity = gowalla.train.graph.item_degrees[:, None].astype(np.float32)
    ones = np.ones((gowalla.train.n_users, 1), dtype=np.float32)
    result = evaluate_factors(ones, popularity, gowalla.train, gowalla.test)
    assert result.summary["recall@20"] == pytest.approx(RECALL, abs=5e-8)
    assert result.summary["ndcg@20"] == pytest.approx(NDCG, abs=5e-8)


@pytest.mark.data
def test_lists_made_by_sorting(gowalla):
    train = gowalla.train.graph
    order = np.argsort(-train.item_degrees, kind="stable")
    seen = train.to_scipy()
    lists = [
        order[~np.isin(order, seen.indices[start:stop])][:20]
        for start, stop in zip(seen.indptr[:300], seen.indptr[1:301], strict=True)
    ]
    popularity = train.item_degrees[:, None].astype(np.float32)
    ids = np.arange(300)
    made = evaluate_rankings(lists, gowalla.test, users=ids)
    own = evaluate_factors(np.ones((300, 1)), popularity, gowalla.train, gowalla.test, users=ids)
    assert made.summary == own.summary
