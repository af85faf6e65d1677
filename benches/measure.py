"""How the Python benches measure: interleaved rounds, medians, ratios, one table."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import threadpoolctl

import glowrec as gr

OURS = "glowrec"


@dataclass(frozen=True)
class Pairs:
    """Distinct interactions of a training set."""

    name: str
    users: np.ndarray
    items: np.ndarray
    n_users: int
    n_items: int

    def interactions(self) -> gr.Interactions:
        return gr.Interactions.from_arrays(
            self.users, self.items, n_users=self.n_users, n_items=self.n_items
        )


def arguments(description: str, argv: list[str] | None, **extra: dict) -> argparse.Namespace:
    """Options that every bench has, and `extra` ones."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--data",
        default="gowalla" if os.environ.get("GLOWREC_DATA") else "synthetic",
        help="gowalla or another data set, synthetic (of Gowalla's size), or tiny",
    )
    parser.add_argument("--rounds", type=int, default=11, help="timed rounds (default: 11)")
    parser.add_argument("--threads", type=int, default=2, help="for everybody (default: 2)")
    for name, options in extra.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **options)
    return parser.parse_args(argv)


def load(name: str) -> Pairs:
    """The training pairs of a data set, or synthetic ones with power-law popularity."""
    if name == "tiny":
        return synthetic(name, 300, 500, 4_000)
    if name == "synthetic":
        return synthetic(name, 29_858, 40_981, 850_000)
    train = gr.datasets.load(name).train
    return Pairs(name, train.users, train.items, train.n_users, train.n_items)


def synthetic(name: str, n_users: int, n_items: int, n_pairs: int) -> Pairs:
    rng = np.random.default_rng(0)

    def ids(n: int) -> np.ndarray:
        ranks = (rng.random(n_pairs) ** 2 * n).astype(np.int64)
        return rng.permutation(n)[ranks]

    keys = np.unique(ids(n_users) * n_items + ids(n_items))
    return Pairs(name, keys // n_items, keys % n_items, n_users, n_items)


@contextmanager
def threads(n: int):
    """Let NumPy's BLAS, OpenMP, torch and our own kernels run on `n` threads each."""
    gr.threads.set_num_threads(n)
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(n)
    with threadpoolctl.threadpool_limits(n):
        yield


WARM = 0.1  # seconds


def seconds(routes: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each route; every round repeats each of them and times the last time.

    What goes before wakes the cores that the route before left idle, and fills the caches: a
    route follows itself, as it does in real use. It takes a tenth of a second or one time,
    whichever is longer.
    """
    taken: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            begun = time.perf_counter()
            route()
            while time.perf_counter() - begun < WARM:
                route()
            start = time.perf_counter()
            route()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def table(
    title: str, medians: dict[str, float], options: argparse.Namespace, work: str = ""
) -> None:
    """Print medians and their ratios to ours, as a Markdown table."""
    ours = medians[OURS]
    print(f"\n### {title}\n")
    print(f"{work + ', ' if work else ''}median of {options.rounds}, {machine(options.threads)}\n")
    print("| route | ms | ratio to ours |\n|---|---:|---:|")
    for name, median in medians.items():
        print(f"| {name} | {median * 1e3:.3f} | {median / ours:.2f} |")


def machine(n_threads: int) -> str:
    """The processor, the threads and the versions that a number belongs to."""
    versions = [f"numpy {np.__version__}", f"glowrec {gr.__version__} ({_level()})"]
    try:
        import torch
    except ImportError:
        pass
    else:
        versions.append(f"torch {torch.__version__}")
    return f"{n_threads} threads, {processor()}, {', '.join(versions)}"


def _level() -> str:
    from glowrec import _native

    return _native.simd_level()


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
