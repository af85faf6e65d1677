"""The whole of a training run of GLocal-K: stages, the chosen epoch, the refit, test."""

from __future__ import annotations

import dataclasses
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from glowrec.errors import DataError
from glowrec.nn.memory import room_for
from glowrec.splitting import hold_out
from glowrec.training.device import chosen
from glowrec.training.glocal_k.epochs import Epochs, Part
from glowrec.training.glocal_k.judge import Judge
from glowrec.training.glocal_k.orientation import checked_ratings, rating_matrix
from glowrec.training.glocal_k.read_out import read_out
from glowrec.training.learned import Learned
from glowrec.training.progress import Live, Silent
from glowrec.training.result import Result
from glowrec.training.run_folder import Checkpoint, RunFolder, run_flags
from glowrec.training.tensorboard import Curves

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from glowrec.datasets import Dataset
    from glowrec.interactions import Interactions
    from glowrec.nn.glocal_k import GLocalK
    from glowrec.nn.rating_matrix import RatingMatrix
    from glowrec.training.glocal_k.settings import GLocalKConfig

CHECKPOINT_SECONDS = 20.0
"""Least time between two checkpoints; the end of a stage always makes one."""


def train_ratings(
    config: GLocalKConfig,
    data: Dataset,
    *,
    validation: Interactions | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    device: str | torch.device | None = None,
    progress: bool = False,
    tensorboard: bool = False,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Result:
    """Train GLocal-K as a configuration says.

    Parameters
    ----------
    config : GLocalKConfig
    data : Dataset
        With ratings as values. Rows and columns of the convolution stand in the order of the
        codes of items and users. ``test`` is scored once, at the end, unless
        ``config.protocol`` is ``"paper"``; without test ratings no test metrics are given.
    validation : Interactions, optional
        Chooses the epoch, in place of a share of train.
    out, resume, device, progress, tensorboard, checkpoint_seconds
        As in :func:`glowrec.training.train`.

    Returns
    -------
    Result
        Metrics are ``"rmse"``, ``"mae"`` and ``"ndcg"`` of predictions that are clipped to the
        range of the ratings in train.

    Raises
    ------
    DataError
        If there is nothing to learn from or to judge by, ratings have no values or occur twice,
        there is no memory for the model, or the loss is not finite.
    ParameterError
        If `out` holds another run or another process writes it, `resume` or `tensorboard` comes
        without `out`, there is no such device, or `lr` is so high that the loss is not finite.

    Examples
    --------
    >>> from glowrec import Interactions, datasets
    >>> from glowrec.training import GLocalKConfig, train_ratings
    >>> users, items = [0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 0, 2]
    >>> ratings = Interactions.from_arrays(users, items, [5, 3, 4, 1, 5, 2])
    >>> data = datasets.Dataset("six", ratings.select([0, 1, 2, 3]), ratings.select([4, 5]))
    >>> config = GLocalKConfig(hidden=8, local_epochs=2, global_epochs=2, validation=0)
    >>> sorted(train_ratings(config, data).test)
    ['mae', 'ndcg', 'rmse']
    """
    resume, progress, tensorboard = run_flags(
        out, resume=resume, progress=progress, tensorboard=tensorboard
    )
    for name, part in (("train", data.train), ("test", data.test), ("validation", validation)):
        if part is not None and len(part):
            checked_ratings(f"{data.name}: {name}", part)
    if not len(data.train):
        raise DataError(f"{data.name}: train is empty, there is nothing to learn from")
    if config.protocol == "paper" and not len(data.test):
        raise DataError(f"{data.name}: protocol 'paper' judges by test, which is empty")
    with ExitStack() as stack:
        stack.enter_context(room_for(data.train.n_users, data.train.n_items, config.hidden))
        folder = None
        if out is not None:
            further = [] if validation is None else [validation]
            folder = RunFolder(out, config, data, *further, resume=resume)
            stack.callback(folder.close)
        run = _Run(config, data, validation, chosen(device), folder, checkpoint_seconds)
        run.shown = stack.enter_context(Live() if progress else Silent())
        curves = Curves(folder.path) if tensorboard and folder is not None else Silent()
        run.curves = stack.enter_context(curves)
        return run.finish()


class _Run:
    def __init__(  # noqa: PLR0917 - the arguments of train_ratings
        self,
        config: GLocalKConfig,
        data: Dataset,
        validation: Interactions | None,
        device: torch.device,
        folder: RunFolder | None,
        checkpoint_seconds: float,
    ) -> None:
        self.config, self.data, self.device, self.folder = config, data, device, folder
        self.checkpoint_seconds = checkpoint_seconds
        self.shown, self.curves = Silent(), Silent()
        learned, judged, self.protocol = data.train, None, "fixed"
        if config.protocol == "paper":
            judged, self.protocol = data.test, "paper"
        elif validation is not None:
            judged, self.protocol = validation, "validation"
        elif config.validation > 0:
            learned, judged = hold_out(data.train, config.validation, seed=config.seed)
            self.protocol = "validation"
        if judged is not None and not len(judged):
            raise DataError(
                f"validation = {config.validation}: holds out nothing of {len(data.train)} "
                "ratings; give a larger share or 0"
            )
        self.refits = config.refit and learned is not data.train
        values = checked_ratings("train", data.train)
        self.low, self.high = float(values.min()), float(values.max())
        self.judge = None if judged is None else self._judge(judged)
        self._learned = learned
        # Of the parts that have ended.
        self.past: list[dict[str, Any]] = []

    def _judge(self, ratings: Interactions) -> Judge:
        return Judge(ratings, self.config.orientation, self.low, self.high)

    def _matrix(self, *, refit: bool) -> RatingMatrix:
        ratings = self.data.train if refit else self._learned
        return rating_matrix(ratings, self.config.orientation)

    def _part(self, number: int) -> Part:
        """Return a stage of the selection, or, behind them, of the refit."""
        stages = self.config.stages
        stage = stages[number % len(stages)]
        is_last, n_epochs = stage == stages[-1], self.config.epochs_of(stage)
        if number < len(stages):
            keeps = is_last and not self.refits
            return Part(f"{stage} kernel", stage, n_epochs, chooses=is_last, keeps=keeps)
        if is_last:
            n_epochs = self._selected()["best_epoch"]
        return Part(f"refit, {stage} kernel", stage, n_epochs)

    def finish(self) -> Result:
        """Run, or go on with, what is left of the parts."""
        checkpoint = None
        if self.folder is not None:
            if self.folder.holds_run:
                self.folder.begin()
                checkpoint = self.folder.checkpoint()
            else:
                self.folder.begin()
        if checkpoint is not None:
            self.past = checkpoint.state["past"]
        n_stages = len(self.config.stages)
        model = self._model()
        for number in range(len(self.past), n_stages * (1 + self.refits)):
            part, refit = self._part(number), number >= n_stages
            if number == n_stages:  # the refit begins where the selection began
                model = self._model()
            judge = None if refit else self.judge
            epochs = Epochs(part, self.config, model, self._matrix(refit=refit), judge)
            if checkpoint is not None:
                epochs.restore(checkpoint.tensors, checkpoint.state["so_far"])
                checkpoint = None
            epochs.run(self.shown, self._saver(epochs))
            self.past.append({"name": part.name, **dataclasses.asdict(epochs.so_far)})
        return self._result(model)

    def _model(self) -> GLocalK:
        generator = torch.Generator().manual_seed(self.config.seed)
        n_users, n_items = self.data.train.n_users, self.data.train.n_items
        return self.config.module(n_users, n_items, generator=generator).to(self.device)

    def _selected(self) -> dict[str, Any]:
        """Return what became of the part whose epoch was chosen."""
        return self.past[len(self.config.stages) - 1]

    def _saver(self, epochs: Epochs) -> Callable[[bool], None]:
        saved = time.monotonic()

        def after_epoch(last: bool) -> None:  # noqa: FBT001 - a callback's one argument
            nonlocal saved
            self.curves.epoch(epochs.so_far.history[-1])
            if self.folder is None:
                return
            if not last and time.monotonic() - saved < self.checkpoint_seconds:
                return
            state = {
                "past": self.past,
                "so_far": dataclasses.asdict(epochs.so_far),
                "history": [*self._history(), *epochs.so_far.history],
            }
            self.folder.save_checkpoint(Checkpoint(epochs.tensors(), state))
            saved = time.monotonic()

        return after_epoch

    def _history(self) -> list[dict[str, Any]]:
        return [record for part in self.past for record in part["history"]]

    def _result(self, model: GLocalK) -> Result:
        stage, selected = self.config.stages[-1], self._selected()
        start = time.perf_counter()
        test = None
        # What was held out to choose the epoch is known when it comes to predictions.
        matrix = self._matrix(refit=True)
        if len(self.data.test):
            test = self._judge(self.data.test).metrics(model, matrix, stage)
        judging = time.perf_counter() - start + sum(part["judging_seconds"] for part in self.past)
        n_stages = len(self.config.stages)
        seconds = {"selection": sum(part["seconds"] for part in self.past[:n_stages])}
        if self.refits:
            seconds["refit"] = sum(part["seconds"] for part in self.past[n_stages:])
        learned = self._what_was_learned(model)
        result = Result(
            config=self.config,
            history=self._history(),
            best_epoch=selected["best_epoch"],
            protocol=self.protocol,
            validation=selected["best"] if self.protocol == "validation" else None,
            test=test,
            seconds={**seconds, "evaluation": judging},
            learned=learned,
        )
        if self.folder is not None:
            self.folder.write_metrics(result.history)
            learned.save(self.folder.path)
            self.folder.write_result({"data": self.data.name, **result.to_dict()})
        return result

    def _what_was_learned(self, model: GLocalK) -> Learned:
        """Return the parameters, and the vectors that all predictions are products of."""
        users, items = read_out(self.config, model, self.data.train)
        parameters = {
            name: np.array(value.detach().cpu().numpy())
            for name, value in model.state_dict().items()
        }
        return Learned(self.config, self.data.train, users, items, parameters)
