"""`nn.NGCF` and its gradients against the paper's formula on dense matrices, in float64."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from glowrec import Graph
from glowrec.errors import ParameterError, ShapeError
from glowrec.nn import NGCF, LightGCN, MatrixFactorization
from glowrec.normalization import NORMALIZATIONS


@st.composite
def graphs(draw):
    n_users, n_items = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    pairs = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    links = sorted(draw(st.sets(pairs, min_size=1)))
    users, items = zip(*links, strict=True)
    return Graph.from_edges(users, items, n_users=n_users, n_items=n_items)


def leaky(x):
    return torch.where(x > 0, x, 0.2 * x)


def kept(shape, share, generator):
    if generator is None or not share:
        return 1.0
    return (torch.rand(shape, generator=generator) >= share).double() / (1 - share)


def by_definition(model, graph, seed):
    """The formulas, with loops over layers and dense matrices only."""
    generator = torch.Generator().manual_seed(seed) if model.training else None
    options = {"keep_prob": model.keep_prob, "dropout_seed": seed} if model.training else {}
    matrix = torch.from_numpy(graph.to_scipy(model.normalization, **options).toarray())
    layer, parts = model.embedding, [model.embedding]
    for depth, width in enumerate(model.layer_dims):
        sent = layer * kept((len(layer), 1), model.node_dropout, generator)
        received = matrix @ sent
        first, second = received + layer, received * layer
        if model.transform:
            weights = dict(model.layers[depth].named_parameters())
            first = first @ weights["messages.weight"].T + weights["messages.bias"]
            second = second @ weights["products.weight"].T + weights["products.bias"]
        if model.activation == "each":
            layer = leaky(first) + leaky(second)
        else:
            layer = first + second
            layer = leaky(layer) if model.activation == "sum" else layer
        layer = layer * kept((len(layer), width), model.message_dropout, generator)
        parts.append(layer)
    if model.kind_of_readout == "sum":
        return sum(parts)
    norms = [part.square().sum(1, keepdim=True).clamp(min=1e-24).sqrt() for part in parts[1:]]
    units = [part / norm for part, norm in zip(parts[1:], norms, strict=True)]
    return torch.cat([parts[0], *units], 1)


@settings(max_examples=60)
@given(graph=graphs(), data=st.data())
def test_read_out_and_gradients_are_those_of_the_formula(graph, data):
    draw = data.draw
    transform, readout = draw(st.booleans()), draw(st.sampled_from(["concat", "sum"]))
    n_layers = draw(st.integers(0, 3))
    free = transform and readout == "concat"
    widths = st.lists(st.integers(1, 4), min_size=n_layers, max_size=n_layers)
    model = NGCF(
        graph.n_users,
        graph.n_items,
        3,
        n_layers,
        layer_dims=draw(widths) if free else None,
        transform=transform,
        activation=draw(st.sampled_from(["sum", "each", "none"])),
        readout=readout,
        message_dropout=draw(st.sampled_from([0.0, 0.3])),
        node_dropout=draw(st.sampled_from([0.0, 0.4])),
        keep_prob=draw(st.sampled_from([1.0, 0.6])),
        normalization=draw(st.sampled_from(NORMALIZATIONS)),
        init="normal",
        init_std=1.0,
        backend=draw(st.sampled_from(["rust", "torch"])),
        generator=torch.Generator().manual_seed(draw(st.integers(0, 99))),
    ).double()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("bias"):  # they start as zeros, which would hide them
                value.copy_(torch.linspace(-1, 1, len(value)))
    model.train(draw(st.booleans()))
    seed = draw(st.integers(0, 2**63 - 1))
    pull = torch.linspace(-1, 1, graph.n_nodes * model.readout_dim, dtype=torch.float64)
    found, gradients = [], []
    for read in (model.readout(graph, dropout_seed=seed), by_definition(model, graph, seed)):
        model.zero_grad()
        (read * pull.view_as(read)).sum().backward()
        found.append(read.detach())
        gradients.append({name: value.grad.clone() for name, value in model.named_parameters()})
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-7)


GRAPH = Graph.from_edges([0, 0, 1, 2, 2, 3], [0, 1, 1, 1, 2, 3], n_users=4, n_items=5)


def test_what_drops_out_is_a_function_of_the_seed_and_only_while_training():
    model = NGCF(4, 5, 3, message_dropout=0.5, node_dropout=0.5)
    reads = [model.readout(GRAPH, dropout_seed=seed).detach() for seed in (1, 1, 2)]
    assert torch.equal(reads[0], reads[1])
    assert not torch.equal(reads[0], reads[2])
    model.eval()
    assert torch.equal(model.readout(GRAPH, dropout_seed=1), model.readout(GRAPH, dropout_seed=2))


def test_without_transformation_it_has_no_parameters_but_the_embedding():
    names = [name for name, _ in NGCF(4, 5, 3, transform=False).named_parameters()]
    assert names == ["embedding"]
    sizes = [value.numel() for _, value in NGCF(4, 5, 3, 2).named_parameters()]
    assert sum(sizes) == 9 * 3 + 2 * 2 * (3 * 3 + 3)


def test_matrix_factorisation_is_lightgcn_without_layers():
    model = MatrixFactorization(4, 5, 3, generator=torch.Generator().manual_seed(1))
    other = LightGCN(4, 5, 3, 0, generator=torch.Generator().manual_seed(1))
    assert torch.equal(model.readout(GRAPH), other.readout(GRAPH))
    assert torch.equal(model.readout(GRAPH), model.embedding)
    assert repr(model) == "MatrixFactorization(4, 5, dim=3)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "relu"}, "activation = 'relu': expected one of"),
        ({"readout": "mean"}, "readout = 'mean': expected one of"),
        ({"message_dropout": 1.0}, "message_dropout = 1.0: expected a share from 0, below 1"),
        ({"node_dropout": -0.1}, "node_dropout = -0.1"),
        ({"layer_dims": [3, 3]}, "layer_dims: expected 3, one per layer, got 2"),
        ({"layer_dims": [3, 0, 3]}, "widths from 1"),
        ({"layer_dims": [3, 2, 3], "transform": False}, "all layers are as wide"),
        ({"layer_dims": [3, 2, 3], "readout": "sum"}, "all layers are as wide"),
        ({"n_layers": -1}, "n_layers = -1"),
        ({"dim": 0}, "dim = 0"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        NGCF(4, 5, **{"dim": 3, **options})


def test_another_graph_is_refused():
    with pytest.raises(ShapeError, match="expected 4 users and 6 items, got 4 and 5"):
        NGCF(4, 6, 3).readout(GRAPH)
