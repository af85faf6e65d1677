"""Settings: complete, checked, replayable."""

import dataclasses
from enum import StrEnum

import numpy as np
import pytest

from glowrec.errors import DataError, ParameterError
from glowrec.training import PRESETS, Config, preset, read_settings


def test_the_reference_is_the_reference_codes_protocol():
    config = preset("lightgcn-reference")
    expected = {
        "dim": 64,
        "n_layers": 3,
        "layer_weights": None,
        "normalization": "sym",
        "init": "normal",
        "init_std": 0.1,
        "order": "user_uniform",
        "batch_size": 2048,
        "n_negatives": 1,
        "hardest_of": 1,
        "epochs": 1000,
        "lr": 1e-3,
        "schedule": "constant",
        "l2": 1e-4,
        "keep_prob": 1.0,
        "a_split": False,
        "gather_dtype": None,
        "protocol": "paper",
        "refit": False,
    }
    assert {name: getattr(config, name) for name in expected} == expected


def test_the_fast_preset_is_the_same_model_judged_honestly():
    fast, reference = preset("lightgcn-fast"), preset("lightgcn-reference")
    for name in ("dim", "n_layers", "layer_weights", "normalization", "keep_prob", "init"):
        assert getattr(fast, name) == getattr(reference, name)
    assert (fast.protocol, fast.refit) == ("validation", True)
    assert fast.validation > 0


@pytest.mark.parametrize("name", PRESETS)
def test_presets_know_their_names_and_survive_toml(name, tmp_path):
    config = PRESETS[name]
    assert config.preset == name
    assert type(config).from_toml(config.to_toml()) == config
    path = tmp_path / "config.toml"
    path.write_text(config.to_toml())
    assert read_settings(path) == config


def test_settings_name_their_model_and_old_ones_are_lightgcns(tmp_path):
    path = tmp_path / "config.toml"
    assert Config(dim=8).to_toml().startswith('model = "lightgcn"')
    path.write_text("dim = 8")
    assert read_settings(path) == Config(dim=8)
    for model in ('"bert"', "3"):
        path.write_text(f"model = {model}")
        with pytest.raises(DataError, match=r"config\.toml: model = .*: expected one of lightgcn"):
            read_settings(path)
    with pytest.raises(ParameterError, match="model = 'bert': these are settings of 'lightgcn'"):
        Config.from_toml('model = "bert"')


def test_a_choice_of_the_command_line_is_kept_as_plain_text():
    class Protocol(StrEnum):
        PAPER = "paper"

    assert type(Config(protocol=Protocol.PAPER).protocol) is str


def test_every_setting_survives_toml():
    changed = Config(
        preset="mine",
        layer_weights=(0.0, 0.0, 0.0, 1.0),
        learn_layer_weights=True,
        lr=0.1 + 0.2,
        gather_dtype="bfloat16",
        seed=2**63 - 1,
        a_split=True,
    )
    assert Config.from_toml(changed.to_toml()) == changed
    named = {line.split(" = ")[0] for line in changed.to_toml().splitlines() if " = " in line}
    assert {field.name for field in dataclasses.fields(Config)} <= named | {"layer_weights"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dim": 0}, "dim = 0: expected at least 1"),
        ({"dim": "64"}, "dim = '64'"),
        ({"dim": 1.5}, "dim = 1.5"),
        ({"n_layers": -1}, "n_layers = -1"),
        ({"epochs": 0}, "epochs = 0"),
        ({"batch_size": True}, "batch_size = True"),
        ({"lr": 0.0}, "lr = 0.0"),
        ({"lr": float("nan")}, "lr = nan"),
        ({"lr": float("inf")}, "lr = inf"),
        ({"lr": "fast"}, "lr = 'fast'"),
        ({"l2": -1e-4}, "l2 = -0.0001"),
        ({"l2": float("nan")}, "l2 = nan"),
        ({"keep_prob": 0.0}, "keep_prob = 0.0"),
        ({"validation": 1.0}, "validation = 1.0: expected a share from 0, below 1"),
        ({"seed": -1}, "seed = -1: expected at least 0"),
        ({"seed": 2**63}, r"seed = 9223372036854775808: expected a number below 2\*\*63"),
        ({"dim": 10**20}, r"dim = 100000000000000000000: expected a number below 2\*\*31"),
        ({"n_layers": 99_999_999}, "n_layers = 99999999: expected a number below 1024"),
        ({"n_negatives": 10**8}, "n_negatives = 100000000: expected a number below 65536"),
        ({"hardest_of": -1}, "hardest_of = -1: expected at least 0"),
        ({"lr": 10**400}, r"lr = 10+\.\.\.0+: expected a finite number"),
        ({"dim": 10**5000}, "dim = a number of thousands of digits: expected"),
        ({"order": "random"}, "order = 'random': expected one of 'interaction', 'user_uniform'"),
        ({"protocol": "test"}, "protocol = 'test'"),
        ({"normalization": "both"}, "normalization = 'both'"),
        ({"monitor": "auc"}, "monitor = 'auc'"),
        ({"refit": 1}, "refit = 1"),
        ({"layer_weights": (1.0,)}, "layer_weights: expected 4"),
        ({"layer_weights": ("a", "b", "c", "d")}, "layer_weights"),
        ({"layer_weights": 3}, "layer_weights = 3"),
        ({"layers": 3}, "layers: no such setting"),
        ({"preset": 3}, "preset = 3"),
    ],
)
def test_a_bad_setting_is_named(changes, message):
    with pytest.raises(ParameterError, match=message):
        preset("lightgcn-fast", **changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr = ", "config"),
        ("layers = 3", "layers: no such setting"),
        ("dim = [1]", r"dim = \[1\]"),
        ("order = 1", "order = 1"),
        ("normalization = [1]", r"normalization = \[1\]"),
        ("lr = 2025-01-01", "lr = "),
    ],
)
def test_a_bad_file_is_an_error_of_ours(text, message):
    with pytest.raises(ParameterError, match=message):
        Config.from_toml(text)


def test_a_file_of_settings_is_named_where_it_is_damaged(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(Config(dim=8).to_toml())
    assert Config.from_file(path) == Config(dim=8)
    for content in (b"dim = ", b"\xff", b"dim = 0", b"width = 3", b"dim = 1" + b"0" * 5000, b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"config\.toml: "):
            Config.from_file(path)


def test_the_fast_preset_takes_a_candidate_in_every_400_items():
    fast = preset("lightgcn-fast")
    assert [fast.candidates(n) for n in (7, 799, 800, 4_489, 38_399, 38_400, 10**6)] == [
        *(1, 1, 2, 11, 95, 96, 96)
    ]
    assert fast.candidates(40_981) == 96  # Gowalla, on which the preset was chosen
    assert preset("lightgcn-fast", hardest_of=20).candidates(7) == 20
    assert preset("lightgcn-reference").candidates(10**6) == 1


def test_a_flag_may_be_one_of_numpy_and_a_choice_no_array():
    assert preset("lightgcn-fast", refit=np.False_).refit is False
    with pytest.raises(ParameterError, match=r"^order = array.*: expected one of 'interaction'"):
        preset("lightgcn-fast", order=np.array(["interaction", "user_uniform"]))


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(
        ParameterError, match=r"preset = .fast.: expected one of .*lightgcn-reference"
    ):
        preset("fast")


def test_whole_numbers_pass_for_floats():
    assert preset("lightgcn-fast", lr=1, l2=0) == preset("lightgcn-fast", lr=1.0, l2=0.0)
    text = preset("lightgcn-fast", lr=1).to_toml()
    assert "lr = 1.0" in text
