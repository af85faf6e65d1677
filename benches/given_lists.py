"""Metrics of lists that are given: ours, NumPy, ranx and pytrec_eval without their conversions."""

from __future__ import annotations

import sys

import numpy as np

import glowrec as gr
import measure
from composed import Judged
from ranking import sets

K = 20


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that the metrics agree, then time the routes."""
    options = measure.arguments(__doc__, argv)
    train, test = sets(options.data)
    popular = np.broadcast_to(train.graph.item_degrees.astype(np.float32), (1, train.n_items))
    noise = np.random.default_rng(0).standard_normal((train.n_users, 1), dtype=np.float32)
    users = np.concatenate([np.ones_like(noise), 0.1 * noise], axis=1)
    items = np.concatenate([popular, popular[:, ::-1]]).T
    lists = gr.top_k(users, items, K, train).items
    judged = Judged(test, test.n_items, K)
    names = ["recall", "precision", "ndcg", "hit", "mrr", "map"]
    with measure.threads(options.threads):
        routes = {
            measure.OURS: lambda: (
                gr.evaluate_rankings(lists, test, K, names, convention="ranx").summary
            ),
            "numpy": lambda: judged.means([judged.values(judged.rows, lists[judged.rows])]),
            **by_ranx(lists, test, judged.rows),
            **by_pytrec_eval(lists, test, judged.rows),
        }
        check(routes)
        medians = measure.seconds(routes, options.rounds)
    work = f"{options.data}: {judged.rows.size:,} lists of {K} items, six metrics"
    measure.table("Metrics of given lists", medians, options, work)
    return medians


def documents(lists, test: gr.Interactions, rows) -> tuple[dict, dict]:
    """The mappings that peers are given: made before anything is timed."""
    relevant = test.to_scipy().tocsr()
    qrels = {str(u): {str(i): 1 for i in relevant[[u]].indices} for u in rows}
    run = {str(u): {str(i): float(K - r) for r, i in enumerate(lists[u]) if i >= 0} for u in rows}
    return qrels, run


def by_ranx(lists, test, rows) -> dict:
    try:
        import ranx
    except ImportError:
        print("ranx is not installed: pip install 'glowrec[peers]'")
        return {}
    qrels, run = documents(lists, test, rows)
    qrels, run = ranx.Qrels(qrels), ranx.Run(run)
    names = {"recall": "recall", "precision": "precision", "ndcg": "ndcg", "hit": "hit_rate"}
    names |= {"mrr": "mrr", "map": "map"}
    asked = {f"{name}@{K}": f"{theirs}@{K}" for name, theirs in names.items()}

    def evaluate() -> dict[str, float]:
        found = ranx.evaluate(qrels, run, list(asked.values()))
        return {ours: float(found[theirs]) for ours, theirs in asked.items()}

    return {"ranx, its objects made before": evaluate}


def by_pytrec_eval(lists, test, rows) -> dict:
    try:
        import pytrec_eval
    except ImportError:
        print("pytrec_eval is not installed: pip install 'glowrec[peers]'")
        return {}
    qrels, run = documents(lists, test, rows)
    asked = {f"recall@{K}": f"recall_{K}", f"precision@{K}": f"P_{K}", f"map@{K}": f"map_cut_{K}"}
    asked |= {f"ndcg@{K}": f"ndcg_cut_{K}", f"hit@{K}": f"success_{K}", f"mrr@{K}": "recip_rank"}
    measures = {f"recall.{K}", f"P.{K}", f"map_cut.{K}", f"ndcg_cut.{K}", f"success.{K}"}
    judge = pytrec_eval.RelevanceEvaluator(qrels, measures | {"recip_rank"})

    def evaluate() -> dict[str, float]:
        found = judge.evaluate(run).values()
        return {
            ours: float(np.mean([values[theirs] for values in found]))
            for ours, theirs in asked.items()
        }

    return {"pytrec_eval, its mappings made before": evaluate}


def check(routes: dict) -> None:
    """Everybody in ranx's convention; NumPy's average precision is over another number."""
    answers = {name: route() for name, route in routes.items()}
    for name, means in answers.items():
        for metric, value in answers[measure.OURS].items():
            differs = abs(means[metric] - value) > 1e-6
            if differs and not (name == "numpy" and metric.startswith("map")):
                sys.exit(f"{name}, {metric}: {means[metric]} and {value} differ: not timed")


if __name__ == "__main__":
    main()
