"""The nearest items of each item: ours, SciPy's sparse products, implicit."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.sparse import csr_array, csr_matrix, diags_array

import measure
from glowrec.neighbors import nearest_items

N = 100


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that everybody finds similarities as high, then time the routes."""
    options = measure.arguments(__doc__, argv, neighbors={"type": int, "default": N})
    pairs = measure.load(options.data)
    log = pairs.interactions()
    links = log.graph.to_scipy()
    n = options.neighbors
    with measure.threads(options.threads):
        routes = {
            measure.OURS: lambda: nearest_items(log, n),
            "SciPy, as usually written": lambda: usual(links, n),
            "SciPy, tuned": lambda: tuned(links, n),
        }
        try:
            routes["implicit CosineRecommender"] = implicit_route(links, n, options.threads)
        except ImportError:
            print("implicit is not installed: pip install implicit")
        check(routes)
        medians = measure.seconds(routes, options.rounds)
    work = f"{options.data}: {len(log):,} interactions, {log.n_items:,} items, {n} neighbours"
    measure.table("The nearest items by cosine", medians, options, work)
    return medians


def usual(links, n: int):
    """The product, divided by the norms; then the best of each row."""
    norms = np.sqrt(np.maximum(links.sum(axis=0), 1))
    inverse = diags_array(1 / norms)
    alike = (inverse @ (links.T @ links) @ inverse).tocsr()
    alike.setdiag(0)
    return best(alike, n)


def tuned(links, n: int):
    """In float32 and with 32-bit indices; columns of length 1 before the product, not after."""
    norms = np.sqrt(np.maximum(links.sum(axis=0), 1)).astype(np.float32)
    unit = links.astype(np.float32)
    unit.data /= norms[unit.indices]
    unit.indices, unit.indptr = unit.indices.astype(np.int32), unit.indptr.astype(np.int32)
    alike = unit.T.tocsr() @ unit
    rows = np.repeat(np.arange(alike.shape[0], dtype=np.int32), np.diff(alike.indptr))
    alike.data[alike.indices == rows] = 0
    return best(alike, n)


def best(alike, n: int):
    """The `n` largest entries of each row."""
    columns, values, starts = [], [], [0]
    for start, stop in zip(alike.indptr[:-1], alike.indptr[1:], strict=True):
        row, found = alike.data[start:stop], alike.indices[start:stop]
        if len(row) > n:
            chosen = np.argpartition(row, len(row) - n)[len(row) - n :]
            row, found = row[chosen], found[chosen]
        columns.append(found)
        values.append(row)
        starts.append(starts[-1] + len(row))
    return csr_array((np.concatenate(values), np.concatenate(columns), starts), shape=alike.shape)


def implicit_route(links, n: int, n_threads: int):
    from implicit.nearest_neighbours import CosineRecommender

    matrix = csr_matrix(links)

    def route():
        model = CosineRecommender(K=n + 1, num_threads=n_threads)  # an item is its own neighbour
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its advice on what it hands to itself
            model.fit(matrix, show_progress=False)
        found = csr_array(model.similarity)
        found.setdiag(0)
        return found

    return route


def check(routes) -> None:
    """Refuse to time a wrong answer: all have the same n best similarities of each item."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy's advice on setting diagonals
        found = {name: ranked(route()) for name, route in routes.items()}
    ours = found[measure.OURS]
    for name, theirs in found.items():
        width = max(ours.shape[1], theirs.shape[1])
        one, other = (np.pad(t, ((0, 0), (0, width - t.shape[1]))) for t in (ours, theirs))
        assert np.allclose(one, other, atol=1e-6), name


def ranked(alike) -> np.ndarray:
    """The positive similarities of each row, in descending order, padded with zeros."""
    degrees = np.diff(alike.indptr)
    table = np.zeros((alike.shape[0], max(degrees.max(initial=0), 1)), dtype=np.float32)
    rows = np.repeat(np.arange(alike.shape[0]), degrees)
    places = np.arange(len(rows)) - np.repeat(alike.indptr[:-1], degrees)
    table[rows, places] = alike.data
    table = -np.sort(-table, axis=1)
    return table[:, : max(int((table > 0).sum(axis=1).max(initial=0)), 1)]


if __name__ == "__main__":
    main()
