"""A run that was killed, at any moment, ends as one that was not."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch

import glowrec as gr
from glowrec.errors import DataError, ParameterError
from glowrec.training import RunFolder, preset, train

SCRIPT = Path(__file__).with_name("killed_runs.py")
DATA = gr.datasets.synthetic(40, 60, n_groups=4, mean_degree=20, seed=3)


def settings(**changes):
    small = {"dim": 4, "n_layers": 1, "epochs": 4, "eval_every": 2, "batch_size": 64, "lr": 0.3}
    return preset("lightgcn-fast", **{**small, "min_batches": 1, "hardest_of": 2, **changes})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"keep_prob": 0.6, "learn_layer_weights": True, "patience": 1, "eval_every": 1},
        {"protocol": "paper", "schedule": "constant", "hardest_of": 1, "eval_every": 3},
    ],
    ids=["fast", "dropout", "paper"],
)
def test_sigkill_at_any_moment_changes_nothing(changes, tmp_path):
    # Each file that is written has four events; delays are shares of an undisturbed run.
    moments = [("event", n) for n in (*range(1, 26), *range(26, 90, 7))]
    moments += [("events", 5), ("events", 12)]  # of one life after the other
    moments += [("delay", share) for share in (0.1, 0.35, 0.6)]
    arguments = [str(tmp_path), settings(**changes).to_toml(), json.dumps(moments)]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    whole, *others = map(json.loads, done.stdout.splitlines())
    assert len(others) == len(moments)
    kills = {tuple(other.pop("moment")): other.pop("kills") for other in others}
    for moment, other in zip(moments, others, strict=True):
        assert other == whole, moment
    assert sum(kills.values()) >= 25
    assert all(2 <= kills[moment] < 50 for moment in kills if moment[0] == "events")


def test_a_finished_run_is_not_trained_again(tmp_path, monkeypatch):
    first = train(settings(), DATA, out=tmp_path)
    monkeypatch.setattr("glowrec.training.steps.Trainer.epoch", None)
    again = train(settings(), DATA, out=tmp_path, resume=True)
    assert again.history == first.history
    assert again.test == first.test
    assert np.array_equal(again.learned.user_factors, first.learned.user_factors)


def test_resuming_where_nothing_is_begins(tmp_path):
    begun = train(settings(), DATA, out=tmp_path / "new", resume=True)
    assert begun.test == train(settings(), DATA).test


def test_a_run_is_not_overwritten(tmp_path):
    train(settings(), DATA, out=tmp_path)
    before = (tmp_path / "result.json").read_bytes()
    with pytest.raises(ParameterError, match="holds a run already; resume it, or choose another"):
        train(settings(), DATA, out=tmp_path)
    assert (tmp_path / "result.json").read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": 0.2}, r"cannot resume with lr = 0.2, the run has 0.3"),
        ({"seed": 5}, r"cannot resume with seed = 5, the run has 0"),
        ({"epochs": 9}, r"cannot resume with epochs = 9, the run has 4"),
    ],
)
def test_other_settings_are_refused(changes, message, tmp_path):
    train(settings(), DATA, out=tmp_path)
    with pytest.raises(ParameterError, match=message):
        train(settings(**changes), DATA, out=tmp_path, resume=True)


def test_other_data_are_refused(tmp_path):
    learned, judge = gr.splitting.hold_out(DATA.train, 0.2, seed=1)
    cut = gr.datasets.Dataset("cut", learned, DATA.test)
    other_test = gr.datasets.Dataset("cut", learned, judge)
    tables = (torch.zeros(40, 4), torch.ones(60, 4))
    start = {"validation": judge, "pretrained": tables}
    train(settings(), cut, out=tmp_path, **start)
    train(settings(), cut, out=tmp_path, resume=True, **start)
    for data, changed in (
        (DATA, {}),
        (other_test, {}),
        (cut, {"validation": None}),
        (cut, {"validation": DATA.test}),
        (cut, {"pretrained": None}),
        (cut, {"pretrained": (tables[0], torch.zeros(60, 4))}),
    ):
        with pytest.raises(ParameterError, match="other data"):
            train(settings(), data, out=tmp_path, resume=True, **{**start, **changed})


def test_a_damaged_checkpoint_is_an_error_that_names_it(tmp_path):
    train(settings(), DATA, out=tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"checkpoint\.safetensors: not a checkpoint of a run"):
        train(settings(), DATA, out=tmp_path, resume=True)


def test_a_checkpoint_of_another_run_or_changed_by_hand_is_refused(tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    train(settings(), DATA, out=own)
    train(settings(seed=1), DATA, out=other)
    path = own / "checkpoint.safetensors"
    whole = path.read_bytes()
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    without_adam = {name: value for name, value in tensors.items() if "adam" not in name}
    reshaped = {**tensors, "model.embedding": tensors["model.embedding"][:-1]}
    changed = [
        (other / "checkpoint.safetensors").read_bytes(),  # of the same shapes
        whole[:-1] + bytes([whole[-1] ^ 1]),
        safetensors.torch.save(without_adam, metadata),
        safetensors.torch.save(reshaped, metadata),
        *(safetensors.torch.save(tensors, {**metadata, "state": s}) for s in ("{}", "[]", "{")),
    ]
    for content in changed:
        path.write_bytes(content)
        with pytest.raises(
            DataError, match=r"checkpoint\.safetensors: damaged, or the checkpoint"
        ):
            train(settings(), DATA, out=own, resume=True)
    path.write_bytes(whole)
    train(settings(), DATA, out=own, resume=True)


def test_a_folder_has_one_writer(tmp_path):
    first = RunFolder(tmp_path / "race", settings(seed=1), DATA)
    second = RunFolder(tmp_path / "race", settings(seed=2), DATA)
    first.begin()
    for _ in range(2):
        with pytest.raises(ParameterError, match="race: is being written by another process"):
            second.begin()
    again = RunFolder(tmp_path / "race", settings(seed=1), DATA, resume=True)
    with pytest.raises(ParameterError, match="is being written by another process"):
        again.begin()
    first.close()
    with pytest.raises(ParameterError, match="race: holds a run already"):
        second.begin()  # which looked before there was one
    again.begin()
    again.close()
    assert "seed = 1" in (tmp_path / "race" / "config.toml").read_text()


def test_a_folder_is_free_after_a_run_that_failed(tmp_path, monkeypatch):
    monkeypatch.setattr("glowrec.training.steps.Trainer.epoch", None)
    with pytest.raises(TypeError):
        train(settings(), DATA, out=tmp_path)
    monkeypatch.undo()
    assert train(settings(), DATA, out=tmp_path, resume=True).test == train(settings(), DATA).test


@pytest.mark.parametrize("name", ["config.toml", "data.json"])
@pytest.mark.parametrize("content", [None, b"dim = ", b"\xff"])
def test_damaged_settings_are_an_error_that_names_the_run(name, content, tmp_path):
    train(settings(), DATA, out=tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    elif name == "data.json":
        (tmp_path / name).unlink()
    else:
        return  # without config.toml there is no run
    with pytest.raises(DataError, match=f"{re.escape(str(tmp_path))}: cannot resume"):
        train(settings(), DATA, out=tmp_path, resume=True)


def test_checkpoints_wait_their_time_but_for_the_last(tmp_path, monkeypatch):
    saved = []
    folder = sys.modules["glowrec.training.run_folder"].RunFolder
    save = folder.save_checkpoint
    monkeypatch.setattr(
        folder, "save_checkpoint", lambda self, kept: saved.append(kept) or save(self, kept)
    )
    train(settings(), DATA, out=tmp_path / "rare", checkpoint_seconds=1e9)
    epochs = [kept.state["so_far"]["epoch"] for kept in saved]
    assert epochs[0] == 4
    assert len(epochs) == 2  # the ends of the selection and of the refit
    saved.clear()
    train(settings(refit=False), DATA, out=tmp_path / "often", checkpoint_seconds=0.0)
    assert [kept.state["so_far"]["epoch"] for kept in saved] == [1, 2, 3, 4]
