"""One LightGCN step at batch 2048: ours, the usual PyTorch program, a hand-written one."""

from __future__ import annotations

import math
import sys
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

import glowrec as gr
import measure
from glowrec.training import Config
from glowrec.training.steps import Trainer
from propagation import torch_adjacency

LAYERS = 3
DIM = 64
BATCH = 2048
RATE = 1e-3
L2 = 1e-4


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that all take the same step, then time them."""
    extra = {"epoch": {"action": "store_true", "help": "also run one epoch of the usual program"}}
    options = measure.arguments(__doc__, argv, **extra)
    pairs = measure.load(options.data)
    train = pairs.interactions()
    n_steps = math.ceil(len(pairs.users) / BATCH)
    start = np.random.default_rng(0).normal(0, 0.1, (train.graph.n_nodes, DIM))
    table = torch.from_numpy(start.astype(np.float32))
    batches = [
        tuple(torch.from_numpy(ids) for ids in batch)
        for batch in gr.TripletSampler(train, batch_size=BATCH, seed=0).epoch(0)
    ]
    makers = {
        measure.OURS: lambda: Ours(train, table),
        "usual PyTorch (COO, autograd, Adam)": lambda: Usual(train.graph, table),
        "hand-written PyTorch (CSR, symmetric backward, fused Adam)": lambda: HandWritten(
            train.graph, table
        ),
    }
    with measure.threads(options.threads):
        check(makers, batches)
        routes = {name: stepper(make(), batches) for name, make in makers.items()}
        medians = measure.seconds(routes, options.rounds)
        work = f"{pairs.name}: batch {BATCH}, {DIM} columns, {LAYERS} layers, Adam"
        measure.table("One training step", medians, options, work)
        usual = list(makers)[1]
        print(
            f"\nAn epoch of the usual program is {n_steps} steps: {n_steps * medians[usual]:.1f} s"
        )
        if options.epoch:
            print(f"measured, its batches given: {epoch(makers[usual](), batches):.1f} s")
    return medians


def stepper(model: Ours | Usual | HandWritten, batches: list):
    endless = (batch for _ in iter(int, 1) for batch in batches)
    return lambda: model.step(*next(endless))


def epoch(model: Usual, batches: list) -> float:
    start = time.perf_counter()
    for batch in batches:
        model.step(*batch)
    return time.perf_counter() - start


def check(makers: dict, batches: list) -> None:
    """After three steps all tables and losses must agree."""
    models = {name: make() for name, make in makers.items()}
    for batch in batches[:3]:
        losses = {name: model.step(*batch) for name, model in models.items()}
    tables = {name: model.table() for name, model in models.items()}
    ours = tables.pop(measure.OURS)
    for name, other in tables.items():
        # Adam's first steps have length RATE whatever the gradient; rounding may turn the
        # sign of a gradient that is all but zero, so nearly all entries must agree, not all.
        differing = ((ours - other).abs() > RATE / 10).double().mean()
        if differing > 1e-3 or not math.isclose(losses[name], losses[measure.OURS], rel_tol=1e-4):
            sys.exit(f"{name} takes another step ({differing:.2%} of entries): not timed")


class Ours:
    """The step of `glowrec train`: propagation in the Rust kernel, fused Adam."""

    def __init__(self, train: gr.Interactions, table: Tensor) -> None:
        config = Config(dim=DIM, n_layers=LAYERS, batch_size=BATCH, lr=RATE, l2=L2)
        self.trainer = Trainer(config, train, torch.device("cpu"))
        with torch.no_grad():
            self.trainer.model.embedding.copy_(table)

    def step(self, users: Tensor, positives: Tensor, negatives: Tensor) -> float:
        triplets = gr.Triplets(users.numpy(), positives.numpy(), negatives.numpy())
        return self.trainer.step(triplets)

    def table(self) -> Tensor:
        return self.trainer.model.embedding.detach()


class Usual:
    """As most programs are written: a coalesced COO adjacency, layers under autograd, Adam."""

    def __init__(self, graph: gr.Graph, table: Tensor) -> None:
        self.adjacency = torch_adjacency(graph, "coo")
        self.sizes = [graph.n_users, graph.n_items]
        users, items = table.clone().split(self.sizes)
        self.users = nn.Embedding.from_pretrained(users, freeze=False)
        self.items = nn.Embedding.from_pretrained(items, freeze=False)
        parameters = [self.users.weight, self.items.weight]
        self.optimizer = torch.optim.Adam(parameters, lr=RATE)

    def propagated(self) -> tuple[Tensor, Tensor]:
        layers = [torch.cat([self.users.weight, self.items.weight])]
        for _ in range(LAYERS):
            layers.append(torch.sparse.mm(self.adjacency, layers[-1]))
        users, items = torch.stack(layers, dim=1).mean(dim=1).split(self.sizes)
        return users, items

    def step(self, users: Tensor, positives: Tensor, negatives: Tensor) -> float:
        all_users, all_items = self.propagated()
        user, positive, negative = all_users[users], all_items[positives], all_items[negatives]
        ego = (self.users(users), self.items(positives), self.items(negatives))
        ranking = softplus((user * negative).sum(1) - (user * positive).sum(1)).mean()
        loss = ranking + L2 / 2 * sum(rows.pow(2).sum() for rows in ego) / len(users)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return ranking.item()

    def table(self) -> Tensor:
        return torch.cat([self.users.weight, self.items.weight]).detach()


class Propagation(torch.autograd.Function):
    """The read-out over a symmetric CSR matrix, whose gradient is the read-out again."""

    @staticmethod
    def forward(ctx, adjacency: Tensor, table: Tensor) -> Tensor:
        ctx.adjacency = adjacency
        return read_out(adjacency, table)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, Tensor]:
        return None, read_out(ctx.adjacency, gradient)


def read_out(adjacency: Tensor, table: Tensor) -> Tensor:
    layer, total = table, table.clone()
    for _ in range(LAYERS):
        layer = adjacency @ layer
        total += layer
    return total.div_(LAYERS + 1)


class HandWritten:
    """What an expert writes with torch alone: int64 CSR, the same matrix both ways, fused Adam."""

    def __init__(self, graph: gr.Graph, table: Tensor) -> None:
        self.adjacency = torch_adjacency(graph, "csr")
        self.n_users = graph.n_users
        self.embedding = nn.Parameter(table.clone())
        self.optimizer = torch.optim.Adam([self.embedding], lr=RATE, fused=True)

    def step(self, users: Tensor, positives: Tensor, negatives: Tensor) -> float:
        nodes = torch.cat([users, self.n_users + positives, self.n_users + negatives])
        rows = Propagation.apply(self.adjacency, self.embedding).index_select(0, nodes)
        user, positive, negative = rows.chunk(3)
        ranking = softplus((user * (negative - positive)).sum(1)).mean()
        ego = self.embedding.index_select(0, nodes)
        loss = ranking + L2 / 2 * ego.pow(2).sum() / len(users)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return ranking.item()

    def table(self) -> Tensor:
        return self.embedding.detach()


if __name__ == "__main__":
    main()
