"""What the commands of ``glowrec train`` do with their options."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from glowrec.cli import settings, source
from glowrec.errors import ParameterError
from glowrec.report import html

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glowrec.datasets import Dataset
    from glowrec.training import Result, Settings


class Request(NamedTuple):
    """What to train, on what, and where settings start."""

    model: str
    default: str
    """Preset that settings start from where nothing else is said."""
    out: Path
    data: str | None
    unknown: source.Unknown | None
    preset: str | None
    start: Path | None
    resume: bool
    pairs: list[str] | None

    def resumed(self) -> Path | None:
        """Return the settings of the run to go on with, if there is one."""
        config = self.out / "config.toml"
        return config if self.resume and config.exists() else None

    def settings(self, named: "Mapping[str, Any]") -> "Settings":
        """Return the settings: what they start from, changed by options and ``--set``.

        Raises
        ------
        ParameterError
            If they are settings of another model, or as :func:`glowrec.cli.settings.changed`.
        DataError
            If a file does not hold settings.
        """
        first = settings.starting_from(
            self.model, self.preset or None, self.start, self.resumed(), default=self.default
        )
        return settings.changed(first, named, self.pairs or [])

    def dataset(self) -> "Dataset":
        """Load the data, and say what a person should know of them."""
        sets = source.loaded(self.data, self.unknown, self.out)
        if self.resume and self.resumed() is None:
            source.note(f"{self.out} holds no run yet: --resume begins one")
        typer.echo(f"{sets}")
        source.note_of_test(sets)
        return sets

    def check_data(self) -> None:
        """Raise unless there is something that says what to learn from."""
        if self.data is None and self.resumed() is None:
            raise ParameterError("--data is missing: only a run that is resumed knows its data")


def run(
    request: Request,
    named: "Mapping[str, Any]",
    *,
    pretrain: Path | None,
    device: str | None,
    threads: int | None,
    tensorboard: bool,
    progress: bool,
) -> None:
    """Train a model of vectors, write its report and print the outcome.

    Parameters
    ----------
    request : Request
    named : mapping
        Fields of the settings that options gave; those that are None were not given.
    pretrain : Path, optional
        Run whose embeddings it starts from.
    device, threads, tensorboard, progress
        As of the command.
    """
    from glowrec import training  # noqa: PLC0415 - torch is slow to start
    from glowrec.nn.threads import use_threads  # noqa: PLC0415

    chosen: Any = request.settings(named)
    request.check_data()
    if threads is not None:
        use_threads(threads)
    sets = request.dataset()
    result = training.train(
        chosen,
        sets,
        pretrained=source.trained_on(pretrain, sets).learned.embeddings() if pretrain else None,
        out=request.out,
        resume=request.resume,
        device=device,
        progress=progress,
        tensorboard=tensorboard,
    )
    print_result(result, html.write(request.out))


def print_result(result: "Result", page: Path) -> None:
    """Print the metrics, the epoch, the time and where the report is."""
    for name, metrics in (("validation", result.validation), ("test", result.test)):
        if metrics:
            values = "  ".join(f"{metric} {value:.4f}" for metric, value in metrics.items())
            typer.echo(f"{name:10}  {values}")
    parts = ", ".join(f"{name} {spent:.1f} s" for name, spent in result.seconds.items() if spent)
    typer.echo(f"epoch {result.best_epoch}; {parts}")
    typer.echo(result.protocol_sentence)
    typer.echo(f"report: {page}")
