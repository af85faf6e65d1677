"""``glowrec train ngcf``."""

from enum import StrEnum
from typing import Annotated

import typer

from glowrec.cli.train import options
from glowrec.cli.train.run import Request, run

DEFAULT = "ngcf-fast"


class Preset(StrEnum):
    """Settings to start from; every option given overrides one of them."""

    FAST = "ngcf-fast"
    PAPER = "ngcf-paper"


class Activation(StrEnum):
    """Where LeakyReLU stands."""

    SUM = "sum"
    EACH = "each"
    NONE = "none"


class Readout(StrEnum):
    """How layers become vectors."""

    CONCAT = "concat"
    SUM = "sum"


def ngcf(
    *,
    out: options.Out,
    data: options.Data = None,
    unknown: options.Unknown = None,
    preset: Annotated[
        Preset | None,
        typer.Option(help="Settings to start from; see docs/guide.md.", show_default=DEFAULT),
    ] = None,
    start: options.Start = None,
    resume: options.Resume = False,
    dim: options.Dim = None,
    layers: options.Layers = None,
    init: options.Init = None,
    scorer: options.ScoredBy = None,
    transform: Annotated[
        bool | None,
        typer.Option(
            "--transform/--no-transform",
            metavar="",
            help="Weights in the layers.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    activation: Annotated[
        Activation | None,
        typer.Option(
            help="LeakyReLU of a layer's sum, of each of its two terms, or none.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    readout: Annotated[
        Readout | None,
        typer.Option(help="All layers side by side, or summed.", rich_help_panel=options.MODEL),
    ] = None,
    message_dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of a layer's entries dropped while training.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    node_dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of nodes that send nothing while training.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    pretrain: options.Pretrain = None,
    keep_prob: options.KeepProb = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    lr: options.Rate = None,
    l2: options.L2 = None,
    negatives: options.Negatives = None,
    hardest_of: options.HardestOf = None,
    seed: options.Seed = None,
    validation: options.Validation = None,
    refit: options.Refit = None,
    protocol: options.ChosenBy = None,
    pairs: options.Pairs = None,
    device: options.Device = None,
    threads: options.Threads = None,
    tensorboard: options.Tensorboard = False,
    quiet: options.Quiet = False,
) -> None:
    """Train NGCF and write a run folder: config, metrics, weights and report.html.

    A validation split chooses the epoch and the test set is scored once, at the end.

    For example:

      glowrec train ngcf --data gowalla --out runs/a

      glowrec train ngcf --data gowalla --out runs/fn --no-transform --activation none

      glowrec train ngcf --out runs/a --resume
    """
    request = Request("ngcf", DEFAULT, out, data, unknown, preset, start, resume, pairs)
    named = {
        "dim": dim,
        "n_layers": layers,
        "init": init,
        "scorer": scorer,
        "transform": transform,
        "activation": activation,
        "readout": readout,
        "message_dropout": message_dropout,
        "node_dropout": node_dropout,
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
        "protocol": protocol,
    }
    run(
        request,
        named,
        pretrain=pretrain,
        device=device,
        threads=threads,
        tensorboard=tensorboard,
        progress=not quiet,
    )
