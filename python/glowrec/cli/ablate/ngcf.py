"""``glowrec ablate ngcf``: from NGCF to what LightGCN kept of it."""

from typing import Annotated, Any

import typer

from glowrec.cli.ablate import options
from glowrec.cli.ablate.run import Ablation, giving_way, run
from glowrec.cli.train.ngcf import DEFAULT, Preset
from glowrec.cli.train.options import Device, Threads

VARIANTS: dict[str, dict[str, Any]] = {
    "ngcf": {"readout": "sum"},
    "ngcf-f": {"readout": "sum", "transform": False},
    "ngcf-n": {"readout": "sum", "activation": "none"},
    "ngcf-fn": {"readout": "sum", "transform": False, "activation": "none"},
}


def ngcf(
    *,
    data: options.Data,
    out: options.Out = None,
    seeds: options.Seeds = 3,
    seed: options.Seed = 0,
    preset: Annotated[
        Preset | None,
        typer.Option(help="Settings of all variants.", show_default=DEFAULT),
    ] = None,
    only: options.Only = None,
    pairs: options.Pairs = None,
    device: Device = None,
    threads: Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Train NGCF, and NGCF without its transformations (-f), its activation (-n), both (-fn).

    All variants sum their layers, as in LightGCN's paper (section 2.2, Table 1), unless
    --set readout=concat says otherwise: what --set gives holds for all. Each run is a
    folder; what is finished is kept, so the command may be stopped and given again. It writes
    table.txt, table.md, table.csv, curves.png and curves.svg.

    For example:

      glowrec ablate ngcf --data gowalla --seeds 3

      glowrec ablate ngcf --data gowalla --only ngcf-fn --set epochs=40 --out runs/fn
    """
    ablation = Ablation(
        model="ngcf",
        variants=giving_way(VARIANTS, pairs),
        preset=preset or DEFAULT,
        data=data,
        out=out,
        seeds=range(seed, seed + seeds),
        only=only,
        pairs=pairs,
    )
    run(ablation, device=device, threads=threads, progress=not quiet)
