"""The convention `torchmetrics` against TorchMetrics, which computes in float32."""

import numpy as np
import pytest

NAMES = {
    "recall": ("retrieval_recall", "RetrievalRecall"),
    "precision": ("retrieval_precision", "RetrievalPrecision"),
    "hit": ("retrieval_hit_rate", "RetrievalHitRate"),
    "ndcg": ("retrieval_normalized_dcg", "RetrievalNormalizedDCG"),
    "mrr": ("retrieval_reciprocal_rank", "RetrievalMRR"),
    "map": ("retrieval_average_precision", "RetrievalMAP"),
}
UNIT = 2.0**-24  # half the distance of float32 numbers around 1, over 1


def bound(metric, k):
    """Bound the rounding of a value of TorchMetrics 1.9, which is at most 1.

    All but ndcg round at most k quotients, their sum and its division by their number, each to
    within `UNIT`. Ndcg takes its discounts as differences of a running sum C of up to k of them,
    each discount itself good to 4 units, so that a difference is off by 2 (k + 3) UNIT C; at most
    h = min(R, k) of them are summed, and the ideal of h hits is at least C h / k. The ideal and
    the division add k + 5 units.
    """
    return (2 * k * (k + 3) + k + 5 if metric == "ndcg" else k + 2) * UNIT


def asked(torch, case, user, items=range(25)):
    """Return scores of items, above zero as TorchMetrics demands, and their relevance."""
    scores = [case.scored(user)[item] for item in items]
    relevant = [item in case.relevant.get(user, ()) for item in items]
    return torch.tensor(scores, dtype=torch.float64), torch.tensor(relevant)


@pytest.mark.parametrize("metric", NAMES)
def test_a_metric_at_k(peer, draw, k, metric):
    torch, case = peer("torch"), draw()
    function, name = NAMES[metric]
    function = getattr(peer("torchmetrics.functional.retrieval"), function)
    users = sorted(case.lists)
    assert not set(users) <= set(case.relevant)  # they count as 0
    values = {user: float(function(*asked(torch, case, user), top_k=k)) for user in users}
    whole = getattr(peer("torchmetrics.retrieval"), name)(top_k=k)
    for user in users:
        whole.update(*asked(torch, case, user), indexes=torch.full((25,), user))
    mean = float(whole.compute())
    case.agrees("torchmetrics", k, {metric: values}, {metric: mean}, tolerance=bound(metric, k))


def test_r_precision_of_whole_rankings(peer, draw):
    torch, case = peer("torch"), draw()
    function = peer("torchmetrics.functional.retrieval").retrieval_r_precision
    values = {user: float(function(*asked(torch, case, user))) for user in case.lists}
    mean = np.mean(list(values.values()))
    case.agrees("torchmetrics", 25, {"r_precision": values}, {"r_precision": mean}, tolerance=UNIT)


@pytest.mark.parametrize("metric", NAMES)
def test_scores_of_0_or_less_are_no_hits_to_most_which_is_an_exception(peer, metric):
    torch, functional = peer("torch"), peer("torchmetrics.functional.retrieval")
    scores, relevant = torch.tensor([-1.0, -2.0]), torch.tensor([True, False])
    value = float(getattr(functional, NAMES[metric][0])(scores, relevant))
    assert value == (1.0 if metric in {"hit", "ndcg"} else 0.0)


def test_r_counts_what_is_handed_over_which_is_an_exception(peer, case_of):
    torch, functional = peer("torch"), peer("torchmetrics.functional.retrieval")
    case = case_of({0: [7, 3, 4]}, {0: {3, 9}}, n_users=1)
    relevant = torch.tensor([False, True, False])
    of_list = functional.retrieval_recall(torch.tensor([3.0, 2.0, 1.0]), relevant, top_k=3)
    assert float(of_list) == 1.0
    case.agrees("torchmetrics", 3, {"recall": {0: 0.5}}, {"recall": 0.5})


@pytest.mark.parametrize("metric", ["precision", "hit", "mrr", "map"])
def test_metrics_that_know_no_r_of_lists_alone(peer, draw, k, metric):
    torch, case = peer("torch"), draw("short")
    function = getattr(peer("torchmetrics.functional.retrieval"), NAMES[metric][0])
    values = {}
    for user, ranked in case.lists.items():
        scores, relevant = asked(torch, case, user, ranked)
        values[user] = float(function(scores, relevant, top_k=k))
    mean = np.mean(list(values.values()))
    case.agrees("torchmetrics", k, {metric: values}, {metric: mean}, tolerance=bound(metric, k))
