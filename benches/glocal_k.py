"""An evaluation of GLocal-K with its gradient: ours and a dense PyTorch model."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import measure
from glowrec.nn import GLocalK, RatingMatrix
from glowrec.training.glocal_k.batches import BlockAdam
from glowrec.training.glocal_k.settings import GLocalKConfig
from memory import MIB, Peak

STAGES = {
    "local": "stage 1",
    "global": "stage 2",
    "positive": "stage 2, every convolved cell positive",
}
L2, SPARSITY = 20.0, 0.006


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Compare the answers, then time and weigh an evaluation of each stage."""
    extra = {
        "probe": {"choices": ["glowrec", "dense"], "help": "weigh this one here, print JSON"},
        "stage": {"choices": list(STAGES), "default": "global", "help": "of the probe"},
        "hidden": {"type": int, "default": 500},
        "adam": {"action": "store_true", "help": "of the probe: an epoch of Adam over blocks"},
        "large": {"action": "store_true", "help": "ours alone, of MovieLens-10M's shape"},
    }
    options = arguments(__doc__, argv, **extra)
    with measure.threads(options.threads):
        if options.probe:
            print(json.dumps(weigh(options)))
            return {}
        if options.large:
            return weigh_large(options)
        found = {}
        for stage in STAGES:
            found |= compare(options, stage)
        weigh_both(options)
    return found


def arguments(description: str, argv: list[str] | None, **extra: dict) -> argparse.Namespace:
    """Options as of every bench; the data are ratings by default, too."""
    options = measure.arguments(description, argv, **extra)
    if options.data in ("gowalla", "synthetic"):
        options.data = "ml-100k" if os.environ.get("GLOWREC_DATA") else "synthetic"
    return options


# ---- the rival: the model as its formulas are usually written, on full matrices


class DenseLayer(nn.Module):
    def __init__(self, n_in: int, n_out: int, kernel_dim: int = 5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.u = nn.Parameter(torch.empty(n_in, kernel_dim))
        self.v = nn.Parameter(torch.empty(n_out, kernel_dim))

    def shaped(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Distances by one product: the port that materialises no (n_in, n_out, 5) tensor."""
        norms = self.u.square().sum(1, keepdim=True) + self.v.square().sum(1)
        kernel = torch.clamp(1 - torch.addmm(norms, self.u, self.v.t(), alpha=-2), min=0)
        penalty = L2 / 2 * self.weight.square().sum() + SPARSITY / 2 * kernel.square().sum()
        return self.weight * kernel, penalty


class DenseReference(nn.Module):
    def __init__(self, ratings: RatingMatrix, hidden: int) -> None:
        super().__init__()
        n_rows, n_columns = ratings.shape
        self.x = ratings.dense()
        self.mask = torch.zeros(ratings.shape)
        self.mask[ratings.rows, ratings.columns] = 1
        widths = [n_columns, hidden, hidden, n_columns]
        self.layers = nn.ModuleList(map(DenseLayer, widths[:-1], widths[1:]))
        self.global_kernel = nn.Module()
        self.global_kernel.weight = nn.Parameter(torch.empty(1, n_rows, 9))

    def loss(self, stage: str) -> torch.Tensor:
        weights, penalties = zip(*(layer.shaped() for layer in self.layers), strict=True)
        out = self.encode(self.x, weights)
        if stage != "local":
            kernel = (out.mean(1) @ self.global_kernel.weight[0]).view(1, 1, 3, 3)
            out = self.encode(
                torch.relu(functional.conv2d(self.x[None, None], kernel, padding=1))[0, 0], weights
            )
        return 0.5 * (self.mask * (self.x - out)).square().sum() + sum(penalties)

    def encode(self, x: torch.Tensor, weights: tuple[torch.Tensor, ...]) -> torch.Tensor:
        first, second, last = self.layers
        x = torch.sigmoid(torch.addmm(first.bias, x, weights[0]))
        x = torch.sigmoid(torch.addmm(second.bias, x, weights[1]))
        return torch.addmm(last.bias, x, weights[2])


# ---- one evaluation


@dataclass(frozen=True)
class Evaluation:
    """Loss and gradient of a model at one point."""

    model: nn.Module
    stage: str
    ratings: RatingMatrix

    def __call__(self) -> float:
        self.model.zero_grad()
        if isinstance(self.model, DenseReference):
            loss = self.model.loss(self.stage)
        elif self.stage == "local":
            loss = self.model.local_loss(self.ratings)
        else:
            loss = self.model.global_loss(self.ratings)
        loss.backward()
        return loss.item()

    def gradients(self) -> dict[str, torch.Tensor]:
        named = self.model.named_parameters()
        return {name: value.grad for name, value in named if value.grad is not None}


def ours(ratings: RatingMatrix, stage: str, hidden: int) -> GLocalK:
    """A model as it is when stage 2 begins: it predicts ratings, not noise around zero."""
    generator = torch.Generator().manual_seed(0)
    model = GLocalK(*ratings.shape, hidden=hidden, l2=L2, sparsity=SPARSITY, generator=generator)
    with torch.no_grad():
        model.layers[-1].bias.add_(3.5)
        if stage == "positive":
            model.global_kernel.weight.abs_().div_(ratings.shape[0])
    return model


def reference(ratings: RatingMatrix, stage: str, hidden: int) -> DenseReference:
    model = DenseReference(ratings, hidden)
    model.load_state_dict(ours(ratings, stage, hidden).state_dict())
    return model


def compare(options: argparse.Namespace, stage: str) -> dict[str, float]:
    ratings = load(options.data)
    routes = {
        measure.OURS: Evaluation(ours(ratings, stage, options.hidden), stage, ratings),
        "dense PyTorch": Evaluation(reference(ratings, stage, options.hidden), stage, ratings),
    }
    check(*routes.values())
    medians = measure.seconds(routes, options.rounds)
    work = f"{options.data}: {ratings.shape[0]:,} items x {ratings.shape[1]:,} users, "
    work += f"{len(ratings):,} ratings, {options.hidden} hidden units"
    measure.table(f"GLocal-K, one evaluation, {STAGES[stage]}", medians, options, work)
    return {f"{STAGES[stage]}, {name}": median for name, median in medians.items()}


def check(mine: Evaluation, theirs: Evaluation) -> None:
    """A wrong answer is not timed."""
    found, expected = mine(), theirs()
    if not abs(found - expected) <= 1e-5 * abs(expected):
        sys.exit(f"losses differ: {found} and {expected}; not timed")
    slopes = theirs.gradients()
    largest = max(float(slope.abs().max()) for slope in slopes.values())
    for name, slope in mine.gradients().items():
        error = float((slope - slopes[name]).abs().max())
        # What cancels in one tensor rounds like the largest of all, in the rival as well.
        if not error <= 1e-4 * max(float(slopes[name].abs().max()), 1e-3 * largest):
            sys.exit(f"gradients of {name} differ by {error}; not timed")


# ---- memory


def weigh(options: argparse.Namespace) -> dict[str, float]:
    """The peak of one evaluation over parameters and gradients, in this process."""
    tiny = load("tiny")
    ratings = load(options.data)
    build = ours if options.probe == measure.OURS else reference
    Evaluation(build(tiny, options.stage, options.hidden), options.stage, tiny)()
    if options.adam:
        return weigh_adam(build(ratings, options.stage, options.hidden), ratings, options)
    if options.probe == measure.OURS:
        model = build(ratings, options.stage, options.hidden)
        start, peak = time.perf_counter(), Peak()
        with peak:
            Evaluation(model, options.stage, ratings)()
    else:
        start, peak = time.perf_counter(), Peak()
        with peak:  # its full matrices belong to the evaluation, its parameters do not
            model = build(ratings, options.stage, options.hidden)
            Evaluation(model, options.stage, ratings)()
    seconds = time.perf_counter() - start
    with measure.threads(options.threads):
        again = time.perf_counter()
        Evaluation(model, options.stage, ratings)()
        again = time.perf_counter() - again
    parameters = sum(value.nbytes for value in model.parameters())
    gradients = sum(value.grad.nbytes for value in model.parameters() if value.grad is not None)
    apart = gradients + (0 if options.probe == measure.OURS else parameters)
    return {"peak": peak.added - apart, "seconds": seconds, "again": again}


def weigh_adam(
    model: GLocalK, ratings: RatingMatrix, options: argparse.Namespace
) -> dict[str, float]:
    """The peak of an epoch over blocks of rows."""
    config = GLocalKConfig()
    with Peak() as peak:
        adam = BlockAdam(model, ratings, "local" if options.stage == "local" else "global", config)
        start = time.perf_counter()
        adam.epoch(1, lambda _: None)
        seconds = time.perf_counter() - start
    apart = 3 * sum(value.nbytes for value in model.parameters())
    return {"peak": peak.added - apart, "seconds": seconds, "rows": config.batch_rows}


def probe(
    options: argparse.Namespace, who: str, stage: str, data: str, *flags: str
) -> dict[str, float]:
    command = [sys.executable, __file__, "--probe", who, "--stage", stage, "--data", data, *flags]
    command += ["--threads", str(options.threads), "--hidden", str(options.hidden)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def weigh_both(options: argparse.Namespace) -> None:
    if sys.platform != "linux":
        return
    print("\n### GLocal-K, peak memory of one evaluation, parameters and gradients apart\n")
    print(f"{options.data}, {measure.machine(options.threads)}\n")
    print("| stage | glowrec MiB | dense PyTorch MiB | ratio |\n|---|---:|---:|---:|")
    for stage, title in STAGES.items():
        peaks = [probe(options, who, stage, options.data)["peak"] for who in ("glowrec", "dense")]
        mine, theirs = (max(peak / MIB, 0.1) for peak in peaks)
        print(f"| {title} | {mine:.1f} | {theirs:.1f} | {theirs / mine:.2f} |")


def weigh_large(options: argparse.Namespace) -> dict[str, float]:
    """What is beyond full matrices: 764 million cells."""
    print("\n### GLocal-K on a synthetic set of MovieLens-10M's shape\n")
    print(f"10,681 items x 71,567 users, 10,000,000 ratings, {measure.machine(options.threads)}\n")
    print("Peak memory: parameters, gradients and the optimiser's vectors apart.\n")
    print("| an evaluation | seconds | peak MiB |\n|---|---:|---:|")
    found = {}
    for stage, title in STAGES.items():
        answer = probe(options, measure.OURS, stage, "large")
        print(f"| {title} | {answer['again']:.2f} | {answer['peak'] / MIB:.0f} |")
        found[title] = answer["again"]
    for stage in ("local", "positive"):
        answer = probe(options, measure.OURS, stage, "large", "--adam")
        title = f"{STAGES[stage]}, an epoch of Adam, {answer['rows']:,} rows at a time"
        print(f"| {title} | {answer['seconds']:.2f} | {answer['peak'] / MIB:.0f} |")
        found[title] = answer["seconds"]
    return found


# ---- data


def load(name: str) -> RatingMatrix:
    """Ratings with items as rows and users as columns, both in ascending order of their ids."""
    sizes = {
        "tiny": (60, 40, 300),
        "synthetic": (1_682, 943, 80_000),
        "large": (10_681, 71_567, 10_000_000),
    }
    if name in sizes:
        return synthetic(*sizes[name])
    folder = Path(os.environ["GLOWREC_DATA"]) / name
    if name == "ml-100k":
        table = np.loadtxt(folder / "u1.base", dtype=np.int64, usecols=(0, 1, 2))
        return RatingMatrix(table[:, 1] - 1, table[:, 0] - 1, table[:, 2], (1_682, 943))
    table = np.loadtxt(folder / "ratings.csv", delimiter=",", dtype=np.int64)
    order = np.arange(len(table))
    np.random.RandomState(1234).shuffle(order)  # the paper's split
    users, items = (np.unique(ids, return_inverse=True) for ids in (table[:, 0], table[:, 1]))
    train = order[len(order) // 10 :]
    shape = (len(items[0]), len(users[0]))
    return RatingMatrix(items[1][train], users[1][train], table[train, 2], shape)


def synthetic(n_items: int, n_users: int, n: int) -> RatingMatrix:
    """Distinct ratings with power-law popularity of items and of users."""
    rng = np.random.default_rng(0)

    def ids(n_ids: int, n_drawn: int) -> np.ndarray:
        return rng.permutation(n_ids)[(rng.random(n_drawn) ** 2 * n_ids).astype(np.int64)]

    keys = np.empty(0, np.int64)
    while len(keys) < n:
        more = ids(n_items, n // 2) * n_users + ids(n_users, n // 2)
        keys = np.unique(np.concatenate([keys, more]))
    keys = rng.permutation(keys)[:n]
    return RatingMatrix(keys // n_users, keys % n_users, rng.integers(1, 6, n), (n_items, n_users))


if __name__ == "__main__":
    main()
