"""``glowrec ablate``: variants of a model side by side; one file for each question."""

import typer

from glowrec.cli.ablate.glocal_k import glocal_k
from glowrec.cli.ablate.lightgcn import lightgcn
from glowrec.cli.ablate.losses import losses
from glowrec.cli.ablate.ngcf import ngcf

ablate = typer.Typer(help="Train variants of a model and compare them.")


@ablate.callback()
def choose() -> None:
    """Train variants of a model and compare them: glowrec ablate ngcf --help."""


ablate.command()(glocal_k)
ablate.command()(lightgcn)
ablate.command()(losses)
ablate.command()(ngcf)
