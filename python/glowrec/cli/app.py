"""The commands of ``glowrec``, put together."""

from typing import Annotated

import typer

import glowrec
from glowrec.cli.ablate import ablate
from glowrec.cli.bench import bench
from glowrec.cli.demo import demo
from glowrec.cli.evaluate import evaluate
from glowrec.cli.recommend import recommend
from glowrec.cli.train import train

app = typer.Typer(
    name="glowrec",
    help="Train, evaluate and use graph recommenders on the machine you have.",
    epilog="A first look: [bold]glowrec demo[/bold]. Each command explains itself: "
    "[bold]glowrec train lightgcn --help[/bold].",
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.add_typer(train, name="train")
app.add_typer(ablate, name="ablate")
app.command()(evaluate)
app.command()(recommend)
app.add_typer(bench, name="bench")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"glowrec {glowrec.__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Train, evaluate and use graph recommenders on the machine you have."""
