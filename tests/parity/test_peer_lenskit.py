"""The convention `lenskit` against LensKit's run analysis."""

import pytest

# LensKit takes 0 / 0 for recall without test items, and fills the NaN with 0.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")

NAMES = {
    "recall": "Recall",
    "precision": "Precision",
    "ndcg": "NDCG",
    "dcg": "DCG",
    "hit": "Hit",
    "mrr": "RecipRank",
}
AVERAGE_PRECISION = {"map": "AveragePrecision"}


def ran(peer, case, names, k):
    metrics, data = peer("lenskit.metrics"), peer("lenskit.data")
    analysis = metrics.RunAnalysis()
    for name in names.values():
        analysis.add_metric(getattr(peer("lenskit.metrics.ranking"), name)(k))
    outputs, test = (data.ItemListCollection.empty(["user_id"]) for _ in range(2))
    for user, ranked in case.lists.items():
        outputs.add(data.ItemList(item_ids=ranked, ordered=True), user_id=user)
    for user, items in case.relevant.items():
        test.add(data.ItemList(item_ids=sorted(items)), user_id=user)
    found = analysis.measure(outputs, test)
    table, means = found.list_metrics(), found.list_summary()["mean"]
    return (
        {ours: table[f"{name}@{k}"].to_dict() for ours, name in names.items()},
        {ours: float(means[f"{name}@{k}"]) for ours, name in names.items()},
    )


def test_metrics_of_lists_of_k_items(peer, draw, k):
    case = draw()
    values, means = ran(peer, case, NAMES, k)
    # A list without test data counts as 0, and a user without a list does not count.
    assert set(values["recall"]) == set(case.lists)
    assert not set(case.lists) <= set(case.relevant)
    case.agrees("lenskit", k, values, means)


def test_metrics_of_short_lists(peer, draw, k):
    case = draw("short")
    case.agrees("lenskit", k, *ran(peer, case, NAMES, k))


def test_average_precision(peer, draw, k):
    case = draw(without_test=False)
    case.agrees("lenskit", k, *ran(peer, case, AVERAGE_PRECISION, k))


def test_average_precision_of_short_lists_is_an_exception(peer, draw):
    """LensKit divides by min(R, length of the list within k), ours by min(R, k)."""
    case = draw("short", without_test=False)
    theirs = ran(peer, case, AVERAGE_PRECISION, 10)[0]["map"]
    values = {}
    for user, ranked in case.lists.items():
        n_relevant = len(case.relevant[user])
        values[user] = theirs[user] * min(n_relevant, len(ranked), 10) / min(n_relevant, 10)
    assert values != theirs
    mean = sum(values.values()) / len(values)
    case.agrees("lenskit", 10, {"map": values}, {"map": mean})


def test_average_precision_without_test_items_is_an_exception(peer, draw):
    case = draw()
    with pytest.raises(ZeroDivisionError):
        ran(peer, case, AVERAGE_PRECISION, 10)
