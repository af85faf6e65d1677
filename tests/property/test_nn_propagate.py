"""`nn.propagate` and its gradient against dense matrices, through both backends."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from glowrec import Graph
from glowrec.nn import propagate
from glowrec.normalization import NORMALIZATIONS

BACKENDS = st.sampled_from(["rust", "torch"])


@st.composite
def graphs(draw):
    """Small graphs with repeated links and nodes without any."""
    n_users, n_items = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    link = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    links = draw(st.lists(link, max_size=12))
    users, items = [list(side) for side in zip(*links, strict=True)] or [[], []]
    return Graph.from_edges(users, items, n_users=n_users, n_items=n_items)


@st.composite
def cases(draw):
    """A graph, a float64 table, weights and an operator of it."""
    graph, n_layers = draw(graphs()), draw(st.integers(0, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    table = torch.from_numpy(random.normal(size=(graph.n_nodes, draw(st.integers(1, 3)))))
    weights = torch.from_numpy(random.normal(size=n_layers + 1))
    operator = {
        "normalization": draw(st.sampled_from(NORMALIZATIONS)),
        "keep_prob": draw(st.sampled_from([1.0, 0.6])),
        "dropout_seed": draw(st.integers(0, 2**63 - 1)),
    }
    return graph, table, weights, operator


def dense(graph, operator):
    return torch.from_numpy(graph.to_scipy(**operator).toarray())


def power_series(matrix, table, weights):
    """The definition: the weighted sum of all layers."""
    layer, total = table, weights[0] * table
    for weight in weights[1:]:
        layer = matrix @ layer
        total = total + weight * layer
    return total


@given(case=cases(), backend=BACKENDS, a_fold=st.integers(0, 4))
def test_values_and_gradients_are_those_of_the_definition(case, backend, a_fold):
    graph, table, weights, operator = case
    table.requires_grad_()
    weights.requires_grad_()
    expected = power_series(dense(graph, operator), table, weights)
    got = propagate(
        graph, table, len(weights) - 1, weights, backend=backend, a_fold=a_fold, **operator
    )
    # 5 neighbours per row, 3 layers, values of size 1: the bound on rounding is far below this.
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)
    direction = torch.randn_like(expected)
    wanted = torch.autograd.grad(expected, (table, weights), direction)
    found = torch.autograd.grad(got, (table, weights), direction)
    torch.testing.assert_close(found, wanted, rtol=1e-11, atol=1e-11)


@given(case=cases(), backend=BACKENDS, learned=st.booleans())
def test_gradcheck(case, backend, learned):
    graph, table, weights, operator = case

    def function(table, weights):
        return propagate(graph, table, len(weights) - 1, weights, backend=backend, **operator)

    inputs = (table.requires_grad_(), weights.requires_grad_(learned))
    assert torch.autograd.gradcheck(function, inputs)
    assert torch.autograd.gradgradcheck(function, inputs)


@given(case=cases(), backend=BACKENDS)
def test_fixed_weights_give_the_gradient_that_learned_ones_give(case, backend):
    graph, table, weights, operator = case
    gradients = []
    for learned in (False, True):
        leaf = table.clone().requires_grad_()
        alphas = weights.clone().requires_grad_(learned)
        out = propagate(graph, leaf, len(alphas) - 1, alphas, backend=backend, **operator)
        gradients.append(torch.autograd.grad(out, leaf, torch.ones_like(out))[0])
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


@given(case=cases(), dim=st.integers(17, 40))
def test_both_backends_and_all_folds_agree_in_float32(case, dim):
    graph, table, weights, operator = case
    x = torch.from_numpy(np.resize(table.numpy(), (graph.n_nodes, dim))).float()
    expected = propagate(graph, x, len(weights) - 1, weights, backend="rust", **operator)
    for n_folds in (1, 2, 3):  # slabs of columns: each column is its own sum
        slabs = propagate(
            graph, x, len(weights) - 1, weights, backend="rust", a_fold=n_folds, **operator
        )
        assert torch.equal(slabs, expected)
    other = propagate(graph, x, len(weights) - 1, weights, backend="torch", **operator)
    scale = power_series(
        dense(graph, operator), x.double().abs(), weights.abs()
    )  # the sum of the absolute values of all terms of each entry
    bound = (scale * 2**-24 * 64).float() + 1e-30  # fewer than 32 roundings on each path
    assert bool(((expected - other).abs() <= bound).all())


@pytest.mark.parametrize("backend", ["rust", "torch"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_layout_of_the_table_gives_the_same_bits(backend, dtype):
    graph = Graph.from_edges([0, 0, 1, 2], [0, 1, 1, 2], n_users=3, n_items=4)
    table = torch.randn(7, 5, dtype=dtype)
    expected = propagate(graph, table, 2, backend=backend)
    column_major = table.t().contiguous().t()
    every_second = torch.stack([table, table], dim=2).flatten(1)[:, ::2]
    for view in (column_major, every_second):
        assert not view.is_contiguous()
        assert torch.equal(propagate(graph, view, 2, backend=backend), expected)


def test_a_cpu_table_goes_to_the_kernel_without_a_copy(monkeypatch):
    graph = Graph.from_edges([0], [0], n_users=1, n_items=1)
    seen = []
    propagated = Graph.propagate

    def spy(self, x, *args, **kwargs):
        seen.append(x.__array_interface__["data"][0])
        return propagated(self, x, *args, **kwargs)

    monkeypatch.setattr(Graph, "propagate", spy)
    table = torch.ones(2, 3, requires_grad=True)
    out = propagate(graph, table, 1)
    gradient = torch.ones(2, 3)
    out.backward(gradient)
    assert seen == [table.data_ptr(), gradient.data_ptr()]


@pytest.mark.gpu
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_device_agrees_with_the_cpu(normalization):
    device = "cuda" if torch.cuda.is_available() else "mps"
    random = np.random.default_rng(0)
    graph = Graph.from_edges(
        random.integers(0, 50, 400), random.integers(0, 60, 400), n_users=50, n_items=60
    )
    here = torch.randn(110, 16, requires_grad=True)
    there = here.detach().to(device).requires_grad_()
    options = {"normalization": normalization, "keep_prob": 0.7, "dropout_seed": 3}
    outs = [propagate(graph, table, 2, **options) for table in (here, there)]
    direction = torch.randn(110, 16)
    for out in outs:
        out.backward(direction.to(out.device))
    torch.testing.assert_close(outs[1].cpu(), outs[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(there.grad.cpu(), here.grad, rtol=1e-4, atol=1e-5)
