"""Metrics of scikit-learn, which has no convention of its own name."""

import numpy as np
import pytest

from glowrec import Graph, evaluate_factors
from glowrec.conventions import Convention

ZEROS = Convention(name="scikit-learn", gain="linear", without_test="zero")


def matrices(case):
    """Return relevance and scores of every item, for the users with a list."""
    users = sorted(case.lists)
    true = [[item in case.relevant.get(u, ()) for item in range(25)] for u in users]
    scores = [[case.scored(u)[item] for item in range(25)] for u in users]
    return users, np.array(true, dtype=int), np.array(scores)


def test_ndcg_score(peer, draw, k):
    sklearn, case = peer("sklearn.metrics"), draw(without_list=False)
    users, true, scores = matrices(case)
    values = {
        user: sklearn.ndcg_score([row], [score], k=k)
        for user, row, score in zip(users, true, scores, strict=True)
    }
    mean = sklearn.ndcg_score(true, scores, k=k)
    case.agrees(ZEROS, k, {"ndcg": values}, {"ndcg": mean})


@pytest.mark.parametrize(("discount", "base"), [("log2", 2), ("ln", np.e)])
def test_dcg_score_shows_the_base_of_the_logarithm(peer, draw, k, discount, base):
    sklearn, case = peer("sklearn.metrics"), draw(without_list=False)
    users, true, scores = matrices(case)
    values = {
        user: sklearn.dcg_score([row], [score], k=k, log_base=base)
        for user, row, score in zip(users, true, scores, strict=True)
    }
    mean = sklearn.dcg_score(true, scores, k=k, log_base=base)
    chosen = Convention(discount=discount, without_test="zero")
    case.agrees(chosen, k, {"dcg": values}, {"dcg": mean})


def test_average_precision_of_whole_rankings_divides_by_all_relevant_items(peer, draw):
    sklearn, case = peer("sklearn.metrics"), draw(without_test=False, without_list=False)
    users, true, scores = matrices(case)
    values = {
        user: sklearn.average_precision_score(row, score)
        for user, row, score in zip(users, true, scores, strict=True)
    }
    mean = sklearn.label_ranking_average_precision_score(true, scores)
    case.agrees("trec_eval", 25, {"map": values}, {"map": mean})


@pytest.mark.parametrize("n_scores", [1000, 6])
def test_auc_over_all_items_counts_ties_half(peer, n_scores):
    sklearn = peer("sklearn.metrics")
    rng = np.random.default_rng(n_scores)
    scores = rng.integers(0, n_scores, (40, 25)).astype(np.float32)
    relevant = rng.random((40, 25)) < 0.3
    relevant[:, 0], relevant[:, 1] = True, False
    test = Graph.from_edges(*np.nonzero(relevant), n_users=40, n_items=25)
    found = evaluate_factors(np.eye(40), scores.T, None, test, 1, "auc")
    values = list(map(sklearn.roc_auc_score, relevant, scores))
    np.testing.assert_allclose(found.per_user["auc"], values, rtol=0, atol=1e-9)
    assert found.summary["auc"] == pytest.approx(
        sklearn.roc_auc_score(relevant.T, scores.T, average="macro"), rel=0, abs=1e-9
    )
