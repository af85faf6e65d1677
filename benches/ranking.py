"""Full ranking with six metrics: ours, what is composed from other libraries, the matmul alone."""

from __future__ import annotations

import os
import sys

import numpy as np

import glowrec as gr
import measure
from composed import ByFaiss, ByMatmul, Judged
from glowrec.evaluation.factor_source import FactorSource

SGEMM = "the matmul alone (sgemm)"


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that the metrics agree, then time the routes."""
    extra = {
        "dim": {"type": int, "default": 64},
        "k": {"type": int, "default": 20},
        "run": {"help": "take the factors of this run folder"},
        "train": {"action": "store_true", "help": "take factors that the fast preset trains"},
        "avx2": {"action": "store_true", "help": "hold everybody's instructions to AVX2"},
    }
    options = measure.arguments(__doc__, argv, **extra)
    if options.avx2:
        hold_to_avx2()
    train, test = sets(options.data)
    users, items = factors(options, train)
    with measure.threads(options.threads):
        judged = Judged(test, len(items), options.k)
        by_numpy = ByMatmul(users, items, train, judged, torch_too=False)
        routes = {
            measure.OURS: lambda: (
                gr.evaluate_factors(users, items, train, test, k=options.k).summary
            ),
            "numpy matmul(out=) + torch.topk + numpy metrics": by_numpy.evaluate,
            "torch matmul(out=) + topk + numpy metrics": ByMatmul(
                users, items, train, judged, torch_too=True
            ).evaluate,
        }
        try:
            routes["faiss, over-fetch in 7 buckets + numpy metrics"] = ByFaiss(
                users, items, train, judged
            ).evaluate
        except ImportError:
            print("faiss is not installed: pip install faiss-cpu")
        check(routes)
        routes[SGEMM] = by_numpy.products
        medians = measure.seconds(routes, options.rounds)
    kind = options.run or ("trained" if options.train else "random")
    work = f"{options.data}: {judged.rows.size:,} users x {len(items):,} items x "
    work += f"{users.shape[1]}, factors {kind}, k = {options.k}"
    measure.table("Full ranking and six metrics", medians, options, work)
    share = medians[measure.OURS] / medians[SGEMM]
    print(f"\n{share:.2f} of the matmul's time; {survivors(users, items, train, judged)}")
    return medians


def hold_to_avx2() -> None:
    """Start again with what OpenBLAS, torch and we read when they are loaded."""
    held = {
        "GLOWREC_SIMD": "avx2",
        "OPENBLAS_CORETYPE": "Haswell",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "FAISS_OPT_LEVEL": "avx2",
    }
    if any(os.environ.get(name) != value for name, value in held.items()):
        os.environ.update(held)
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - the same program


def sets(name: str) -> tuple[gr.Interactions, gr.Interactions]:
    """A real set, or synthetic pairs of which a fifth is the test set."""
    if name not in ("tiny", "synthetic"):
        data = gr.datasets.load(name)
        return data.train, data.test
    pairs = measure.load(name).interactions()
    held = np.random.default_rng(2).random(len(pairs)) < 0.2
    return pairs.select(~held), pairs.select(held)


def factors(options, train: gr.Interactions) -> tuple[np.ndarray, np.ndarray]:
    if options.run or options.train:
        model = gr.load(options.run) if options.run else gr.LightGCN(dim=options.dim)
        if options.train:
            model.fit(train, validation=0)
        return model.user_factors, model.item_factors
    rng = np.random.default_rng(0)
    shape = (train.n_users + train.n_items, options.dim)
    table = rng.standard_normal(shape, dtype=np.float32)
    return table[: train.n_users], table[train.n_users :]


def survivors(users, items, train, judged: Judged) -> str:
    """What the bound on 8-bit codes leaves, per user."""
    source = FactorSource(users, items, train)
    for block in source.blocks(judged.rows):
        block.best(judged.k)
    _, kept, scored, unpruned = source.ranker.work
    pruned = max(judged.rows.size - unpruned, 1)
    share = scored / pruned / len(items)
    return (
        f"of {len(items):,} items {kept / pruned:.0f} pass the running bound and "
        f"{scored / pruned:.0f} ({share:.2%}) the final one; {unpruned:,} users unpruned"
    )


def check(routes: dict) -> None:
    """All must report the same means; sgemm may swap near ties, hence the tolerance."""
    answers = {name: route() for name, route in routes.items()}
    for name, means in answers.items():
        for metric, value in answers[measure.OURS].items():
            if abs(means[metric] - value) > 2e-6:
                sys.exit(f"{name}, {metric}: {means[metric]} and {value} differ: not timed")


if __name__ == "__main__":
    main()
