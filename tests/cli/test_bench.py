"""`glowrec bench models`: one table, best first, and a line for what is left out."""

import csv
import sys

import pytest

import glowrec as gr
from glowrec.cli import run
from glowrec.errors import DataError
from glowrec.recommenders import contest
from glowrec.recommenders.contest import judge
from glowrec.recommenders.entrants import ENTRANTS, entrant
from glowrec.recommenders.models import MODELS

SOURCE = {"name_or_folder": "synthetic"}


def test_models_are_fitted_apart_and_printed_best_first(tmp_path, capfd):
    out = tmp_path / "table.csv"
    asked = ["--models", "random,popular", "-m", "item-knn", "-m", "random", "--k", "10"]
    assert run(["bench", "models", "--data", "synthetic", *asked, "--out", str(out)]) == 0
    printed = capfd.readouterr().out.splitlines()
    assert printed[0].startswith("synthetic: 2,000 users, ")
    assert printed[0].endswith(", seed 0")
    header = [*(f"{name}@10" for name in ("recall", "ndcg", "precision", "hit", "map"))]
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["model", *header, "fit s", "evaluate s", "peak MiB"]
    assert [row["model"] for row in rows] == ["item-knn", "popular", "random"]
    assert [line.split() for line in printed[2:]] == [list(row.values()) for row in rows]
    assert float(rows[0]["ndcg@10"]) > float(rows[1]["ndcg@10"]) > float(rows[2]["ndcg@10"]) > 0
    if sys.platform == "linux":
        assert 20 < float(rows[1]["peak MiB"]) < 2000
    expected = judge("popular", SOURCE, k=10).metrics
    assert {name: float(rows[1][name]) for name in header} == pytest.approx(expected, abs=6e-5)


def table(model, source, **options):  # noqa: ARG001 - as `judge_apart`
    if model == "ease":
        raise DataError("too large")
    values = {"popular": (0.5, 0.1), "random": (0.4, 0.2)}[model]
    metrics = dict(zip(("recall@20", "ndcg@20"), values, strict=True))
    return contest.Judged(model, metrics, 1.0, 2.0, None)


def test_the_metric_to_sort_by_and_the_file_are_chosen(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("glowrec.cli.bench.judge_apart", table)
    command = ["bench", "models", "--data", "synthetic", "--models", "random,popular,ease"]
    assert run([*command, "--by", "recall", "--out", str(tmp_path / "a.MD")]) == 0
    found = capsys.readouterr()
    assert "glowrec: note: ease is left out: too large\n" in found.err
    assert (tmp_path / "a.MD").read_text(encoding="utf-8") == (
        "| model | recall@20 | ndcg@20 | fit s | evaluate s | peak MiB |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |\n"
        "| popular | 0.5000 | 0.1000 | 1.00 | 2.00 |  |\n"
        "| random | 0.4000 | 0.2000 | 1.00 | 2.00 |  |\n"
    )
    assert found.out.index("popular") < found.out.index("random")
    assert run(command) == 0
    out = capsys.readouterr().out
    assert out.index("random") < out.index("popular")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--models", "popular,svd"], "model 'svd': choose from popular, random, item-knn"),
        (["--models", "popular", "--by", "auc"], "--by auc: choose from recall@20, ndcg@20"),
        (["--models", "popular", "--out", "a.html"], "a.html: the name must end in .md or .csv"),
        (["--models", "ease"], "synthetic: no model could be fitted"),
    ],
)
def test_what_cannot_be_compared_is_one_line(monkeypatch, capsys, options, message):
    monkeypatch.setattr("glowrec.cli.bench.judge_apart", table)
    assert run(["bench", "models", "--data", "synthetic", *options]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"glowrec: {message}")


def test_a_process_that_is_killed_is_an_error_of_ours(monkeypatch):
    monkeypatch.setattr(contest, "judge", die)
    with pytest.raises(DataError, match="popular: its process was killed, perhaps for lack of"):
        contest.judge_apart("popular", SOURCE)


def die(*_, **__):
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_every_entrant_is_a_model_and_takes_the_seed_if_it_says_so():
    assert {found.model for found in ENTRANTS.values()} <= set(MODELS)
    for name, found in ENTRANTS.items():
        model = entrant(name, seed=7)
        assert type(model).__name__ == found.model
        assert ("seed=7" in repr(model)) == found.seeded


def test_a_saved_baseline_is_evaluated_and_asked_like_a_run(tmp_path, capsys):
    data = gr.datasets.load("synthetic")
    model = gr.ItemKNN(20).fit(data.train)
    model.save(tmp_path / "knn")
    assert run(["evaluate", str(tmp_path / "knn"), "--data", "synthetic"]) == 0
    expected = gr.evaluate(model, data.train, data.test).summary["ndcg@20"]
    assert f"{expected:.4f}" in capsys.readouterr().out
    out = tmp_path / "recs.csv"
    command = ["recommend", str(tmp_path / "knn"), "--user", "3", "--k", "4", "--out", str(out)]
    assert run(command) == 0
    with out.open(encoding="utf-8") as file:
        items = [int(row["item"]) for row in csv.DictReader(file)]
    assert items == model.recommend([3], 4).items[0].tolist()
    command = ["train", "lightgcn", "--data", "synthetic", "--out", str(tmp_path / "run")]
    assert run([*command, "--pretrain", str(tmp_path / "knn")]) == 2
    assert "knn: holds ItemKNN, expected " in capsys.readouterr().err


def test_a_set_without_test_interactions_is_refused(tmp_path):
    (tmp_path / "train.txt").write_text("0 1 2\n1 0\n", encoding="utf-8")
    with pytest.raises(DataError, match="has no test interactions to judge by"):
        judge("popular", {"name_or_folder": str(tmp_path)})
