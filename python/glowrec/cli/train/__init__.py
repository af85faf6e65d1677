"""``glowrec train``: one command, and one file, for each model."""

import typer

from glowrec.cli.train.glocal_k import glocal_k
from glowrec.cli.train.lightgcn import lightgcn
from glowrec.cli.train.mf import mf
from glowrec.cli.train.ngcf import ngcf

train = typer.Typer(help="Train a model.")


@train.callback()
def choose() -> None:
    """Train a model: glowrec train lightgcn --help."""


train.command()(glocal_k)
train.command()(lightgcn)
train.command()(mf)
train.command()(ngcf)
