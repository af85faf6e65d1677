"""``glowrec evaluate``: full-ranking metrics of a trained run on a test set."""

from pathlib import Path
from typing import Annotated

import typer

import glowrec as gr
from glowrec.cli import source
from glowrec.errors import ShapeError
from glowrec.evaluation import evaluate_factors


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a trained run.")],
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Data set by name or folder. Default: the one the run was trained on."),
    ] = None,
    k: Annotated[
        list[int] | None,
        typer.Option("--k", "-k", min=1, help="Cut-off of the lists (repeat for more).  [20]"),
    ] = None,
) -> None:
    """Rank all unseen items for every user and compare with the test set.

    Train items are left out; users without a test item are counted, not averaged.

    For example:

      glowrec evaluate runs/a

      glowrec evaluate runs/a --data gowalla --k 10 --k 20
    """
    from glowrec.recommenders import load  # noqa: PLC0415 - torch is slow to start

    model = load(run)
    sets = gr.datasets.load(data if data is not None else source.recall(run))
    for axis in ("user", "item"):
        known, found = (getattr(part, f"{axis}_ids") for part in (model.train_, sets.train))
        if known != found:
            raise ShapeError(
                f"{sets.name} has {len(found):,} {axis}s that are not the {len(known):,} of "
                f"{run}: it was trained on other data"
            )
    result = evaluate_factors(
        model.user_factors, model.item_factors, sets.train, sets.test, k=tuple(k or (20,))
    )
    typer.echo(f"{run} on {sets.name}")
    typer.echo(str(result))
