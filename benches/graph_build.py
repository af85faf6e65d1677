"""From shuffled pairs with repeats to the deduplicated, normalised adjacency, both directions."""

from __future__ import annotations

import sys

import numpy as np
import scipy.sparse as sp

import glowrec as gr
import measure


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that all routes agree, then time them."""
    extra = {"pairs": {"type": int, "help": "draw so many synthetic pairs instead (21000000)"}}
    options = measure.arguments(__doc__, argv, **extra)
    pairs = large(options.pairs) if options.pairs else measure.load(options.data)
    users, items = shuffled_with_repeats(pairs)
    shape = pairs.n_users, pairs.n_items
    with measure.threads(options.threads):
        routes = {
            measure.OURS: lambda: gr.Graph.from_edges(
                users, items, n_users=shape[0], n_items=shape[1]
            ),
            "SciPy as usually written": lambda: usual(users, items, shape),
            "SciPy tuned": lambda: tuned(users, items, shape),
        }
        check(routes)
        medians = measure.seconds(routes, options.rounds)
    work = f"{pairs.name}: {len(users):,} pairs of {shape[0]:,} users and {shape[1]:,} items"
    measure.table("Graph construction", medians, options, work)
    return medians


def large(n_pairs: int) -> measure.Pairs:
    """Power-law pairs with as many users and items per pair as Gowalla has."""
    return measure.synthetic("synthetic", n_pairs // 28, n_pairs // 21, n_pairs)


def shuffled_with_repeats(pairs: measure.Pairs) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    n = len(pairs.users)
    order = rng.permutation(np.concatenate([np.arange(n), rng.integers(0, n, n // 20)]))
    return pairs.users[order], pairs.items[order]


def usual(users: np.ndarray, items: np.ndarray, shape: tuple[int, int]) -> sp.csr_array:
    """The square matrix, normalised by products with diagonal ones."""
    ones = np.ones(len(users), dtype=np.float32)
    ratings = sp.coo_array((ones, (users, items)), shape=shape).tocsr()
    ratings.data[:] = 1
    adjacency = sp.block_array([[None, ratings], [ratings.T, None]], format="csr")
    degrees = np.asarray(adjacency.sum(axis=1)).ravel()
    with np.errstate(divide="ignore"):
        roots = degrees**-0.5
    roots[np.isinf(roots)] = 0
    diagonal = sp.dia_array((roots[None, :], [0]), shape=adjacency.shape)
    return (diagonal @ adjacency @ diagonal).tocsr()


def tuned(
    users: np.ndarray, items: np.ndarray, shape: tuple[int, int]
) -> tuple[sp.csr_array, sp.csr_array]:
    """32-bit ids, values scaled in place, the other direction by transposition."""
    coordinates = users.astype(np.int32), items.astype(np.int32)
    ones = np.ones(len(users), dtype=np.float32)
    ratings = sp.coo_array((ones, coordinates), shape=shape).tocsr()
    ratings.sum_duplicates()
    user_degrees = np.diff(ratings.indptr)
    item_degrees = np.bincount(ratings.indices, minlength=shape[1])
    by_user = np.maximum(user_degrees, 1).astype(np.float32) ** -0.5
    by_item = np.maximum(item_degrees, 1).astype(np.float32) ** -0.5
    np.multiply(np.repeat(by_user, user_degrees), by_item[ratings.indices], out=ratings.data)
    return ratings, ratings.T.tocsr()


def check(routes: dict) -> None:
    """The three graphs must be the same."""
    graph = routes[measure.OURS]()
    ours = sp.csr_array(graph.to_scipy("sym"))
    square = routes["SciPy as usually written"]()
    square.sort_indices()
    ratings, transposed = routes["SciPy tuned"]()
    stacked = sp.csr_array(sp.block_array([[None, ratings], [transposed, None]]))
    stacked.sort_indices()
    for name, other in (("usual", square), ("tuned", stacked)):
        same = np.array_equal(ours.indptr, other.indptr)
        same = same and np.array_equal(ours.indices, other.indices)
        if not (same and np.allclose(ours.data, other.data, rtol=2**-20)):
            sys.exit(f"the {name} route builds another graph: not timed")


if __name__ == "__main__":
    main()
