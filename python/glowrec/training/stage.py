"""A stage of training: epochs in a row, with evaluations and a best one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glowrec.evaluation import evaluate
from glowrec.training.divergence import check_finite, named

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor

    from glowrec.interactions import Interactions
    from glowrec.training.progress import Silent
    from glowrec.training.run_folder import Checkpoint
    from glowrec.training.steps import Trainer


@dataclass
class Progressed:
    """How far a stage has come; plain values that a checkpoint can hold."""

    epoch: int = 0
    best_epoch: int = 0
    best: dict[str, float] | None = None
    worse: int = 0
    seconds: float = 0.0
    evaluation_seconds: float = 0.0
    stopped: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


class Stage:
    """Trains for some epochs, judges now and then, and keeps the best embeddings.

    Parameters
    ----------
    name : {"selection", "refit"}
    trainer : Trainer
    n_epochs : int
    train : Interactions
        What the trainer learns from; left out of the rankings.
    judge : Interactions, optional
        What it is judged by, every ``config.eval_every`` epochs and at the end. Without it the
        last epoch is kept.
    """

    def __init__(
        self,
        name: str,
        trainer: Trainer,
        n_epochs: int,
        train: Interactions,
        judge: Interactions | None,
    ) -> None:
        self.name, self.trainer, self.n_epochs = name, trainer, n_epochs
        self._train, self._judge = train, judge
        self.so_far = Progressed()
        self.best_model: dict[str, Tensor] = {}

    def run(self, progress: Silent, after_epoch: Callable[[bool], None]) -> None:
        """Go on to the end of the stage, and put the best embeddings into the model.

        Parameters
        ----------
        progress : Silent
            Is told of steps and epochs.
        after_epoch : callable
            Called after each epoch with whether it was the last; writes checkpoints.
        """
        so_far, n_batches = self.so_far, self.trainer.n_batches
        progress.stage(self.name, self.n_epochs * n_batches, so_far.epoch * n_batches)
        while so_far.epoch < self.n_epochs and not so_far.stopped:
            so_far.epoch += 1
            record = self._epoch(progress)
            so_far.history.append(record)
            progress.epoch(record)
            after_epoch(so_far.epoch == self.n_epochs or so_far.stopped)
        if self.best_model:
            self.trainer.model.load_state_dict(self.best_model)
        else:
            so_far.best_epoch = so_far.epoch

    def _epoch(self, progress: Silent) -> dict[str, Any]:
        trainer, so_far = self.trainer, self.so_far
        start = time.perf_counter()
        total = 0.0
        with named(trainer.config, so_far.epoch):
            for loss in trainer.epoch(so_far.epoch):
                check_finite(loss)
                total += loss
                progress.step(loss)
        seconds = time.perf_counter() - start
        so_far.seconds += seconds
        n_users = trainer.graph.n_users
        record: dict[str, Any] = {
            "stage": self.name,
            "epoch": so_far.epoch,
            "step": so_far.epoch * trainer.n_batches,
            "loss": total / trainer.n_batches,
            "lr": trainer.lr(so_far.epoch * trainer.n_batches - 1),
            "seconds": seconds,
            "coverage_users": float(trainer.covered[:n_users].mean()),
            "coverage_items": float(trainer.covered[n_users:].mean()),
        }
        due = so_far.epoch % trainer.config.eval_every == 0 or so_far.epoch == self.n_epochs
        if self._judge is not None and due:
            with named(trainer.config, so_far.epoch):
                record |= self._evaluated(self._judge)
        return record

    def _evaluated(self, relevant: Interactions) -> dict[str, float]:
        so_far, config = self.so_far, self.trainer.config
        start = time.perf_counter()
        judged = judge(self.trainer, self._train, relevant)
        so_far.evaluation_seconds += time.perf_counter() - start
        monitor = f"{config.monitor}@{config.k}"
        if so_far.best is None or judged[monitor] > so_far.best[monitor]:
            so_far.best, so_far.best_epoch, so_far.worse = judged, so_far.epoch, 0
            state = self.trainer.model.state_dict()
            self.best_model = {name: value.detach().clone() for name, value in state.items()}
        else:
            so_far.worse += 1
            so_far.stopped = 0 < config.patience <= so_far.worse
        return judged

    def tensors(self) -> dict[str, Tensor]:
        """Return everything to be kept between epochs, on the CPU."""
        kept = {f"model.{name}": value for name, value in self.trainer.model.state_dict().items()}
        kept |= {f"best.{name}": value for name, value in self.best_model.items()}
        for place, slots in self.trainer.optimizer.state_dict()["state"].items():
            kept |= {f"adam.{place}.{name}": value for name, value in slots.items()}
        return {name: value.detach().cpu().contiguous() for name, value in kept.items()}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to where a checkpoint was made.

        Parameters
        ----------
        checkpoint : Checkpoint
        """
        tensors, device = checkpoint.tensors, self.trainer.device
        self.so_far = Progressed(**checkpoint.state["so_far"])
        self.trainer.model.load_state_dict(_part(tensors, "model."))
        self.best_model = {
            name: value.to(device) for name, value in _part(tensors, "best.").items()
        }
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _part(tensors, "adam.").items():
            place, _, slot = name.partition(".")
            state.setdefault(int(place), {})[slot] = value
        groups = self.trainer.optimizer.state_dict()["param_groups"]
        self.trainer.optimizer.load_state_dict({"state": state, "param_groups": groups})


def judge(trainer: Trainer, train: Interactions, relevant: Interactions) -> dict[str, float]:
    """Return the metrics of the model's ranking on interactions it did not learn from."""
    return dict(evaluate(trainer.ranking(), train, relevant, k=trainer.config.k).summary)


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
