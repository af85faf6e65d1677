"""Neighbours and sparse products against dense definitions."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import csr_array

import glowrec as gr
from glowrec import _native
from glowrec.neighbors import NEIGHBOR_SIMILARITIES, nearest_items, nearest_users, values_of
from glowrec.threads import num_threads, set_num_threads

# Few distinct values, so that ties are the rule; sums of them are exact in float64.
VALUES = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.0, 2.0, 5.0])


@st.composite
def logs(draw, max_side=9):
    n_users, n_items = draw(st.integers(1, max_side)), draw(st.integers(1, max_side))
    pair = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    pairs = draw(st.lists(pair, unique=True, max_size=40))
    users, items = ([pair[axis] for pair in pairs] for axis in (0, 1))
    values = draw(st.lists(VALUES, min_size=len(pairs), max_size=len(pairs)))
    return gr.Interactions.from_arrays(users, items, values, n_users=n_users, n_items=n_items)


def alike(x, y, stored, similarity, shrinkage):
    """The formulas of `glowrec.neighbors`, for two vectors and where both are stored."""
    n, shared = len(x), int(np.count_nonzero(stored))
    dot, xx, yy = float(x @ y), float(x @ x), float(y @ y)
    if similarity == "pearson":
        sx, sy = float(x.sum()), float(y.sum())
        dot, xx, yy = n * dot - sx * sy, n * xx - sx * sx, n * yy - sy * sy
    if similarity == "jaccard":
        found = dot / (xx + yy - dot) if xx + yy != dot else 0.0
    else:
        found = dot * (1 / np.sqrt(xx) * (1 / np.sqrt(yy))) if xx > 0 and yy > 0 else 0.0
    return np.float32(found * (shared / (shared + shrinkage)) if shrinkage else found)


def by_definition(vectors, stored, n, similarity, shrinkage):
    lists = []
    for i, x in enumerate(vectors):
        pairs = []
        for j, y in enumerate(vectors):
            both = stored[i] & stored[j]
            if i != j and both.any():
                pairs.append((-alike(x, y, both, similarity, shrinkage), j))
        lists.append([(j, -worse) for worse, j in sorted(pairs) if worse < 0][:n])
    return lists


def as_lists(found):
    bounds = zip(found.indptr[:-1], found.indptr[1:], strict=True)
    return [
        list(zip(found.indices[a:b].tolist(), found.data[a:b].tolist(), strict=True))
        for a, b in bounds
    ]


@given(
    log=logs(),
    n=st.integers(0, 5),
    similarity=st.sampled_from(NEIGHBOR_SIMILARITIES),
    shrinkage=st.sampled_from([0.0, 0.5, 10.0]),
    weighted=st.booleans(),
)
def test_neighbours_are_the_best_by_the_formula(log, n, similarity, shrinkage, weighted):
    stored = log.graph.to_scipy().toarray() > 0
    table = log.to_scipy().toarray() if weighted else stored.astype(float)
    options = {"similarity": similarity, "shrinkage": shrinkage, "weighted": weighted}
    for find, vectors, there in (
        (nearest_items, table.T, stored.T),
        (nearest_users, table, stored),
    ):
        found = find(log, n, **options)
        assert found.shape == (len(vectors), len(vectors))
        assert found.dtype == np.float32
        assert as_lists(found) == by_definition(vectors, there, n, similarity, shrinkage)


@pytest.fixture
def threads():
    before = num_threads()
    yield
    set_num_threads(before)


@pytest.mark.parametrize("weighted", [False, True])
def test_lists_are_shrunk_in_time_and_the_bits_are_those_of_any_number_of_threads(
    threads,  # noqa: ARG001 - set back
    weighted,
):
    rng = np.random.default_rng(5)
    pairs = rng.permutation(300 * 400)[:9000]
    log = gr.Interactions.from_arrays(
        pairs // 400, pairs % 400, rng.standard_normal(9000), n_users=300, n_items=400
    )
    found = []
    for n_threads in (1, 2, 5):
        set_num_threads(n_threads)
        found.append(nearest_items(log, 7, shrinkage=3.0, weighted=weighted))
    whole = nearest_items(log, 400, shrinkage=3.0, weighted=weighted)
    assert min(np.diff(whole.indptr)) > 14  # longer than a list's room, so that some are dropped
    assert as_lists(found[0]) == [row[:7] for row in as_lists(whole)]
    table, stored = log.to_scipy().toarray(), log.graph.to_scipy().toarray()
    table = table if weighted else stored
    norms, shared = np.linalg.norm(table, axis=0), stored.T @ stored
    expected = table.T @ table / np.outer(norms, norms) * shared / (shared + 3)
    np.fill_diagonal(expected, 0)
    assert np.allclose(whole.toarray(), np.maximum(expected, 0), atol=1e-6)
    for other in found[1:]:
        assert all(
            np.array_equal(getattr(other, part), getattr(found[0], part))
            for part in ("indptr", "indices", "data")
        )


@st.composite
def tables(draw, n_rows, n_cols):
    size = st.integers(0, 4)
    rows = [
        draw(st.lists(st.integers(0, n_cols - 1), max_size=draw(size), unique=True))
        for _ in range(n_rows)
    ]
    values = [draw(st.sampled_from([-1.5, -0.0, 0.1, 0.3, 1.0, 3.0])) for row in rows for _ in row]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    columns = np.array([column for row in rows for column in row], dtype=np.int64)
    return starts, columns, np.array(values, dtype=np.float32)


def product(left, right, bias, n_items):
    scores = []
    for a, b in zip(left[0][:-1], left[0][1:], strict=True):
        row = np.zeros(n_items, np.float32) if bias is None else bias.copy()
        for middle, weight in zip(left[1][a:b], left[2][a:b], strict=True):
            for entry in range(right[0][middle], right[0][middle + 1]):
                row[right[1][entry]] += weight * right[2][entry]
        scores.append(row)
    return np.array(scores, np.float32).reshape(-1, n_items)


@settings(max_examples=60)
@given(data=st.data(), n_users=st.integers(1, 5), n=st.integers(1, 4), n_items=st.integers(1, 7))
def test_products_are_added_up_in_order_and_ranked_with_ties_to_the_lower_item(
    data, n_users, n, n_items
):
    left, right = data.draw(tables(n_users, n)), data.draw(tables(n, n_items))
    bias = data.draw(st.none() | st.just(np.array([0.5, -1, 0, 0, 0.1, 9, 0][:n_items], "f4")))
    asked = np.array(data.draw(st.lists(st.integers(0, n_users - 1), max_size=6)), np.int64)
    pair = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    seen = data.draw(st.sets(pair))
    exclude = gr.Graph.from_edges(
        [u for u, _ in seen], [i for _, i in seen], n_users=n_users, n_items=n_items
    )
    k = data.draw(st.integers(0, 8))
    rows = _native.SparseRows(n, *left)
    other = _native.SparseRows(n_items, *right)
    expected = product(left, right, bias, n_items)[asked]
    scores = rows.scores(other, bias, asked)
    assert scores.tobytes() == expected.tobytes()
    items, best = rows.top_k(other, bias, exclude._native, asked, k)
    assert items.shape == best.shape == (len(asked), k)
    for row, user in enumerate(asked.tolist()):
        free = [i for i in range(n_items) if (user, i) not in seen]
        order = sorted(free, key=lambda i, row=row: (-expected[row, i], i))[:k]
        assert items[row].tolist() == order + [-1] * (k - len(order))
        padding = [-np.inf] * (k - len(order))
        assert best[row].tolist() == [expected[row, i] for i in order] + padding


@given(log=logs())
def test_values_stand_in_the_order_of_the_graphs_links(log):
    found, links = values_of(log), log.graph.to_scipy()
    assert np.array_equal(found.indices, links.indices)
    assert np.array_equal(found.indptr, links.indptr)
    assert np.array_equal(found.toarray(), csr_array(log.to_scipy()).toarray())
