"""The BPR loss and its penalty against their formulas, term by term."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from glowrec.errors import ShapeError
from glowrec.nn import bpr_loss
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
