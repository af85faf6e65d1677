"""The convention `implicit` against implicit's `ranking_metrics_at_k`."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

NAMES = ("precision", "ndcg", "map")


class Lists:
    """A model to implicit: it recommends the lists it holds."""

    def __init__(self, rows):
        self.rows = rows

    def recommend(self, users, _, N):  # noqa: N803 - implicit passes it by this name
        return self.rows[users, :N].astype(np.int32), None


def ran(implicit, case, users, k):
    pairs = [(user, item) for user in users for item in case.relevant[user]]
    shape = (case.n_users, 25)
    test = csr_matrix((np.ones(len(pairs)), tuple(zip(*pairs, strict=True))), shape=shape)
    found = implicit.ranking_metrics_at_k(
        Lists(case.rows()), csr_matrix(shape), test, K=k, show_progress=False
    )
    return {name: found[name] for name in NAMES}


def test_ranking_metrics_at_k(peer, draw, k):
    implicit, case = peer("implicit.evaluation"), draw()
    users = sorted(case.relevant)  # implicit asks the model for every user with test items
    each = {user: ran(implicit, case, [user], k) for user in users}
    values = {metric: {user: each[user][metric] for user in each} for metric in NAMES}
    means = ran(implicit, case, users, k)
    mean = np.mean(list(values["precision"].values()))
    assert (means["precision"] == pytest.approx(mean)) == (k == 1)  # it is pooled
    case.agrees("implicit", k, values, means)


def test_ranking_metrics_of_short_lists(peer, draw, k):
    implicit, case = peer("implicit.evaluation"), draw("short")
    case.agrees("implicit", k, {}, ran(implicit, case, sorted(case.relevant), k))
