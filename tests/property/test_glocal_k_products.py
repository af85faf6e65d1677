"""GLocal-K's sparse and tiled products against the dense definition."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import assume, given

from glowrec.nn import GLocalK, RatingMatrix, glocal_tiled
from glowrec.nn.global_kernel import convolve
from glowrec.nn.tile_convolution import ByShifts, ByTorch
from glowrec.threads import num_threads, set_num_threads

MARGIN = 1e-3  # from every kink, so that float32 falls on the same side of it
FULL, ONE, BORDERS = "full", "one", "borders"


def pattern(rng, kind, shape):
    if kind == FULL:
        return np.ones(shape, bool)
    known = np.zeros(shape, bool)
    if kind == ONE:
        known[rng.integers(shape[0]), rng.integers(shape[1])] = True
    elif kind == BORDERS:
        known[[0, -1]] = True
        known[:, [0, -1]] = True
        return known
    else:
        known = rng.random(shape) < kind
        known[rng.random(shape[0]) < 0.3] = False
        known[:, rng.random(shape[1]) < 0.3] = False
        known[rng.integers(shape[0]), rng.integers(shape[1])] = True
    return known


@st.composite
def problems(draw):
    # Wide matrices cross words of 64 cells and blocks of lanes.
    shape = draw(st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 3, 8, 61, 64, 130])))
    if draw(st.booleans()):
        shape = shape[::-1]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    known = pattern(rng, draw(st.sampled_from([FULL, ONE, BORDERS, 0.05, 0.3, 0.7])), shape)
    rows, columns = np.nonzero(known)
    order = rng.permutation(len(rows))
    values = rng.integers(1, 6, len(rows)).astype(float)
    options = {
        "hidden": draw(st.sampled_from([1, 5, 70])),
        "n_hidden": draw(st.integers(1, 3)),
        "kernel_dim": draw(st.integers(1, 6)),
        "kernel": draw(st.sampled_from(["finite", "gaussian", None])),
        "kernel_width": 0.8,
        "kernel_size": draw(st.sampled_from([1, 3, 5])),
        "n_kernels": draw(st.sampled_from([1, 2])),
        "dot_scale": draw(st.sampled_from([1.0, 0.5])),
        "l2": 0.3,
        "sparsity": 0.2,
    }
    return RatingMatrix(rows[order], columns[order], values, shape), options, rng


def make(ratings, options, rng):
    """A model whose kernels have reached cells and others, in float64."""
    model = GLocalK(*ratings.shape, **options, dtype=torch.float64)
    with torch.no_grad():
        for name, value in model.named_parameters():
            scale = 0.4 if name.endswith((".u", ".v")) else 0.5
            value.copy_(torch.from_numpy(rng.normal(0, scale, value.shape)).float())
        for layer in model.layers:
            if layer.kernel_name == "finite":
                distance = (layer.u[:, None] - layer.v).square().sum(2)
                assume(float((1 - distance).abs().min()) > MARGIN)
        kernels = model.kernels(ratings)
        x = ratings.dense(torch.float64)[None, None]
        maps = torch.conv2d(x, kernels[:, None], padding=kernels.shape[-1] // 2)
        touched = maps[maps != 0]
        assume(len(touched) == 0 or float(touched.abs().min()) > MARGIN)
    return model


def evaluate(model, ratings, stage, backend, dtype=torch.float64):
    other = GLocalK(*ratings.shape, **model.options, dtype=dtype, backend=backend)
    other.load_state_dict(model.state_dict())
    loss = other.global_loss(ratings) if stage == "global" else other.local_loss(ratings)
    loss.backward()
    used = other.parameters() if stage == "global" else other.local_parameters()
    return loss.detach().double(), [value.grad.double() for value in used]


@pytest.mark.parametrize("backend", ["sparse", "tiled", "auto"])
@pytest.mark.parametrize("stage", ["local", "global"])
@given(problem=problems())
def test_loss_and_gradients_are_those_of_the_dense_definition(backend, stage, problem):
    ratings, options, rng = problem
    model = make(ratings, options, rng)
    model.options = options
    loss, gradients = evaluate(model, ratings, stage, "dense")
    for dtype, loss_bound, bound in (
        (torch.float64, 1e-12, 1e-10),
        (torch.float32, 1e-5, 1e-4),
    ):
        found, slopes = evaluate(model, ratings, stage, backend, dtype)
        assert abs(found - loss) <= loss_bound * abs(loss)
        largest = [float(gradient.abs().max()) for gradient in gradients]
        for slope, gradient, own in zip(slopes, gradients, largest, strict=True):
            # Where all of a tensor cancels, what it is made of still rounds.
            scale = max(own, 1e-3 * max(largest))
            assert float((slope - gradient).abs().max()) <= bound * scale


@given(problem=problems(), stage=st.sampled_from(["local", "global"]))
def test_predictions_are_those_of_the_dense_definition(problem, stage):
    ratings, options, rng = problem
    model = make(ratings, options, rng)
    n = 30
    rows, columns = (rng.integers(0, size, n) for size in ratings.shape)
    found = []
    for backend in ("dense", "sparse", "tiled", "auto"):
        other = GLocalK(*ratings.shape, **options, dtype=torch.float64, backend=backend)
        other.load_state_dict(model.state_dict())
        found.append(other.predict(ratings, rows, columns, stage=stage))
    x = ratings.dense(torch.float64)
    if stage == "global":
        maps = torch.conv2d(
            x[None, None],
            model.kernels(ratings)[:, None],
            padding=options["kernel_size"] // 2,
        )
        x = torch.relu(maps[0]).mean(0)
    for layer in model.layers[:-1]:
        x = torch.sigmoid(layer(x))
    expected = model.layers[-1](x)[rows, columns].detach()
    for values in found:
        torch.testing.assert_close(values, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("way", [ByShifts, ByTorch])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 70)),
    ends=st.tuples(st.integers(0, 11), st.integers(0, 11)),
    kernel=st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from([1, 3, 5, 7])),
)
def test_the_convolution_of_a_tile_is_that_of_the_whole_matrix(way, dtype, shape, ends, kernel):
    rng = np.random.default_rng(sum(shape))
    n_kernels, size = kernel
    start, stop = min(*ends, shape[0] - 1), min(max(ends) + 1, shape[0])

    def whole(n, shape):  # sums of small whole numbers are exact
        return torch.from_numpy(rng.integers(-n, n + 1, shape)).to(dtype)

    x, slope = whole(5, shape), whole(3, (stop - start, shape[1])) * n_kernels
    kernels = whole(2, (n_kernels, size, size)).requires_grad_()
    expected = convolve(x, kernels)[start:stop]
    gradient = torch.autograd.grad(expected, kernels, slope)[0]
    margin = size // 2
    above = min(start, margin)
    found = way(x[start - above : stop + margin], above, stop - start, kernels)
    torch.testing.assert_close(found.rows, expected.detach())
    assert torch.equal(found.by_kernels(slope), gradient)


@pytest.mark.parametrize("stage", ["local", "global"])
def test_tiles_of_another_height_change_nothing(stage, monkeypatch):
    rng = np.random.default_rng(0)
    rows, columns = np.nonzero(rng.random((40, 30)) < 0.4)
    ratings = RatingMatrix(rows, columns, rng.integers(1, 6, len(rows)), (40, 30))
    generator = torch.Generator().manual_seed(0)
    options = {"hidden": 5}
    model = GLocalK(40, 30, generator=generator, dtype=torch.float64, **options)
    model.options = options
    loss, gradients = evaluate(model, ratings, stage, "dense")
    for cells in (1, 90, 1000):
        monkeypatch.setitem(glocal_tiled._CELLS, "cpu", cells)
        other = ratings.select(np.arange(40))  # products live as long as their matrix
        found, slopes = evaluate(model, other, stage, "tiled")
        torch.testing.assert_close(found, loss)
        for slope, gradient in zip(slopes, gradients, strict=True):
            torch.testing.assert_close(slope, gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_bits_do_not_depend_on_the_threads(dtype):
    rng = np.random.default_rng(0)
    shape = (400, 300)
    rows, columns = np.nonzero(rng.random(shape) < 0.1)
    ratings = RatingMatrix(rows, columns, rng.integers(1, 6, len(rows)), shape)
    generator = torch.Generator().manual_seed(0)
    model = GLocalK(*shape, hidden=20, dtype=dtype, generator=generator, backend="sparse")
    before, torch_threads = num_threads(), torch.get_num_threads()
    torch.set_num_threads(1)
    found = []
    try:
        for n in (1, 2, 7):
            set_num_threads(n)
            model.zero_grad()
            loss = model.global_loss(ratings)
            loss.backward()
            found.append([loss.detach(), *(value.grad.clone() for value in model.parameters())])
    finally:
        set_num_threads(before)
        torch.set_num_threads(torch_threads)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))
