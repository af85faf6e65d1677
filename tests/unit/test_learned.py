"""What a run or a saved model left behind: whole, or an error that names the file."""

import json

import numpy as np
import pytest
import safetensors.numpy

import glowrec as gr
from glowrec.errors import DataError
from glowrec.training import Learned, preset, train

DATA = gr.datasets.synthetic(40, 60, n_groups=4, mean_degree=20, seed=3)
CONFIG = preset("lightgcn-fast", dim=4, n_layers=1, epochs=1, validation=0.0)


@pytest.fixture(scope="module")
def learned():
    return train(CONFIG, DATA).learned


def cut(tensors):
    tensors["user_factors"] = tensors["user_factors"][:-1]


def narrow(tensors):
    tensors["item_factors"] = np.ascontiguousarray(tensors["item_factors"][:, :3])


def retyped(tensors):
    tensors["user_factors"] = tensors["user_factors"].astype(np.float64)


def unknown(tensors):
    tensors["train.users"] = tensors["train.users"] + 1


def dropped(name):
    def drop(tensors):
        del tensors[name]

    drop.__name__ = name
    return drop


CHANGES = [
    (cut, r"user_factors is float32 of shape \(39, 4\), expected float32 of shape \(40, 4\)"),
    (narrow, "item_factors is"),
    (retyped, "user_factors is float64"),
    (unknown, "users"),
    (dropped("module.embedding"), "there is no module.embedding"),
    (dropped("module.layer_weights"), "there is no module.layer_weights"),
    (dropped("train.items"), "there is no train.items"),
]


def named(value):
    """Return a test's name, the same in every process."""
    return value.__name__ if callable(value) else value[:30]


@pytest.mark.parametrize(("change", "message"), CHANGES, ids=named)
def test_a_model_with_other_content_is_damaged(learned, change, message, tmp_path):
    learned.save(tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    change(tensors)
    path.write_bytes(safetensors.numpy.save(tensors))
    with pytest.raises(
        DataError, match=rf"model\.safetensors: damaged, or not of .*: .*{message}"
    ):
        Learned.load(tmp_path)


@pytest.mark.parametrize("content", [b"\xff", b"dim = ", b"dim = 0", b"speed = 1"])
def test_settings_that_are_damaged_name_their_file(learned, content, tmp_path):
    learned.save(tmp_path)
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(DataError, match=r"config\.toml: "):
        Learned.load(tmp_path)


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"users": 40}', json.dumps({"users": [3, 1], "items": 60})]
)
def test_ids_that_are_damaged_name_their_file(learned, content, tmp_path):
    learned.save(tmp_path)
    (tmp_path / "ids.json").write_text(content)
    with pytest.raises(DataError, match=r"ids\.json: damaged"):
        Learned.load(tmp_path)


def test_fewer_ids_than_the_model_has_are_an_error(learned, tmp_path):
    learned.save(tmp_path)
    (tmp_path / "ids.json").write_text('{"users": 40, "items": 61}')
    with pytest.raises(DataError, match=r"item_factors is float32 of shape \(60, 4\), expected"):
        Learned.load(tmp_path)
