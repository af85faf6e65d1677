"""`nn.LightGCN` against the formula of the paper, and what a module owes its users."""

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend

from glowrec import Graph
from glowrec.errors import DataError, ParameterError, ShapeError
from glowrec.nn import LightGCN, bpr_loss, gather_rows
from glowrec.normalization import NORMALIZATIONS

GRAPH = Graph.from_edges([0, 0, 1, 2, 2, 3], [0, 1, 1, 1, 2, 3], n_users=4, n_items=5)


def make(**options):
    generator = torch.Generator().manual_seed(1)
    return LightGCN(4, 5, 3, generator=generator, **options).double()


@pytest.mark.parametrize("backend", ["rust", "torch"])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("learned", [False, True])
def test_read_out_is_the_weighted_sum_of_layers(backend, normalization, learned):
    options = {"layer_weights": [0.5, 0.25, -1.0], "learn_layer_weights": learned}
    model = make(n_layers=2, backend=backend, normalization=normalization, **options)
    matrix = torch.from_numpy(GRAPH.to_scipy(normalization).toarray())
    ego = model.embedding.detach()
    expected = 0.5 * ego + 0.25 * matrix @ ego - matrix @ matrix @ ego
    users, items = model(GRAPH)
    torch.testing.assert_close(torch.cat([users, items]), expected)


def test_without_layers_it_is_matrix_factorisation():
    model = make(n_layers=0)
    assert torch.equal(model.readout(GRAPH), model.embedding)


def test_it_owns_its_embedding_and_only_learned_weights():
    assert [name for name, _ in make().named_parameters()] == ["embedding"]
    names = [name for name, _ in make(learn_layer_weights=True).named_parameters()]
    assert names == ["embedding", "layer_weights"]


@pytest.mark.parametrize("backend", ["rust", "torch"])
def test_learned_weights_get_the_gradient_of_the_loss(backend):
    model = make(n_layers=2, learn_layer_weights=True, backend=backend)
    reference = make(n_layers=2, learn_layer_weights=True)
    matrix = torch.from_numpy(GRAPH.to_scipy("sym").toarray())
    layers = [reference.embedding, matrix @ reference.embedding]
    layers.append(matrix @ layers[1])
    nodes = sum(
        weight * layer for weight, layer in zip(reference.layer_weights, layers, strict=True)
    )
    for found, module in ((model.readout(GRAPH), model), (nodes, reference)):
        users, items = gather_rows(found, torch.tensor([0, 2, 5, 6])).chunk(2)
        bpr_loss((users * items).sum(1), (users * found[[7, 8]]).sum(1)).backward()
        assert module.layer_weights.grad is not None
    for name in ("embedding", "layer_weights"):
        wanted = getattr(reference, name).grad
        torch.testing.assert_close(getattr(model, name).grad, wanted)


@pytest.mark.parametrize("backend", ["rust", "torch"])
@pytest.mark.parametrize("normalization", ["sym", "left"])
def test_attention_is_a_softmax_over_the_layers_of_each_node(backend, normalization):
    options = {"backend": backend, "normalization": normalization}
    model = make(n_layers=2, layer_attention=True, **options)
    mean = make(n_layers=2, **options).readout(GRAPH)
    torch.testing.assert_close(model.readout(GRAPH), mean)  # where training begins
    with torch.no_grad():
        model.attention.query.copy_(torch.tensor([2.0, -30.0, 1.0]))
        model.attention.bias.copy_(torch.tensor([0.1, 0.0, -0.3]))
    matrix = torch.from_numpy(GRAPH.to_scipy(normalization).toarray())
    table, query, bias = (
        value.detach().clone().requires_grad_()
        for value in (model.embedding, model.attention.query, model.attention.bias)
    )
    layers = [table, matrix @ table, matrix @ matrix @ table]
    rows = []
    for node in range(9):
        weights = torch.stack([layers[k][node] @ query + bias[k] for k in range(3)]).exp()
        rows.append(sum(weights[k] / weights.sum() * layers[k][node] for k in range(3)))
    found = model.readout(GRAPH)
    torch.testing.assert_close(found, torch.stack(rows))
    pull = torch.linspace(-1, 1, 27, dtype=torch.float64).view(9, 3)
    (found * pull).sum().backward()
    (torch.stack(rows) * pull).sum().backward()
    found = (model.embedding.grad, model.attention.query.grad, model.attention.bias.grad)
    torch.testing.assert_close(found, (table.grad, query.grad, bias.grad))


def test_it_is_shown_with_its_size_and_options():
    shown = repr(LightGCN(4, 5, 3, normalization="left"))
    assert shown == "LightGCN(4, 5, dim=3, n_layers=3, normalization='left')"


@pytest.mark.parametrize("dim", [10**20, 2**31, 0])
def test_a_width_that_no_table_has_is_refused(dim):
    with pytest.raises(ParameterError, match=f"dim = {dim}: .* below 2"):
        LightGCN(4, 5, dim)


def test_a_table_that_does_not_fit_is_named_with_its_size():
    with pytest.raises(
        DataError, match=r"\(2,000,000,000 users \+ 2,000,000,000 items\) x dim 2,"
    ):
        LightGCN(2 * 10**9, 2 * 10**9, 2**31 - 1)


def test_edges_drop_out_while_training_only():
    model = make(keep_prob=0.5)
    seeds = [model.readout(GRAPH, dropout_seed=seed).detach() for seed in (1, 1, 2)]
    assert torch.equal(seeds[0], seeds[1])
    assert not torch.equal(seeds[0], seeds[2])
    model.eval()
    assert torch.equal(model.readout(GRAPH, dropout_seed=1), make().readout(GRAPH))


def test_dropout_keeps_the_expectation():
    model = make(keep_prob=0.6, n_layers=1).requires_grad_(requires_grad=False)
    drawn = torch.stack([model.readout(GRAPH, dropout_seed=seed) for seed in range(4000)])
    expected = make(n_layers=1).readout(GRAPH)
    # Means of 4,000 draws lie within 6 of their standard errors but for 1 in 5e8 of them.
    error = drawn.std(0) / 4000**0.5
    assert bool(((drawn.mean(0) - expected).abs() <= 6 * error + 1e-12).all())


def test_initial_embeddings():
    normal = LightGCN(2000, 3000, 16, init_std=0.2).embedding.detach()
    assert float(normal.std()) == pytest.approx(0.2, rel=0.02)
    xavier = LightGCN(2000, 3000, 16, init="xavier").embedding.detach()
    for block, rows in ((xavier[:2000], 2000), (xavier[2000:], 3000)):
        limit = (6 / (rows + 16)) ** 0.5
        assert 0.98 * limit < float(block.abs().max()) <= limit


def test_the_generator_decides():
    first, again = (LightGCN(4, 5, 3, generator=torch.Generator().manual_seed(7)) for _ in "ab")
    assert torch.equal(first.embedding, again.embedding)


def test_pretrained_tables_take_their_places():
    model = make()
    users, items = torch.full((4, 3), 1.0), torch.full((5, 3), 2.0)
    model.load_pretrained(users, items)
    assert torch.equal(model.embedding.detach(), torch.cat([users, items]).double())
    with pytest.raises(ShapeError, match=r"item_embedding: expected shape \(5, 3\), got \(4, 3\)"):
        model.load_pretrained(users, users)


def test_checkpoints_hold_no_graph_and_restore_the_model():
    model, other = make(n_layers=2), LightGCN(4, 5, 3, 2).double()
    assert set(model.state_dict()) == {"embedding", "layer_weights"}
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.readout(GRAPH), model.readout(GRAPH))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_layers": -1}, ParameterError, "n_layers = -1"),
        ({"init": "zeros"}, ParameterError, "init = 'zeros'"),
        ({"layer_weights": [1.0]}, ShapeError, "layer_weights: expected 4"),
        ({"layer_attention": True, "learn_layer_weights": True}, ParameterError, "leave out"),
    ],
)
def test_bad_options_are_named(options, error, message):
    with pytest.raises(error, match=message):
        LightGCN(4, 5, 3, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normalization": "both"}, "normalization = 'both'"),
        ({"keep_prob": 0.0}, "keep_prob = 0"),
        ({"backend": "numpy"}, "backend = 'numpy'"),
        ({"a_fold": -1}, "a_fold = -1"),
        ({"gather_dtype": "float16"}, "gather_dtype = 'float16'"),
    ],
)
def test_bad_options_of_the_propagation_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        LightGCN(4, 5, 3, **options).readout(GRAPH)


def test_another_graph_is_refused():
    with pytest.raises(ShapeError, match="expected 4 users and 6 items, got 4 and 5"):
        LightGCN(4, 6, 3).readout(GRAPH)


def test_bfloat16_rows_change_little_and_leave_float64_alone():
    exact, rounded = (LightGCN(4, 5, 32, gather_dtype=kind) for kind in (None, "bfloat16"))
    rounded.load_state_dict(exact.state_dict())
    outs = [model.readout(GRAPH) for model in (exact, rounded)]
    assert not torch.equal(*outs)
    torch.testing.assert_close(outs[1], outs[0], rtol=2**-7, atol=2**-9)
    doubles = [model.double().readout(GRAPH) for model in (exact, rounded)]
    assert torch.equal(*doubles)


@pytest.mark.parametrize("backend", ["rust", "torch"])
@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_compiled_it_is_one_graph_with_the_same_answers(backend, learned, training):
    model = LightGCN(4, 5, 3, keep_prob=0.5, learn_layer_weights=learned, backend=backend)
    model.train(training)
    index = torch.tensor([0, 5, 6, 5])

    def loss(seed):
        rows = gather_rows(model.readout(GRAPH, dropout_seed=seed), index)
        return bpr_loss(rows[:2].sum(1), rows[2:].sum(1))

    for kind in ("eager", "aot_eager"):
        torch.compiler.reset()
        counter = CompileCounterWithBackend(kind)
        compiled = torch.compile(loss, backend=counter, fullgraph=True)
        for seed in (3, 4, 5, 2**62):
            model.zero_grad()
            expected = loss(seed)
            expected.backward()
            gradients = [value.grad.clone() for value in model.parameters()]
            model.zero_grad()
            found = compiled(seed)
            found.backward()
            torch.testing.assert_close(found, expected)
            for value, gradient in zip(model.parameters(), gradients, strict=True):
                torch.testing.assert_close(value.grad, gradient)
        assert counter.frame_count <= 2  # for one seed, then for any
    torch.compiler.reset()


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # of opcheck's own
@pytest.mark.parametrize("use_rust", [False, True])
@pytest.mark.parametrize("learned", [False, True])
def test_the_operator_keeps_the_rules_of_torch(use_rust, learned):
    table = torch.randn(9, 3, requires_grad=True)
    weights = torch.tensor([0.5, 0.25, 0.25], requires_grad=learned)
    options = (GRAPH._number, "sym", False, 0.5, 3, use_rust, False, 0)
    torch.library.opcheck(torch.ops.glowrec.propagate.default, (table, weights, *options))
