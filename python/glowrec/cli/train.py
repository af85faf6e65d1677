"""``glowrec train``: one command for each model."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glowrec.cli import settings, source
from glowrec.cli.source import Unknown
from glowrec.errors import ParameterError
from glowrec.report import html

if TYPE_CHECKING:
    from glowrec.training import Result

train = typer.Typer(help="Train a model.")

MODEL, LEARNING, RUN = "Model", "Learning", "The run"


@train.callback()
def choose() -> None:
    """Train a model: glowrec train lightgcn --help."""


class Preset(StrEnum):
    """Settings to start from; every option given overrides one of them."""

    FAST = "lightgcn-fast"
    REFERENCE = "lightgcn-reference"


class Protocol(StrEnum):
    """What chooses the epoch."""

    VALIDATION = "validation"
    PAPER = "paper"


@train.command()
def lightgcn(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the run; made if it does not exist.")],
    data: Annotated[
        str | None,
        typer.Option(
            help="Name of a data set (gowalla, lastfm, synthetic), or a folder with train.txt "
            "and test.txt (left out: nothing is scored). GLOWREC_DATA names the folder of named "
            "sets. Needed unless --resume finds a run."
        ),
    ] = None,
    unknown: Annotated[
        Unknown | None, typer.Option(help=source.UNKNOWN_HELP, show_default="error")
    ] = None,
    preset: Annotated[
        Preset | None,
        typer.Option(
            help="Settings to start from; see docs/guide.md.",
            show_default=settings.DEFAULT,
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Settings to start from: config.toml of another run."
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            metavar="",
            help="Continue the run in --out where it stopped, with its settings.",
        ),
    ] = False,
    dim: Annotated[
        int | None, typer.Option(min=1, help="Width of an embedding.", rich_help_panel=MODEL)
    ] = None,
    layers: Annotated[
        int | None, typer.Option(min=0, help="Propagation layers.", rich_help_panel=MODEL)
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(help="Initial embeddings: normal or xavier.", rich_help_panel=MODEL),
    ] = None,
    pretrain: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Start from the embeddings of this run's model.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    keep_prob: Annotated[
        float | None,
        typer.Option(help="Edge dropout: share of edges kept.", rich_help_panel=MODEL),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes, at most.", rich_help_panel=LEARNING)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Triplets of a step.", rich_help_panel=LEARNING)
    ] = None,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate of Adam.", rich_help_panel=LEARNING)
    ] = None,
    l2: Annotated[
        float | None,
        typer.Option(help="Weight of the squared embeddings.", rich_help_panel=LEARNING),
    ] = None,
    negatives: Annotated[
        int | None,
        typer.Option(min=1, help="Negatives for each positive.", rich_help_panel=LEARNING),
    ] = None,
    hardest_of: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Candidates of which the best-scoring is the negative; 0: one in every 400 "
            "items, at most 96.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="All randomness.", rich_help_panel=LEARNING)
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Share of each user's items held out to choose the epoch.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    refit: Annotated[
        bool | None,
        typer.Option(
            "--refit/--no-refit",
            metavar="",
            help="Train once more, on everything, for the chosen number of epochs.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    protocol: Annotated[
        Protocol | None,
        typer.Option(
            help="What chooses the epoch: a validation split, the test set as published papers "
            "do (and every output says so).",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any other field of config.toml (repeat for more): --set schedule=constant; "
            "none turns an optional one off: --set gather_dtype=none.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda, mps; default: what there is.", rich_help_panel=RUN),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=0, help="Threads; 0: one per core.", rich_help_panel=RUN),
    ] = None,
    tensorboard: Annotated[
        bool,
        typer.Option(
            "--tensorboard", metavar="", help="Also log for TensorBoard.", rich_help_panel=RUN
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", metavar="", help="No progress bar.", rich_help_panel=RUN),
    ] = False,
) -> None:
    """Train LightGCN and write a run folder: config, metrics, weights and report.html.

    A validation split chooses the epoch and the test set is scored once, at the end.

    For example:

      glowrec train lightgcn --data gowalla --out runs/a

      glowrec train lightgcn --data my/folder --out runs/b --dim 32 --epochs 50

      glowrec train lightgcn --out runs/a --resume

      glowrec train lightgcn --config runs/a/config.toml --data gowalla --out runs/c --seed 1
    """
    from glowrec import training  # noqa: PLC0415 - torch is slow to start
    from glowrec.nn.threads import use_threads  # noqa: PLC0415

    named = {
        "dim": dim,
        "n_layers": layers,
        "init": init,
        "keep_prob": keep_prob,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "l2": l2,
        "n_negatives": negatives,
        "hardest_of": hardest_of,
        "seed": seed,
        "validation": validation,
        "refit": refit,
        "protocol": None if protocol is None else protocol.value,
    }
    config = out / "config.toml"
    resumed = config if resume and config.exists() else None
    chosen = settings.changed(
        settings.starting_from(None if preset is None else preset.value, start, resumed),
        named,
        pairs or [],
    )
    if data is None and resumed is None:
        raise ParameterError("--data is missing: only a run that is resumed knows its data")
    if threads is not None:
        use_threads(threads)
    sets = source.loaded(data, unknown, out)
    if resume and resumed is None:
        source.note(f"{out} holds no run yet: --resume begins one")
    typer.echo(f"{sets}")
    source.note_of_test(sets)
    result = training.train(
        chosen,
        sets,
        pretrained=source.trained_on(pretrain, sets).learned.embeddings() if pretrain else None,
        out=out,
        resume=resume,
        device=device,
        progress=not quiet,
        tensorboard=tensorboard,
    )
    page = html.write(out)
    _print(result, page)


def _print(result: "Result", page: Path) -> None:
    for name, metrics in (("validation", result.validation), ("test", result.test)):
        if metrics:
            values = "  ".join(f"{metric} {value:.4f}" for metric, value in metrics.items())
            typer.echo(f"{name:10}  {values}")
    parts = ", ".join(f"{name} {spent:.1f} s" for name, spent in result.seconds.items() if spent)
    typer.echo(f"epoch {result.best_epoch}; {parts}")
    typer.echo(result.protocol_sentence)
    typer.echo(f"report: {page}")
