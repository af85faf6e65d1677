"""`Graph` against sets of pairs: degrees, both directions, every way in and out."""

import gc
import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given

from glowrec.graph import NUMBERED, Graph
from glowrec.interactions import Interactions
from glowrec.normalization import NORMALIZATIONS
from glowrec.threads import num_threads, set_num_threads


@st.composite
def links(draw):
    """Shuffled, repeated pairs on axes that may be empty and have nodes without links."""
    n_users, n_items = draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    if n_users == 0 or n_items == 0:
        return [], n_users, n_items
    pair = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    return draw(st.lists(pair, max_size=60)), n_users, n_items


def arrays(pairs):
    users = np.array([user for user, _ in pairs], dtype=np.int64)
    items = np.array([item for _, item in pairs], dtype=np.int64)
    return users, items


def dense(pairs, n_users, n_items):
    matrix = np.zeros((n_users, n_items))
    for pair in pairs:
        matrix[pair] = 1
    return matrix


@given(links())
def test_every_link_is_there_once_from_both_sides(case):
    pairs, n_users, n_items = case
    graph = Graph.from_edges(*arrays(pairs), n_users=n_users, n_items=n_items)
    matrix = dense(*case)
    assert (graph.n_users, graph.n_items) == (n_users, n_items)
    assert graph.n_nodes == n_users + n_items
    assert graph.n_edges == len(set(pairs))
    assert graph.user_degrees.dtype == graph.item_degrees.dtype == np.int64
    assert graph.user_degrees.tolist() == matrix.sum(axis=1).tolist()
    assert graph.item_degrees.tolist() == matrix.sum(axis=0).tolist()
    np.testing.assert_array_equal(graph.to_scipy().toarray(), matrix)
    np.testing.assert_array_equal(graph.to_scipy(transpose=True).toarray(), matrix.T)
    for exported in (graph.to_scipy(), graph.to_scipy(transpose=True)):
        for row in np.split(exported.indices, exported.indptr[1:-1]):
            assert (np.diff(row) > 0).all()


@given(links())
def test_every_way_in_gives_the_same_graph(case):
    pairs, n_users, n_items = case
    users, items = arrays(pairs)
    expected = dense(*case)
    weights = np.arange(1.0, len(pairs) + 1)
    coo = sp.coo_array((weights, (users, items)), shape=(n_users, n_items))
    interactions = Interactions.from_arrays(
        users, items, n_users=n_users, n_items=n_items, duplicates="keep"
    )
    graphs = [
        Graph.from_edges(users.tolist(), items.tolist(), n_users=n_users, n_items=n_items),
        Graph.from_edges(
            users.astype(np.uint8), items.astype(np.int16), n_users=n_users, n_items=n_items
        ),
        Graph.from_edges(
            np.repeat(users, 2)[::2], items[::-1][::-1], n_users=n_users, n_items=n_items
        ),
        Graph.from_scipy(coo),
        Graph.from_scipy(coo.tocsc()),
        Graph(interactions),
    ]
    graphs.append(pickle.loads(pickle.dumps(graphs[0])))  # noqa: S301 - its own
    for graph in graphs:
        np.testing.assert_array_equal(graph.to_scipy().toarray(), expected)


@given(links())
def test_the_adjacency_has_the_arrays_of_its_scipy_form(case):
    pairs, n_users, n_items = case
    graph = Graph.from_edges(*arrays(pairs), n_users=n_users, n_items=n_items)
    matrix = dense(*case)
    square = np.block(
        [[np.zeros((n_users, n_users)), matrix], [matrix.T, np.zeros((n_items, n_items))]]
    )
    np.testing.assert_array_equal(graph.to_scipy("none").toarray(), square)
    for normalization in NORMALIZATIONS:
        whole = graph.to_scipy(normalization)
        block = slice(n_users // 2, n_users + n_items // 2)
        indptr, indices, values = graph.adjacency(normalization, rows=block)
        assert (indptr.dtype, indices.dtype, values.dtype) == (np.int64, np.int64, np.float64)
        n_rows = len(range(*block.indices(graph.n_nodes)))
        part = sp.csr_array((values, indices, indptr), shape=(n_rows, graph.n_nodes))
        np.testing.assert_array_equal(part.toarray(), whole.toarray()[block])
        transposed = graph.to_scipy(normalization, transpose=True)
        np.testing.assert_array_equal(transposed.toarray(), whole.toarray().T)


def test_explicit_zeros_are_no_links():
    matrix = sp.csr_array(([0.0, -2.0], ([0, 1], [1, 0])), shape=(2, 2))
    graph = Graph.from_scipy(matrix)
    assert graph.to_scipy().toarray().tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_threads_do_not_change_the_graph(n_threads):
    rng = np.random.default_rng(3)
    users, items = rng.integers(0, 3000, 60_000), rng.integers(0, 900, 60_000)
    users[::9] = 1234  # a hub
    before = num_threads()
    try:
        set_num_threads(n_threads)
        graph = Graph.from_edges(users, items, n_users=3001, n_items=900)
    finally:
        set_num_threads(before)
    expected = sp.coo_array((np.ones(60_000), (users, items)), shape=(3001, 900)).tocsr()
    expected.sum_duplicates()
    expected.data[:] = 1
    assert (graph.to_scipy() != expected).nnz == 0
    assert graph.n_edges == expected.nnz


def test_a_graph_says_what_it_is():
    graph = Graph.from_edges([0], [1], n_users=2, n_items=3)
    assert repr(graph) == "Graph(n_users=2, n_items=3, n_edges=1)"


def test_a_graph_is_found_by_its_number_while_it_lives():
    log = Interactions.from_arrays([0], [0])
    made = [Graph(log), Graph.from_edges([0], [0], n_users=1, n_items=1)]
    made.append(pickle.loads(pickle.dumps(made[0])))  # noqa: S301 - our own
    numbers = [graph._number for graph in made]
    assert len(set(numbers)) == 3
    assert all(NUMBERED[graph._number] is graph for graph in made)
    del made
    gc.collect()
    assert not set(numbers) & set(NUMBERED)
