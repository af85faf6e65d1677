"""What cannot be carried out is refused in one line, with exit code 2 and nothing written."""

import re
import subprocess
import sys

import pytest

from glowrec.cli import run

TRAIN = ["train", "lightgcn", "--data", "synthetic", "--out", "y"]
REFUSED = [
    (["no-such-command"], "no-such-command"),
    (["train"], "command"),
    (["train", "bert"], "bert"),
    (["train", "lightgcn"], "--out"),
    (["train", "lightgcn", "--data", "x"], "--out"),
    (["train", "lightgcn", "--out", "y"], "--data"),
    (["train", "lightgcn", "--out", "y", "--resume"], "--data"),
    ([*TRAIN, "--dim", "wide"], "'--dim': not a whole number"),
    ([*TRAIN, "--dim", "0"], "'--dim': expected at least 1"),
    ([*TRAIN, "--dim", "1" + "0" * 20], "below 2**31"),
    ([*TRAIN, "--seed", "-1"], "'--seed': expected at least 0"),
    ([*TRAIN, "--preset", "slow"], "glowrec: '--preset': 'slow' is not one of"),
    ([*TRAIN, "--preset", "lightgcn-fast", "--config", "c.toml"], "--preset and --config"),
    ([*TRAIN, "--config", "c.toml"], "c.toml: no such file"),
    ([*TRAIN, "--data", "no-such-set"], "no-such-set"),
    ([*TRAIN, "--lr", "-1"], "lr"),
    ([*TRAIN, "--validation", "1"], "expected a share from 0, below 1"),
    ([*TRAIN, "--unknown", "ignore"], "--unknown"),
    ([*TRAIN, "--unknown", "drop"], "is for folders"),
    ([*TRAIN, "--set", "speed=9"], "speed"),
    ([*TRAIN, "--set", "speed"], "NAME=VALUE"),
    ([*TRAIN, "--set", "dim=8", "--dim", "9"], "dim is given twice, by --dim and by --set"),
    ([*TRAIN, "--set", "n_layers=1", "--layers", "2"], "by --layers and by --set"),
    ([*TRAIN, "--set", "l2=1", "--set", "l2=2"], "l2 is given twice, by --set"),
    ([*TRAIN, "--set", "dim=none"], "dim = 'none': expected a whole number"),
    ([*TRAIN, "--set", "lr=1" + "0" * 400], "expected a finite number"),
    ([*TRAIN, "--set", "lr=1" + "0" * 5000], "expected a finite number"),
    (["evaluate"], "run"),
    (["evaluate", "no-such-run"], "no-such-run"),
    (["evaluate", "no-such-run", "--k", "0"], "--k"),
    (["recommend", "no-such-run"], "no-such-run"),
    (["recommend", "no-such-run", "--out", "recs.xlsx"], ".parquet"),
    (["demo", "--seed", "-1"], "--seed"),
]


@pytest.mark.parametrize(("arguments", "named"), REFUSED, ids=lambda value: str(value)[:60])
def test_one_line_names_what_is_wrong(arguments, named, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("glowrec: ")
    assert streams.err.count("\n") == 1
    assert named in streams.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("no room for an array of 9 bytes")])
def test_full_memory_is_one_line(error, capsys, monkeypatch):
    def full(*_, **__):
        raise error

    monkeypatch.setattr("glowrec.datasets.load", full)
    assert run(TRAIN) == 2
    assert capsys.readouterr().err == f"glowrec: {str(error) or 'out of memory'}\n"


def test_a_bad_file_is_named_with_its_line(capsys, tmp_path):
    (tmp_path / "train.txt").write_text("0 1 2\n1 x\n")
    (tmp_path / "test.txt").write_text("0 3\n")
    out = tmp_path / "run"
    assert run(["train", "lightgcn", "--data", str(tmp_path), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "train.txt" in error
    assert "2" in error
    assert not out.exists()


def test_the_process_itself_exits_with_the_code_and_without_a_traceback():
    command = [sys.executable, "-m", "glowrec", "evaluate", "no-such-run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "lightgcn", "--help"], ["recommend", "--help"], ["demo", "-h"]],
)
def test_help_shows_the_options_and_an_example(arguments, capsys):
    assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert "glowrec" in shown
    assert "Usage" in shown
    assert "<bool>" not in re.sub("--help.*", "", shown)
    if arguments != ["--help"]:
        assert "For example" in shown


def test_version(capsys):
    import glowrec as gr

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"glowrec {gr.__version__}\n"
