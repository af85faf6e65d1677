"""The convention `recbole` against RecBole's collector and evaluator."""

import numpy as np
import pytest

NAMES = {
    "recall": "Recall",
    "precision": "Precision",
    "ndcg": "NDCG",
    "hit": "Hit",
    "mrr": "MRR",
    "map": "MAP",
}


@pytest.fixture
def recbole(peer, monkeypatch):
    """RecBole 1.2.1 knows float64 by a name that NumPy 1.24 took away; a test lends it again."""
    monkeypatch.setattr(np, "float", float, raising=False)
    return peer("recbole.evaluator")


def ran(recbole, torch, case, users, k):
    """Return RecBole's means over some users, who were scored for all items."""
    config = {
        "metrics": list(NAMES.values()),
        "topk": [k],
        "device": "cpu",
        "eval_args": {"mode": "full"},
        "metric_decimal_place": 15,
    }
    scores = torch.tensor(
        [[case.scored(user)[item] for item in range(25)] for user in users], dtype=torch.float64
    )
    pairs = [(row, item) for row, user in enumerate(users) for item in case.relevant[user]]
    collector = recbole.Collector(config)
    collector.eval_batch_collect(scores, None, *torch.tensor(pairs).T)
    found = recbole.Evaluator(config).evaluate(collector.get_data_struct())
    return {ours: float(found[f"{name.lower()}@{k}"]) for ours, name in NAMES.items()}


def test_top_k_metrics(recbole, peer, draw, k):
    torch, case = peer("torch"), draw(without_list=False)
    each = {user: ran(recbole, torch, case, [user], k) for user in case.judged}
    values = {metric: {user: each[user][metric] for user in each} for metric in NAMES}
    case.agrees("recbole", k, values, ran(recbole, torch, case, case.judged, k))
