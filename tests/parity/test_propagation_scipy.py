"""The propagation of a power-law graph against SciPy's sparse product."""

import os

import numpy as np
import pytest
import scipy.sparse as sp

from glowrec import datasets
from glowrec.graph import Graph

LAYERS = 3


def normalised(users, items, n_users, n_items):
    """D^-1/2 A D^-1/2, as one writes it with SciPy alone."""
    ones = np.ones(len(users))
    links = sp.coo_array((ones, (users, n_users + items)), shape=(n_users + n_items,) * 2)
    adjacency = sp.csr_array(links + links.T)
    adjacency.data[:] = 1
    degrees = adjacency.sum(axis=1)
    with np.errstate(divide="ignore"):
        scales = np.where(degrees > 0, degrees**-0.5, 0)
    return sp.csr_array(sp.diags_array(scales) @ adjacency @ sp.diags_array(scales))


def compare(users, items, n_users, n_items, dim):
    graph = Graph.from_edges(users, items, n_users=n_users, n_items=n_items)
    adjacency = normalised(users, items, n_users, n_items)
    ours = graph.to_scipy("sym")
    assert (ours != 0).nnz == adjacency.nnz
    assert abs(ours - adjacency).max() <= 8 * 2.0**-53

    x = np.random.default_rng(0).standard_normal((graph.n_nodes, dim))
    for dtype, unit in ((np.float64, 2.0**-53), (np.float32, 2.0**-24)):
        table = x.astype(dtype)
        layer, absolute = table.astype(np.float64), np.abs(table).astype(np.float64)
        total, size = layer.copy(), absolute.copy()
        for _ in range(LAYERS):
            layer, absolute = adjacency @ layer, adjacency @ absolute
            total += layer
            size += absolute
        found = graph.propagate(table, LAYERS)
        # Each layer rounds a term at most (largest degree + 7) times: Higham (2002), (3.5).
        # SciPy's own sum in float64 is off by as much in its precision.
        longest = max(graph.user_degrees.max(), graph.item_degrees.max())
        roundings = (LAYERS + 1) * (longest + 7) * (unit + 2.0**-53)
        bound = roundings / (1 - roundings) * size / (LAYERS + 1)
        assert (np.abs(found - total / (LAYERS + 1)) <= bound).all()


@pytest.mark.parametrize("dim", [8, 64, 72])
def test_a_power_law_graph(dim):
    rng = np.random.default_rng(7)
    users = (2000 * rng.random(40_000) ** 2).astype(np.int64)
    items = (3000 * rng.random(40_000) ** 3).astype(np.int64)
    compare(users, items, 2003, 3001, dim)


@pytest.mark.data
@pytest.mark.skipif("GLOWREC_DATA" not in os.environ, reason="GLOWREC_DATA is not set")
def test_gowalla():
    train = datasets.load("gowalla").train
    compare(train.users, train.items, train.n_users, train.n_items, 16)
