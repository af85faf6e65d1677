"""L-BFGS on tensors: the iterates of SciPy's L-BFGS-B without bounds, in few passes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
import torch

from glowrec.errors import ScoreError
from glowrec.training.line_search import LONGEST, Found, Point, search

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    Objective: TypeAlias = Callable[[Tensor, Tensor], float]
    """Returns the value at its first argument and writes the gradient into the second."""

CORRECTIONS = 10
VALUE_TOLERANCE, GRADIENT_TOLERANCE = 2.220446049250313e-09, 1e-5
"""SciPy's defaults: relative decrease of an iteration, and largest entry of the gradient."""

Reason: TypeAlias = Literal["iterations", "value", "gradient", "line search"]


class Run(NamedTuple):
    """What some iterations came to."""

    value: float
    n_iterations: int
    n_evaluations: int
    reason: Reason
    """What ended it: the limit, one of the tolerances, or a line without a lower point."""


class LBFGS:
    """Minimises a smooth function of a flat tensor, in place.

    Each :meth:`run` starts without memory, as GLocal-K's 'epochs' do. The direction is computed
    in the compact form from inner products with the stored corrections, so that an iteration
    reads each of them twice; only numbers of a small matrix pass through float64.

    Parameters
    ----------
    objective : callable
        Takes `x` and a tensor for the gradient at `x`, fills the latter, returns the value.
    x : Tensor, shape (n,)
        Where to start; holds the best point after each run.
    corrections : int, default 10
        Pairs of steps and gradient changes that are remembered.

    References
    ----------
    Byrd, Nocedal and Schnabel, "Representations of quasi-Newton matrices and their use in
    limited memory methods", Mathematical Programming 63, 1994, equation 2.6 for the form; Zhu,
    Byrd, Lu and Nocedal, L-BFGS-B 3.0, for all rules: first step, line search, which pairs are
    kept, when to start afresh, when to end.

    Examples
    --------
    >>> import torch
    >>> from glowrec.training.lbfgs import LBFGS
    >>> def bowl(x, gradient):
    ...     torch.mul(x, 2, out=gradient)
    ...     return float(x @ x)
    >>> x = torch.tensor([3.0, -4.0], dtype=torch.float64)
    >>> LBFGS(bowl, x).run(10).reason, x.norm().item() < 1e-5
    ('gradient', True)
    """

    def __init__(self, objective: Objective, x: Tensor, corrections: int = CORRECTIONS) -> None:
        self._objective, self.x = objective, x
        self._gradient, self._last_gradient = torch.empty_like(x), torch.empty_like(x)
        self._start, self._direction = torch.empty_like(x), torch.empty_like(x)
        self._pairs = _Pairs(x, corrections)
        self._epsilon = torch.finfo(x.dtype).eps
        self._value: float | None = None

    def run(
        self, max_iterations: int, after_iteration: Callable[[float], None] | None = None
    ) -> Run:
        """Iterate from `x` on, without memory of what was before.

        Parameters
        ----------
        max_iterations : int
            At least 1.
        after_iteration : callable, optional
            Is told the value after each iteration.

        Returns
        -------
        Run
            The value and the gradient at `x` are kept from one run to the next, so that all but
            the first spare an evaluation: `x` must not change in between.

        Raises
        ------
        ScoreError
            If the value or the gradient at `x` is not finite.
        """
        n_evaluations = 0
        if self._value is None:
            self._value, n_evaluations = self._objective(self.x, self._gradient), 1
        value, pairs = self._value, self._pairs
        largest = self._largest()
        if not math.isfinite(value) or not math.isfinite(largest):
            raise ScoreError(f"value = {value}, largest entry of the gradient = {largest}")
        if largest <= GRADIENT_TOLERANCE:
            return Run(value, 0, n_evaluations, "gradient")
        pairs.clear()
        n_iterations = 0
        while True:
            had_pairs = pairs.count > 0
            slope, found = self._search(value, is_first=n_iterations == 0 and not had_pairs)
            n_evaluations += found.n_evaluations
            if not found.success:
                if not had_pairs:
                    return self._end(value, n_iterations, n_evaluations, "line search")
                pairs.clear()
                continue
            n_iterations += 1
            before, value = value, found.point.value
            if after_iteration is not None:
                after_iteration(value)
            reason = self._reason(before, value, at_limit=n_iterations >= max_iterations)
            if reason is not None:
                return self._end(value, n_iterations, n_evaluations, reason)
            self._remember(found.point, slope)

    def _search(self, value: float, *, is_first: bool) -> tuple[float, Found]:
        """Search along the direction from `x`; return to `x` where that has no success."""
        self._pairs.direction(self._gradient, self._direction)
        slope = float(self._gradient @ self._direction)
        step = min(1.0 / float(self._direction.norm()), LONGEST) if is_first else 1.0
        self._start.copy_(self.x)
        self._gradient, self._last_gradient = self._last_gradient, self._gradient
        found = search(self._along, Point(0.0, value, slope), step)
        if not found.success:
            self.x.copy_(self._start)
            self._gradient, self._last_gradient = self._last_gradient, self._gradient
        return slope, found

    def _remember(self, point: Point, slope: float) -> None:
        """Keep the step as a correction, if the function curves upwards along it."""
        curvature = (point.slope - slope) * point.step
        if curvature > self._epsilon * -slope * point.step:
            self._pairs.add(
                point.step, self._direction, self._gradient, self._last_gradient, curvature
            )

    def _largest(self) -> float:
        return float(torch.linalg.vector_norm(self._gradient, math.inf)) if self.x.numel() else 0.0

    def _along(self, step: float) -> Point:
        torch.add(self._start, self._direction, alpha=step, out=self.x)
        value = self._objective(self.x, self._gradient)
        return Point(step, value, float(self._gradient @ self._direction))

    def _reason(self, before: float, value: float, *, at_limit: bool) -> Reason | None:
        if at_limit:
            return "iterations"
        if self._largest() <= GRADIENT_TOLERANCE:
            return "gradient"
        if before - value <= VALUE_TOLERANCE * max(abs(before), abs(value), 1.0):
            return "value"
        return None

    def _end(self, value: float, n_iterations: int, n_evaluations: int, reason: Reason) -> Run:
        self._value = value
        return Run(value, n_iterations, n_evaluations, reason)


class _Pairs:
    """The last steps and changes of the gradient, with their inner products."""

    def __init__(self, x: Tensor, most: int) -> None:
        self._most = most
        self._store = torch.empty((most, 2, x.numel()), dtype=x.dtype, device=x.device)
        self._order: list[int] = []
        # Of slots: products of steps with changes, and of changes with changes.
        self._step_change = np.zeros((most, most))
        self._change_change = np.zeros((most, most))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._order)

    def clear(self) -> None:
        """Forget all of them."""
        self._order = []

    def add(
        self, step: float, direction: Tensor, gradient: Tensor, before: Tensor, curvature: float
    ) -> None:
        """Remember ``step * direction`` and ``gradient - before``, in the place of the oldest."""
        slot = self._order.pop(0) if self.count == self._most else self.count
        self._order.append(slot)
        torch.mul(direction, step, out=self._store[slot, 0])
        torch.sub(gradient, before, out=self._store[slot, 1])
        products = self._products(self._store[slot, 1])
        n = self.count
        self._step_change[:n, slot] = products[:, 0]
        self._change_change[:n, slot] = self._change_change[slot, :n] = products[:, 1]
        self._step_change[slot, slot] = curvature

    def direction(self, gradient: Tensor, out: Tensor) -> None:
        """Write minus the approximate inverse Hessian times the gradient."""
        if not self._order:
            torch.neg(gradient, out=out)
            return
        order = np.array(self._order)
        square = np.ix_(order, order)
        upper, changes = np.triu(self._step_change[square]), self._change_change[square]
        diagonal = np.diag(upper)
        scale = diagonal[-1] / changes[-1, -1]
        by_step, by_change = self._products(gradient)[order].T
        solved = np.linalg.solve(upper, by_step)
        of_steps = np.linalg.solve(
            upper.T, diagonal * solved + scale * (changes @ solved - by_change)
        )
        weights = np.empty((self.count, 2))
        weights[order] = np.stack([of_steps, -scale * solved], axis=1)
        torch.mul(gradient, -scale, out=out)
        basis = self._store[: self.count].view(2 * self.count, -1)
        taken = torch.from_numpy(-weights.ravel()).to(out)
        out.addmv_(basis.T, taken)

    def _products(self, vector: Tensor) -> NDArray[np.float64]:
        """Return the inner products with every step and change, by slot, shape (count, 2)."""
        basis = self._store[: self.count].view(2 * self.count, -1)
        return (basis @ vector).double().cpu().numpy().reshape(-1, 2)
