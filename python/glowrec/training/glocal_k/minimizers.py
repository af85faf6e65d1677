"""What makes an epoch: L-BFGS, ours or SciPy's, over all ratings at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import scipy.optimize
import torch

from glowrec.training.flat import Flat
from glowrec.training.lbfgs import LBFGS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from glowrec.nn.glocal_k import GLocalK, Stage
    from glowrec.nn.rating_matrix import RatingMatrix


class Epoch(NamedTuple):
    """What an epoch came to."""

    loss: float
    """The objective at its end (of Adam: summed over the blocks, as they were met)."""
    n_iterations: int
    n_evaluations: int


class Minimizer(Protocol):
    """Fits a model to ratings, epoch by epoch."""

    def epoch(self, number: int, after_iteration: Callable[[float], None]) -> Epoch:
        """Go through epoch `number`, counted from 1."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """Return what it remembers between epochs."""
        ...

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Remember what :meth:`tensors` returned."""
        ...


class Objective:
    """The objective of a stage as a function of a flat tensor.

    Parameters
    ----------
    model : GLocalK
    ratings : RatingMatrix
    stage : {"local", "global"}

    Attributes
    ----------
    flat : Flat
        The parameters that the stage trains.
    seconds : float
        Spent in evaluations so far.
    """

    def __init__(self, model: GLocalK, ratings: RatingMatrix, stage: Stage) -> None:
        self._ratings = ratings
        self._loss = model.local_loss if stage == "local" else model.global_loss
        self.flat = Flat(model.local_parameters() if stage == "local" else model.parameters())
        self.seconds = 0.0

    def __call__(self, x: Tensor, gradient: Tensor) -> float:
        """Return the value at `x`, which is the flat tensor, and write the gradient."""
        start = time.perf_counter()
        if x is not self.flat.values:
            self.flat.values.copy_(x)
        loss = self._loss(self._ratings)
        self.flat.gradient(loss, gradient)
        value = float(loss.detach())
        self.seconds += time.perf_counter() - start
        return value


class OwnLBFGS:
    """Our L-BFGS, which starts afresh in every epoch.

    Parameters
    ----------
    objective : Objective
    iterations : int
        Of an epoch, at most.
    corrections : int
    """

    def __init__(self, objective: Objective, iterations: int, corrections: int) -> None:
        self._iterations = iterations
        # An epoch cannot fill more places than it has iterations.
        places = max(1, min(corrections, iterations - 1))
        self._lbfgs = LBFGS(objective, objective.flat.values, places)

    def epoch(self, number: int, after_iteration: Callable[[float], None]) -> Epoch:  # noqa: ARG002
        """Run the iterations of an epoch."""
        run = self._lbfgs.run(self._iterations, after_iteration)
        return Epoch(run.value, run.n_iterations, run.n_evaluations)

    def tensors(self) -> dict[str, Tensor]:
        """Return nothing: each epoch starts without memory."""
        return {}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take nothing."""


class ScipyLBFGSB:
    """SciPy's L-BFGS-B without bounds: the reference, in float64 outside of the model.

    Parameters
    ----------
    objective : Objective
    iterations : int
    corrections : int
    """

    def __init__(self, objective: Objective, iterations: int, corrections: int) -> None:
        self._objective = objective
        self._options = {"maxiter": iterations, "maxcor": corrections}
        self._gradient = torch.empty_like(objective.flat.values)

    def epoch(self, number: int, after_iteration: Callable[[float], None]) -> Epoch:  # noqa: ARG002
        """Run the iterations of an epoch."""
        values = self._objective.flat.values

        def told(intermediate_result: scipy.optimize.OptimizeResult) -> None:
            after_iteration(float(intermediate_result.fun))

        minimize: Any = scipy.optimize.minimize  # its stubs know no value beside its gradient
        found = minimize(
            self._evaluated,
            values.detach().double().cpu().numpy(),
            jac=True,
            method="L-BFGS-B",
            callback=told,
            options=self._options,
        )
        values.copy_(torch.from_numpy(found.x))
        return Epoch(float(found.fun), int(found.nit), int(found.nfev))

    def _evaluated(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = self._objective.flat.values
        values.copy_(torch.from_numpy(x))
        value = self._objective(values, self._gradient)
        gradient: NDArray[np.float64] = self._gradient.double().cpu().numpy()
        return value, gradient

    def tensors(self) -> dict[str, Tensor]:
        """Return nothing: each epoch starts without memory."""
        return {}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take nothing."""
