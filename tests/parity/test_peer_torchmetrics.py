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


def asked(torch, case, user):
    """Return scores of all items, above zero as TorchMetrics demands, and their relevance."""
    scores = [case.scored(user)[item] for item in range(25)]
    relevant = [item in case.relevant.get(user, ()) for item in range(25)]
    return torch.tensor(scores, dtype=torch.float64), torch.tensor(relevant)


@pytest.mark.parametrize("metric", NAMES)
def test_a_metric_at_k(peer, draw, k, metric):
    torch, metrics, case = peer("torch"), peer("torchmetrics"), draw()
    function, name = NAMES[metric]
    function = getattr(peer("torchmetrics.functional.retrieval"), function)
    users = sorted(case.lists)
    assert not set(users) <= set(case.relevant)  # they count as 0
    values = {user: float(function(*asked(torch, case, user), top_k=k)) for user in users}
    whole = getattr(peer("torchmetrics.retrieval"), name)(top_k=k)
    for user in users:
        whole.update(*asked(torch, case, user), indexes=torch.full((25,), user))
    tolerance = bound(metric, k)
    case.agrees(
        "torchmetrics", k, {metric: values}, {metric: float(whole.compute())}, tolerance=tolerance
    )


def test_r_precision_of_whole_rankings(peer, draw):
    torch, case = peer("torch"), draw()
    function = peer("torchmetrics.functional.retrieval").retrieval_r_precision
    values = {user: float(function(*asked(torch, case, user))) for user in case.lists}
    mean = np.mean(list(values.values()))
    case.agrees("torchmetrics", 25, {"r_precision": values}, {"r_precision": mean}, tolerance=UNIT)
