"""GLocal-K's modules: initial values, shapes, errors, and the rules of torch's operators."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from glowrec.errors import DataError, IdError, ParameterError, ShapeError
from glowrec.nn import GlobalKernel, GLocalK, KernelLayer, RatingMatrix
from glowrec.nn.global_kernel import convolve

RATINGS = RatingMatrix([0, 0, 1, 3, 4], [0, 3, 1, 3, 0], [5.0, 1.0, 3.0, 4.0, 2.0], (5, 4))


def make(**options):
    generator = torch.Generator().manual_seed(3)
    options = {"hidden": 3, "dtype": torch.float64, "generator": generator, **options}
    return GLocalK(5, 4, **options)


def test_the_local_loss_is_the_formula_of_the_paper():
    model = make(l2=2.0, sparsity=0.5, backend="sparse")
    x, known = RATINGS.dense(torch.float64), RATINGS.dense() != 0
    hidden, penalty = x, 0.0
    for index, layer in enumerate(model.layers):
        gaps = [[(u - v).detach().square().sum().item() for v in layer.v] for u in layer.u]
        distance = torch.tensor(gaps, dtype=torch.float64)
        kernel = (1 - distance).clamp(min=0)
        penalty += layer.weight.square().sum() + 0.25 * kernel.square().sum()
        hidden = hidden @ (layer.weight * kernel) + layer.bias
        hidden = torch.sigmoid(hidden) if index < 2 else hidden
    expected = 0.5 * (x - hidden)[known].square().sum() + penalty
    torch.testing.assert_close(model.local_loss(RATINGS), expected, rtol=1e-12, atol=0)


def test_the_convolution_is_a_sum_over_neighbours_that_is_rectified_and_averaged():
    x = np.arange(12.0).reshape(3, 4) - 5
    kernels = np.random.default_rng(0).normal(size=(2, 3, 3))
    expected = np.zeros_like(x)
    for kernel in kernels:
        for i, j in np.ndindex(3, 4):
            total = sum(
                kernel[a + 1, b + 1] * x[i + a, j + b]
                for a in (-1, 0, 1)
                for b in (-1, 0, 1)
                if 0 <= i + a < 3 and 0 <= j + b < 4
            )
            expected[i, j] += max(0.0, total) / 2
    found = convolve(torch.from_numpy(x), torch.from_numpy(kernels))
    np.testing.assert_allclose(found.numpy(), expected)


def test_global_kernels_are_mixed_by_row_means():
    module = GlobalKernel(5, n_kernels=2, dot_scale=0.5, dtype=torch.float64)
    means = torch.tensor([1.0, 0.0, -2.0, 0.0, 3.0], dtype=torch.float64)
    kernel = module.weight[1, 0] - 2 * module.weight[1, 2] + 3 * module.weight[1, 4]
    torch.testing.assert_close(module(means)[1], 0.5 * kernel.view(3, 3))


@pytest.mark.parametrize("backend", ["dense", "sparse", "tiled"])
@pytest.mark.parametrize("kernel", ["finite", "gaussian", None])
def test_gradients_are_those_of_finite_differences(backend, kernel):
    model = make(backend=backend, kernel=kernel, n_kernels=2, n_hidden=1)
    with torch.no_grad():
        model.global_kernel.weight.abs_()
        for layer in model.layers:
            if layer.u is not None:
                layer.u.mul_(300)  # 0.3: kernels well between 0 and 1
    names, values = zip(*model.named_parameters(), strict=True)

    def loss(*values):
        return torch.func.functional_call(
            Global(model), dict(zip((f"model.{name}" for name in names), values, strict=True)), ()
        )

    assert gradcheck(loss, values, eps=1e-6, atol=1e-5, fast_mode=True)


class Global(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self):
        return self.model.global_loss(RATINGS)


def test_initial_values_are_those_of_the_reference_code():
    model = GLocalK(200, 400, hidden=300, generator=torch.Generator().manual_seed(0))
    weight, bias = model.layers[0].weight.detach(), model.layers[0].bias.detach()
    for values, limit in ((weight, (6 / 700) ** 0.5), (bias, (3 / 300) ** 0.5)):
        assert 0.98 * limit < float(values.abs().max()) <= limit
    for values, deviation in (
        (model.layers[1].u.data, 1e-3),
        (model.global_kernel.weight.data, 0.1),
    ):
        # A normal that is cut at two deviations keeps 0.88 of its own.
        assert float(values.std()) == pytest.approx(0.88 * deviation, rel=0.05)
        assert float(values.abs().max()) <= 2 * deviation


def test_the_generator_decides():
    first, again = make(), make()
    for a, b in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_stage_one_trains_everything_but_the_global_kernel():
    model = make()
    local = {id(value) for value in model.local_parameters()}
    others = [name for name, value in model.named_parameters() if id(value) not in local]
    assert others == ["global_kernel.weight"]
    model.local_loss(RATINGS).backward()
    assert model.global_kernel.weight.grad is None
    assert all(value.grad is not None for value in model.local_parameters())


def test_a_plain_auto_encoder_has_no_vectors():
    names = [name for name, _ in make(kernel=None).named_parameters()]
    assert not any(name.endswith((".u", ".v")) for name in names)
    assert KernelLayer(2, 3, kernel=None).kernel() is None


@pytest.mark.parametrize("backend", ["sparse", "tiled", "dense"])
def test_new_rows_go_through_the_trained_network(backend):
    model = make(backend=backend)
    rows = [0, 0, 1, 3, 4, 6]
    columns = [0, 3, 1, 3, 0, 2]
    more = RatingMatrix(rows, columns, [5.0, 1.0, 3.0, 4.0, 2.0, 5.0], (7, 4))
    with pytest.raises(ShapeError, match=r"expected 5 rows, .* got 7; hand in `kernels`"):
        model.predict(more, [6], [1])
    kernels = model.kernels(RATINGS)
    new = model.predict(more, [6, 0], [1, 1], kernels=kernels)
    torch.testing.assert_close(new[1], model.predict(RATINGS, [0], [1])[0])
    local = model.predict(more.select([6]), [0], [1], stage="local")
    torch.testing.assert_close(local, model.predict(more, [6], [1], stage="local"))
    # Mini-batches of rows add up to the whole.
    model.l2 = model.sparsity = 0.0
    parts = [model.local_loss(RATINGS.select(part)) for part in ([4, 0], [1, 2, 3])]
    torch.testing.assert_close(sum(parts), model.local_loss(RATINGS))


def test_no_rating_at_all_leaves_the_penalties():
    nothing = RatingMatrix([], [], [], (5, 4))
    for backend in ("sparse", "tiled", "dense"):
        model = make(backend=backend)
        loss = model.global_loss(nothing)
        loss.backward()
        torch.testing.assert_close(loss, model._shaped()[1])
        assert float(model.global_kernel.weight.grad.abs().max()) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_hidden": 0}, "n_hidden = 0: expected at least one"),
        ({"hidden": 0}, "n_out = 0"),
        ({"kernel_dim": 0}, "kernel_dim = 0"),
        ({"kernel": "cosine"}, "kernel = 'cosine'"),
        ({"kernel_width": 0.0}, "kernel_width = 0.0"),
        ({"kernel_size": 2}, "kernel_size = 2: expected an odd"),
        ({"kernel_size": 65}, "kernel_size = 65: expected an odd number below 64"),
        ({"n_kernels": 0}, "n_kernels = 0"),
        ({"l2": -1.0}, "l2 = -1.0"),
        ({"sparsity": float("nan")}, "sparsity = nan"),
        ({"backend": "numpy"}, "backend = 'numpy'"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        make(**options)


def test_bad_calls_are_named():
    model = make()
    with pytest.raises(ShapeError, match=r"expected 4 columns, got shape \(1, 5\)"):
        model.local_loss(RatingMatrix([0], [0], [1.0], (1, 5)))
    with pytest.raises(ParameterError, match="stage = 'both'"):
        model.predict(RATINGS, [0], [0], stage="both")
    with pytest.raises(ShapeError, match=r"rows and columns: .* \(1,\) and \(2,\)"):
        model.predict(RATINGS, [0], [0, 1])
    with pytest.raises(IdError, match=r"columns\[1\] = 4 is not in 0\.\.4"):
        model.predict(RATINGS, [0, 1], [3, 4])
    half = GLocalK(5, 4, hidden=3, dtype=torch.float16, backend="sparse")
    with pytest.raises(ParameterError, match="'sparse' takes float32 or float64 on the CPU"):
        half.local_loss(RATINGS)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 2], [0, 0], [1.0, 1.0]), IdError, r"rows\[1\] = 2 is not in 0\.\.2"),
        (([0], [-1], [1.0]), IdError, r"columns\[0\] = -1"),
        (([0.5], [0], [1.0]), IdError, "rows: expected whole numbers"),
        (([0], [0, 1], [1.0]), ShapeError, r"columns: expected shape \(1,\)"),
        (([0], [0], [[1.0]]), ShapeError, "values: expected one dimension"),
        (([0], [0], [np.nan]), DataError, r"values\[0\] = nan"),
        (([1, 0, 1], [2, 0, 2], [1.0] * 3), DataError, "positions 0 and 2 both rate row 1, col"),
    ],
)
def test_bad_ratings_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        RatingMatrix(*arguments, (2, 3))


def test_ratings_are_sorted_and_rows_selected():
    ratings = RatingMatrix([1, 0, 1], [2, 1, 0], [0.0, 3.0, 5.0], (3, 3))
    assert len(ratings) == 3  # a stored zero is a rating
    assert ratings.rows.tolist() == [0, 1, 1]
    assert ratings.columns.tolist() == [1, 0, 2]
    assert ratings.values.tolist() == [3.0, 5.0, 0.0]
    again = ratings.select([2, 1, 1])
    assert again.dense().tolist() == [[0, 0, 0], [5, 0, 0], [5, 0, 0]]
    assert len(again) == 4


@pytest.mark.parametrize("backend", ["sparse", "tiled"])
def test_a_half_empty_matrix_takes_the_gradient_of_both_kinds_of_rows(backend):
    """Every row's mean mixes the kernel, whether the row has ratings or not."""
    found = [make(backend=name) for name in ("dense", backend)]
    for model in found:
        model.global_kernel.weight.data.abs_()
        model.global_loss(RATINGS).backward()
    slopes = [model.global_kernel.weight.grad for model in found]
    assert float(slopes[0][0, 2].abs().max()) > 0  # row 2 has no rating
    torch.testing.assert_close(slopes[1], slopes[0], rtol=1e-9, atol=0)


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # of opcheck's own
def test_the_operators_keep_the_rules_of_torch():
    from glowrec.nn.glocal_products import products_of

    products = products_of(RATINGS, torch.float64, torch.device("cpu"), "sparse")
    tensors = {
        "kernels": torch.randn(1, 3, 3),
        "weights": torch.randn(4, 3),
        "bias": torch.randn(3),
        "hidden": torch.randn(products.native.n_distinct, 3),
        "decoder": torch.randn(3, 4),
        "last": torch.randn(4),
        "u": torch.randn(4, 2) / 5,
        "v": torch.randn(3, 2) / 5,
    }
    t = {name: value.double().requires_grad_() for name, value in tensors.items()}
    n = products.native.n_distinct
    calls = {
        "rating_product": (t["weights"], t["bias"], products.name, n),
        "convolved_product": (t["kernels"], t["weights"], t["bias"], products.name, n),
        "rating_error": (t["hidden"], t["decoder"], t["last"], products.name),
        "shaped_weights": (t["weights"], t["u"], t["v"], None, 0.5, 0.1),
    }
    for name, arguments in calls.items():
        operator = getattr(torch.ops.glowrec, name).default
        torch.library.opcheck(operator, arguments, test_utils=CHECKS)


CHECKS = ("test_schema", "test_autograd_registration", "test_faketensor")
