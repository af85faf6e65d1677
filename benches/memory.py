"""Peak memory of the calls that must not need much, each in a process of its own (Linux)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import numpy as np

import glowrec as gr
import measure

MIB = 2**20


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Measure each in a fresh process and print what it added."""
    extra = {
        "probe": {"choices": sorted(PROBES), "help": "measure this one here, print JSON"},
        "scale": {"type": float, "default": 1.0, "help": "shrink the sizes (1: 21 M pairs)"},
    }
    options = measure.arguments(__doc__, argv, **extra)
    if options.probe:
        with measure.threads(options.threads):
            print(json.dumps(PROBES[options.probe](options.scale)))
        return {}
    print(f"\n### Peak memory\n\n{measure.machine(options.threads)}\n")
    print("| call | inputs MiB | outputs MiB | peak over inputs MiB | peak / (inputs + outputs) |")
    print("|---|---:|---:|---:|---:|")
    added, notes = {}, []
    for name in PROBES:
        command = [sys.executable, __file__, "--probe", name, "--scale", str(options.scale)]
        command += ["--threads", str(options.threads)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(answer.stdout)
        whole = (found["inputs"] + found["peak"]) / (found["inputs"] + found["outputs"])
        sizes = " | ".join(f"{found[key] / MIB:.1f}" for key in ("inputs", "outputs", "peak"))
        print(f"| {found['call']} | {sizes} | {whole:.2f} |")
        added[name] = found["peak"] / MIB
        if "seconds" in found:
            notes.append(
                f"{found['call']}: {found['seconds']:.1f} s for this slice; extrapolated in "
                f"proportion to its users, {found['seconds'] * found['slices'] / 3600:.1f} h for "
                "all, whose results take 8 bytes per user, metric and cut-off."
            )
    print("\n" + "\n".join(notes))
    return added


def graph_build(scale: float) -> dict:
    """Gowalla-shaped pairs, shuffled."""
    n_pairs = int(21_000_000 * scale)
    n_users, n_items = n_pairs // 28, n_pairs // 21
    rng = np.random.default_rng(0)
    users = rng.permutation(n_users)[(rng.random(n_pairs) ** 2 * n_users).astype(np.int64)]
    items = rng.permutation(n_items)[(rng.random(n_pairs) ** 2 * n_items).astype(np.int64)]
    gr.Graph.from_edges([0], [0], n_users=1, n_items=1)  # the threads' own memory
    with Peak() as peak:
        graph = gr.Graph.from_edges(users, items, n_users=n_users, n_items=n_items)
    # Both directions: 32-bit columns and 64-bit row starts.
    outputs = 2 * 4 * graph.n_edges + 8 * (n_users + n_items + 2)
    call = f"Graph.from_edges, {n_pairs:,} pairs, {n_users:,} users, {n_items:,} items"
    inputs = users.nbytes + items.nbytes
    return {"call": call, "inputs": inputs, "outputs": outputs, "peak": peak.added}


def evaluate(scale: float) -> dict:
    """Random factors of 100,000 users and 1,000,000 items; a slice of the users."""
    return evaluation(int(100_000 * scale), int(1_000_000 * scale), 25)


def evaluate_millions(scale: float) -> dict:
    """The same of 1,000,000 users; a thinner slice."""
    return evaluation(int(1_000_000 * scale), int(1_000_000 * scale), 500)


def evaluation(n_users: int, n_items: int, slices: int) -> dict:
    dim = 64
    rng = np.random.default_rng(0)
    user_factors = rng.standard_normal((n_users, dim), dtype=np.float32)
    item_factors = rng.standard_normal((n_items, dim), dtype=np.float32)

    def interactions(per_user: int) -> gr.Interactions:
        users = np.repeat(np.arange(n_users), per_user)
        items = rng.integers(0, n_items, len(users))
        keep = np.unique(users * n_items + items)
        return gr.Interactions.from_arrays(
            keep // n_items, keep % n_items, n_users=n_users, n_items=n_items
        )

    train, test = interactions(20), interactions(5)
    users = np.arange(0, n_users, slices)
    inputs = user_factors.nbytes + item_factors.nbytes
    inputs += sum(side.nbytes for s in (train, test) for side in (s.users, s.items))
    gr.evaluate_factors(user_factors[:8], item_factors[:64], tiny(64), tiny(64), k=20)
    start = time.perf_counter()
    with Peak() as peak:
        answer = gr.evaluate_factors(
            user_factors[users], item_factors, train, test, k=20, users=users
        )
    seconds = time.perf_counter() - start
    outputs = sum(values.nbytes for values in answer.per_user.values())
    call = f"evaluate_factors, {len(users):,} of {n_users:,} users x {n_items:,} items x {dim}"
    found = {"call": call, "inputs": inputs, "outputs": outputs, "peak": peak.added}
    return found | {"seconds": seconds, "slices": slices}


def tiny(n_items: int) -> gr.Interactions:
    """For a first call, which starts the threads."""
    return gr.Interactions.from_arrays(np.arange(8), np.arange(8), n_users=8, n_items=n_items)


class Peak:
    """How far the process's resident memory rose above where it stood."""

    added = 0

    def __enter__(self) -> Self:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the old peak
        self.before = status("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.added = status("VmHWM") - self.before


def status(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


PROBES = {
    "graph_build": graph_build,
    "evaluate": evaluate,
    "evaluate_millions": evaluate_millions,
}


if __name__ == "__main__":
    main()
