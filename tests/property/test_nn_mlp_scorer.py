"""The network that scores pairs against its definition, unit by unit in float64."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from glowrec.errors import ParameterError, ShapeError
from glowrec.nn import MLPScorer, MLPScores, mlp_scores
from glowrec.nn.losses import BPR, own_negatives
from glowrec.training.hardest import hardest

SEEDS = st.integers(0, 2**32)


@st.composite
def scorers(draw):
    dim = draw(st.integers(1, 4))
    hidden = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    generator = torch.Generator().manual_seed(draw(SEEDS))
    scorer = MLPScorer(dim, hidden, generator=generator).double()
    for value in scorer.parameters():  # biases, too
        value.data.normal_(generator=generator)
    return scorer, generator


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def weights(scorer):
    layers = [scorer.first, *scorer.deeper]
    return [(layer.weight, layer.bias) for layer in layers], scorer.out.weight[0]


def dense(scorer, user, item):
    """One pair: the formula of the paper, on the vectors side by side."""
    layers, out = weights(scorer)
    reached = torch.cat([user, item])
    for weight, bias in layers:
        reached = (weight @ reached + bias).clamp(min=0)
    return out @ reached


def by_hand(scorer, user, item):
    """The same without torch, entry by entry."""
    layers, out = weights(scorer)
    reached = [*user.tolist(), *item.tolist()]
    for weight, bias in layers:
        reached = [
            max(math.fsum(w * z for w, z in zip(row, reached, strict=True)) + b, 0.0)
            for row, b in zip(weight.tolist(), bias.tolist(), strict=True)
        ]
    return math.fsum(w * z for w, z in zip(out.tolist(), reached, strict=True))


@given(case=scorers(), batch=st.integers(1, 3), n=st.integers(1, 3))
def test_scores_and_gradients_are_those_of_the_definition(case, batch, n):
    scorer, generator = case
    tables = [normal(generator, batch, scorer.dim), normal(generator, n, scorer.dim)]
    users, items = (table.requires_grad_() for table in tables)
    found = scorer(users.unsqueeze(1), items)
    assert found.shape == (batch, n)
    expected = torch.stack(
        [torch.stack([dense(scorer, user, item) for item in items]) for user in users]
    )
    torch.testing.assert_close(found, expected)
    for u in range(batch):
        for i in range(n):
            plain = by_hand(scorer, users[u], items[i])
            assert float(found[u, i].detach()) == pytest.approx(plain, rel=1e-9, abs=1e-9)
    slopes = normal(generator, batch, n)
    inputs = [users, items, *scorer.parameters()]
    of_found, of_expected = (
        torch.autograd.grad((scores * slopes).sum(), inputs) for scores in (found, expected)
    )
    for ours, theirs in zip(of_found, of_expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@settings(max_examples=20)
@given(case=scorers(), batch=st.integers(1, 3), m=st.integers(1, 3))
def test_losses_see_the_scores_of_the_pairs(case, batch, m):
    scorer, generator = case
    users, positives = (normal(generator, batch, scorer.dim) for _ in range(2))
    negatives = normal(generator, batch, m, scorer.dim)
    scored = own_negatives(users, positives, negatives, scorer)
    for b in range(batch):
        torch.testing.assert_close(scored.positives[b], dense(scorer, users[b], positives[b]))
        for j in range(m):
            expected = dense(scorer, users[b], negatives[b, j])
            torch.testing.assert_close(scored.negatives[b, j], expected)
    assert torch.isfinite(BPR()(scored))


@given(
    case=scorers(), n_users=st.integers(0, 4), n_items=st.integers(0, 9), pairs=st.integers(1, 20)
)
def test_all_items_are_scored_in_tiles_of_any_size(case, n_users, n_items, pairs):
    scorer, generator = case
    users = normal(generator, n_users + 1, scorer.dim)
    items = normal(generator, n_items, scorer.dim)
    asked = np.arange(n_users, -1, -1, dtype=np.int64)[: n_users or 1].repeat(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlp_scores, "pairs_at_once", lambda *_: pairs)
        found = MLPScores(scorer, users, items)(asked)
    assert found.dtype == np.float32
    expected = scorer(users[asked].unsqueeze(1), items).detach().float().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert MLPScores(scorer, users, items)(asked[:0]).shape == (0, n_items)


@given(case=scorers(), of=st.integers(1, 4), m=st.integers(1, 3), pairs=st.integers(1, 30))
def test_the_hardest_candidate_is_the_one_that_scores_best(case, of, m, pairs):
    scorer, generator = case
    users, items = normal(generator, 3, scorer.dim), normal(generator, 6, scorer.dim)
    candidates = torch.randint(6, (3, m, of), generator=generator).numpy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glowrec.training.hardest.pairs_at_once", lambda *_: pairs)
        found = hardest(scorer, users, items, candidates)
    scores = scorer(users.unsqueeze(1), items).detach().numpy()
    for b in range(3):
        for j in range(m):
            assert found[b, j] in candidates[b, j]
            best = scores[b, candidates[b, j]].max()
            assert scores[b, found[b, j]] == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_the_same_seed_makes_the_same_network():
    first, again, other = (
        MLPScorer(3, (4, 2), generator=torch.Generator().manual_seed(seed)).state_dict()
        for seed in (1, 1, 2)
    )
    assert list(first) == [
        "first.weight",
        "first.bias",
        "deeper.0.weight",
        "deeper.0.bias",
        "out.weight",
    ]
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["first.weight"], other["first.weight"])
    assert not first["first.bias"].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "dim = 0: expected a number from 1"),
        ((3, ()), r"hidden = \[\]: expected widths, each at least 1"),
        ((3, (4, 0)), r"hidden = \[4, 0\]: expected widths, each at least 1"),
    ],
)
def test_sizes_that_are_none_are_named(arguments, message):
    with pytest.raises(ParameterError, match=message):
        MLPScorer(*arguments)


def test_vectors_of_another_width_are_named():
    scorer = MLPScorer(3)
    with pytest.raises(ShapeError, match="users: expected vectors of width 3, got 2"):
        scorer(torch.zeros(1, 2), torch.zeros(1, 3))
    with pytest.raises(ShapeError, match="items: expected vectors of width 3, got 4"):
        MLPScores(scorer, torch.zeros(1, 3), torch.zeros(1, 4))
    with pytest.raises(ShapeError, match=r"vectors: expected two tables, got shapes \(3,\)"):
        MLPScores(scorer, torch.zeros(3), torch.zeros(1, 3))
