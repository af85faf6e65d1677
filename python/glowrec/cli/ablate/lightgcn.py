"""``glowrec ablate lightgcn``: layers, read-outs, normalisations and the penalty."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glowrec.cli.ablate import options
from glowrec.cli.ablate.run import Ablation, run
from glowrec.cli.train.lightgcn import DEFAULT, Preset
from glowrec.cli.train.options import Device, Threads
from glowrec.normalization import NORMALIZATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glowrec.training import Config, Learned


def variants(config: "Config") -> "dict[str, Mapping[str, Any]]":
    """Return the variants of a preset, the preset itself first.

    Examples
    --------
    >>> from glowrec.cli.ablate.lightgcn import variants
    >>> from glowrec.training import preset
    >>> list(variants(preset("lightgcn-fast")))[:3]
    ['lightgcn', 'layers-0', 'layers-1']
    """
    layers = {f"layers-{n}": {"n_layers": n} for n in range(5) if n != config.n_layers}
    last = (0.0,) * config.n_layers + (1.0,)
    readouts: dict[str, Mapping[str, Any]] = {
        "single": {"layer_weights": last},
        "learned-weights": {"learn_layer_weights": True},
        "attention": {"layer_attention": True},
    }
    others = {
        f"norm-{name}": {"normalization": name}
        for name in NORMALIZATIONS
        if name != config.normalization
    }
    penalties = {f"l2-times-{factor:g}": {"l2": factor * config.l2} for factor in (0.0, 0.1, 10.0)}
    return {"lightgcn": {}, **layers, **readouts, **others, **penalties}


def lightgcn(
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
    """Train LightGCN with 0 to 4 layers, other read-outs, normalisations and penalties.

    Variants: layers-0 to layers-4; single (only the last layer), learned-weights, attention;
    norm-left and the like; l2-times-0, l2-times-0.1, l2-times-10. The table also has the
    smoothness of users and items (lower is smoother). Each run is a folder; what is finished is
    kept, so the command may be stopped and given again.

    For example:

      glowrec ablate lightgcn --data gowalla --seeds 3

      glowrec ablate lightgcn --data gowalla --seeds 1 --only layers-1 --only layers-2
    """
    from glowrec.cli import settings  # noqa: PLC0415 - torch is slow to start
    from glowrec.training import preset as named_preset  # noqa: PLC0415

    name = preset or DEFAULT
    config: Any = settings.changed(named_preset(name), {}, pairs or [])
    ablation = Ablation(
        model="lightgcn",
        variants=variants(config),
        preset=name,
        data=data,
        out=out,
        seeds=range(seed, seed + seeds),
        only=only,
        pairs=pairs,
        further=_smoothness,
    )
    run(ablation, device=device, threads=threads, progress=not quiet)


def _smoothness(learned: "Learned") -> "Mapping[str, float]":
    from glowrec.smoothness import smoothness  # noqa: PLC0415

    found = smoothness(learned.train.graph, learned.user_factors, learned.item_factors)
    return {"smoothness users": found.users, "smoothness items": found.items}
