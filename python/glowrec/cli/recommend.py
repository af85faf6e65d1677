"""``glowrec recommend``: the best unseen items of a trained run, on paper or in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glowrec.cli import export
from glowrec.errors import IdError
from glowrec.io.text import shown

if TYPE_CHECKING:
    from glowrec.recommenders import Recommendations

SHOWN = 10


def recommend(
    run: Annotated[Path, typer.Argument(help="Folder of a trained run.")],
    *,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="Items for each user.")] = 20,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write: .csv, .tsv, .jsonl or .parquet. Without: a table."),
    ] = None,
    users: Annotated[
        list[str] | None,
        typer.Option("--user", "-u", help="Only this user (repeat for more). Default: everybody."),
    ] = None,
) -> None:
    """Recommend items to users of a trained run; items seen in training are left out.

    For example:

      glowrec recommend runs/a --k 20 --out recommendations.csv

      glowrec recommend runs/a --user 3 --user 14 --k 5
    """
    from glowrec.recommenders import load  # noqa: PLC0415 - torch is slow to start

    if out is not None:
        export.writer_for(out)  # a name that cannot be written is known before the work
    model = load(run)
    if users is None:
        asked = None
    else:
        asked = _as_ids(users, numeric=model.train_.user_ids.ids.dtype.kind in "iu")
    recommended = model.recommend(asked, k)
    if out is not None:
        export.write(recommended.rows(), out)
        counts = set(recommended.counts.tolist()) or {0}
        each = " to ".join(map(str, sorted({min(counts), max(counts)})))
        typer.echo(f"{out}: {each} items for each of {len(recommended):,} users")
    else:
        _print(recommended)


def _as_ids(users: list[str], *, numeric: bool) -> list[str] | list[int]:
    """Return the ids as the run's data has them: strings, or whole numbers."""
    if not numeric:
        return users
    return [_whole(user) for user in users]


def _whole(user: str) -> int:
    try:
        return int(user)
    except ValueError:  # Python reads no number of thousands of digits, either
        raise IdError(
            f"user {shown(user)} is unknown: this run's users are whole numbers"
        ) from None


def _print(recommended: "Recommendations") -> None:
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("user", "items, best first", title="Recommendations")
    for user, items, count in zip(
        recommended.ids[:SHOWN], recommended.items, recommended.counts, strict=False
    ):
        table.add_row(escape(str(user)), escape(" ".join(str(item) for item in items[:count])))
    console = Console()
    console.print(table)
    hidden = len(recommended) - SHOWN
    if hidden > 0:
        console.print(f"and {hidden:,} more users: --out writes all of them")
