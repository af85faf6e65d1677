"""The convention `trec_eval` against trec_eval itself, through pytrec_eval."""

import pytest

from glowrec.conventions import CONVENTIONS

NAMES = {
    "recall": "recall",
    "precision": "P",
    "ndcg": "ndcg_cut",
    "map": "map_cut",
    "hit": "success",
}


def ran(trec, case, measures, k=None):
    """Evaluate the lists, cut at k for the measures that know no cut-off."""
    judgements = {str(u): dict.fromkeys(map(str, items), 1) for u, items in case.relevant.items()}
    run = {
        str(user): {str(item): score for item, score in list(case.scored(user).items())[:k]}
        for user in case.lists
    }
    found = trec.RelevanceEvaluator(judgements, measures).evaluate(run)
    assert {int(user) for user in found} == set(case.judged)
    return found


def column(trec, found, name):
    values = {int(user): values[name] for user, values in found.items()}
    return values, trec.compute_aggregated_measure(name, list(values.values()))


@pytest.mark.parametrize("lengths", ["full", "short"])
def test_measures_with_a_cut_off(peer, draw, k, lengths):
    trec, case = peer("pytrec_eval"), draw(lengths)
    found = ran(trec, case, {f"{name}.{k}" for name in NAMES.values()})
    columns = {ours: column(trec, found, f"{name}_{k}") for ours, name in NAMES.items()}
    values, means = ({m: pair[i] for m, pair in columns.items()} for i in (0, 1))
    case.agrees("trec_eval", k, values, means)


def test_measures_without_a_cut_off_see_lists_cut_at_k(peer, draw, k):
    trec, case = peer("pytrec_eval"), draw()
    found = ran(trec, case, {"recip_rank", "set_F"}, k)
    names = {"mrr": "recip_rank", "f1": "set_F"}
    columns = {ours: column(trec, found, name) for ours, name in names.items()}
    values, means = ({m: pair[i] for m, pair in columns.items()} for i in (0, 1))
    case.agrees("trec_eval", k, values, means)


def test_r_precision_of_whole_rankings(peer, draw):
    trec, case = peer("pytrec_eval"), draw()
    values, mean = column(trec, ran(trec, case, {"Rprec"}), "Rprec")
    case.agrees("trec_eval", 25, {"r_precision": values}, {"r_precision": mean})


def test_the_mean_is_over_users_with_a_list(peer, draw):
    trec, case = peer("pytrec_eval"), draw()
    assert len(case.judged) < len(case.relevant)
    values, mean = column(trec, ran(trec, case, {"recall.5"}), "recall_5")
    assert CONVENTIONS["trec_eval"].without_list == "skip"
    assert mean == pytest.approx(sum(values.values()) / len(case.judged))


def test_scores_are_float32_and_ties_go_to_the_higher_name_which_is_an_exception(peer):
    trec = peer("pytrec_eval")
    evaluator = trec.RelevanceEvaluator({"q": {"a": 1}}, {"recip_rank"})
    for scores in ({"a": 1.0, "b": 1.0}, {"a": 1.0 + 1e-9, "b": 1.0}):
        assert evaluator.evaluate({"q": scores}) == {"q": {"recip_rank": 0.5}}
    assert evaluator.evaluate({"q": {"a": 1.0 + 1e-6, "b": 1.0}}) == {"q": {"recip_rank": 1.0}}


def test_a_query_judged_to_have_nothing_relevant_counts_which_is_an_exception(peer):
    trec = peer("pytrec_eval")
    evaluator = trec.RelevanceEvaluator({"q": {"a": 0}}, {"recall.5"})
    assert evaluator.evaluate({"q": {"a": 1.0}}) == {"q": {"recall_5": 0.0}}
