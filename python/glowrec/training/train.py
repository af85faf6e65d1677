"""The whole of a training run: choose the epoch, fit anew, score test once."""

from __future__ import annotations

import dataclasses
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.errors import DataError
from glowrec.evaluation import evaluate
from glowrec.nn.memory import room_for
from glowrec.sampling import TripletSampler
from glowrec.splitting import hold_out
from glowrec.training.device import chosen
from glowrec.training.divergence import check_finite, named
from glowrec.training.learned import Learned
from glowrec.training.pretrained import start_of
from glowrec.training.progress import Live, Silent
from glowrec.training.ranking import ranking_by
from glowrec.training.result import Result
from glowrec.training.run_folder import Checkpoint, RunFolder, run_flags
from glowrec.training.stage import Stage
from glowrec.training.steps import Trainer
from glowrec.training.tensorboard import Curves

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import torch
    from numpy.typing import ArrayLike

    from glowrec.datasets import Dataset
    from glowrec.interactions import Interactions
    from glowrec.training.vector_settings import VectorSettings

CHECKPOINT_SECONDS = 20.0
"""Least time between two checkpoints; the end of a stage always makes one."""


def train(
    config: VectorSettings,
    data: Dataset,
    *,
    validation: Interactions | None = None,
    pretrained: tuple[ArrayLike, ArrayLike] | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    device: str | torch.device | None = None,
    progress: bool = False,
    tensorboard: bool = False,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Result:
    """Train a model of vectors as its settings say.

    Parameters
    ----------
    config : VectorSettings
        Of any model of vectors, such as :class:`glowrec.training.Config`.
    data : Dataset
        ``test`` is scored once, at the end, unless ``config.protocol`` is ``"paper"``; without
        test interactions no test metrics are given.
    validation : Interactions, optional
        Chooses the epoch, in place of a share of train.
    pretrained : tuple of Tensor or array_like, optional
        Embeddings of users and of items to start from.
    out : str or path-like, optional
        Folder of the run.
    resume : bool, default False
        Go on with the run in `out`; the final numbers are those of an uninterrupted run. Where
        there is none yet, begin.
    device : str or torch.device, optional
        ``cpu``, ``cuda``, ``cuda:1`` and the like, or ``mps``; by default a CUDA device where
        there is one, else the CPU.
    progress : bool, default False
        Show a bar (or lines, where there is no terminal) on standard error.
    tensorboard : bool, default False
        Write curves for TensorBoard into `out`; needs the extra ``report``.
    checkpoint_seconds : float, default 20
        Least time between two checkpoints.

    Returns
    -------
    Result

    Raises
    ------
    DataError
        If there is nothing to learn from or to judge by, `pretrained` holds what is no finite
        number, or there is no memory for the model.
    ShapeError
        If `pretrained` has another shape than the embeddings.
    ParameterError
        If `pretrained` is no pair of tables, a flag no bool, `out` holds another run or another
        process writes it, `resume` or `tensorboard` comes without `out`, there is no such device,
        or `lr` is so high that the loss is not finite.
    SaturatedError
        If a user has every item.

    Examples
    --------
    >>> from glowrec import datasets
    >>> from glowrec.training import preset, train
    >>> data = datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> result = train(preset("lightgcn-fast", dim=16, epochs=2, eval_every=1), data)
    >>> sorted(result.test)[:3]
    ['hit@20', 'map@20', 'mrr@20']
    """
    resume, progress, tensorboard = run_flags(
        out, resume=resume, progress=progress, tensorboard=tensorboard
    )
    if not len(data.train):
        raise DataError(f"{data.name}: train is empty, there is nothing to learn from")
    if config.protocol == "paper" and not len(data.test):
        raise DataError(f"{data.name}: protocol 'paper' judges by test, which is empty")
    with ExitStack() as stack:
        stack.enter_context(room_for(data.train.n_users, data.train.n_items, config.dim))
        tables = start_of(pretrained, data.train.n_users, data.train.n_items, config.dim)
        folder = None
        if out is not None:
            further = [] if validation is None else [validation]
            folder = RunFolder(out, config, data, *further, *(tables or ()), resume=resume)
            stack.callback(folder.close)
        run = _Run(config, data, validation, chosen(device), folder, checkpoint_seconds)
        run.pretrained = tables
        shown = stack.enter_context(Live() if progress else Silent())
        curves = Curves(folder.path) if tensorboard and folder is not None else Silent()
        run.curves = stack.enter_context(curves)
        return run.finish(shown)


class _Run:
    def __init__(  # noqa: PLR0917 - the arguments of train
        self,
        config: VectorSettings,
        data: Dataset,
        validation: Interactions | None,
        device: torch.device,
        folder: RunFolder | None,
        checkpoint_seconds: float,
    ) -> None:
        self.config, self.data, self.device, self.folder = config, data, device, folder
        self.checkpoint_seconds = checkpoint_seconds
        self.pretrained: tuple[torch.Tensor, torch.Tensor] | None = None
        self.curves = Silent()
        self.past: dict[str, Any] | None = None
        self.learned, self.judge, self.protocol = data.train, None, "fixed"
        if config.protocol == "paper":
            self.judge, self.protocol = data.test, "paper"
        elif validation is not None:
            self.judge, self.protocol = validation, "validation"
        elif config.validation > 0:
            self.learned, self.judge = hold_out(data.train, config.validation, seed=config.seed)
            self.protocol = "validation"
            if not len(self.judge):
                raise DataError(
                    f"validation = {config.validation}: holds out nothing of "
                    f"{len(data.train)} interactions; give a larger share or 0"
                )
        cut = self.learned is not data.train
        self.refits = config.refit and cut
        if self.refits:
            TripletSampler(data.train)  # refuses a user with every item, before hours of work

    def finish(self, shown: Silent) -> Result:
        """Run, or go on with, what is left of the stages."""
        checkpoint = None
        if self.folder is not None and self.folder.holds_run:
            self.folder.begin()
            checkpoint = self.folder.checkpoint()
        if checkpoint and checkpoint.state["past"]:
            self.past = checkpoint.state["past"]
        else:
            stage = self._stage("selection", self.config.epochs, self.learned, self.judge)
            if self.folder is not None:
                self.folder.begin()
            self._run(stage, checkpoint, shown)
            self.past = dataclasses.asdict(stage.so_far)
            if not self.refits:
                return self._result(stage)
            checkpoint = None
        stage = self._stage("refit", self.past["best_epoch"], self.data.train, None)
        self._run(stage, checkpoint, shown)
        return self._result(stage)

    def _run(self, stage: Stage, checkpoint: Checkpoint | None, shown: Silent) -> None:
        if checkpoint:
            stage.restore(checkpoint)
        stage.run(shown, self._saver(stage))

    def _stage(
        self, name: str, epochs: int, learned: Interactions, judge: Interactions | None
    ) -> Stage:
        trainer = Trainer(self.config, learned, self.device)
        if self.pretrained is not None:
            trainer.model.load_pretrained(*self.pretrained)
        return Stage(name, trainer, epochs, learned, judge)

    def _saver(self, stage: Stage) -> Callable[[bool], None]:
        saved = time.monotonic()

        def after_epoch(last: bool) -> None:  # noqa: FBT001 - a callback's one argument
            nonlocal saved
            self.curves.epoch(stage.so_far.history[-1])
            if self.folder is None:
                return
            if not last and time.monotonic() - saved < self.checkpoint_seconds:
                return
            self._save(stage)
            saved = time.monotonic()

        return after_epoch

    def _save(self, stage: Stage) -> None:
        if self.folder is not None:
            before = self.past["history"] if self.past and stage.name == "refit" else []
            so_far = dataclasses.asdict(stage.so_far)
            state = {
                "so_far": so_far,
                "past": self.past if stage.name == "refit" else None,
                "history": [*before, *stage.so_far.history],
            }
            self.folder.save_checkpoint(Checkpoint(stage.tensors(), state))

    def _result(self, last: Stage) -> Result:
        assert self.past is not None  # noqa: S101 - set by the first stage
        selected, users_items = self.past, last.trainer.vectors()
        model = last.trainer.model
        state = model.state_dict()
        parameters = {name: value.detach().cpu().numpy() for name, value in state.items()}
        start = time.perf_counter()
        test = None
        with named(self.config, last.so_far.epoch):  # the last step is seen by no loss
            for table in (*users_items, *parameters.values()):
                check_finite(float(np.abs(table).max(initial=0)))
        if len(self.data.test):
            with named(self.config, last.so_far.epoch):
                ranking = ranking_by(*users_items, model.scorer)
                judged = evaluate(ranking, self.data.train, self.data.test, k=self.config.k)
            test = dict(judged.summary)
        evaluation = selected["evaluation_seconds"] + time.perf_counter() - start
        seconds = {"selection": selected["seconds"], "evaluation": evaluation}
        history = list(selected["history"])
        if self.refits:
            seconds["refit"] = last.so_far.seconds
            history += last.so_far.history
        learned = Learned(self.config, self.data.train, *users_items, parameters)
        result = Result(
            config=self.config,
            history=history,
            best_epoch=selected["best_epoch"],
            protocol=self.protocol,
            validation=selected["best"] if self.protocol == "validation" else None,
            test=test,
            seconds=seconds,
            learned=learned,
        )
        if self.folder is not None:
            self.folder.write_metrics(history)
            learned.save(self.folder.path)
            self.folder.write_result({"data": self.data.name, **result.to_dict()})
        return result
