"""``glowrec demo``: LightGCN on a synthetic set, beside two baselines."""

from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

import glowrec as gr
from glowrec.evaluation import evaluate_factors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from glowrec.datasets import Dataset
    from glowrec.metrics import Metric
    from glowrec.recommenders import LightGCN

METRICS: "tuple[Metric, ...]" = ("recall", "precision", "ndcg")
K = 20
DIM = 32
# LightGCN must beat most-popular's ndcg by half.
MARGIN = 1.5
FAILED = 1


def demo(
    *,
    seed: Annotated[int, typer.Option(min=0, help="Of the data and the training.")] = 0,
) -> None:
    """Train LightGCN on a synthetic set and compare it with most-popular and random.

    Downloads nothing and writes nothing; takes less than two minutes. The exit code is 1 if
    LightGCN's ndcg is not at least 1.5 times most-popular's.

    For example:

      glowrec demo
    """
    from rich.console import Console  # noqa: PLC0415 - an extra

    from glowrec import training  # noqa: PLC0415 - torch is slow to start

    console = Console()
    data = gr.datasets.synthetic(seed=seed)
    console.print(f"{data}: planted taste groups, power-law popularity", soft_wrap=True)
    config = training.preset("lightgcn-fast", dim=DIM, seed=seed)
    result = training.train(config, data, out=None, progress=True)
    model = gr.LightGCN.from_learned(result.learned)
    rng = np.random.default_rng(seed)
    popularity = data.train.graph.item_degrees.astype(np.float32)
    scores = {
        "LightGCN": _metrics(model.user_factors, model.item_factors, data),
        "most popular": _metrics(_ones(data.train.n_users), popularity[:, None], data),
        "random": _metrics(
            rng.standard_normal((data.train.n_users, 8), dtype=np.float32),
            rng.standard_normal((data.train.n_items, 8), dtype=np.float32),
            data,
        ),
    }
    _print_scores(console, scores)
    _print_recommendations(console, model, data)
    console.print(result.protocol_sentence, soft_wrap=True)
    ours, theirs = (scores[name][f"ndcg@{K}"] for name in ("LightGCN", "most popular"))
    console.print(f"LightGCN's ndcg is {ours / theirs:.2f} times most-popular's.")
    if not ours >= MARGIN * theirs:
        typer.echo(f"glowrec: it should be at least {MARGIN} times: the demo failed", err=True)
        raise typer.Exit(FAILED)


def _ones(n: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    return np.ones((n, 1), dtype=np.float32)


def _metrics(
    users: "gr.graph.Floats", items: "gr.graph.Floats", data: "Dataset"
) -> dict[str, float]:
    return evaluate_factors(users, items, data.train, data.test, k=K, metrics=METRICS).summary


def _print_scores(console: "Console", scores: "Mapping[str, Mapping[str, float]]") -> None:
    from rich.table import Table  # noqa: PLC0415 - an extra

    table = Table(title=f"On the test set, all unseen items ranked, top {K}")
    table.add_column("")
    for metric in METRICS:
        table.add_column(f"{metric}@{K}", justify="right")
    for name, metrics in scores.items():
        table.add_row(name, *(f"{metrics[f'{metric}@{K}']:.4f}" for metric in METRICS))
    console.print(table)


def _print_recommendations(console: "Console", model: "LightGCN", data: "Dataset") -> None:
    from rich.markup import escape  # noqa: PLC0415 - an extra
    from rich.table import Table  # noqa: PLC0415

    users = data.test.decode_users(np.unique(data.test.users)[:3])
    recommended = model.recommend(users, 5)
    table = Table("user", "recommended items, best first", title="Three users")
    for user, items in zip(recommended.ids, recommended.items, strict=True):
        table.add_row(escape(str(user)), escape(" ".join(str(item) for item in items)))
    console.print(table)
