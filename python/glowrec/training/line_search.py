"""The line search of Moré and Thuente, as L-BFGS-B runs it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFICIENT, CURVATURE, WIDTH = 1e-3, 0.9, 0.1
"""Of L-BFGS-B: how much of the promised decrease is enough, how flat, how narrow at least."""
LONGEST = 1e10
_EXTRAPOLATE_LEAST, _EXTRAPOLATE_MOST, _SHRINK = 1.1, 4.0, 0.66


class Point(NamedTuple):
    """A function of one variable at a step: where, value and slope."""

    step: float
    value: float
    slope: float

    @property
    def is_finite(self) -> bool:
        """Whether all three are numbers."""
        return math.isfinite(self.step) and math.isfinite(self.value) and math.isfinite(self.slope)


class Found(NamedTuple):
    """Where a search ended."""

    point: Point
    """The last one that was evaluated."""
    n_evaluations: int
    success: bool
    """Whether the point may be taken; without it, nothing along the line may."""


@dataclass
class _Interval:
    """The step with the least value so far, the other end, and whether a minimum lies between."""

    best: Point
    other: Point
    bracketed: bool = False

    @property
    def width(self) -> float:
        return abs(self.other.step - self.best.step)


def search(
    evaluate: Callable[[float], Point], start: Point, step: float, max_evaluations: int = 20
) -> Found:
    """Find a step with sufficient decrease and small slope, both by L-BFGS-B's constants.

    Accepted is a step ``a`` with ``f(a) <= f(0) + 1e-3 a f'(0)`` and ``|f'(a)| <= 0.9 |f'(0)|``,
    or, as in L-BFGS-B, the best one of an interval that has become narrower than a tenth.

    Parameters
    ----------
    evaluate : callable
        Gives the function at a step.
    start : Point
        At step 0.
    step : float
        The first to be tried, above 0.
    max_evaluations : int, default 20

    Returns
    -------
    Found
        Without success where the slope at 0 is not negative, a value is no number, or
        `max_evaluations` were not enough.

    References
    ----------
    Moré and Thuente, "Line search algorithms with guaranteed sufficient decrease", ACM TOMS
    20(3), 1994; the constants are those of L-BFGS-B 3.0.

    Examples
    --------
    >>> from glowrec.training.line_search import Point, search
    >>> def parabola(a):
    ...     return Point(a, (a - 3) ** 2, 2 * (a - 3))
    >>> found = search(parabola, parabola(0.0), 1.0)
    >>> found.success, found.point.step, found.n_evaluations
    (True, 1.0, 1)
    """
    if not start.slope < 0:
        return Found(start, 0, success=False)
    interval = _Interval(start, start)
    promised = SUFFICIENT * start.slope
    least, most = 0.0, step + _EXTRAPOLATE_MOST * step
    width = last_width = 2 * LONGEST
    above = True  # until a step decreases sufficiently and the slope is not negative: stage 1
    point = start
    for n_evaluations in range(1, max_evaluations + 1):
        point = evaluate(step)
        if not point.is_finite:
            return Found(point, n_evaluations, success=False)
        line = start.value + point.step * promised
        above = above and not (point.value <= line and point.slope >= 0)
        flat = abs(point.slope) <= -CURVATURE * start.slope
        if (point.value <= line and flat) or _stuck(
            point, interval, line, promised, (least, most)
        ):
            return Found(point, n_evaluations, success=True)
        if above and line < point.value <= interval.best.value:
            # The decrease is too small: look for a minimum of the function less what was promised.
            step = _refine(interval, point, least, most, promised)
        else:
            step = _refine(interval, point, least, most, 0.0)
        best, other = interval.best.step, interval.other.step
        if interval.bracketed:
            if interval.width >= _SHRINK * last_width:
                step = best + 0.5 * (other - best)
            width, last_width = interval.width, width
            least, most = min(best, other), max(best, other)
        else:
            least = step + _EXTRAPOLATE_LEAST * (step - best)
            most = step + _EXTRAPOLATE_MOST * (step - best)
        step = min(max(step, 0.0), LONGEST)
        if interval.bracketed and _exhausted(step, least, most):
            step = best
    return Found(point, max_evaluations, success=False)


def _exhausted(step: float, least: float, most: float) -> bool:
    return step <= least or step >= most or most - least <= WIDTH * most


def _stuck(
    point: Point, interval: _Interval, line: float, promised: float, bounds: tuple[float, float]
) -> bool:
    """Return whether no further progress is possible."""
    if interval.bracketed:
        return _exhausted(point.step, *bounds)
    return point.step == LONGEST and point.value <= line and point.slope <= promised


def _refine(
    interval: _Interval, point: Point, least: float, most: float, promised: float
) -> float:
    """Take a point into the interval; return the next step, from cubic and quadratic models.

    Values and slopes are seen less the line of slope `promised`.
    """
    best, other, new = (
        Point(p.step, p.value - p.step * promised, p.slope - promised)
        for p in (interval.best, interval.other, point)
    )
    bracketed = interval.bracketed
    opposite = new.slope * math.copysign(1.0, best.slope) < 0
    if new.value > best.value:
        cubic = best.step + _cubic_share(best, new) * (new.step - best.step)
        chord = (best.value - new.value) / (new.step - best.step)
        quadratic = best.step + best.slope / (chord + best.slope) / 2 * (new.step - best.step)
        nearer = abs(cubic - best.step) <= abs(quadratic - best.step)
        step = cubic if nearer else cubic + (quadratic - cubic) / 2
        interval.bracketed = True
    elif opposite:
        cubic = new.step + _cubic_share(new, best) * (best.step - new.step)
        secant = _secant(best, new)
        step = cubic if abs(cubic - new.step) > abs(secant - new.step) else secant
        interval.bracketed = True
    elif abs(new.slope) < abs(best.slope):
        step = _along(best, other, new, (least, most), bracketed=bracketed)
    elif bracketed:
        step = new.step + _cubic_share(new, other) * (other.step - new.step)
    else:
        step = most if new.step > best.step else least

    if new.value > best.value:
        interval.other = point
    else:
        if opposite:
            interval.other = interval.best
        interval.best = point
    return step


def _along(
    best: Point, other: Point, new: Point, bounds: tuple[float, float], *, bracketed: bool
) -> float:
    """Return the next step where the value is lower and the slope smaller, of the same sign."""
    least, most = bounds
    share, reaches = _cubic_share_beyond(new, best)
    if reaches:
        cubic = new.step + share * (best.step - new.step)
    else:  # the cubic does not tend to infinity in this direction
        cubic = most if new.step > best.step else least
    secant = _secant(best, new)
    nearer = abs(cubic - new.step) < abs(secant - new.step)
    if not bracketed:
        farther = abs(cubic - new.step) > abs(secant - new.step)
        return min(max(cubic if farther else secant, least), most)
    step = cubic if nearer else secant
    bound = new.step + _SHRINK * (other.step - new.step)
    return min(bound, step) if new.step > best.step else max(bound, step)


def _secant(best: Point, new: Point) -> float:
    return new.step + new.slope / (new.slope - best.slope) * (best.step - new.step)


def _theta(a: Point, b: Point) -> float:
    return 3.0 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope


def _cubic_share(a: Point, b: Point) -> float:
    """Return where the cubic through both points has its minimum: 0 at `a`, 1 at `b`."""
    theta = _theta(a, b)
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    inside = (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)
    gamma = scale * math.sqrt(max(0.0, inside))  # below 0 by rounding alone
    if b.step < a.step:
        gamma = -gamma
    return ((gamma - a.slope) + theta) / (((gamma - a.slope) + gamma) + b.slope)


def _cubic_share_beyond(new: Point, best: Point) -> tuple[float, bool]:
    """Return the same beyond the new point, and whether the cubic has a minimum there."""
    theta = _theta(best, new)
    scale = max(abs(theta), abs(best.slope), abs(new.slope))
    inside = (theta / scale) ** 2 - (best.slope / scale) * (new.slope / scale)
    gamma = scale * math.sqrt(max(0.0, inside))
    if new.step > best.step:
        gamma = -gamma
    below = (gamma + (best.slope - new.slope)) + gamma
    share = ((gamma - new.slope) + theta) / below if below else math.inf
    return share, share < 0 and gamma != 0
