"""What the commands of ``glowrec ablate`` do: train what is missing, and put it side by side."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from glowrec import datasets
from glowrec.cli import settings, source
from glowrec.errors import DataError, MissingExtraError, ParameterError
from glowrec.io.atomic import replacing
from glowrec.report import learning_curves
from glowrec.report.ablation import AblationTable, Outcome

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from glowrec.datasets import Dataset
    from glowrec.metrics import Metric
    from glowrec.training import Learned, Settings

TESTED: "tuple[Metric, ...]" = ("precision", "recall", "ndcg")


class Judged(NamedTuple):
    """What a model is worth on the test set."""

    metrics: Mapping[str, float]
    per_user: "Mapping[str, NDArray[np.float64]]"
    """Of each judged user, in the same order for all models; what is here is tested."""


def by_ranking(learned: "Learned", sets: "Dataset") -> Judged:
    """Judge a model by its ranking of all unseen items."""
    from glowrec.evaluation import evaluate  # noqa: PLC0415

    config: Any = learned.config
    judged = evaluate(learned.ranking, sets.train, sets.test, k=config.k, metrics=TESTED)
    return Judged(judged.summary, judged.per_user)


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """What to compare, on what.

    Attributes
    ----------
    model : str
        Name of the model, for the folder.
    variants : mapping of str to mapping
        Of each variant the settings that differ from the preset; the first one is the full model.
    preset : str
    data : str
    out : Path, optional
    seeds : range
    only : list of str, optional
        Variants to train; all by default. The full model is always among them.
    pairs : list of str, optional
        ``NAME=VALUE`` of all variants.
    further : callable, optional
        Gives more columns of what was learned: a mapping of names to numbers.
    train : callable, optional
        Called as :func:`glowrec.training.train`, which it is by default.
    judge : callable
        Judges what was learned on a data set.
    curve : str, optional
        Metric that is drawn; recall by default.
    drawn : callable, optional
        Gives the part of a history that is drawn; all of it by default.
    """

    model: str
    variants: Mapping[str, Mapping[str, Any]]
    preset: str
    data: str
    out: Path | None
    seeds: range
    only: list[str] | None = None
    pairs: list[str] | None = None
    further: "Callable[[Learned], Mapping[str, float]] | None" = None
    train: Callable[..., Any] | None = None
    judge: "Callable[[Learned, Dataset], Judged]" = by_ranking
    curve: str | None = None
    drawn: Callable[[list[Any]], list[Any]] = list

    @property
    def full(self) -> str:
        """The variant that the others are compared with."""
        return next(iter(self.variants))

    @property
    def folder(self) -> Path:
        """Where runs, table and curves are."""
        return self.out or Path("runs") / f"ablate-{self.model}-{Path(self.data).name}"

    def chosen(self) -> dict[str, Mapping[str, Any]]:
        """Return the variants to train, the full model first.

        Raises
        ------
        ParameterError
            If there is no such variant.
        """
        for name in self.only or []:
            if name not in self.variants:
                raise ParameterError(
                    f"--only {name}: no such variant; there are {', '.join(self.variants)}"
                )
        return {
            name: changes
            for name, changes in self.variants.items()
            if name == self.full or not self.only or name in self.only
        }

    def configs(self) -> "dict[str, list[Settings]]":
        """Return the settings of every run, by variant: all checked before the first one."""
        from glowrec import training  # noqa: PLC0415 - torch is slow to start

        first: Any = settings.changed(training.preset(self.preset), {}, self.pairs or [])
        return {
            name: [first.replace(**changes, seed=seed) for seed in self.seeds]
            for name, changes in self.chosen().items()
        }


def giving_way(
    variants: Mapping[str, Mapping[str, Any]], pairs: list[str] | None
) -> dict[str, dict[str, Any]]:
    """Return variants without the fields that ``--set`` gives, which hold for all of them.

    Parameters
    ----------
    variants : mapping of str to mapping
    pairs : list of str, optional
        ``NAME=VALUE``.

    Returns
    -------
    dict of str to dict

    Raises
    ------
    ParameterError
        If that leaves two variants alike.

    Examples
    --------
    >>> from glowrec.cli.ablate.run import giving_way
    >>> giving_way({"full": {}, "other": {"loss": "bce", "lr": 0.1}}, ["lr=0.2"])
    {'full': {}, 'other': {'loss': 'bce'}}
    """
    given = {pair.partition("=")[0] for pair in pairs or []}
    kept = {
        name: {field: value for field, value in changes.items() if field not in given}
        for name, changes in variants.items()
    }
    for first, second in itertools.combinations(kept, 2):
        if kept[first] == kept[second]:
            lost = sorted(given & {*variants[first], *variants[second]})
            raise ParameterError(
                f"--set {', '.join(lost)}: leaves {first} and {second} alike; leave it out"
            )
    return kept


def run(ablation: Ablation, *, device: str | None, threads: int | None, progress: bool) -> None:
    """Train every run that is not finished, and write and print the table and the curves.

    Parameters
    ----------
    ablation : Ablation
    device, threads, progress
        As of ``glowrec train``.

    Raises
    ------
    DataError
        If there are no test interactions.
    ParameterError
        If a variant is unknown, or the folder holds runs with other settings or data.
    """
    from glowrec.nn.threads import use_threads  # noqa: PLC0415 - torch is slow to start

    configs = ablation.configs()
    if threads is not None:
        use_threads(threads)
    sets = datasets.load(ablation.data)
    if not len(sets.test):
        raise DataError(f"{sets.name}: has no test interactions to compare variants on")
    typer.echo(f"{sets}")
    source.note_of_test(sets)
    outcomes = []
    for name, runs in configs.items():
        for config in runs:
            folder = ablation.folder / name / f"seed-{config.seed}"
            failed = _train(ablation, config, sets, folder, device=device, progress=progress)
            if failed:
                source.note(f"{folder}: {failed}")
                outcomes.append(Outcome(variant=name, seed=config.seed, failed="diverged"))
            else:
                outcomes.append(_outcome(name, config, sets, folder, ablation))
    _write(ablation, outcomes, next(iter(configs.values()))[0])


def _train(
    ablation: Ablation,
    config: "Settings",
    sets: "Dataset",
    folder: Path,
    *,
    device: str | None,
    progress: bool,
) -> str:
    """Finish a run unless it is finished; return why there is no model, or nothing."""
    from glowrec import training  # noqa: PLC0415 - torch is slow to start
    from glowrec.training.divergence import DivergenceError  # noqa: PLC0415
    from glowrec.training.run_folder import RESULT, RunFolder  # noqa: PLC0415

    RunFolder(folder, config, sets, resume=True)  # refuses a run with other settings or data
    if (folder / RESULT).exists():
        return ""
    typer.echo(f"training {folder}", err=True)
    try:
        train: Any = ablation.train or training.train
        train(config, sets, out=folder, resume=True, device=device, progress=progress)
    except DivergenceError as error:
        return str(error)
    return ""


def _outcome(
    variant: str, config: "Settings", sets: "Dataset", folder: Path, ablation: Ablation
) -> Outcome:
    """Read a finished run, and judge its model user by user."""
    from glowrec.training import Learned  # noqa: PLC0415

    learned = Learned.load(folder)
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    history = [json.loads(line) for line in lines]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    judged = ablation.judge(learned, sets)
    seconds = sorted(record["seconds"] for record in history)
    return Outcome(
        variant=variant,
        seed=config.seed,
        n_parameters=config.n_parameters(sets.train.n_users, sets.train.n_items),
        seconds_per_epoch=seconds[len(seconds) // 2],
        epochs=result["best_epoch"],
        metrics={
            **judged.metrics,
            **(ablation.further(learned) if ablation.further else {}),
        },
        per_user=judged.per_user,
        history=ablation.drawn(history),
    )


def _write(
    ablation: Ablation,
    outcomes: Sequence[Outcome],
    config: Any,  # noqa: ANN401 - settings of any model
) -> None:
    good = [outcome for outcome in outcomes if not outcome.failed]
    names = list(good[0].metrics) if good else []
    table = AblationTable(outcomes, ablation.full, names)
    for ending, text in (
        ("txt", table.as_text()),
        ("md", table.as_markdown()),
        ("csv", table.as_csv().rstrip("\n")),
    ):
        with replacing(ablation.folder / f"table.{ending}") as file:
            file.write(text + "\n")
    typer.echo(table.as_text())
    histories: dict[str, list[Any]] = {}
    for outcome in good:
        histories.setdefault(outcome.variant, []).append(outcome.history)
    judged_by = "test" if config.protocol == "paper" else "validation"
    try:
        learning_curves.draw(
            histories,
            ablation.curve or f"recall@{config.k}",
            ablation.folder / "curves",
            judged_by=judged_by,
        )
    except MissingExtraError as error:
        source.note(f"{error}; there are no curves")
    typer.echo(f"table and curves: {ablation.folder}")
