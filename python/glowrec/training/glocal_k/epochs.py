"""The epochs of one stage: fit, judge, remember the best, and be able to go on later."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from glowrec.errors import DataError, ParameterError, ScoreError
from glowrec.training.divergence import DivergenceError, check_finite
from glowrec.training.glocal_k.batches import BlockAdam
from glowrec.training.glocal_k.minimizers import Objective, OwnLBFGS, ScipyLBFGSB

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from glowrec.nn.glocal_k import GLocalK, Stage
    from glowrec.nn.rating_matrix import RatingMatrix
    from glowrec.training.glocal_k.judge import Judge
    from glowrec.training.glocal_k.minimizers import Minimizer
    from glowrec.training.glocal_k.settings import GLocalKConfig
    from glowrec.training.progress import Silent

_LARGER_IS_BETTER = ("ndcg",)


@dataclass
class Progressed:
    """How far a stage has come; plain values that a checkpoint can hold."""

    epoch: int = 0
    best_epoch: int = 0
    best: dict[str, float] | None = None
    worse: int = 0
    stopped: bool = False
    seconds: float = 0.0
    judging_seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)


class Part(NamedTuple):
    """A part of a run: the epochs of one stage."""

    name: str
    """In records and on the screen."""
    stage: Stage
    n_epochs: int
    chooses: bool = False
    """Whether one of its epochs is the one that is chosen."""
    keeps: bool = False
    """Whether the parameters of that epoch are needed, and not its number alone."""


class Epochs:
    """Trains a stage for some epochs and keeps the best parameters.

    Parameters
    ----------
    part : Part
    config : GLocalKConfig
    model : GLocalK
        Trained in place; holds the parameters of the best epoch at the end if the part keeps
        them, else those of the last one.
    ratings : RatingMatrix
        What is learned from.
    judge : Judge, optional
        Of each epoch.
    """

    def __init__(
        self,
        part: Part,
        config: GLocalKConfig,
        model: GLocalK,
        ratings: RatingMatrix,
        judge: Judge | None = None,
    ) -> None:
        self.part, self.model = part, model
        self._config, self._ratings, self._judge = config, ratings, judge
        self.so_far = Progressed()
        self.best_model: dict[str, Tensor] = {}
        self._objective: Objective | None = None
        self._minimizer = self._chosen_minimizer()

    def _chosen_minimizer(self) -> Minimizer:
        config = self._config
        if config.optimizer == "adam":
            return BlockAdam(self.model, self._ratings, self.part.stage, config)
        self._objective = Objective(self.model, self._ratings, self.part.stage)
        kind = OwnLBFGS if config.optimizer == "lbfgs" else ScipyLBFGSB
        return kind(self._objective, config.iterations_of(self.part.stage), config.corrections)

    @property
    def _steps(self) -> int:
        """Steps of an epoch, at most."""
        if isinstance(self._minimizer, BlockAdam):
            return self._minimizer.n_batches
        return self._config.iterations_of(self.part.stage)

    def run(self, progress: Silent, after_epoch: Callable[[bool], None]) -> None:
        """Go on to the end of the stage.

        Parameters
        ----------
        progress : Silent
            Is told of iterations and epochs.
        after_epoch : callable
            Called after each epoch with whether it was the last; writes checkpoints.
        """
        so_far, steps = self.so_far, self._steps
        progress.stage(self.part.name, self.part.n_epochs * steps, so_far.epoch * steps)
        while so_far.epoch < self.part.n_epochs and not so_far.stopped:
            so_far.epoch += 1
            record = self._epoch(progress)
            so_far.history.append(record)
            progress.epoch(record)
            after_epoch(so_far.epoch == self.part.n_epochs or so_far.stopped)
        if self.best_model:
            self.model.load_state_dict(self.best_model)
        elif not so_far.best_epoch:
            so_far.best_epoch = so_far.epoch

    def _epoch(self, progress: Silent) -> dict[str, Any]:
        so_far, start = self.so_far, time.perf_counter()
        before = self._objective.seconds if self._objective is not None else 0.0
        seen = 0

        def after_iteration(loss: float) -> None:
            nonlocal seen
            seen += 1
            check_finite(loss)
            progress.step(loss)

        try:
            epoch = self._minimizer.epoch(so_far.epoch, after_iteration)
            check_finite(epoch.loss)
        except ScoreError:
            self._diverged()
        for _ in range(self._steps - seen):  # of an epoch that converged early
            progress.step(epoch.loss)
        seconds = time.perf_counter() - start
        so_far.seconds += seconds
        record: dict[str, Any] = {
            "stage": self.part.name,
            "epoch": so_far.epoch,
            "step": so_far.epoch * self._steps,
            "loss": epoch.loss,
            "iterations": epoch.n_iterations,
            "evaluations": epoch.n_evaluations,
            "seconds": seconds,
        }
        if epoch.n_evaluations:
            spent = seconds if self._objective is None else self._objective.seconds - before
            record["seconds_per_evaluation"] = spent / epoch.n_evaluations
        if self._judge is not None:
            record |= self._judged(self._judge)
        return record

    def _diverged(self) -> None:
        config, where = self._config, f"{self.part.name}, epoch {self.so_far.epoch}"
        if config.optimizer == "adam":
            raise DivergenceError(
                f"lr = {config.lr}: the loss is not finite in {where}; lower lr"
            ) from None
        raise DataError(
            f"the loss is not finite in {where}: the ratings are too large for {config.dtype}"
        ) from None

    def _judged(self, judge: Judge) -> dict[str, float]:
        so_far, config = self.so_far, self._config
        start = time.perf_counter()
        judged = judge.metrics(self.model, self._ratings, self.part.stage)
        so_far.judging_seconds += time.perf_counter() - start
        if not self.part.chooses:
            return judged
        if config.monitor not in judged:
            raise ParameterError(f"monitor = {config.monitor!r}: has no meaning for these ratings")
        sign = 1 if config.monitor in _LARGER_IS_BETTER else -1
        found = sign * judged[config.monitor]
        if so_far.best is None or found > sign * so_far.best[config.monitor]:
            so_far.best, so_far.best_epoch, so_far.worse = judged, so_far.epoch, 0
            if self.part.keeps:
                state = self.model.state_dict()
                self.best_model = {name: value.detach().clone() for name, value in state.items()}
        else:
            so_far.worse += 1
            so_far.stopped = 0 < config.patience <= so_far.worse
        return judged

    def tensors(self) -> dict[str, Tensor]:
        """Return everything to be kept between epochs, on the CPU."""
        kept = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        kept |= {f"best.{name}": value for name, value in self.best_model.items()}
        kept |= {f"minimizer.{name}": value for name, value in self._minimizer.tensors().items()}
        # Copies: the parameters are views of one tensor, and safetensors keeps each on its own.
        return {name: value.detach().cpu().clone() for name, value in kept.items()}

    def restore(self, tensors: dict[str, Tensor], so_far: dict[str, Any]) -> None:
        """Go back to where a checkpoint was made.

        Parameters
        ----------
        tensors : dict of str to Tensor
            As :meth:`tensors` returned them.
        so_far : dict
            The fields of :class:`Progressed`.
        """
        device = next(self.model.parameters()).device
        self.so_far = Progressed(**so_far)
        self.model.load_state_dict(_part(tensors, "model."))
        best = _part(tensors, "best.")
        self.best_model = {name: value.to(device) for name, value in best.items()}
        self._minimizer.restore(_part(tensors, "minimizer."))


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
