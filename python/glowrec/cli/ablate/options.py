"""The options that the commands of ``glowrec ablate`` share."""

from pathlib import Path
from typing import Annotated

import typer

from glowrec.cli.train.options import RUN

Data = Annotated[
    str,
    typer.Option(
        help="Name of a data set (gowalla, lastfm, synthetic), or a folder with train.txt and "
        "test.txt."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the runs, the table and the curves.", show_default="runs/ablate-MODEL-DATA"
    ),
]
Seeds = Annotated[int, typer.Option(min=1, help="Runs of each variant, seeds from --seed on.")]
Seed = Annotated[int, typer.Option(min=0, help="First seed.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="VARIANT", help="Only this variant (repeat for more)."),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A field of config.toml, the same for all variants (repeat for more).",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", metavar="", help="No progress bars.", rich_help_panel=RUN),
]
