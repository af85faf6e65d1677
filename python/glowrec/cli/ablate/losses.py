"""``glowrec ablate losses``: LightGCN by other losses and other negatives."""

from typing import Annotated, Any

import typer

from glowrec.cli.ablate import options
from glowrec.cli.ablate.run import Ablation, run
from glowrec.cli.train.lightgcn import DEFAULT, Preset
from glowrec.cli.train.options import Device, Threads

VARIANTS: dict[str, dict[str, Any]] = {
    "bpr-hardest": {},
    "bpr-uniform": {"hardest_of": 1, "l2": 1e-4, "lr": 0.02},
    "sampled-softmax": {
        "loss": "sampled_softmax",
        "shared_negatives": 1024,
        "similarity": "cosine",
        "temperature": 0.1,
        "hardest_of": 1,
        "lr": 0.02,
        "l2": 1e-4,
    },
    "in-batch-softmax": {
        "loss": "in_batch_softmax",
        "batch_size": 4096,
        "similarity": "cosine",
        "temperature": 0.1,
        "hardest_of": 1,
        "lr": 0.01,
        "l2": 1e-4,
    },
}
"""Each with the rate and the penalty that did best on a validation split of Gowalla."""


def losses(
    *,
    data: options.Data,
    out: options.Out = None,
    seeds: options.Seeds = 3,
    seed: options.Seed = 0,
    preset: Annotated[
        Preset | None,
        typer.Option(help="Settings of the full model.", show_default=DEFAULT),
    ] = None,
    only: options.Only = None,
    pairs: options.Pairs = None,
    device: Device = None,
    threads: Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Train LightGCN by BPR, sampled and in-batch softmax, with easy and hard negatives.

    Variants: bpr-hardest (the preset: each negative the hardest of many), bpr-uniform,
    sampled-softmax (cosines, negatives that a batch shares) and in-batch-softmax. Each run is a
    folder; what is finished is kept, so the command may be stopped and given again.

    For example:

      glowrec ablate losses --data gowalla --seeds 1

      glowrec ablate losses --data gowalla --only bpr-uniform --set epochs=40
    """
    ablation = Ablation(
        model="losses",
        variants=VARIANTS,
        preset=preset or DEFAULT,
        data=data,
        out=out,
        seeds=range(seed, seed + seeds),
        only=only,
        pairs=pairs,
    )
    run(ablation, device=device, threads=threads, progress=not quiet)
