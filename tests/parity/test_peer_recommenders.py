"""The convention `recommenders` against Microsoft's recommenders."""

from dataclasses import replace

import pytest

from glowrec.conventions import CONVENTIONS

FUNCTIONS = {
    "recall": "recall_at_k",
    "precision": "precision_at_k",
    "ndcg": "ndcg_at_k",
    "map": "map_at_k",
}
COLUMNS = ["userID", "itemID"]


def frames(peer, case, users):
    pandas = peer("pandas")
    true = [(u, item, 1.0) for u in users for item in sorted(case.relevant.get(u, ()))]
    predicted = [(u, *pair) for u in users if u in case.lists for pair in case.scored(u).items()]
    return (
        pandas.DataFrame(true, columns=[*COLUMNS, "rating"]),
        pandas.DataFrame(predicted, columns=[*COLUMNS, "prediction"]),
    )


def ran(peer, case, users, k, names):
    module = peer("recommenders.evaluation.python_evaluation")
    true, predicted = frames(peer, case, users)
    return {
        ours: float(getattr(module, name)(true, predicted, k=k)) for ours, name in names.items()
    }


@pytest.mark.parametrize("lengths", ["full", "short"])
def test_metrics_at_k(peer, draw, k, lengths):
    case = draw(lengths)
    users = range(case.n_users)
    each = {user: ran(peer, case, [user], k, FUNCTIONS) for user in case.judged}
    values = {metric: {user: each[user][metric] for user in each} for metric in FUNCTIONS}
    means = ran(peer, case, users, k, {m: f for m, f in FUNCTIONS.items() if m != "ndcg"})
    means["ndcg"] = ran(peer, case, case.judged, k, {"ndcg": "ndcg_at_k"})["ndcg"]
    case.agrees("recommenders", k, values, means)


def test_ndcg_counts_users_without_a_list_which_is_an_exception(peer, draw):
    case = draw()
    ndcg = {"ndcg": "ndcg_at_k"}
    over_all = ran(peer, case, range(case.n_users), 5, ndcg)["ndcg"]
    over_lists = ran(peer, case, case.judged, 5, ndcg)["ndcg"]
    assert over_all * len(case.relevant) == pytest.approx(over_lists * len(case.judged))
    assert over_all < over_lists


def test_map_without_at_k_divides_by_all_relevant_items(peer, draw, k):
    case = draw()
    over_relevant = replace(CONVENTIONS["recommenders"], average_precision="relevant")
    means = ran(peer, case, range(case.n_users), k, {"map": "map"})
    case.agrees(over_relevant, k, {}, means)


def test_r_precision_leaves_out_users_without_a_hit_which_is_an_exception(peer, case_of):
    case = case_of({0: [7, 8, 1], 1: [5], 2: [1]}, {0: {1, 2}, 1: {5}, 2: {9}}, n_users=3)
    names = {"r_precision": "r_precision_at_k"}
    assert ran(peer, case, range(3), 10, names) == {"r_precision": 1.0}
    ours = {"r_precision": {0: 0.0, 1: 1.0, 2: 0.0}}
    case.agrees("recommenders", 10, ours, {"r_precision": 1 / 3})
