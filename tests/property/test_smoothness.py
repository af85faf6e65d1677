"""Smoothness against its definition, a sum over all pairs."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import Graph
from glowrec.errors import ScoreError, ShapeError
from glowrec.smoothness import smoothness


def by_pairs(links, rows):
    """The sum over ordered pairs of rows; `links` is (n_rows, n_others)."""
    degrees, others = links.sum(1), links.sum(0)
    total = 0.0
    for u in range(len(links)):
        for v in range(len(links)):
            common = [i for i in range(links.shape[1]) if links[u, i] and links[v, i]]
            if common:
                weight = sum(1 / others[i] for i in common) / math.sqrt(degrees[u] * degrees[v])
                apart = rows[u] / (rows[u] @ rows[u]) - rows[v] / (rows[v] @ rows[v])
                total += weight * (apart @ apart)
    return total


@given(
    n_users=st.integers(1, 5),
    n_items=st.integers(1, 5),
    dim=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_it_is_the_sum_over_pairs_with_common_neighbours(n_users, n_items, dim, seed):
    rng = np.random.default_rng(seed)
    links = rng.random((n_users, n_items)) < 0.5
    graph = Graph.from_edges(*links.nonzero(), n_users=n_users, n_items=n_items)
    users, items = rng.standard_normal((n_users, dim)), rng.standard_normal((n_items, dim))
    found = smoothness(graph, users, items)
    assert found.users == pytest.approx(by_pairs(links, users), rel=1e-9, abs=1e-9)
    assert found.items == pytest.approx(by_pairs(links.T, items), rel=1e-9, abs=1e-9)


def test_equal_vectors_are_perfectly_smooth_and_nobody_s_vector_is_looked_at():
    graph = Graph.from_edges([0, 1], [0, 0], n_users=3, n_items=2)
    users = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    assert smoothness(graph, users, [[1.0, 0.0], [0.0, 0.0]]) == (0.0, 0.0)


def test_bad_vectors_are_named():
    graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
    with pytest.raises(ScoreError, match="user 1: its vector is zero"):
        smoothness(graph, [[1.0], [0.0]], [[1.0]])
    with pytest.raises(ScoreError, match="item 0: its vector is zero or not finite"):
        smoothness(graph, [[1.0], [1.0]], [[np.nan]])
    with pytest.raises(ShapeError, match=r"user_factors: expected \(2, dim\), got \(1, 1\)"):
        smoothness(graph, [[1.0]], [[1.0]])
    with pytest.raises(ShapeError, match=r"item_factors: expected \(1, dim\), got \(1, 2\)"):
        smoothness(graph, [[1.0], [1.0]], [[1.0, 2.0]])
