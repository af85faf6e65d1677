"""`Graph.propagate` against its definition in NumPy, its adjoint, and itself on other threads."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import _native
from glowrec.graph import Graph
from glowrec.normalization import NORMALIZATIONS
from glowrec.threads import num_threads, set_num_threads

POWERS = {
    "sym": (0.5, 0.5),
    "left": (0.5, 0.0),
    "right": (0.0, 0.5),
    "l1_both": (1.0, 1.0),
    "l1_left": (1.0, 0.0),
    "l1_right": (0.0, 1.0),
    "none": (0.0, 0.0),
}
DIMS = (1, 3, 15, 16, 17, 64, 100, 128, 200)
# Few values, both zeros among them.
CELLS = np.array([-1.5, -0.0, 0.0, 1.0, 0.1, 2.0**20])


@st.composite
def cases(draw):
    n_users, n_items = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    pair = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    pairs = draw(st.lists(pair, max_size=30))
    users = [user for user, _ in pairs]
    items = [item for _, item in pairs]
    graph = Graph.from_edges(users, items, n_users=n_users, n_items=n_items)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.choice(CELLS, (graph.n_nodes, draw(st.sampled_from(DIMS))))
    weights = draw(st.lists(st.sampled_from([0.0, 0.25, -1.0, 0.3]), min_size=1, max_size=4))
    options = {
        "normalization": draw(st.sampled_from(NORMALIZATIONS)),
        "transpose": draw(st.booleans()),
        "keep_prob": draw(st.sampled_from([1.0, 1.0, 0.5, 0.9])),
        "dropout_seed": draw(st.sampled_from([0, 1, 2**64 - 1])),
    }
    return graph, x, weights, options


def by_definition(graph, x, weights, options):
    """The sum of layers, and of their absolute values, to which rounding is relative."""
    operator = graph.to_scipy(**options).toarray()
    total, size = np.zeros_like(x), np.zeros_like(x)
    layer, absolute = x, np.abs(x)
    for depth, weight in enumerate(weights):
        if depth:
            layer, absolute = operator @ layer, operator @ absolute
        total += weight * layer
        size += abs(weight) * absolute
    return total, size


def bound(graph, weights, unit):
    """Relative error of a term: see the bound derived in rust/graph/tests/propagation.rs."""
    roundings = len(weights) * (7 + max(graph.n_users, graph.n_items))
    return roundings * unit / (1 - roundings * unit)


@given(cases())
def test_the_operator_is_the_normalised_adjacency(case):
    graph, _, _, options = case
    matrix = graph.to_scipy().toarray()
    n_users, n_items = matrix.shape
    square = np.block(
        [[np.zeros((n_users, n_users)), matrix], [matrix.T, np.zeros((n_items, n_items))]]
    )
    degrees = np.maximum(square.sum(axis=1), 1)
    p, q = POWERS[options["normalization"]]
    scaled = degrees[:, None] ** -p * square * degrees[None, :] ** -q / options["keep_prob"]
    scaled = scaled.T if options["transpose"] else scaled
    found = graph.to_scipy(**options).toarray()
    kept = found != 0
    np.testing.assert_allclose(found[kept], scaled[kept], rtol=8 * 2.0**-53)
    if options["keep_prob"] == 1.0:
        np.testing.assert_array_equal(kept, scaled != 0)
    other = graph.to_scipy(**{**options, "transpose": not options["transpose"]})
    np.testing.assert_array_equal(other.toarray().T != 0, kept)
    np.testing.assert_allclose(other.toarray().T, found, rtol=4 * 2.0**-53)


@given(cases())
def test_equals_the_definition_in_every_precision(case):
    graph, x, weights, options = case
    n_layers = len(weights) - 1
    total, size = by_definition(graph, x, weights, options)

    found = graph.propagate(x, n_layers, weights, **options)
    assert found.dtype == np.float64
    assert (np.abs(found - total) <= 2 * bound(graph, weights, 2.0**-53) * size).all()

    short = x.astype(np.float32)
    total, size = by_definition(graph, short.astype(np.float64), weights, options)
    found = graph.propagate(short, n_layers, weights, **options)
    assert found.dtype == np.float32
    single = bound(graph, weights, 2.0**-24)
    assert (np.abs(found - total) <= single * size).all()

    found = graph.propagate(short, n_layers, weights, gather_dtype="bfloat16", **options)
    assert found.dtype == np.float32
    half = (1 + single) * (1 + 2.0**-8) ** n_layers - 1
    assert (np.abs(found - total) <= half * size).all()


@given(cases())
def test_the_transpose_is_the_adjoint(case):
    graph, x, weights, options = case
    y = np.roll(x, 1)[::-1]
    there = graph.propagate(x, len(weights) - 1, weights, **options)
    options = {**options, "transpose": not options["transpose"]}
    back = graph.propagate(y, len(weights) - 1, weights, **options)
    _, size = by_definition(graph, np.abs(y), weights, options)
    magnitude = (size * np.abs(x)).sum()
    error = 2 * (bound(graph, weights, 2.0**-53) + x.size * 2.0**-53) * magnitude
    assert abs((there * y).sum() - (x * back).sum()) <= error


@given(cases())
def test_any_layout_and_type_is_read_alike(case):
    graph, x, weights, options = case
    n_layers = len(weights) - 1
    expected = graph.propagate(x, n_layers, weights, **options)
    wide = np.repeat(x, 2, axis=1)
    for same in (np.asfortranarray(x), wide[:, ::2], x.tolist(), x.astype(">f8")):
        np.testing.assert_array_equal(
            graph.propagate(same, n_layers, weights, **options), expected
        )
    whole = np.round(np.clip(x, -9, 9))
    expected = graph.propagate(whole.astype(np.float32), n_layers, weights, **options)
    for same in (whole.astype(np.int8), whole.astype(np.float16), whole.astype(np.int64)):
        found = graph.propagate(same, n_layers, weights, **options)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


@given(cases())
def test_the_mean_of_the_layers_is_the_default(case):
    graph, x, weights, options = case
    n_layers = len(weights) - 1
    mean = graph.propagate(x, n_layers, np.full(n_layers + 1, 1 / (n_layers + 1)), **options)
    np.testing.assert_array_equal(graph.propagate(x, n_layers, **options), mean)


def test_a_mask_keeps_its_share_and_changes_with_the_seed():
    users, items = np.divmod(np.arange(90_000), 300)
    graph = Graph.from_edges(users, items, n_users=300, n_items=300)
    masks = [
        graph.to_scipy("none", keep_prob=0.6, dropout_seed=seed).toarray() != 0
        for seed in (0, 1, 2**63)
    ]
    for mask in masks:
        there, back = mask[:300, 300:], mask[300:, :300].T
        # Five standard deviations of the share of 90,000 draws are 0.0082 at the most.
        assert abs(there.mean() - 0.6) < 0.0082
        assert abs(back.mean() - 0.6) < 0.0082
        # The two directions of an edge are drawn independently, and so are users and items.
        assert abs((there & back).mean() - 0.36) < 0.0082
        assert abs((there[1:] & there[:-1]).mean() - 0.36) < 0.0082
        assert abs((there[:, 1:] & there[:, :-1]).mean() - 0.36) < 0.0082
    assert abs((masks[0] & masks[1])[:300, 300:].mean() - 0.36) < 0.0082
    kept = graph.to_scipy("none", keep_prob=0.6, dropout_seed=0)
    assert set(kept.data) == {1 / 0.6}


@pytest.mark.parametrize("gather_dtype", [None, "bfloat16"])
def test_threads_do_not_change_a_bit(gather_dtype):
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 2000, 30_000), rng.integers(0, 2500, 30_000)
    users[::7] = 11
    graph = Graph.from_edges(users, items, n_users=2000, n_items=2500)
    x = rng.standard_normal((graph.n_nodes, 40), dtype=np.float32)
    index = rng.integers(0, 500, 20_000)
    values = rng.standard_normal((20_000, 24), dtype=np.float32)
    before = num_threads()
    results = []
    try:
        for n_threads in (1, 2, 7):
            set_num_threads(n_threads)
            plain = graph.propagate(x, 2, gather_dtype=gather_dtype)
            masked = graph.propagate(x, 2, gather_dtype=gather_dtype, keep_prob=0.5)
            summed = _native.scatter_rows(index, values, 600)
            results.append([part.tobytes() for part in (plain, masked, summed)])
    finally:
        set_num_threads(before)
    assert results[0] == results[1] == results[2]


@given(
    index=st.lists(st.integers(0, 4), max_size=20),
    dim=st.sampled_from((0, *DIMS)),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_scattered_rows_are_summed_in_order(index, dim, dtype):
    values = np.random.default_rng(1).standard_normal((len(index), dim)).astype(dtype)
    expected = np.zeros((5, dim), dtype)
    for row, value in zip(index, values, strict=True):
        expected[row] += value
    found = _native.scatter_rows(np.array(index, dtype=np.int64), values, 5)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)
