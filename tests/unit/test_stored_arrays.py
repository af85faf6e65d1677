"""Saved baselines: whole, or an error that names the file."""

import json

import numpy as np
import pytest

import glowrec as gr
from glowrec.errors import DataError, ParameterError

LOG = gr.Interactions.from_arrays(
    ["ann", "ann", "eve", "bob"], ["tea", "jam", "tea", "rye"], [1.0, 2.0, 3.0, 4.0]
)


@pytest.fixture
def folder(tmp_path):
    gr.ItemKNN(2, shrinkage=0.5, weighted=True).fit(LOG).save(tmp_path)
    return tmp_path


def test_ids_values_and_settings_come_back(folder):
    model = gr.load(folder)
    assert model.settings == {
        "n_neighbors": 2,
        "similarity": "cosine",
        "shrinkage": 0.5,
        "aggregate": "deviation",
        "weighted": True,
    }
    for name in ("users", "items", "values"):
        assert np.array_equal(getattr(model.train_, name), getattr(LOG, name))
    assert model.train_.user_ids == LOG.user_ids
    assert json.loads((folder / "model.json").read_text(encoding="utf-8"))["model"] == "ItemKNN"
    gr.Popular().fit(LOG).save(folder)  # a model that was saved is replaced
    assert type(gr.load(folder)) is gr.Popular


def changed(arrays, **changes):
    return {**arrays, **changes}


CHANGES = [
    (lambda a: changed(a, bias=a["starts"]), "there is an array of no model, bias"),
    (lambda a: {k: v for k, v in a.items() if k != "neighbors"}, "there is no neighbors"),
    (lambda a: {k: v for k, v in a.items() if k != "train.users"}, "train.users"),
    (
        lambda a: changed(a, starts=a["starts"][:-1]),
        r"starts is int64 of shape \(3,\), expected int64 of shape \(4,\)",
    ),
    (
        lambda a: changed(a, similarities=a["similarities"].astype(float)),
        r"similarities is float64 of shape \(2,\), expected float32 of shape \(any,\)",
    ),
    (lambda a: changed(a, neighbors=a["neighbors"] + 3), "lists of neighbours: "),
    (lambda a: changed(a, similarities=a["similarities"][:1]), "lists of neighbours: "),
    (lambda a: changed(a, starts=a["starts"][::-1].copy()), "lists of neighbours: "),
    (lambda a: changed(a, **{"train.items": a["train.items"] + 1}), "items"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_arrays_of_another_model_name_their_file(folder, change, message):
    path = folder / "model.npz"
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **change(arrays))
    with pytest.raises(DataError, match=rf"model\.npz: damaged.*: .*({message})"):
        gr.load(folder)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_a_file_that_is_cut_short_is_named(folder, content):
    (folder / "model.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"model\.npz: damaged: "):
        gr.load(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_neighbors": -1}, "n_neighbors = -1 must be at least 0"),
        ({"speed": 1}, "speed"),
        ([], "damaged"),
        ({"weighted": False, "similarity": "dot"}, "similarity = 'dot'"),
    ],
)
def test_settings_that_are_none_name_their_file(folder, settings, message):
    content = json.dumps({"model": "ItemKNN", "settings": settings})
    (folder / "model.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=rf"model\.json: .*{message}"):
        gr.load(folder)


def test_files_that_are_missing_and_classes_that_are_others_are_named(folder, tmp_path):
    with pytest.raises(DataError, match=r"model\.json: holds 'ItemKNN', expected EASE"):
        gr.EASE.load(folder)
    with pytest.raises(DataError, match="nowhere: no such folder"):
        gr.EASE.load(tmp_path / "nowhere")
    (folder / "ids.json").write_text('{"users": 3}', encoding="utf-8")
    with pytest.raises(DataError, match=r"ids\.json: damaged"):
        gr.load(folder)
    (folder / "ids.json").unlink()
    with pytest.raises(DataError, match=r"no ids\.json, so no saved model"):
        gr.load(folder)


def test_a_baseline_is_not_saved_over_a_trained_model(tmp_path):
    (tmp_path / "config.toml").write_text("dim = 4\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="holds a trained model; save into another folder"):
        gr.Popular().fit(LOG).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
