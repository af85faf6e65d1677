"""``glowrec train glocal-k`` and what comes after it, on a small folder of ratings."""

import csv
import json

import numpy as np
import pytest

import glowrec as gr
from glowrec.cli import run

SMALL = ["--hidden", "6", "--local-epochs", "2", "--global-epochs", "2", "--l2", "0.1", "--quiet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "films"
    root.mkdir()
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((14, 16)) < 0.6)
    stars = rng.integers(1, 6, users.size)
    is_test = rng.random(users.size) < 0.2
    for name, part in (("train", ~is_test), ("test", is_test)):
        rows = zip(users[part], items[part], stars[part], strict=True)
        with (root / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("user", "item", "rating"), *rows])
    return root


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "g"
    assert run(["train", "glocal-k", "--data", str(folder), "--out", str(out), *SMALL]) == 0
    return out


def test_a_run_is_a_folder_with_a_report(trained):
    result = json.loads((trained / "result.json").read_text())
    assert set(result["test"]) == {"rmse", "mae", "ndcg"}
    assert result["protocol"] == "validation"
    page = (trained / "report.html").read_text()
    assert result["protocol_sentence"] in page
    assert f"{result['test']['rmse']:.6g}" in page
    for stage in ("local kernel", "global kernel", "refit, local kernel"):
        assert f"Learning curves: {stage}" in page


def test_evaluate_reports_what_training_reported(trained, capsys):
    assert run(["evaluate", str(trained), "--k", "5"]) == 0
    shown = capsys.readouterr().out
    result = json.loads((trained / "result.json").read_text())
    assert f"predicted ratings: rmse {result['test']['rmse']:.4f}" in shown
    assert "recall" in shown


def test_recommend_and_resume(trained, capsys):
    before = (trained / "result.json").read_bytes()
    assert run(["recommend", str(trained), "--user", "3", "-k", "2"]) == 0
    assert run(["train", "glocal-k", "--out", str(trained), "--resume", "--quiet"]) == 0
    assert "epoch" in capsys.readouterr().out
    after = (trained / "result.json").read_bytes()
    first, again = (json.loads(text) for text in (before, after))
    assert first["test"] == again["test"]
    assert isinstance(gr.load(trained), gr.GLocalK)


def test_options_are_settings(folder, tmp_path):
    out = tmp_path / "run"
    options = ["--orientation", "user", "--dot-scale", "2", "--protocol", "paper", "--seed", "3"]
    options += ["--set", "kernel=none", "--set", "n_kernels=2", "--optimizer", "adam"]
    command = ["train", "glocal-k", "--data", str(folder), "--out", str(out), *SMALL, *options]
    assert run(command) == 0
    config = gr.training.GLocalKConfig.from_file(out / "config.toml")
    assert (config.orientation, config.dot_scale, config.protocol) == ("user", 2.0, "paper")
    assert (config.kernel, config.n_kernels, config.optimizer, config.seed) == (
        "none",
        2,
        "adam",
        3,
    )
    assert config.preset == "glocal-k-ml-100k"
    assert "too optimistic" in (out / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "synthetic"], "synthetic: train: has no values; GLocal-K learns from ratings"),
        (["--data", "films", "--preset", "glocal-k-paper"], "glocal-k-paper: is for ml-100k, ml"),
        ([], "--data is missing"),
        (["--data", "synthetic", "--set", "kernel_size=2"], "kernel_size = 2: expected an odd"),
    ],
)
def test_refusals_are_a_line(arguments, message, tmp_path, capsys):
    assert run(["train", "glocal-k", "--out", str(tmp_path / "x"), *arguments]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert message in error
    assert not (tmp_path / "x").exists()


def test_ablations_give_a_table(folder, tmp_path, capsys):
    out = tmp_path / "ablation"
    command = ["ablate", "glocal-k", "--data", str(folder), "--out", str(out), "-q"]
    command += ["--seeds", "1"]
    for name in ("local-only", "global-only", "user-based", "size-5", "kernels-2", "gaussian"):
        command += ["--only", name]
    for pair in ("hidden=6", "local_epochs=1", "global_epochs=1", "l2=0.1", "refit=false"):
        command += ["--set", pair]
    assert run(command) == 0
    shown = capsys.readouterr().out
    with (out / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ["glocal-k", "local-only", "global-only", "gaussian", "user-based", "size-5"]
    assert [row["variant"] for row in rows] == [*names, "kernels-2"]
    for row in rows:
        assert row["variant"] in shown
        folder_of = out / row["variant"] / "seed-0"
        result = json.loads((folder_of / "result.json").read_text())
        assert float(row["rmse"]) == pytest.approx(result["test"]["rmse"], rel=1e-4)
    assert rows[0]["p rmse"] == ""
    assert 0 <= float(rows[1]["p rmse"]) <= 1
    assert len({row["rmse"] for row in rows}) == 7
