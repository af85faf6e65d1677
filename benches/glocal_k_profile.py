"""Where the time of an evaluation of GLocal-K with its gradient goes, operation by operation."""

from __future__ import annotations

from torch.profiler import ProfilerActivity, profile

import measure
from glocal_k import STAGES, Evaluation, arguments, load, ours

PARTS = {
    "dense products between hidden layers (torch)": ("aten::mm", "aten::addmm"),
    "ratings x first weights, and back": ("rating_product", "rating_product_back"),
    "errors at the ratings, and their three gradients": ("rating_error",),
    "convolved ratings x first weights": ("convolved_product",),
    "its two gradients": ("convolved_product_back",),
    "weights shaped by kernels, and back": ("shaped_weights", "shaped_weights_back"),
}
REST = "the rest: sigmoids, sums, autograd, fresh memory"


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Print milliseconds of CPU time per evaluation, by part and stage."""
    extra = {"hidden": {"type": int, "default": 500}}
    options = arguments(__doc__, argv, **extra)
    ratings = load(options.data)
    stages = [stage for stage in STAGES if stage != "positive"]
    with measure.threads(options.threads):
        columns = [
            parts(Evaluation(ours(ratings, stage, options.hidden), stage, ratings), options.rounds)
            for stage in stages
        ]
    print("\n### GLocal-K, where the time of an evaluation goes\n")
    print(f"{options.data}, mean of {options.rounds}, {measure.machine(options.threads)}\n")
    print(f"| ms | {' | '.join(STAGES[stage] for stage in stages)} |\n|---|---:|---:|")
    for part in (*PARTS, REST):
        print(f"| {part} | {' | '.join(f'{column[part]:.1f}' for column in columns)} |")
    return {
        f"{STAGES[stage]}, {part}": spent
        for stage, column in zip(stages, columns, strict=True)
        for part, spent in column.items()
    }


def parts(evaluation: Evaluation, rounds: int) -> dict[str, float]:
    """Milliseconds of each part, which no other part calls, and of the rest."""
    evaluation()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(rounds):
            evaluation()
    events = profiled.key_averages()
    within = {event.key.removeprefix("glowrec::"): event.cpu_time_total for event in events}
    found = {part: sum(within.get(name, 0.0) for name in names) for part, names in PARTS.items()}
    found[REST] = sum(event.self_cpu_time_total for event in events) - sum(found.values())
    return {part: spent / rounds / 1e3 for part, spent in found.items()}


if __name__ == "__main__":
    main()
