"""The convention `ranx` against ranx."""

from dataclasses import replace

import pytest

from glowrec.conventions import CONVENTIONS

NAMES = {
    "recall": "recall",
    "precision": "precision",
    "f1": "f1",
    "hit": "hit_rate",
    "ndcg": "ndcg",
    "dcg": "dcg",
    "mrr": "mrr",
    "map": "map",
}


def ran(ranx, case, names):
    judgements = {str(u): dict.fromkeys(map(str, items), 1) for u, items in case.relevant.items()}
    lists = {
        str(user): {str(item): score for item, score in case.scored(user).items()}
        for user in case.lists
    }
    run = ranx.Run(lists).make_comparable(ranx.Qrels(judgements))
    ranx.evaluate(ranx.Qrels(judgements), run, names)
    scores = {name: {int(u): float(v) for u, v in run.scores[name].items()} for name in names}
    assert set(scores[names[0]]) == set(case.relevant)  # a user without a list has 0
    return scores, {name: float(run.mean_scores[name]) for name in names}


@pytest.mark.filterwarnings("ignore")  # what numba says while it compiles ranx
@pytest.mark.parametrize("lengths", ["full", "short"])
def test_metrics_at_k(peer, draw, k, lengths):
    case = draw(lengths)
    scores, means = ran(peer("ranx"), case, [f"{name}@{k}" for name in NAMES.values()])
    names = {ours: f"{name}@{k}" for ours, name in NAMES.items()}
    case.agrees(
        "ranx",
        k,
        {ours: scores[name] for ours, name in names.items()},
        {ours: means[name] for ours, name in names.items()},
    )


@pytest.mark.filterwarnings("ignore")
def test_r_precision_of_whole_rankings(peer, draw):
    case = draw()
    scores, means = ran(peer("ranx"), case, ["r-precision"])
    named = {"r_precision": scores["r-precision"]}, {"r_precision": means["r-precision"]}
    case.agrees("ranx", 25, *named)


@pytest.mark.filterwarnings("ignore")
def test_hits_are_counted(peer, draw, k):

    case = draw()
    scores, means = ran(peer("ranx"), case, [f"hits@{k}"])
    counting = replace(CONVENTIONS["ranx"], name="counting", hit="count")
    case.agrees(counting, k, {"hit": scores[f"hits@{k}"]}, {"hit": means[f"hits@{k}"]})


@pytest.mark.filterwarnings("ignore")
def test_a_query_judged_to_have_nothing_relevant_counts_which_is_an_exception(peer):
    ranx = peer("ranx")
    judgements = ranx.Qrels({"0": {"a": 1}, "1": {"a": 0}})
    run = ranx.Run({"0": {"a": 1.0}, "1": {"a": 1.0}})
    assert ranx.evaluate(judgements, run, "recall@5") == 0.5
    with pytest.raises(AssertionError, match="make_comparable"):
        ranx.evaluate(judgements, ranx.Run({"0": {"a": 1.0}}), "recall@5")
