"""Rows by index, and the scatter that is their gradient, against definitions in float64."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from glowrec import threads
from glowrec.nn import gather_rows

# Few rows, so that repeats are the rule; 0.1, whose sums depend on their order.
VALUES = st.sampled_from([0.1, -0.3, 1e8, -1e8, 0.0, -0.0, 7.0])


@st.composite
def gathers(draw):
    n_rows, dim = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    index = draw(st.lists(st.integers(0, n_rows - 1), max_size=12))
    numbers = draw(st.lists(VALUES, min_size=len(index) * dim, max_size=len(index) * dim))
    values = torch.tensor(numbers, dtype=torch.float64).view(len(index), dim)
    return torch.tensor(index, dtype=torch.int64), values, n_rows


@given(case=gathers(), dtype=st.sampled_from([torch.float32, torch.float64]))
def test_the_gradient_is_the_sum_in_the_order_of_the_index(case, dtype):
    index, values, n_rows = case
    values = values.to(dtype)
    table = torch.randn(n_rows, values.shape[1], dtype=dtype, requires_grad=True)
    rows = gather_rows(table, index)
    assert torch.equal(rows, table[index])
    rows.backward(values)
    expected = torch.zeros_like(table)
    for row, value in zip(index.tolist(), values, strict=True):
        expected[row] += value
    assert torch.equal(table.grad, expected)


@given(case=gathers())
def test_gradcheck(case):
    index, _, n_rows = case
    table = torch.randn(n_rows, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda leaf: gather_rows(leaf, index), table)
    assert torch.autograd.gradgradcheck(lambda leaf: gather_rows(leaf, index), table)


def test_threads_do_not_change_a_bit():
    generator = torch.Generator().manual_seed(0)
    index = torch.randint(0, 50, (20_000,), generator=generator)
    values = torch.randn(20_000, 16, generator=generator)
    gradients = []
    for n in (1, 2, 7):
        threads.set_num_threads(n)
        table = torch.zeros(50, 16, requires_grad=True)
        gather_rows(table, index).backward(values)
        gradients.append(table.grad)
    threads.set_num_threads(0)
    assert torch.equal(gradients[0], gradients[1])
    assert torch.equal(gradients[0], gradients[2])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_other_precisions_go_through_torch(dtype):
    table = torch.zeros(3, 2, dtype=dtype, requires_grad=True)
    gather_rows(table, torch.tensor([2, 2, 0])).sum().backward()
    assert table.grad.tolist() == [[1, 1], [0, 0], [2, 2]]


@pytest.mark.gpu
def test_a_device_agrees_with_the_cpu():
    device = "cuda" if torch.cuda.is_available() else "mps"
    here = torch.randn(10, 4, requires_grad=True)
    there = here.detach().to(device).requires_grad_()
    index, values = torch.randint(0, 10, (100,)), torch.randn(100, 4)
    gather_rows(here, index).backward(values)
    gather_rows(there, index.to(device)).backward(values.to(device))
    torch.testing.assert_close(there.grad.cpu(), here.grad, rtol=1e-5, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="a promise of CUDA alone")
def test_cuda_gives_the_same_bits_again():
    device = torch.device("cuda")
    index, values = torch.randint(0, 50, (20_000,)).to(device), torch.randn(20_000, 16).to(device)
    gradients = []
    for _ in range(5):
        table = torch.zeros(50, 16, device=device, requires_grad=True)
        gather_rows(table, index).backward(values)
        gradients.append(table.grad)
    assert all(torch.equal(gradients[0], again) for again in gradients[1:])
