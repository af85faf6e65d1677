"""The convention `rectools` against RecTools."""

from dataclasses import replace

import pytest

import glowrec
from glowrec.conventions import CONVENTIONS
from glowrec.errors import DataError

CLASSES = {
    "recall": "Recall",
    "precision": "Precision",
    "f1": "F1Beta",
    "hit": "HitRate",
    "ndcg": "NDCG",
    "mrr": "MRR",
    "map": "MAP",
}


def ran(peer, case, k, names, **options):
    pandas, metrics = peer("pandas"), peer("rectools.metrics")
    recommended = [
        (user, item, rank)
        for user, ranked in case.lists.items()
        for rank, item in enumerate(ranked, 1)
    ]
    links = [(user, item) for user, items in case.relevant.items() for item in items]
    frames = (
        pandas.DataFrame(recommended, columns=["user_id", "item_id", "rank"]),
        pandas.DataFrame(links, columns=["user_id", "item_id"]),
    )
    asked = {ours: getattr(metrics, name)(k=k, **options) for ours, name in names.items()}
    values = {ours: metric.calc_per_user(*frames).to_dict() for ours, metric in asked.items()}
    assert all(set(each) == set(case.relevant) for each in values.values())
    return values, metrics.calc_metrics(asked, *frames)


@pytest.mark.parametrize("lengths", ["full", "short"])
def test_metrics_at_k(peer, draw, k, lengths):
    case = draw(lengths)
    case.agrees("rectools", k, *ran(peer, case, k, CLASSES))


@pytest.mark.parametrize(
    ("metric", "same"),
    [
        ("ndcg", ({"divide_by_achievable": True}, {"ideal": "min"})),
        ("map", ({"divide_by_k": True}, {"average_precision": "k"})),
        ("precision", ({"r_precision": True}, {"precision": "min"})),
    ],
)
def test_an_option_of_theirs_is_a_choice_of_ours(peer, draw, k, metric, same):
    case, (option, choice) = draw(), same
    chosen = replace(CONVENTIONS["rectools"], **choice)
    case.agrees(chosen, k, *ran(peer, case, k, {metric: CLASSES[metric]}, **option))


def test_a_repeated_item_counts_twice_which_is_an_exception(peer, case_of):
    case = case_of({0: [5, 5, 6]}, {0: {5, 8}}, n_users=1)
    values, _ = ran(peer, case, 3, {"recall": "Recall"})
    assert values == {"recall": {0: 2 / 3}}
    with pytest.raises(DataError, match="repeats item 5"):
        glowrec.evaluate_rankings(case.rows(), case.test(), 3, "recall", convention="rectools")
