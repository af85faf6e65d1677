"""Full ranking with metrics at 20: ours, matmul with torch's top-k, and the matmul alone."""

from __future__ import annotations

import sys

import numpy as np
import torch

import glowrec as gr
import measure

K = 20
BATCH = 4096


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that the metrics agree, then time the routes."""
    extra = {
        "dim": {"type": int, "default": 64},
        "run": {"help": "take the factors of this run folder instead of random ones"},
    }
    options = measure.arguments(__doc__, argv, **extra)
    train, test = sets(options.data)
    users, items = factors(options, train)
    with measure.threads(options.threads):
        rival = Rival(users, items, train, test)
        routes = {
            measure.OURS: lambda: gr.evaluate_factors(
                users, items, train, test, k=K, metrics=("recall", "ndcg")
            ),
            "numpy matmul(out=) + torch.topk + numpy metrics": rival.evaluate,
            "the matmul alone (sgemm)": rival.products,
        }
        check(routes)
        medians = measure.seconds(routes, options.rounds)
    work = f"{options.data}: {rival.rows.size:,} users x {len(items):,} items x {users.shape[1]}, "
    work += f"factors {'of ' + options.run if options.run else 'random'}"
    measure.table("Full ranking and metrics at 20", medians, options, work)
    return medians


def sets(name: str) -> tuple[gr.Interactions, gr.Interactions]:
    """A real set, or synthetic pairs of which a fifth is the test set."""
    if name not in ("tiny", "synthetic"):
        data = gr.datasets.load(name)
        return data.train, data.test
    pairs = measure.load(name).interactions()
    held = np.random.default_rng(2).random(len(pairs)) < 0.2
    return pairs.select(~held), pairs.select(held)


def factors(options, train: gr.Interactions) -> tuple[np.ndarray, np.ndarray]:
    if options.run:
        model = gr.load(options.run)
        return model.user_factors, model.item_factors
    rng = np.random.default_rng(0)
    shape = (train.n_users + train.n_items, options.dim)
    table = rng.standard_normal(shape, dtype=np.float32)
    return table[: train.n_users], table[train.n_users :]


class Rival:
    """Blocks of scores by NumPy, masked, cut by torch, judged by NumPy."""

    def __init__(self, users, items, train: gr.Interactions, test: gr.Interactions) -> None:
        self.users, self.items = users, items
        self.train, self.test = train.to_scipy().tocsr(), test.to_scipy().tocsr()
        self.rows = np.flatnonzero(np.diff(self.test.indptr))
        self.scores = np.empty((BATCH, len(items)), dtype=np.float32)
        self.discounts = 1 / np.log2(np.arange(2, K + 2))
        self.ideal = np.concatenate([[0], np.cumsum(self.discounts)])

    def blocks(self):
        for start in range(0, len(self.rows), BATCH):
            rows = self.rows[start : start + BATCH]
            scores = self.scores[: len(rows)]
            np.matmul(self.users[rows], self.items.T, out=scores)
            yield rows, scores

    def products(self) -> None:
        for _ in self.blocks():
            pass

    def evaluate(self) -> dict[str, float]:
        recall, ndcg = [], []
        for rows, scores in self.blocks():
            seen = self.train[rows].tocoo()
            scores[seen.row, seen.col] = -np.inf
            best = torch.topk(torch.from_numpy(scores), K).indices.numpy()
            relevant = self.test[rows]
            keys = np.repeat(np.arange(len(rows)), np.diff(relevant.indptr)) * len(self.items)
            found = np.isin(
                np.arange(len(rows))[:, None] * len(self.items) + best, keys + relevant.indices
            )
            sizes = np.diff(relevant.indptr)
            recall.append(found.sum(axis=1) / sizes)
            ndcg.append(found @ self.discounts / self.ideal[np.minimum(sizes, K)])
        return {
            f"recall@{K}": float(np.concatenate(recall).mean()),
            f"ndcg@{K}": float(np.concatenate(ndcg).mean()),
        }


def check(routes: dict) -> None:
    """Both must report the same means; sgemm may swap near ties, hence the tolerance."""
    ours, theirs = (route() for route in list(routes.values())[:2])
    for name, value in theirs.items():
        if abs(ours.summary[name] - value) > 1e-6:
            sys.exit(f"{name}: {ours.summary[name]} and {value} differ: not timed")


if __name__ == "__main__":
    main()
