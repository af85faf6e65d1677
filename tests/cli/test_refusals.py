"""What cannot be carried out is refused in one line, with exit code 2 and nothing written."""

import subprocess
import sys

import pytest

from glowrec.cli import run

REFUSED = [
    (["no-such-command"], "no-such-command"),
    (["train"], "command"),
    (["train", "bert"], "bert"),
    (["train", "lightgcn"], "--data"),
    (["train", "lightgcn", "--data", "x"], "--out"),
    (["train", "lightgcn", "--data", "x", "--out", "y", "--dim", "wide"], "--dim"),
    (["train", "lightgcn", "--data", "x", "--out", "y", "--dim", "0"], "--dim"),
    (["train", "lightgcn", "--data", "x", "--out", "y", "--preset", "slow"], "--preset"),
    (["train", "lightgcn", "--data", "no-such-set", "--out", "y"], "no-such-set"),
    (["train", "lightgcn", "--data", "synthetic", "--out", "y", "--lr", "-1"], "lr"),
    (["train", "lightgcn", "--data", "synthetic", "--out", "y", "--set", "speed=9"], "speed"),
    (["train", "lightgcn", "--data", "synthetic", "--out", "y", "--set", "speed"], "NAME=VALUE"),
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
    if arguments != ["--help"]:
        assert "For example" in shown


def test_version(capsys):
    import glowrec as gr

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"glowrec {gr.__version__}\n"
