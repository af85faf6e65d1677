"""``glowrec train glocal-k``."""

from enum import StrEnum
from typing import Annotated

import typer

from glowrec.cli.train import options
from glowrec.cli.train.run import Request, print_result
from glowrec.report import html


class Preset(StrEnum):
    """Settings to start from; every option given overrides one of them."""

    PAPER = "glocal-k-paper"
    ML_100K = "glocal-k-ml-100k"
    ML_1M = "glocal-k-ml-1m"
    DOUBAN = "glocal-k-douban"


class Orientation(StrEnum):
    """What a row of the auto-encoder is."""

    ITEM = "item"
    USER = "user"


class Optimizer(StrEnum):
    """How an epoch is made."""

    LBFGS = "lbfgs"
    SCIPY = "scipy"
    ADAM = "adam"


Data = Annotated[
    str | None,
    typer.Option(
        help="Name of a set of ratings (ml-100k, ml-1m, douban), or a folder with train.csv and "
        "test.csv, rows of user, item, rating (left out: nothing is scored). GLOWREC_DATA names "
        "the folder of named sets. Needed unless --resume finds a run."
    ),
]
Chosen = Annotated[
    Preset | None,
    typer.Option(
        help="Settings to start from: a row of the paper's table; glocal-k-paper is the row of "
        "--data with the protocol 'paper'.",
        show_default="the row of --data, else glocal-k-ml-100k",
    ),
]
Hidden = Annotated[
    int | None,
    typer.Option(min=1, help="Width of a hidden layer.", rich_help_panel=options.MODEL),
]
Turned = Annotated[
    Orientation | None,
    typer.Option(help="What a row of the auto-encoder is.", rich_help_panel=options.MODEL),
]
DotScale = Annotated[
    float | None,
    typer.Option(help="Factor of the global kernel.", rich_help_panel=options.MODEL),
]
LocalEpochs = Annotated[
    int | None,
    typer.Option(
        min=0, help="Epochs of the first stage; 0: none.", rich_help_panel=options.LEARNING
    ),
]
GlobalEpochs = Annotated[
    int | None,
    typer.Option(
        min=0, help="Epochs of the second stage; 0: none.", rich_help_panel=options.LEARNING
    ),
]
Minimizer = Annotated[
    Optimizer | None,
    typer.Option(
        help="L-BFGS over all ratings, ours or SciPy's; or Adam over blocks of rows.",
        rich_help_panel=options.LEARNING,
    ),
]
Weights = Annotated[
    float | None,
    typer.Option(help="Of the squared weights.", rich_help_panel=options.LEARNING),
]
Sparsity = Annotated[
    float | None,
    typer.Option(help="Of the squared local kernels.", rich_help_panel=options.LEARNING),
]
Validation = Annotated[
    float | None,
    typer.Option(
        help="Share of each user's ratings held out to choose the epoch.",
        rich_help_panel=options.LEARNING,
    ),
]


def glocal_k(
    *,
    out: options.Out,
    data: Data = None,
    preset: Chosen = None,
    start: options.Start = None,
    resume: options.Resume = False,
    hidden: Hidden = None,
    orientation: Turned = None,
    dot_scale: DotScale = None,
    local_epochs: LocalEpochs = None,
    global_epochs: GlobalEpochs = None,
    optimizer: Minimizer = None,
    l2: Weights = None,
    sparsity: Sparsity = None,
    seed: options.Seed = None,
    validation: Validation = None,
    refit: options.Refit = None,
    protocol: options.ChosenBy = None,
    pairs: options.Pairs = None,
    device: options.Device = None,
    threads: options.Threads = None,
    tensorboard: options.Tensorboard = False,
    quiet: options.Quiet = False,
) -> None:
    """Train GLocal-K on ratings and write a run folder: config, metrics, weights, report.html.

    A validation split chooses the epoch and the test set is scored once, at the end;
    --preset glocal-k-paper reports the best test epoch, as the paper does, and says so.

    For example:

      glowrec train glocal-k --data ml-100k --out runs/g

      glowrec train glocal-k --data douban --preset glocal-k-paper --out runs/douban

      glowrec train glocal-k --out runs/g --resume
    """
    from glowrec import training  # noqa: PLC0415 - torch is slow to start
    from glowrec.nn.threads import use_threads  # noqa: PLC0415
    from glowrec.training.glocal_k.presets import paper_row, row_for  # noqa: PLC0415

    name = None if preset is None else preset.value
    by_paper = preset is Preset.PAPER
    if by_paper:
        name = paper_row(data or "nothing")
    request = Request("glocal-k", row_for(data), out, data, None, name, start, resume, pairs)
    chosen = request.settings(
        {
            "hidden": hidden,
            "orientation": orientation,
            "dot_scale": dot_scale,
            "local_epochs": local_epochs,
            "global_epochs": global_epochs,
            "optimizer": optimizer,
            "l2": l2,
            "sparsity": sparsity,
            "seed": seed,
            "validation": validation,
            "refit": refit,
            "protocol": options.Protocol.PAPER if by_paper and protocol is None else protocol,
        }
    )
    request.check_data()
    if threads is not None:
        use_threads(threads)
    result = training.train_ratings(
        chosen,  # type: ignore[arg-type]  # of this model, as the request has checked
        request.dataset(),
        out=out,
        resume=resume,
        device=device,
        progress=not quiet,
        tensorboard=tensorboard,
    )
    print_result(result, html.write(out))
