"""``glowrec bench``: models side by side on one data set."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glowrec import datasets
from glowrec.cli import source
from glowrec.cli.source import Unknown
from glowrec.errors import DataError, GlowrecError, ParameterError
from glowrec.io.atomic import replacing
from glowrec.recommenders.contest import COMPARED, judge_apart
from glowrec.recommenders.entrants import ENTRANTS, check_entrant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glowrec.recommenders.contest import Judged

bench = typer.Typer(help="Compare models.")

MEBIBYTE = 2**20


@bench.callback()
def choose() -> None:
    """Compare models: glowrec bench models --help."""


@bench.command()
def models(
    *,
    data: Annotated[
        str,
        typer.Option(
            help="Name of a data set (gowalla, lastfm, synthetic), or a folder with train.txt "
            "and test.txt."
        ),
    ],
    unknown: Annotated[
        Unknown | None, typer.Option(help=source.UNKNOWN_HELP, show_default="error")
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--models",
            "-m",
            metavar="NAME,...",
            help=f"Which, separated by commas or repeated: {', '.join(ENTRANTS)}. Default: all.",
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="Cut-off of the lists.")] = 20,
    by: Annotated[str, typer.Option(help="Metric to sort by, best first.")] = "ndcg",
    seed: Annotated[int, typer.Option(min=0, help="All randomness.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0: one per core.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Also write the table to this file: .md or .csv.")
    ] = None,
) -> None:
    """Fit models with their default settings and print one table, best first.

    All learn from train alone, and rank all items that a user does not have in train; a model
    with epochs to choose holds out a part of train for it. Each runs in a process of its own,
    whose peak of memory, data and interpreter included, is the last column. What is not
    installed or does not fit the memory is left out, with a note that says so.

    For example:

      glowrec bench models --data lastfm

      glowrec bench models --data gowalla --models popular,item-knn,gf-cf --out table.md
    """
    asked = [name for given in names or [",".join(ENTRANTS)] for name in given.split(",")]
    for name in asked:
        check_entrant(name)
    key = _sorting(by, k)
    writer = None if out is None else _writer(out)
    arguments = {"name_or_folder": data}
    if unknown is not None:
        arguments["unknown"] = unknown.value
    sets = datasets.load(**arguments)  # type: ignore[arg-type]  # load checks the policy
    source.note_of_test(sets)
    found = []
    for name in dict.fromkeys(asked):
        typer.echo(f"glowrec: {name} ...", err=True)
        try:
            found.append(judge_apart(name, arguments, k=k, seed=seed, n_threads=threads))
        except GlowrecError as error:
            source.note(f"{name} is left out: {error}")
    if not found:
        raise DataError(f"{sets.name}: no model could be fitted")
    rows = _table(found, key)
    typer.echo(f"{sets}, seed {seed}")
    typer.echo(_text(rows), nl=False)
    if out is not None and writer is not None:
        with replacing(out) as file:
            file.write(writer(rows))


def _sorting(by: str, k: int) -> str:
    known = [f"{name}@{k}" for name in COMPARED]
    for name in (by, f"{by}@{k}"):
        if name in known:
            return name
    raise ParameterError(f"--by {by}: choose from {', '.join(known)}")


def _table(found: "Sequence[Judged]", by: str) -> list[list[str]]:
    """Return a row of names and one per model, best first; equal ones in the order asked for."""
    metrics = list(found[0].metrics)
    rows = [["model", *metrics, "fit s", "evaluate s", "peak MiB"]]
    for judged in sorted(found, key=lambda judged: -judged.metrics[by]):
        peak = "" if judged.peak_bytes is None else f"{judged.peak_bytes / MEBIBYTE:.0f}"
        scores = (f"{judged.metrics[name]:.4f}" for name in metrics)
        times = (f"{judged.fit_seconds:.2f}", f"{judged.evaluate_seconds:.2f}")
        rows.append([judged.model, *scores, *times, peak])
    return rows


def _text(rows: list[list[str]]) -> str:
    """Return aligned columns: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *rest = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
        lines.append("  ".join(cells) + "\n")
    return "".join(lines)


def _markdown(rows: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(rows[0]) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [rows[0], rule, *rows[1:]])


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _writer(path: Path) -> "Callable[[list[list[str]]], str]":
    writers = {".md": _markdown, ".csv": _csv}
    try:
        return writers[path.suffix.lower()]
    except KeyError:
        raise ParameterError(f"{path}: the name must end in .md or .csv") from None
