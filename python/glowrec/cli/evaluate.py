"""``glowrec evaluate``: full-ranking metrics of a trained run on a test set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import glowrec as gr
from glowrec.cli import source

if TYPE_CHECKING:
    from glowrec.recommenders import Recommender


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a trained run.")],
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Data set by name or folder. Default: the one the run was trained on."),
    ] = None,
    unknown: Annotated[
        source.Unknown | None, typer.Option(help=source.UNKNOWN_HELP, show_default="error")
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
    sets = source.loaded(data, unknown, run)
    model = source.evaluated_on(run, sets)
    source.note_of_test(sets)
    result = gr.evaluate(model, sets.train, sets.test, k=tuple(k or (20,)))
    typer.echo(f"{run} on {sets.name}")
    typer.echo(str(result))
    _echo_rating_errors(model, sets.test)


def _echo_rating_errors(model: "Recommender", test: "gr.Interactions") -> None:
    """Say how far off a model of ratings is, where there are ratings."""
    predict = getattr(model, "predict", None)
    if predict is None or test.values is None:
        return
    found = predict(test.decode_users(test.users), test.decode_items(test.items))
    errors = gr.rating_errors.summary(found, test.values, test.users, test.items)
    listed = "  ".join(f"{name} {value:.4f}" for name, value in errors.items())
    typer.echo(f"predicted ratings: {listed}")
