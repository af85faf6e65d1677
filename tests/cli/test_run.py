"""Train, evaluate, recommend: the three commands on one small run."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import glowrec as gr
from glowrec.cli import run

SMALL = ["--dim", "16", "--layers", "2", "--epochs", "3", "--quiet", "--seed", "5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data set on disk, as LightGCN's text files."""
    place = tmp_path_factory.mktemp("data")
    data = gr.datasets.synthetic(n_users=120, n_items=200, n_groups=4, seed=1)
    for name, part in (("train", data.train), ("test", data.test)):
        rows = part.to_scipy().tolil().rows
        lines = (f"{user} {' '.join(map(str, items))}\n" for user, items in enumerate(rows))
        (place / f"{name}.txt").write_text("".join(lines))
    return place


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "a"
    assert run(["train", "lightgcn", "--data", str(folder), "--out", str(out), *SMALL]) == 0
    return out


def test_a_run_is_a_folder_with_a_report(trained):
    names = {path.name for path in trained.iterdir()}
    assert {"config.toml", "metrics.jsonl", "result.json", "report.html"} <= names
    assert not [name for name in names if name.endswith(".tmp")]
    page = (trained / "report.html").read_text()
    result = json.loads((trained / "result.json").read_text())
    assert result["protocol_sentence"] in page
    assert page.count("<svg") >= 2
    assert f"{result['test']['ndcg@20']:.6g}" in page
    assert not re.search(r"(src|href)=|@import|https?://", page)


def test_evaluate_reports_what_training_reported(trained, capsys):
    assert run(["evaluate", str(trained), "--k", "10", "--k", "20"]) == 0
    shown = capsys.readouterr().out
    result = json.loads((trained / "result.json").read_text())
    assert "@10" in shown
    assert f"{result['test']['recall@20']:.4f}"[:5] in shown


def test_evaluate_refuses_other_data(trained, capsys):
    assert run(["evaluate", str(trained), "--data", "synthetic"]) == 2
    assert "trained on other data" in capsys.readouterr().err


def test_evaluate_refuses_other_data_of_the_same_size(trained, folder, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    assert run(["evaluate", str(trained), "--data", str(other)]) == 0  # a copy is the same data
    lines = (other / "train.txt").read_text().splitlines()
    words = [line.split() for line in lines]
    words[0][1:], words[1][1:] = words[1][1:], words[0][1:]
    (other / "train.txt").write_text("".join(" ".join(row) + "\n" for row in words))
    assert run(["evaluate", str(trained), "--data", str(other)]) == 2
    assert "other: train is not what" in capsys.readouterr().err
    (other / "test.txt").unlink()
    shutil.copy(folder / "train.txt", other)
    assert run(["evaluate", str(trained), "--data", str(other)]) == 2
    assert "other: has no test interactions" in capsys.readouterr().err


def test_all_formats_hold_the_same_recommendations(trained, folder, tmp_path, capsys):
    tables = {}
    for ending in ("csv", "tsv", "jsonl", "parquet"):
        out = tmp_path / f"recs.{ending}"
        assert run(["recommend", str(trained), "--k", "4", "--out", str(out)]) == 0
        assert "120 users" in capsys.readouterr().out
        tables[ending] = read(out)
    assert len(tables["csv"]) == 120 * 4
    assert tables["csv"] == tables["tsv"] == tables["jsonl"] == tables["parquet"]
    assert [row[2] for row in tables["csv"][:5]] == [1, 2, 3, 4, 1]
    seen = gr.datasets.load(folder).train
    pairs = set(zip(seen.users.tolist(), seen.items.tolist(), strict=True))
    assert not pairs & {(user, item) for user, item, _, _ in tables["csv"]}
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
    out = tmp_path / "RECS.TSV"
    assert run(["recommend", str(trained), "--k", "4", "--out", str(out)]) == 0
    assert out.read_bytes() == (tmp_path / "recs.tsv").read_bytes()
    assert run(["recommend", str(trained), "--k", "999", "--out", str(out)]) == 0
    fewest, most = re.search(r"(\d+) to (\d+) items for each", capsys.readouterr().out).groups()
    counts = np.bincount([row[0] for row in read(out.rename(tmp_path / "long.tsv"))])
    assert (int(fewest), int(most)) == (counts.min(), counts.max())


def read(path):
    if path.suffix == ".parquet":
        import polars as pl

        rows = pl.read_parquet(path).rows()
    elif path.suffix == ".jsonl":
        rows = [tuple(json.loads(line).values()) for line in path.read_text().splitlines()]
    else:
        delimiter = "\t" if path.suffix == ".tsv" else ","
        with path.open() as file:
            rows = [tuple(row) for row in csv.reader(file, delimiter=delimiter)][1:]
    return [
        (int(user), int(item), int(rank), float(np.float32(score)))
        for user, item, rank, score in rows
    ]


def test_some_users_as_a_table(trained, capsys):
    assert run(["recommend", str(trained), "--user", "3", "-u", "14", "-k", "2"]) == 0
    shown = capsys.readouterr().out
    assert "14" in shown
    assert run(["recommend", str(trained), "--user", "eve"]) == 2
    assert "'eve'" in capsys.readouterr().err
    assert run(["recommend", str(trained), "--user", "999999"]) == 2
    assert "999999" in capsys.readouterr().err
    for user in ("--5", "5" * 5000):
        assert run(["recommend", str(trained), f"--user={user}"]) == 2
        error = capsys.readouterr().err
        assert f"user '{user[:40]}" in error
        assert len(error) < 200


def test_ids_are_text_and_not_markup(tmp_path, capsys):
    log = gr.Interactions.from_arrays(["[/b]x", "[red]bob", "ann"], ["[i]tea", "[/]", "jam"])
    gr.LightGCN(dim=4, epochs=1).fit(log, validation=0, out=tmp_path / "run")
    assert run(["recommend", str(tmp_path / "run")]) == 0
    shown = capsys.readouterr().out
    for name in ("[/b]x", "[red]bob", "[i]tea", "[/]"):
        assert name in shown


def test_a_run_knows_its_settings_and_its_data(trained, folder, tmp_path, capsys):
    out, again = tmp_path / "run", tmp_path / "again"
    command = ["train", "lightgcn", "--data", str(folder), "--out", str(out), *SMALL]
    assert run([*command, "--set", "gather_dtype=none", "--set", "layer_weights=none"]) == 0
    assert "gather_dtype" not in (out / "config.toml").read_text()
    before = (out / "model.safetensors").read_bytes()
    assert run(["train", "lightgcn", "--out", str(out), "--resume", "--quiet"]) == 0
    assert run(["train", "lightgcn", "--out", str(out), "--resume", "--dim", "9"]) == 2
    assert "cannot resume with dim = 9, the run has 16" in capsys.readouterr().err
    replay = ["--config", str(out / "config.toml"), "--quiet", "--data", str(folder)]
    assert run(["train", "lightgcn", "--out", str(again), *replay]) == 0
    assert before == (out / "model.safetensors").read_bytes()
    assert before == (again / "model.safetensors").read_bytes()
    assert before != (trained / "model.safetensors").read_bytes()
    assert "note" not in capsys.readouterr().err


def test_what_a_person_should_know_of_the_data_is_said(folder, tmp_path, capsys):
    data, out = tmp_path / "data", tmp_path / "run"
    shutil.copytree(folder, data)
    words = (data / "train.txt").read_text().splitlines()[0].split()
    (data / "test.txt").write_text(f"0 {words[1]} 9999\n")
    command = ["train", "lightgcn", "--data", str(data), *SMALL]
    assert run([*command, "--out", str(out)]) == 2
    assert "item 9999 does not occur in train" in capsys.readouterr().err
    assert run([*command, "--out", str(out), "--unknown", "drop", "--resume"]) == 0
    error = capsys.readouterr().err
    assert "run holds no run yet: --resume begins one" in error
    assert "1 of 1 test interactions are in train too" in error
    assert run(["evaluate", str(out)]) == 0  # as the run read it
    assert "1 of 1 test interactions" in capsys.readouterr().err
    (data / "test.txt").unlink()
    assert run([*command, "--out", str(tmp_path / "untested")]) == 0
    streams = capsys.readouterr()
    assert "there are no test interactions" in streams.err
    assert "validation" in streams.out


def test_a_file_that_cannot_be_written_is_named(trained, tmp_path, capsys):
    missing = tmp_path / "no" / "recs.csv"
    assert run(["recommend", str(trained), "--out", str(missing)]) == 2
    assert str(missing) in capsys.readouterr().err


def test_an_existing_run_is_left_alone(trained, folder, capsys):
    before = (trained / "result.json").read_bytes()
    assert run(["train", "lightgcn", "--data", str(folder), "--out", str(trained), *SMALL]) == 2
    assert "resume" in capsys.readouterr().err
    assert (trained / "result.json").read_bytes() == before


def test_a_run_may_start_from_another_ones_embeddings(trained, folder, tmp_path, capsys):
    command = ["train", "lightgcn", "--data", str(folder), *SMALL, "--pretrain", str(trained)]
    still = ["--epochs", "1", "--lr", "1e-30", "--validation", "0"]
    assert run([*command, "--out", str(tmp_path / "b"), *still]) == 0
    before, after = (gr.load(path).learned.parameters for path in (trained, tmp_path / "b"))
    assert np.array_equal(before["embedding"], after["embedding"])
    assert run([*command, "--out", str(tmp_path / "c"), "--dim", "8"]) == 2
    assert "expected shape (120, 8), got (120, 16)" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()
    assert run([*command, "--out", str(tmp_path / "d"), "--data", "synthetic"]) == 2
    assert "trained on other data" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.slow
def test_an_interrupted_run_says_so_and_can_be_resumed(folder, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "glowrec", "train", "lightgcn", "--data", str(folder)]
    command += ["--out", str(out), *SMALL, "--epochs", "2000"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        metrics = out / "metrics.jsonl"
        while time.monotonic() < deadline and not (metrics.exists() and metrics.stat().st_size):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert error.splitlines()[-1].startswith("glowrec: interrupted")
    assert not list(out.glob("*.tmp"))


@pytest.mark.slow
def test_the_demo_beats_most_popular_in_two_minutes():
    start = time.monotonic()
    command = [sys.executable, "-m", "glowrec", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 120
    for shown in ("LightGCN", "most popular", "random", "recall@20", "precision@20", "ndcg@20"):
        assert shown in done.stdout
    assert "Three users" in done.stdout
