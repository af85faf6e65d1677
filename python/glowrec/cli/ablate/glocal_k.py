"""``glowrec ablate glocal-k``: kernels, their sizes and numbers, and what a row is."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glowrec import rating_errors
from glowrec.cli.ablate import options
from glowrec.cli.ablate.run import Ablation, Judged, run
from glowrec.cli.train.glocal_k import Preset
from glowrec.cli.train.options import ChosenBy, Device, Threads
from glowrec.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glowrec.datasets import Dataset
    from glowrec.training import GLocalKConfig, Learned

SIZES, NUMBERS, SCALES = (1, 3, 5, 7), (1, 2, 4), (0.5, 1.0, 2.0)


def variants(config: "GLocalKConfig") -> "dict[str, Mapping[str, Any]]":
    """Return the variants of a preset, the preset itself first.

    Examples
    --------
    >>> from glowrec.cli.ablate.glocal_k import variants
    >>> from glowrec.training import GLocalKConfig
    >>> list(variants(GLocalKConfig()))[:4]
    ['glocal-k', 'local-only', 'global-only', 'neither']
    """
    kernels: dict[str, Mapping[str, Any]] = {
        "local-only": {"global_epochs": 0},
        "global-only": {"kernel": "none"},
        "neither": {"kernel": "none", "global_epochs": 0},
        "gaussian": {"kernel": "gaussian"},
        "one-hidden": {"n_hidden": 1},
        "user-based": {"orientation": "user"},
    }
    sizes = {f"size-{n}": {"kernel_size": n} for n in SIZES if n != config.kernel_size}
    numbers = {f"kernels-{n}": {"n_kernels": n} for n in NUMBERS if n != config.n_kernels}
    scales = {f"scale-{s:g}": {"dot_scale": s} for s in SCALES if s != config.dot_scale}
    return {"glocal-k": {}, **kernels, **sizes, **numbers, **scales}


def glocal_k(
    *,
    data: options.Data,
    out: options.Out = None,
    seeds: options.Seeds = 3,
    seed: options.Seed = 0,
    preset: Annotated[
        Preset | None,
        typer.Option(help="Settings of the full model.", show_default="the row of --data"),
    ] = None,
    protocol: ChosenBy = None,
    only: options.Only = None,
    pairs: options.Pairs = None,
    device: Device = None,
    threads: Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Train GLocal-K without one of its kernels, with others, and with users as rows.

    Variants: local-only (the first stage alone), global-only (no local kernels), neither;
    gaussian; one-hidden; user-based; size-1, -5, -7 and kernels-2, -4 of the global kernel;
    scale-0.5 and the like of dot_scale. The table has RMSE, MAE and NDCG on test, with paired
    tests over users. Each run is a folder; what is finished is kept, so the command may be
    stopped and given again.

    For example:

      glowrec ablate glocal-k --data ml-100k --seeds 1

      glowrec ablate glocal-k --data ml-100k --only local-only --only global-only
    """
    from glowrec import training  # noqa: PLC0415 - torch is slow to start
    from glowrec.cli import settings  # noqa: PLC0415
    from glowrec.training.glocal_k.presets import paper_row, row_for  # noqa: PLC0415

    by_paper = preset is Preset.PAPER
    name = row_for(data) if preset is None else preset.value
    if by_paper:
        name = paper_row(data)
    shared = list(pairs or [])
    if protocol is not None or by_paper:
        shared.append(f"protocol={'paper' if protocol is None else protocol.value}")
    config: Any = settings.changed(training.preset(name), {}, shared)
    ablation = Ablation(
        model="glocal-k",
        variants=variants(config),
        preset=name,
        data=data,
        out=out,
        seeds=range(seed, seed + seeds),
        only=only,
        pairs=shared,
        train=training.train_ratings,
        judge=by_ratings,
        curve=config.monitored,
        drawn=last_stage,
    )
    run(ablation, device=device, threads=threads, progress=not quiet)


def by_ratings(learned: "Learned", sets: "Dataset") -> Judged:
    """Judge a model by its predictions of the ratings of test."""
    from glowrec.recommenders import GLocalK  # noqa: PLC0415 - torch is slow to start

    test, model = sets.test, GLocalK.from_learned(learned)
    if test.values is None:
        raise DataError(f"{sets.name}: test has no values; GLocal-K is judged by ratings")
    found = model.predict(test.decode_users(test.users), test.decode_items(test.items))
    metrics = rating_errors.summary(found, test.values, test.users, test.items)
    return Judged(metrics, rating_errors.errors_by_user(found, test.values, test.users).per_user)


def last_stage(history: list[Any]) -> list[Any]:
    """Return the epochs that one is chosen from: the last stage before any refit."""
    own = [record for record in history if not record["stage"].startswith("refit")]
    return [record for record in own if record["stage"] == own[-1]["stage"]]
