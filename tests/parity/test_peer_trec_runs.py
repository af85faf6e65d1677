"""Runs under the convention `trec_eval` against trec_eval itself: ties, grades, and who counts."""

import numpy as np
import pytest

from glowrec import evaluate_run

MEASURES = {"recall": "recall", "precision": "P", "ndcg": "ndcg_cut", "map": "map_cut"}


@pytest.mark.parametrize("seed", range(20))
def test_a_run_with_ties_and_grades(peer, seed):
    trec, rng = peer("pytrec_eval"), np.random.default_rng(seed)
    names = [f"d{i}" for i in range(12)] + ["é", "Z", "10", "9"]

    def some(low, high):
        chosen = rng.permutation(names)[: rng.integers(1, len(names))].tolist()
        return {name: int(rng.integers(low, high)) for name in chosen}

    # Few scores, so that ties are the rule; queries without a list, a judgement, or any hope.
    run = {f"q{i}": {name: score / 2 for name, score in some(-2, 3).items()} for i in range(8)}
    qrels = {f"q{i}": some(-1, 4) for i in range(2, 10)} | {"q7": {"d1": 0, "d2": -1}}
    wanted = {f"{measure}.{k}" for measure in MEASURES.values() for k in (1, 5, 10)}
    theirs = trec.RelevanceEvaluator(qrels, wanted).evaluate(run)
    ours = evaluate_run(run, qrels, (1, 5, 10), tuple(MEASURES))
    assert ours.users.tolist() == sorted(theirs)
    assert "q7" in theirs
    for name, measure in MEASURES.items():
        for k in (1, 5, 10):
            values = [theirs[query][f"{measure}_{k}"] for query in ours.users.tolist()]
            np.testing.assert_allclose(ours.per_user[f"{name}@{k}"], values, rtol=0, atol=1e-9)
            mean = ours.summary[f"{name}@{k}"]
            assert mean == pytest.approx(np.mean(values), abs=1e-9)
