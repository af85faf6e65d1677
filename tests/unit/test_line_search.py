"""The line search against SciPy's own, step by step, on lines of every kind."""

import math

import numpy as np
import pytest
from scipy.optimize._dcsrch import DCSRCH  # the same algorithm, as an oracle

from glowrec.training.line_search import LONGEST, Point, search

LINES = {
    "parabola": (lambda a: (a - 3) ** 2, lambda a: 2 * (a - 3)),
    "steep": (lambda a: (a - 3e-3) ** 2, lambda a: 2 * (a - 3e-3)),
    "far": (lambda a: (a - 3e4) ** 2, lambda a: 2 * (a - 3e4)),
    # Moré and Thuente's own tests, equations 5.1 to 5.3.
    "concave": (lambda a: -a / (a**2 + 2), lambda a: (a**2 - 2) / (a**2 + 2) ** 2),
    "power": (
        lambda a: (a + 0.004) ** 5 - 2 * (a + 0.004) ** 4,
        lambda a: 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3,
    ),
    "waves": (
        lambda a: -a + 0.1 * math.sin(20 * a) + 0.02 * a * a,
        lambda a: -1 + 2 * math.cos(20 * a) + 0.04 * a,
    ),
    "kink": (lambda a: abs(a - 1), lambda a: math.copysign(1.0, a - 1)),
    # A wall behind a slope: the models shrink the interval too slowly, and it is halved.
    "wall": (lambda a: max(-a, 1e3 * (a - 1) - 1), lambda a: -1.0 if a < 1 else 1e3),
    "cosine": (lambda a: math.cos(a + 0.5), lambda a: -math.sin(a + 0.5)),
    "endless": (lambda a: -a, lambda _: -1.0),
    "flattens": (lambda a: math.exp(-a), lambda a: -math.exp(-a)),
    "growing": (lambda a: math.exp(a) - 3 * a, lambda a: math.exp(a) - 3),
}


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 1e3])
@pytest.mark.parametrize("name", LINES)
def test_the_same_steps_as_the_published_search(name, first):
    value, slope = LINES[name]

    def at(step):
        try:
            return Point(step, value(step), slope(step))
        except OverflowError:
            return Point(step, math.inf, math.inf)

    tried, ours = [], []

    def phi(step):
        tried.append(float(step))
        return at(step).value

    oracle = DCSRCH(phi, lambda step: at(step).slope, 1e-3, 0.9, 0.1, 0.0, LONGEST)
    with np.errstate(all="ignore"):
        _, _, _, task = oracle(first, at(0.0).value, at(0.0).slope, maxiter=21)

    def evaluate(step):
        ours.append(step)
        return at(step)

    found = search(evaluate, at(0.0), first, max_evaluations=20)
    finite = [step for step in tried if at(step).is_finite]
    if len(finite) < len(tried):  # ours gives up at the first value that is none
        assert not found.success
        assert ours[:-1] == pytest.approx(finite, rel=1e-12)
        return
    assert ours == pytest.approx(tried[:20], rel=1e-12)  # the oracle does not judge its last
    assert found.n_evaluations == len(ours)
    ended = task[:4] == b"CONV" or (task[:4] == b"WARN" and b"max iter" not in task)
    assert found.success == ended
    if task[:4] == b"CONV":
        assert found.point.value <= at(0.0).value + 1e-3 * found.point.step * at(0.0).slope
        assert abs(found.point.slope) <= 0.9 * abs(at(0.0).slope)


def test_a_line_that_does_not_descend_is_not_searched():
    for slope in (0.0, 1.0, math.nan):
        found = search(lambda _: pytest.fail("evaluated"), Point(0.0, 1.0, slope), 1.0)
        assert (found.success, found.n_evaluations) == (False, 0)


def test_the_number_of_evaluations_is_bounded():
    lies = Point(0.0, 0.0, -1.0)  # a slope that no value keeps
    found = search(lambda step: Point(step, 1.0 + step, -1.0), lies, 1.0, max_evaluations=4)
    assert found.n_evaluations <= 4
    assert not found.success
