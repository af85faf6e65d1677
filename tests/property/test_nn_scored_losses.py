"""Losses of many negatives against their definitions, term by term, and their gradients."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from glowrec.errors import ParameterError, ShapeError
from glowrec.nn.losses import (
    BCE,
    BPR,
    SampledSoftmax,
    Scored,
    in_batch,
    info_nce,
    own_negatives,
    shared_negatives,
)


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@st.composite
def batches(draw):
    batch, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    normal = {"generator": generator, "dtype": torch.float64}
    allowed = None
    if draw(st.booleans()):
        allowed = torch.rand(batch, n, generator=generator) < 0.7
    log_q = {
        "none": None,
        "shared": torch.randn(n, **normal),
        "own": torch.randn(batch, n, **normal),
    }[draw(st.sampled_from(["none", "shared", "own"]))]
    own = torch.randn(batch, **normal) if draw(st.booleans()) else None
    return Scored(
        3 * torch.randn(batch, **normal), 3 * torch.randn(batch, n, **normal), log_q, own, allowed
    )


def rows(scored):
    """Positive, its log q, and the (score, log q) of what are its negatives, per row."""
    batch, n = scored.negatives.shape
    for b in range(batch):
        others = []
        for j in range(n):
            if scored.allowed is not None and not scored.allowed[b, j]:
                continue
            q = 0.0
            if scored.log_q is not None:
                q = float(scored.log_q[j] if scored.log_q.ndim == 1 else scored.log_q[b, j])
            others.append((float(scored.negatives[b, j]), q))
        own_q = 0.0 if scored.log_q_positives is None else float(scored.log_q_positives[b])
        yield float(scored.positives[b]), own_q, others


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


@given(scored=batches(), temperature=st.sampled_from([0.1, 1.0, 3.0]))
def test_values_are_those_of_the_definitions(scored, temperature):
    expected = {"bpr": [], "bce": [], "softmax": []}
    for own, own_q, others in rows(scored):
        expected["bpr"].append(mean(softplus(score - own) for score, _ in others))
        expected["bce"].append(softplus(-own) + mean(softplus(score) for score, _ in others))
        right = own / temperature - own_q
        every = [right, *(score / temperature - q for score, q in others)]
        most = max(every)
        log_sum = most + math.log(sum(math.exp(value - most) for value in every))
        expected["softmax"].append(log_sum - right)
    losses = {"bpr": BPR(), "bce": BCE(), "softmax": SampledSoftmax(temperature)}
    for name, loss in losses.items():
        found = float(loss(scored))
        assert found == pytest.approx(mean(expected[name]), rel=1e-9, abs=1e-7), name


@settings(max_examples=15)
@given(scored=batches())
def test_gradients_are_those_of_differences(scored):
    for loss in (BPR(), BCE(), SampledSoftmax(0.5)):
        scores = [part.clone().requires_grad_() for part in scored[:2]]
        assert torch.autograd.gradcheck(
            lambda own, others, loss=loss: loss(Scored(own, others, *scored[2:])), scores
        )


@given(
    batch=st.integers(1, 4),
    n=st.integers(1, 4),
    similarity=st.sampled_from(["dot", "cosine"]),
    seed=st.integers(0, 99),
)
def test_scores_are_inner_products_or_cosines(batch, n, similarity, seed):
    torch.manual_seed(seed)
    users, items = torch.randn(batch, 3).double(), torch.randn(batch, 3).double()
    others, own = torch.randn(n, 3).double(), torch.randn(batch, n, 3).double()
    allowed = torch.rand(batch, n) < 0.5

    def score(a, b):
        product = sum(float(x) * float(y) for x, y in zip(a, b, strict=True))
        if similarity == "dot":
            return product
        return product / math.sqrt(sum(float(x) ** 2 for x in a) * sum(float(y) ** 2 for y in b))

    shared = shared_negatives(users, items, others, allowed, similarity)
    owned = own_negatives(users, items, own, similarity)
    within = in_batch(users, items, torch.arange(batch).repeat(2, 1), None, similarity)
    assert shared.allowed is allowed
    for b in range(batch):
        for scored in (shared, owned, within):
            assert float(scored.positives[b]) == pytest.approx(score(users[b], items[b]))
        for j in range(n):
            assert float(shared.negatives[b, j]) == pytest.approx(score(users[b], others[j]))
            assert float(owned.negatives[b, j]) == pytest.approx(score(users[b], own[b, j]))
        for j in range(batch):
            assert float(within.negatives[b, j]) == pytest.approx(score(users[b], items[j]))
            assert bool(within.allowed[b, j]) == (b != j)


def test_the_softmax_over_all_is_estimated_without_bias():
    """exp(loss) with corrections has the expectation that full softmax has, by enumeration."""
    own, others = torch.tensor([0.3]).double(), torch.tensor([[1.0, -2.0, 0.5]]).double()
    full = float(SampledSoftmax()(Scored(own, others)).exp())
    shares = torch.tensor([0.5, 0.2, 0.3]).double()
    total = 0.0
    for first in range(3):
        for second in range(3):
            drawn = [first, second]
            scored = Scored(own, others[:, drawn], (2 * shares[drawn]).log())
            chance = float(shares[first] * shares[second])
            total += chance * float(SampledSoftmax()(scored).exp())
    assert total == pytest.approx(full)


@given(n=st.integers(1, 4), temperature=st.sampled_from([0.2, 0.5, 1.0]), seed=st.integers(0, 99))
def test_info_nce_is_its_definition(n, temperature, seed):
    torch.manual_seed(seed)
    views = [torch.randn(n, 3).double().requires_grad_() for _ in range(2)]
    one, other = (view.detach() / view.detach().norm(dim=1, keepdim=True) for view in views)
    total = 0.0
    for v in range(n):
        every = [math.exp(float(one[v] @ other[w]) / temperature) for w in range(n)]
        total -= math.log(every[v] / sum(every))
    assert float(info_nce(*views, temperature).detach()) == pytest.approx(total / n, abs=1e-9)
    assert torch.autograd.gradcheck(lambda a, b: info_nce(a, b, temperature), views)


def test_bad_arguments_are_named():
    with pytest.raises(ShapeError, match=r"second: expected \(2, 3\), got \(3, 3\)"):
        info_nce(torch.zeros(2, 3), torch.zeros(3, 3))
    with pytest.raises(ParameterError, match="temperature = 0: expected a number above 0"):
        SampledSoftmax(0)
    with pytest.raises(ParameterError, match="similarity = 'l2': expected"):
        shared_negatives(*(torch.zeros(1, 1),) * 3, similarity="l2")
    assert float(info_nce(torch.zeros(0, 3), torch.zeros(0, 3))) == 0.0
