"""``glowrec ablate losses``: LightGCN by other losses and other negatives."""

from typing import Annotated, Any

import typer

from glowrec.cli.ablate import options
from glowrec.cli.ablate.run import Ablation, giving_way, run
from glowrec.cli.train.lightgcn import DEFAULT, Preset
from glowrec.cli.train.options import Device, Threads

_COSINES = {"similarity": "cosine", "temperature": 0.1, "hardest_of": 1, "lr": 0.01, "l2": 1e-4}

VARIANTS: dict[str, dict[str, Any]] = {
    "bpr-hardest": {"epochs": 40},
    "bpr-uniform": {"hardest_of": 1, "batch_size": 8192, "lr": 0.02, "l2": 3e-4, "epochs": 60},
    "sampled-softmax": {
        "loss": "sampled_softmax",
        "shared_negatives": 1024,
        "batch_size": 4096,
        "epochs": 20,
        **_COSINES,
    },
    "in-batch-softmax": {"loss": "in_batch_softmax", "batch_size": 2048, "epochs": 16, **_COSINES},
}
"""Of each loss what did best on a validation split of Gowalla (docs/decisions/0013)."""


def losses(
    *,
    data: options.Data,
    out: options.Out = None,
    seeds: options.Seeds = 3,
    seed: options.Seed = 0,
    preset: Annotated[
        Preset | None,
        typer.Option(help="Settings that no loss has of its own.", show_default=DEFAULT),
    ] = None,
    only: options.Only = None,
    pairs: options.Pairs = None,
    device: Device = None,
    threads: Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Train LightGCN by BPR, sampled and in-batch softmax, with easy and with hard negatives.

    Variants: bpr-hardest (each negative the hardest of many), bpr-uniform, sampled-softmax
    (cosines, negatives that a batch shares) and in-batch-softmax. Each has the rate, the penalty,
    the batch and the epochs that suit it; what --set gives holds for all. Each run is a folder;
    what is finished is kept, so the command may be stopped and given again.

    For example:

      glowrec ablate losses --data gowalla --seeds 1

      glowrec ablate losses --data gowalla --only bpr-hardest --set dim=128 --out runs/wide
    """
    ablation = Ablation(
        model="losses",
        variants=giving_way(VARIANTS, pairs),
        preset=preset or DEFAULT,
        data=data,
        out=out,
        seeds=range(seed, seed + seeds),
        only=only,
        pairs=pairs,
    )
    run(ablation, device=device, threads=threads, progress=not quiet)
