"""Full evaluation as it is composed from other libraries: scores or searches, then NumPy."""

from __future__ import annotations

import numpy as np
import torch

import glowrec as gr

BATCH = 4096


class Judged:
    """Six metrics of hits at ranks, by NumPy."""

    def __init__(self, test: gr.Interactions, n_items: int, k: int) -> None:
        self.test, self.n_items, self.k = test.to_scipy().tocsr(), n_items, k
        self.rows = np.flatnonzero(np.diff(self.test.indptr))
        self.discounts = 1 / np.log2(np.arange(2, k + 2))
        self.ideal = np.concatenate([[0], np.cumsum(self.discounts)])

    def values(self, rows: np.ndarray, best: np.ndarray) -> np.ndarray:
        relevant = self.test[rows]
        sizes = np.diff(relevant.indptr)
        keys = np.repeat(np.arange(len(rows)), sizes) * self.n_items + relevant.indices
        found = np.isin(np.arange(len(rows))[:, None] * self.n_items + best, keys)
        hits, ranks = found.sum(axis=1), np.arange(1, self.k + 1)
        within = np.minimum(sizes, self.k)
        first = np.where(hits > 0, found.argmax(axis=1) + 1, np.inf)
        precisions = (found * found.cumsum(axis=1) / ranks).sum(axis=1)
        return np.stack(
            [
                hits / sizes,
                hits / self.k,
                found @ self.discounts / self.ideal[within],
                hits > 0,
                1 / first,
                precisions / within,
            ]
        )

    def means(self, parts: list[np.ndarray]) -> dict[str, float]:
        means = np.concatenate(parts, axis=1).mean(axis=1)
        names = (f"{name}@{self.k}" for name in gr.metrics.METRICS)
        return dict(zip(names, means.tolist(), strict=True))


class ByMatmul:
    """Blocks of scores by NumPy or torch, masked, cut by torch's top-k."""

    def __init__(self, users, items, train: gr.Interactions, judged: Judged, *, torch_too: bool):
        self.users, self.items, self.judged = users, items, judged
        self.train, self.torch_too = train.to_scipy().tocsr(), torch_too
        self.scores = np.empty((BATCH, len(items)), dtype=np.float32)

    def blocks(self):
        rows = self.judged.rows
        for start in range(0, len(rows), BATCH):
            block = rows[start : start + BATCH]
            scores = self.scores[: len(block)]
            if self.torch_too:
                out, table = torch.from_numpy(scores), torch.from_numpy(self.users[block])
                torch.matmul(table, torch.from_numpy(self.items).T, out=out)
            else:
                np.matmul(self.users[block], self.items.T, out=scores)
            yield block, scores

    def products(self) -> None:
        for _ in self.blocks():
            pass

    def evaluate(self) -> dict[str, float]:
        parts = []
        for rows, scores in self.blocks():
            seen = self.train[rows].tocoo()
            scores[seen.row, seen.col] = -np.inf
            best = torch.topk(torch.from_numpy(scores), self.judged.k).indices.numpy()
            parts.append(self.judged.values(rows, best))
        return self.judged.means(parts)


class ByFaiss:
    """Exact search for as many items more as a user has seen, in buckets of users."""

    BUCKETS = 7

    def __init__(self, users, items, train: gr.Interactions, judged: Judged) -> None:
        import faiss

        self.users, self.judged, self.train = users, judged, train.to_scipy().tocsr()
        self.index = faiss.IndexFlatIP(items.shape[1])
        self.index.add(items)

    def evaluate(self) -> dict[str, float]:
        degrees = np.diff(self.train.indptr)
        rows = self.judged.rows[np.argsort(degrees[self.judged.rows], kind="stable")]
        parts = [
            self.judged.values(block, self.best(block, degrees[block].max()))
            for block in np.array_split(rows, self.BUCKETS)
            if block.size
        ]
        return self.judged.means(parts)

    def best(self, rows: np.ndarray, most: int) -> np.ndarray:
        depth = min(self.judged.k + int(most), self.judged.n_items)
        _, found = self.index.search(self.users[rows], depth)
        seen = self.train[rows]
        keys = np.repeat(np.arange(len(rows)), np.diff(seen.indptr)) * self.judged.n_items
        known = np.isin(
            np.arange(len(rows))[:, None] * self.judged.n_items + found, keys + seen.indices
        )
        first = np.argsort(known, axis=1, kind="stable")[:, : self.judged.k]
        return np.take_along_axis(found, first, axis=1)
