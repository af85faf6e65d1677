"""A run of GLocal-K that ended at any epoch goes on to what it would have been."""

import json

import numpy as np
import pytest

import glowrec as gr
from glowrec.errors import ParameterError
from glowrec.training import GLocalKConfig, RunFolder, train_ratings

SAVE = RunFolder.save_checkpoint


def dataset(seed=0):
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((15, 18)) < 0.5)
    values = rng.integers(1, 6, users.size)
    whole = gr.Interactions.from_arrays(users, items, values, n_users=15, n_items=18)
    test = rng.random(len(whole)) < 0.2
    return gr.datasets.Dataset("small", whole.select(~test), whole.select(test))


DATA = dataset()


def settings(**changes):
    small = {"hidden": 6, "local_epochs": 2, "global_epochs": 3, "l2": 0.05}
    return GLocalKConfig(**{**small, "local_iterations": 3, "global_iterations": 3, **changes})


class Killed(BaseException):
    """As if the process had ended."""


def interrupted(monkeypatch, at, *, after_saving):
    """End the run at its n-th checkpoint, just before it is written or just after."""
    seen = 0

    def save(self, checkpoint):
        nonlocal seen
        seen += 1
        if seen == at and not after_saving:
            raise Killed
        SAVE(self, checkpoint)
        if seen == at:
            raise Killed

    monkeypatch.setattr(RunFolder, "save_checkpoint", save)


def outcome(result):
    history = [
        {name: value for name, value in row.items() if "seconds" not in name}
        for row in result.history
    ]
    for row in history:
        del row["evaluations"]  # the first of a life costs one more
    return history, result.best_epoch, result.validation, result.test


@pytest.mark.parametrize("after_saving", [True, False])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "adam", "batch_rows": 5, "lr": 0.02, "refit": False},
        {"protocol": "paper", "local_epochs": 1},
        {"patience": 1, "monitor": "mae", "refit": False},
    ],
    ids=["refit", "adam", "paper", "patience"],
)
def test_a_run_that_ended_at_any_epoch_goes_on(changes, after_saving, tmp_path, monkeypatch):
    config = settings(**changes)
    whole = train_ratings(config, DATA, out=tmp_path / "whole", checkpoint_seconds=0)
    n_saves = len(whole.history)
    assert n_saves >= 3
    for at in range(1, n_saves + 1):
        out = tmp_path / f"cut-{at}"
        interrupted(monkeypatch, at, after_saving=after_saving)
        with pytest.raises(Killed):
            train_ratings(config, DATA, out=out, checkpoint_seconds=0)
        monkeypatch.undo()
        assert not (out / "result.json").exists()
        resumed = train_ratings(config, DATA, out=out, resume=True, checkpoint_seconds=0)
        assert outcome(resumed) == outcome(whole)
        for name, value in whole.learned.parameters.items():
            np.testing.assert_array_equal(resumed.learned.parameters[name], value)
        both = [(place / "model.safetensors").read_bytes() for place in (tmp_path / "whole", out)]
        assert both[0] == both[1]


def test_a_finished_run_is_not_trained_again(tmp_path, monkeypatch):
    first = train_ratings(settings(), DATA, out=tmp_path)
    monkeypatch.setattr("glowrec.training.glocal_k.minimizers.OwnLBFGS.epoch", None)
    again = train_ratings(settings(), DATA, out=tmp_path, resume=True)
    assert again.history == first.history
    assert again.test == first.test


def test_other_settings_or_ratings_are_refused(tmp_path):
    train_ratings(settings(), DATA, out=tmp_path)
    with pytest.raises(ParameterError, match="holds a run already"):
        train_ratings(settings(), DATA, out=tmp_path)
    with pytest.raises(ParameterError, match=r"cannot resume with l2 = 0.1, the run has 0.05"):
        train_ratings(settings(l2=0.1), DATA, out=tmp_path, resume=True)
    train = DATA.train
    values = train.values.copy()
    values[3] = 6 - values[3] if values[3] != 3 else 4
    other = gr.Interactions(
        train.users, train.items, train.user_ids, train.item_ids, values=values
    )
    changed = gr.datasets.Dataset("small", other, DATA.test)
    with pytest.raises(ParameterError, match="learned from other data"):
        train_ratings(settings(), changed, out=tmp_path, resume=True)


def test_a_run_of_another_model_is_refused(tmp_path):
    log = gr.datasets.synthetic(40, 60, n_groups=4, mean_degree=20, seed=3)
    gr.LightGCN(dim=4, epochs=1).fit(log.train, validation=0, out=tmp_path)
    with pytest.raises(ParameterError, match="cannot resume with model = 'glocal-k'"):
        train_ratings(settings(), DATA, out=tmp_path, resume=True)


def test_checkpoints_wait_their_time_but_for_the_end_of_a_stage(tmp_path, monkeypatch):
    saved = []

    def save(self, checkpoint):
        state = checkpoint.state
        saved.append((len(state["past"]), state["so_far"]["epoch"]))
        SAVE(self, checkpoint)

    monkeypatch.setattr(RunFolder, "save_checkpoint", save)
    train_ratings(settings(validation=0), DATA, out=tmp_path, checkpoint_seconds=1e9)
    assert saved == [(0, 2), (1, 3)]
    history = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert len(history) == 5
