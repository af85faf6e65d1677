"""Our L-BFGS against SciPy's L-BFGS-B: the same points evaluated, the same number of times."""

import numpy as np
import pytest
import scipy.optimize
import torch

from glowrec.errors import ScoreError
from glowrec.training.lbfgs import LBFGS

rng = np.random.default_rng(0)
ROOT = torch.tensor(rng.standard_normal((30, 30)))
MATRIX = ROOT @ ROOT.T + 0.1 * torch.eye(30, dtype=torch.float64)
VECTOR = torch.tensor(rng.standard_normal(30))
DESIGN = torch.tensor(rng.standard_normal((200, 20)))
LABELS = torch.tensor(rng.integers(0, 2, 200) * 2.0 - 1)


def quadratic(x):
    return 0.5 * x @ MATRIX @ x - VECTOR @ x


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def logistic(w):
    return torch.nn.functional.softplus(-LABELS * (DESIGN @ w)).sum() + 0.01 * w @ w


PROBLEMS = {
    "quadratic": (quadratic, np.zeros(30), 60),
    "flat": (lambda x: 1e-3 * quadratic(x), np.zeros(30), 100),
    "steep": (lambda x: 1e6 * quadratic(x), np.ones(30), 12),
    "rosenbrock": (rosenbrock, np.array([-1.2, 1.0]), 100),
    "long valley": (rosenbrock, np.tile([-1.2, 1.0], 5), 25),
    "logistic": (logistic, np.zeros(20), 100),
    "at the minimum": (logistic, None, 100),
}


def evaluated(function, seen):
    def objective(x, gradient):
        seen.append(x.clone().numpy())
        point = x.clone().requires_grad_()
        value = function(point)
        (found,) = torch.autograd.grad(value, point)
        gradient.copy_(found)
        return float(value.detach())

    return objective


def by_scipy(function, start, most):
    seen = []
    objective = evaluated(function, seen)

    def both(x):
        gradient = torch.empty(x.size, dtype=torch.float64)
        return objective(torch.tensor(x), gradient), gradient.numpy()

    options = {"maxiter": most, "maxcor": 10}
    return scipy.optimize.minimize(both, start, jac=True, method="L-BFGS-B", options=options), seen


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_iterates_are_those_of_scipy(name):
    function, start, most = PROBLEMS[name]
    if start is None:
        start = by_scipy(function, np.zeros(20), 1000)[0].x
    theirs, their_points = by_scipy(function, start, most)
    points, x = [], torch.tensor(start)
    ours = LBFGS(evaluated(function, points), x).run(most)
    assert ours.n_iterations == theirs.nit
    assert ours.n_evaluations == theirs.nfev == len(points) == len(their_points)
    scale = np.abs(their_points).max()
    np.testing.assert_allclose(points, their_points, rtol=0, atol=1e-7 * max(scale, 1e-9))
    assert ours.value == pytest.approx(theirs.fun, rel=1e-10)
    np.testing.assert_array_equal(x.numpy(), points[-1])
    words = {
        "iterations": "ITERATIONS",
        "gradient": "GRADIENT",
        "value": "REDUCTION",
        "line search": "ABNORMAL",
    }
    assert words[ours.reason] in theirs.message.upper()


def test_runs_start_without_memory_and_spare_what_the_last_one_computed():
    points, x = [], torch.zeros(30, dtype=torch.float64)
    ours = LBFGS(evaluated(quadratic, points), x)
    runs = [ours.run(5) for _ in range(4)]
    start, theirs = np.zeros(30), []
    for _ in range(4):
        result, _ = by_scipy(quadratic, start, 5)
        theirs.append(result)
        start = result.x
    assert [run.n_iterations for run in runs] == [result.nit for result in theirs]
    saved = [result.nfev - run.n_evaluations for run, result in zip(runs, theirs, strict=True)]
    assert saved == [0, 1, 1, 1]
    assert sum(run.n_evaluations for run in runs) == len(points)
    np.testing.assert_allclose(x.numpy(), start, rtol=0, atol=1e-9)


def test_a_function_with_kinks_ends_at_one():
    # Lines without success, and starts afresh after them.
    points, x = [], torch.tensor([1.0, 2.0, -3.0], dtype=torch.float64)
    run = LBFGS(evaluated(lambda x: x.abs().sum() + (x[0] - 3) ** 2, points), x).run(100)
    assert run.value == pytest.approx(2.75, abs=0.05)
    assert run.value == min(float(np.abs(p).sum() + (p[0] - 3) ** 2) for p in points)
    assert len(points) == run.n_evaluations


def test_a_gradient_that_lies_ends_where_it_began():
    def lies(x, gradient):
        gradient.fill_(-1.0)
        return float(x.sum())

    x = torch.ones(3, dtype=torch.float64)
    run = LBFGS(lies, x).run(10)
    assert (run.reason, run.n_iterations, run.value) == ("line search", 0, 3.0)
    assert x.tolist() == [1.0, 1.0, 1.0]


def test_float32_goes_the_same_way():
    def bowl(x, gradient):
        torch.mul(x, weights, out=gradient)
        return 0.5 * float((x * x * weights).double().sum())

    weights = torch.linspace(1, 50, 1000)
    ends = []
    for dtype in (torch.float32, torch.float64):
        weights, x = weights.to(dtype), torch.ones(1000, dtype=dtype)
        ends.append((LBFGS(bowl, x).run(8), x.double()))
    assert ends[0][0].n_evaluations == ends[1][0].n_evaluations
    torch.testing.assert_close(ends[0][1], ends[1][1], rtol=0, atol=1e-4)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(bad):
    def broken(_, gradient):
        gradient.zero_()
        return bad

    with pytest.raises(ScoreError, match=f"value = {bad}"):
        LBFGS(broken, torch.zeros(2)).run(3)

    def broken_gradient(_, gradient):
        gradient.fill_(bad)
        return 1.0

    with pytest.raises(ScoreError, match=f"largest entry of the gradient = {bad}"):
        LBFGS(broken_gradient, torch.zeros(2)).run(3)


def test_a_cliff_is_stepped_back_from():
    # Concave and without a minimum: every line leads to where there are no numbers.
    def cliff(x, gradient):
        inside = 4.0 - float(x[0])
        gradient.fill_(-1 / inside if inside > 0 else float("nan"))
        return float(np.log(inside)) if inside > 0 else float("nan")

    x = torch.zeros(1, dtype=torch.float64)
    run = LBFGS(cliff, x).run(50)
    assert run.reason == "line search"
    assert run.value == pytest.approx(np.log(4.0 - float(x[0])))
    assert float(x[0]) < 4
