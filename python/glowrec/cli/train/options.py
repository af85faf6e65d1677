"""The options that the commands of ``glowrec train`` share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glowrec.cli import source

MODEL, LEARNING, RUN = "Model", "Learning", "The run"


class Scorer(StrEnum):
    """What scores a user and an item."""

    INNER = "inner"
    MLP = "mlp"


class Protocol(StrEnum):
    """What chooses the epoch."""

    VALIDATION = "validation"
    PAPER = "paper"


Out = Annotated[Path, typer.Option(help="Folder of the run; made if it does not exist.")]
Data = Annotated[
    str | None,
    typer.Option(
        help="Name of a data set (gowalla, lastfm, synthetic), or a folder with train.txt "
        "and test.txt (left out: nothing is scored). GLOWREC_DATA names the folder of named "
        "sets. Needed unless --resume finds a run."
    ),
]
Unknown = Annotated[
    source.Unknown | None, typer.Option(help=source.UNKNOWN_HELP, show_default="error")
]
Start = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings to start from: config.toml of another run."
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        metavar="",
        help="Continue the run in --out where it stopped, with its settings.",
    ),
]
Dim = Annotated[
    int | None, typer.Option(min=1, help="Width of an embedding.", rich_help_panel=MODEL)
]
Layers = Annotated[
    int | None, typer.Option(min=0, help="Propagation layers.", rich_help_panel=MODEL)
]
Init = Annotated[
    str | None,
    typer.Option(help="Initial embeddings: normal or xavier.", rich_help_panel=MODEL),
]
ScoredBy = Annotated[
    Scorer | None,
    typer.Option(
        "--scorer",
        help="Score by the inner product of two vectors, or by a network over both (its widths: "
        "--set 'hidden=[64, 32]').",
        rich_help_panel=MODEL,
    ),
]
Pretrain = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Start from the embeddings of this run's model.",
        rich_help_panel=MODEL,
    ),
]
KeepProb = Annotated[
    float | None,
    typer.Option(help="Edge dropout: share of edges kept.", rich_help_panel=MODEL),
]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Passes, at most.", rich_help_panel=LEARNING)
]
BatchSize = Annotated[
    int | None, typer.Option(min=1, help="Triplets of a step.", rich_help_panel=LEARNING)
]
Rate = Annotated[
    float | None, typer.Option(help="Learning rate of Adam.", rich_help_panel=LEARNING)
]
L2 = Annotated[
    float | None,
    typer.Option(help="Weight of the squared embeddings.", rich_help_panel=LEARNING),
]
Negatives = Annotated[
    int | None,
    typer.Option(min=1, help="Negatives for each positive.", rich_help_panel=LEARNING),
]
HardestOf = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Candidates of which the best-scoring is the negative; 0: one in every 400 "
        "items, at most 96.",
        rich_help_panel=LEARNING,
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, help="All randomness.", rich_help_panel=LEARNING)]
Validation = Annotated[
    float | None,
    typer.Option(
        help="Share of each user's items held out to choose the epoch.",
        rich_help_panel=LEARNING,
    ),
]
Refit = Annotated[
    bool | None,
    typer.Option(
        "--refit/--no-refit",
        metavar="",
        help="Train once more, on everything, for the chosen number of epochs.",
        rich_help_panel=LEARNING,
    ),
]
ChosenBy = Annotated[
    Protocol | None,
    typer.Option(
        help="What chooses the epoch: a validation split, the test set as published papers "
        "do (and every output says so).",
        rich_help_panel=LEARNING,
    ),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other field of config.toml (repeat for more): --set schedule=constant; "
        "none turns an optional one off: --set gather_dtype=none.",
        rich_help_panel=LEARNING,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(help="cpu, cuda, mps; default: what there is.", rich_help_panel=RUN),
]
Threads = Annotated[
    int | None,
    typer.Option(min=0, help="Threads; 0: one per core.", rich_help_panel=RUN),
]
Tensorboard = Annotated[
    bool,
    typer.Option(
        "--tensorboard", metavar="", help="Also log for TensorBoard.", rich_help_panel=RUN
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", metavar="", help="No progress bar.", rich_help_panel=RUN),
]
