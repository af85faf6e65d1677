"""The BPR loss and its penalty against their formulas, term by term."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from glowrec.errors import ShapeError
from glowrec.nn import bpr_loss, bpr_triplet_loss
from glowrec.nn.losses import l2_penalty

SCORES = st.sampled_from([-800.0, -30.0, -1.0, -0.0, 0.0, 0.5, 1.0, 40.0, 800.0])


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@given(
    rows=st.lists(st.tuples(SCORES, st.tuples(SCORES, SCORES, SCORES)), min_size=1, max_size=6),
    n_negatives=st.integers(1, 3),
)
def test_bpr_is_the_mean_softplus_over_all_pairs(rows, n_negatives):
    positives = [row[0] for row in rows]
    negatives = [list(row[1][:n_negatives]) for row in rows]
    expected = sum(
        softplus(negative - positive)
        for positive, others in zip(positives, negatives, strict=True)
        for negative in others
    ) / (len(rows) * n_negatives)
    scores = torch.tensor(positives).double(), torch.tensor(negatives).double()
    # torch's softplus is the identity above 20, where log1p(exp(-x)) < 3e-9.
    assert float(bpr_loss(*scores)) == pytest.approx(expected, rel=1e-12, abs=1e-8)
    if n_negatives == 1:
        assert torch.equal(bpr_loss(scores[0], scores[1][:, 0]), bpr_loss(*scores))


@given(
    batch=st.integers(1, 5),
    n_negatives=st.integers(1, 3),
    dim=st.integers(1, 3),
    seed=st.integers(),
)
def test_penalty_is_half_the_mean_of_squares(batch, n_negatives, dim, seed):
    generator = torch.Generator().manual_seed(seed & (2**63 - 1))
    sizes = (batch, batch, batch * n_negatives)
    users, positives, negatives = (
        torch.randn(size, dim, generator=generator, dtype=torch.float64) for size in sizes
    )
    expected = 0.0
    for b in range(batch):
        expected += float(users[b] @ users[b]) + float(positives[b] @ positives[b])
        for row in negatives[b * n_negatives : (b + 1) * n_negatives]:
            expected += float(row @ row) / n_negatives
    assert float(l2_penalty(users, positives, negatives)) == pytest.approx(expected / (2 * batch))


def test_scores_of_different_batches_are_refused():
    with pytest.raises(ShapeError, match=r"negative_scores: expected \(3,\) rows.*\(2,\)"):
        bpr_loss(torch.zeros(3), torch.zeros(2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@given(
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 3), st.sampled_from([4, 12])),
    penalties=st.tuples(st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 0.7])),
    seed=st.integers(0, 2**32 - 1),
)
def test_triplets_of_tables_are_scored_and_bound_by_definition(dtype, sizes, penalties, seed):
    (batch, n_negatives, width), (l2, l2_readout) = sizes, penalties
    generator = torch.Generator().manual_seed(seed)

    def table(dim):
        made = torch.randn(7, dim, generator=generator, dtype=torch.float64).to(dtype)
        return made.requires_grad_()

    embedding, readout = table(4), table(width)
    nodes = torch.randint(7, (batch * (n_negatives + 2),), generator=generator)
    found = bpr_triplet_loss(readout, embedding, nodes, n_negatives, l2=l2, l2_readout=l2_readout)
    at = nodes[:batch], nodes[batch : 2 * batch], nodes[2 * batch :]
    users, positives, negatives = (readout.double()[part] for part in at)
    scores = (users[:, None] * negatives.view(batch, n_negatives, -1)).sum(2)
    bpr = bpr_loss((users * positives).sum(1), scores)
    total = bpr + l2_readout * l2_penalty(users, positives, negatives)
    total = total + l2 * l2_penalty(*(embedding.double()[part] for part in at))
    bound = {"rtol": 1e-5, "atol": 1e-6} if dtype == torch.float32 else {}
    torch.testing.assert_close(found[0].double(), total, **bound)
    torch.testing.assert_close(found[1].double(), bpr.detach(), **bound)
    tables = [readout, embedding]
    slopes = torch.autograd.grad(found[0], tables, allow_unused=True, materialize_grads=True)
    expected = torch.autograd.grad(total, tables, allow_unused=True, materialize_grads=True)
    for slope, gradient in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, gradient, **bound)
