"""``glowrec train mf``."""

from enum import StrEnum
from typing import Annotated

import typer

from glowrec.cli.train import options
from glowrec.cli.train.run import Request, run

DEFAULT = "mf-fast"


class Preset(StrEnum):
    """Settings to start from; every option given overrides one of them."""

    FAST = "mf-fast"


def mf(
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
    init: options.Init = None,
    scorer: options.ScoredBy = None,
    pretrain: options.Pretrain = None,
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
    """Train matrix factorisation and write a run folder: config, metrics, weights, report.html.

    A validation split chooses the epoch and the test set is scored once, at the end.

    For example:

      glowrec train mf --data gowalla --out runs/a

      glowrec train mf --out runs/a --resume
    """
    request = Request("mf", DEFAULT, out, data, unknown, preset, start, resume, pairs)
    named = {
        "dim": dim,
        "init": init,
        "scorer": scorer,
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
