"""The best 20 of given rows of scores: ours, torch's top-k, NumPy's partition, a bare maximum."""

from __future__ import annotations

import sys

import numpy as np
import torch

import measure
from glowrec.evaluation.of_scores import ScoreSource

K = 20
BATCH = 4096


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that the scores agree, then time the routes."""
    options = measure.arguments(__doc__, argv)
    n_items = measure.load(options.data).n_items
    n_rows = min(BATCH, n_items)
    scores = np.random.default_rng(0).standard_normal((n_rows, n_items), dtype=np.float32)
    tensor, users = torch.from_numpy(scores), np.arange(n_rows)
    (block,) = ScoreSource(lambda _: scores, None, n_items, n_rows).blocks(users)
    with measure.threads(options.threads):
        routes = {
            measure.OURS: lambda: block.best(K).scores,
            "torch.topk": lambda: np.asarray(torch.topk(tensor, K, dim=1).values),
            "numpy.partition, then a sort": lambda: partitioned(scores),
        }
        answers = [route() for route in routes.values()]
        for name, answer in zip(routes, answers, strict=True):
            if not np.array_equal(answer, answers[0]):
                raise AssertionError(f"{name} finds other scores")
        routes["the maximum alone (torch.amax)"] = lambda: torch.amax(tensor, dim=1)
        medians = measure.seconds(routes, options.rounds)
    work = f"{n_rows:,} rows x {n_items:,} scores, float32"
    measure.table("The best 20 of given scores", medians, options, work)
    return medians


def partitioned(scores: np.ndarray) -> np.ndarray:
    best = np.partition(scores, -K, axis=1)[:, -K:]
    return -np.sort(-best, axis=1)


if __name__ == "__main__":
    main(sys.argv[1:])
