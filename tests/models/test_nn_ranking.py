"""Ranking of tensors: the code of a device, run on CPU tensors, against `glowrec.top_k`."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.extra.numpy import arrays

import glowrec
from glowrec import Graph, LightGCN, datasets, evaluate, evaluate_factors
from glowrec.errors import DataError, IdError, ParameterError, ScoreError, ShapeError
from glowrec.factors import vectors
from glowrec.nn.best import best_of
from glowrec.nn.ranking import top_k

# Small whole numbers: every sum is exact in any order; ties are the rule.
WHOLE = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 1.0, 2.0])
EXTREME = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf])


def graph_of(links):
    return Graph.from_edges(*np.nonzero(links), n_users=links.shape[0], n_items=links.shape[1])


@st.composite
def problems(draw):
    n_users, n_items, dim = draw(st.tuples(*[st.integers(0, m) for m in (9, 40, 4)]))
    users = draw(arrays(np.float32, (n_users, dim), elements=WHOLE))
    items = draw(arrays(np.float32, (n_items, dim), elements=WHOLE))
    seed, density = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0, 0.1, 0.5, 0.9, 1]))
    return users, items, np.random.default_rng(seed).random((n_users, n_items)) < density


def same(found, expected):
    assert (found.items.dtype, found.scores.dtype) == (torch.int64, torch.float32)
    assert found.items.tolist() == expected.items.tolist()
    assert found.scores.tolist() == expected.scores.tolist()
    assert not (found.scores == 0).logical_and(found.scores.signbit()).any()


@given(problem=problems(), k=st.integers(0, 50), data=st.data())
def test_agrees_with_the_kernels_on_whole_numbers(problem, k, data):
    users, items, seen = problem
    exclude = data.draw(st.sampled_from([None, graph_of(seen)]))
    dtype = data.draw(
        st.sampled_from([torch.float32, torch.float16, torch.bfloat16, torch.float64])
    )
    block_bytes = data.draw(st.sampled_from([4, 400, 4 << 10, 256 << 20]))
    item_bias = data.draw(st.none() | arrays(np.float32, len(items), elements=EXTREME))
    user_bias = data.draw(st.none() | arrays(np.float32, len(users), elements=WHOLE))
    biases = {"item_bias": item_bias, "user_bias": user_bias}
    found = top_k(
        torch.from_numpy(users).to(dtype),
        torch.from_numpy(items).to(dtype),
        k,
        exclude,
        block_bytes=block_bytes,
        **biases,
    )
    same(found, glowrec.top_k(users, items, k, exclude, **biases))


@given(problem=problems(), data=st.data())
def test_rows_may_stand_for_any_users(problem, data):
    users, items, seen = problem
    if not len(users):
        return
    ids = data.draw(st.lists(st.integers(0, len(users) - 1), max_size=20))
    expected = glowrec.top_k(users[ids], items, 4, graph_of(seen), users=ids)
    whose = torch.tensor(ids, dtype=torch.int64)
    tensors = torch.from_numpy(users[ids]), torch.from_numpy(items)
    same(top_k(*tensors, 4, graph_of(seen), users=whose), expected)


@given(problem=problems(), data=st.data(), block_bytes=st.sampled_from([4, 400, 1 << 20]))
def test_the_first_nan_is_named_unless_it_is_excluded(problem, data, block_bytes):
    users, items, seen = problem
    if not (users.shape[1] and len(users) and len(items)):
        return
    wrong = data.draw(st.sets(st.integers(0, len(items) - 1), min_size=1, max_size=3))
    items[list(wrong), 0] = np.nan
    bad = [(u, i) for u in range(len(users)) for i in sorted(wrong) if not seen[u, i]]
    tensors = torch.from_numpy(users), torch.from_numpy(items)
    if bad:
        with pytest.raises(ScoreError, match=rf"user {bad[0][0]} and item {bad[0][1]} is NaN"):
            top_k(*tensors, 2, graph_of(seen), block_bytes=block_bytes)
    else:
        found = top_k(*tensors, 2, graph_of(seen), block_bytes=block_bytes)
        assert (found.items == -1).all() or not np.isin(found.items, list(wrong)).any()


def test_a_candidate_at_minus_infinity_comes_before_padding():
    seen = Graph.from_edges([0], [0], n_users=1, n_items=3)
    found = top_k(torch.ones(1, 1), torch.tensor([[9.0], [-torch.inf], [-torch.inf]]), 4, seen)
    assert found.items.tolist() == [[1, 2, -1, -1]]


def test_cosines_are_those_of_the_kernels():
    rng = np.random.default_rng(0)
    users = rng.standard_normal((20, 8), dtype=np.float32)
    items = rng.standard_normal((70, 8), dtype=np.float32)
    users[3], items[5] = 0, 0
    tensors = torch.from_numpy(users), torch.from_numpy(items)
    found = top_k(*tensors, 5, similarity="cosine")
    expected = glowrec.top_k(users, items, 5, similarity="cosine")
    assert found.items.tolist() == expected.items.tolist()
    np.testing.assert_allclose(found.scores, expected.scores, rtol=0, atol=1e-6)


def test_equal_scores_are_taken_in_order_even_if_topk_does_not():
    scores = torch.zeros(3, 5000)
    scores[1, 4000:] = 1.0
    scores[2, ::2] = -0.0
    items, values = best_of(scores, None, 7)
    assert items.tolist() == [list(range(7)), list(range(4000, 4007)), list(range(7))]
    assert values.tolist() == [[0.0] * 7, [1.0] * 7, [0.0] * 7]


def test_tensors_on_a_device_are_ranked_there(monkeypatch):
    """Without a device: a tensor that says it lies elsewhere goes to the torch layer."""

    class Elsewhere(torch.Tensor):
        @property
        def device(self):
            return torch.device("meta")

    asked = []

    def ranked(*args, **options):
        asked.append((args[2:], options))
        return top_k(torch.ones(1, 1), torch.ones(2, 1), 1)

    monkeypatch.setattr("glowrec.nn.ranking.top_k", ranked)
    table = torch.ones(1, 1).as_subclass(Elsewhere)
    best = glowrec.top_k(table, table, 1, similarity="cosine")
    assert isinstance(best, glowrec.TopK)
    assert best.items.tolist() == [[0]]
    assert asked[0][0] == (1, None)
    assert asked[0][1]["similarity"] == "cosine"


@pytest.mark.gpu
def test_on_the_device_itself():
    device = "cuda" if torch.cuda.is_available() else "mps"
    rng = np.random.default_rng(0)
    users = rng.integers(-3, 4, (300, 8)).astype(np.float32)
    items = rng.integers(-3, 4, (2000, 8)).astype(np.float32)
    seen = graph_of(rng.random((300, 2000)) < 0.1)
    expected = glowrec.top_k(users, items, 20, seen)
    for block_bytes in (1 << 16, 256 << 20):
        tensors = torch.from_numpy(users).to(device), torch.from_numpy(items).to(device)
        found = top_k(*tensors, 20, seen, block_bytes=block_bytes)
        assert found.items.device.type == device
        assert found.items.cpu().tolist() == expected.items.tolist()
        through = glowrec.top_k(*tensors, 20, seen)
        assert through.items.device.type == device
        assert through.scores.cpu().tolist() == expected.scores.tolist()


def test_refusals_name_the_parameter():
    two, three = torch.ones(2, 3), torch.ones(3, 3)
    seen = Graph.from_edges([0], [1], n_users=2, n_items=3)
    for arguments, error, message in [
        ((two, torch.ones(3, 4), 1), ShapeError, "item_factors: expected 3 columns"),
        ((two, torch.ones(4, 3), 1, seen), ShapeError, "exclude: expected 4 items"),
        ((three, three, 1, seen), ShapeError, "user_factors: expected 2 rows"),
        ((torch.ones(3), three, 1), ShapeError, "user_factors: expected two dimensions"),
        ((two, three, -1), ParameterError, "k = -1"),
        ((two, three.numpy(), 1), ParameterError, "item_factors: expected a tensor, got ndarray"),
        ((two, three.to("meta"), 1), ParameterError, "item_factors: .*on cpu .*on meta"),
        (
            (two > 0, three, 1),
            ParameterError,
            "user_factors: expected real numbers, got torch.bool",
        ),
    ]:
        with pytest.raises(error, match=message):
            top_k(*arguments)
    with pytest.raises(IdError, match=r"users\[1\] = 2 is not in 0..2"):
        top_k(two, three, 1, seen, users=[0, 2])
    with pytest.raises(ShapeError, match=r"item_bias: expected shape \(3,\), got \(2,\)"):
        top_k(two, three, 1, item_bias=[1, 2])
    with pytest.raises(ParameterError, match=r"user_bias\[1\] = inf"):
        top_k(two, three, 1, user_bias=[1, torch.inf])
    with pytest.raises(ParameterError, match="similarity"):
        top_k(two, three, 1, similarity="euclid")
    wide = three.double()
    wide[2, 0] = -1e300
    with pytest.raises(
        DataError, match=r"^item_factors\[2, 0\] = -1e\+300: too large for float32"
    ):
        top_k(two, wide, 1)
    with pytest.raises(
        DataError, match=r"^user_factors\[2, 0\] = -1e\+300: too large for float32"
    ):
        top_k(wide, three, 1)
    with pytest.raises(DataError, match=r"^item_bias\[0\] = 1e\+39: too large for"):
        top_k(two, three, 1, item_bias=np.array([1e39, 0, 0]))


def test_cpu_tensors_are_read_in_place_or_converted_exactly():
    table = torch.arange(12, dtype=torch.float32).reshape(4, 3)
    assert vectors("t", table).__array_interface__["data"][0] == table.data_ptr()
    halves = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    assert (vectors("t", halves) == halves.float().numpy()).all()
    assert (vectors("t", halves.half()) == halves.half().float().numpy()).all()
    with pytest.raises(ParameterError, match=r"item_factors: .*pass tensor\.detach\(\)$"):
        glowrec.top_k(table, table.clone().requires_grad_(), 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_a_scorer_may_answer_with_tensors(dtype):
    rng = np.random.default_rng(2)
    scores = torch.from_numpy(rng.integers(-3, 4, (5, 9))).to(dtype)
    test = Graph.from_edges([0, 1, 3, 3], [1, 4, 0, 8], n_users=5, n_items=9)
    found = evaluate(lambda users: scores[users], None, test, 3)
    table = scores.double().numpy()
    assert found.summary == evaluate(lambda users: table[users], None, test, 3).summary
    recording = scores.clone().requires_grad_()
    with pytest.raises(ParameterError, match=r"scores of users 0 to 3: .*tensor\.detach\(\)"):
        evaluate(lambda users: recording[users], None, test, 3)


def test_a_fitted_model_is_evaluated_as_its_factors():
    data = datasets.synthetic(60, 80, n_groups=3, mean_degree=12)
    model = LightGCN(dim=8, epochs=1).fit(data.train)
    found = evaluate(model, data.train, data.test, 10)
    factors = model.user_factors, model.item_factors
    assert found.summary == evaluate_factors(*factors, data.train, data.test, 10).summary
