"""`evaluate_run`: what ranks, what is relevant, who counts, and what is refused."""

import math

import numpy as np
import pytest

from glowrec import Graph, evaluate_rankings, evaluate_run, top_k
from glowrec.errors import DataError, ParameterError, ScoreError
from glowrec.io import write_run

QRELS = {"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"a": 1}}
RUN = {"q1": {"c": 3.0, "b": 2.0, "a": 1.0}, "q2": {"b": 1.0, "a": 0.5}}


def test_scores_rank_and_grades_gain():
    found = evaluate_run(RUN, QRELS, 3, ("ndcg", "map", "recall"))
    ideal = 2 + 1 / math.log2(3)
    gained = 1 / math.log2(3) + 2 / math.log2(4)
    assert found.users.tolist() == ["q1", "q2"]
    assert found.per_user["ndcg@3"] == pytest.approx([gained / ideal, 1 / math.log2(3)], abs=1e-15)
    assert found.per_user["map@3"] == pytest.approx([(1 / 2 + 2 / 3) / 2, 1 / 2], abs=1e-15)
    assert found.per_user["recall@3"].tolist() == [1.0, 1.0]
    assert found.convention.name == "trec_eval"


def test_files_and_mappings_are_the_same(tmp_path):
    lines = [
        f"{query} Q0 {document} 1 {score} t"
        for query, scores in RUN.items()
        for document, score in scores.items()
    ]
    (tmp_path / "run").write_text("\n".join(reversed(lines)))
    lines = [f"{q} 0 {d} {grade}" for q, grades in QRELS.items() for d, grade in grades.items()]
    (tmp_path / "qrels").write_text("\n".join(lines))
    expected = evaluate_run(RUN, QRELS, (1, 2)).summary
    assert evaluate_run(tmp_path / "run", str(tmp_path / "qrels"), (1, 2)).summary == expected
    assert evaluate_run(str(tmp_path / "run"), QRELS, (1, 2)).summary == expected


def first(run, qrels, **options):
    return evaluate_run(run, qrels, 1, "hit", **options).per_user["hit@1"].tolist()


def test_ties_go_to_the_last_document_under_trec_eval_and_to_the_first_seen_otherwise():
    tied = {"q": {"a": 1.0, "é": 1.0, "b": 1.0}}
    assert first(tied, {"q": {"é": 1}}) == [1.0]
    assert first(tied, {"q": {"b": 1, "é": 0}}) == [0.0]
    assert first(tied, {"q": {"b": 1, "é": 0}}, convention="ranx") == [1.0]
    assert first(tied, {"q": {"é": 0, "b": 1}}, convention="ranx") == [0.0]
    assert first(tied, {"p": {"a": 1}, "q": {"b": 1}}, convention="ranx")[1] == 0.0
    assert first({"q": {"é": 1.0, "b": 1.0, "a": 1.0}}, {"q": {"b": 1}}) == [0.0]
    assert first({"q": {"b": 0.0, "a": -0.0}}, {"q": {"b": 1}}) == [1.0]
    assert first(tied, {"q": {"b": 1}}, ties="expected") == [pytest.approx(1 / 3)]
    assert first(tied, {"q": {"b": 1}}, ties="optimistic") == [1.0]


def test_scores_are_compared_in_full():
    assert first({"q": {"a": 1.0 + 2e-16, "b": 1.0}}, {"q": {"a": 1}}) == [1.0]
    assert first({"q": {"a": np.inf, "b": 1e308, "c": -np.inf}}, {"q": {"a": 1}}) == [1.0]


def test_the_queries_that_count_under_trec_eval_are_both_judged_and_run():
    run = {**RUN, "unjudged": {"a": 1.0}, "hopeless": {"a": 1.0}}
    qrels = {**QRELS, "not run": {"a": 1}, "hopeless": {"a": 0, "b": -1}}
    found = evaluate_run(run, qrels, 2, "hit")
    assert dict(zip(found.users.tolist(), found.per_user["hit@2"].tolist(), strict=True)) == {
        "q1": 1.0,
        "q2": 1.0,
        "hopeless": 0.0,
    }
    found = evaluate_run(run, qrels, 2, "hit", convention="ranx")
    assert set(found.users.tolist()) == {"q1", "q2", "not run"}
    assert found.n_without_test == 2


def test_a_run_that_was_written_is_evaluated_as_what_it_holds(tmp_path):
    rng = np.random.default_rng(1)
    best = top_k(rng.standard_normal((6, 3)), rng.standard_normal((20, 3)), 10)
    write_run(tmp_path / "run", best)
    test = Graph.from_edges(range(6), rng.integers(0, 20, 6), n_users=6, n_items=20)
    qrels = {str(u): {str(i): 1} for u, i in zip(*np.nonzero(_dense(test)), strict=True)}
    for convention in ("trec_eval", "ranx", "lightgcn"):
        found = evaluate_run(tmp_path / "run", qrels, (3, 10), convention=convention)
        expected = evaluate_rankings(best.items, test, (3, 10), convention=convention)
        assert found.summary == pytest.approx(expected.summary, abs=1e-15)


def _dense(graph):
    starts, items = graph._native.user_csr()
    table = np.zeros((graph.n_users, graph.n_items), bool)
    table[np.repeat(np.arange(graph.n_users), np.diff(starts)), items] = True
    return table


def test_refusals_name_the_culprit(tmp_path):
    with pytest.raises(ParameterError, match=r"run: expected a path, or a mapping .*, got list"):
        evaluate_run([1], QRELS)
    with pytest.raises(ParameterError, match="qrels: expected a path"):
        evaluate_run(RUN, None)
    with pytest.raises(DataError, match=r"run\['q'\]: expected a mapping .*, got list"):
        evaluate_run({"q": ["a"]}, QRELS)
    with pytest.raises(DataError, match="run: 7 is no string"):
        evaluate_run({"q1": {7: 1.0}}, QRELS)
    with pytest.raises(DataError, match="qrels: 1 is no string"):
        evaluate_run(RUN, {1: {"a": 1}})
    with pytest.raises(DataError, match=r"qrels\['q'\]\['a'\] = 0\.5: expected a whole number"):
        evaluate_run(RUN, {"q": {"a": 0.5}})
    with pytest.raises(DataError, match=r"qrels\['q'\]\['a'\] = 'x': expected a whole number"):
        evaluate_run(RUN, {"q": {"a": "x"}})
    with pytest.raises(DataError, match=r"run\['q1'\]\['a'\] = 'x': expected a number"):
        evaluate_run({"q1": {"a": "x"}}, QRELS)
    with pytest.raises(ScoreError, match="query 'q1' and document 'a' is NaN"):
        evaluate_run({"q1": {"a": math.nan}}, QRELS)
    with pytest.raises(DataError, match="qrels: there are no judgements"):
        evaluate_run({}, {})
    with pytest.raises(ParameterError, match="convention"):
        evaluate_run(RUN, QRELS, convention="trec")
    with pytest.raises(ParameterError, match="auc needs the scores of all items"):
        evaluate_run(RUN, QRELS, metrics="auc")
    with pytest.raises(DataError, match="no such file"):
        evaluate_run(tmp_path / "nowhere", QRELS)
