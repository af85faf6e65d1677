"""`glowrec.load`: the class is what the folder says, or one line says what is wrong."""

import json

import numpy as np
import pytest
import safetensors.numpy

import glowrec as gr
from glowrec.errors import DataError, ParameterError
from glowrec.recommenders import LightGCN, NotFittedError, Recommender, VectorRecommender

LOG = gr.Interactions.from_arrays(["ann", "ann", "eve", "bob"], ["tea", "jam", "tea", "rye"])


@pytest.fixture
def folder(tmp_path):
    LightGCN(dim=4, epochs=1, hardest_of=2).fit(LOG, validation=0).save(tmp_path)
    return tmp_path


def test_the_class_is_the_one_that_was_saved(folder):
    model = gr.load(folder)
    assert type(model) is LightGCN
    assert isinstance(model, VectorRecommender)
    assert isinstance(model, Recommender)
    assert np.array_equal(LightGCN.load(folder).user_factors, model.user_factors)


def rewrite(path, metadata):
    tensors = safetensors.numpy.load_file(path)
    path.write_bytes(safetensors.numpy.save(tensors, metadata))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, r"model\.safetensors: does not say whose weights it holds$"),
        ({"format": "pt"}, r"model\.safetensors: does not say whose weights it holds$"),
        (
            {"model": "NoGCN"},
            r"model\.safetensors: holds a model 'NoGCN', expected one of ",
        ),
    ],
)
def test_weights_of_nobody_known_are_refused(folder, metadata, message):
    rewrite(folder / "model.safetensors", metadata)
    with pytest.raises(DataError, match=message):
        gr.load(folder)


def test_what_is_no_model_names_the_folder_or_the_file(folder, tmp_path):
    (folder / "model.safetensors").write_bytes(b"{}")
    with pytest.raises(DataError, match=r"model\.safetensors: damaged: "):
        gr.load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"so no finished model; resume its training$"):
        gr.load(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=r"empty: no model$"):
        gr.load(empty)
    for text in ("{", "[]", "{}", json.dumps({"name": "ItemKNN"})):
        (empty / "model.json").write_text(text)
        with pytest.raises(DataError, match=r"empty/model\.json: damaged: "):
            gr.load(empty)
    (empty / "model.json").write_text('{"model": "NoKNN"}')
    with pytest.raises(DataError, match=r"model\.json: holds a model 'NoKNN', expected one of"):
        gr.load(empty)


def test_a_model_is_saved_into_a_folder_not_onto_a_file(folder, tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    for model in (gr.load(folder), gr.Popular().fit(LOG)):
        for place in (file, file / "below"):
            with pytest.raises(ParameterError, match=r"file: is a file, expected a folder$"):
                model.save(place)
        with pytest.raises(ParameterError, match=r"^folder: expected a path, got NoneType$"):
            model.save(None)
        with pytest.raises(DataError, match=r"file: no such folder$"):
            type(model).load(file)
    assert file.read_text() == "kept"


def test_a_model_that_was_not_fitted_says_so(tmp_path):
    model = LightGCN(dim=4)
    for ask in (model.recommend, lambda: model.similar_items([0]), lambda: model.save(tmp_path)):
        with pytest.raises(NotFittedError, match=r"^LightGCN: not fitted yet; call fit"):
            ask()


@pytest.mark.parametrize("k", [-1, 1.5, "3", None])
def test_a_number_of_items_that_is_none_is_refused(folder, k):
    model = gr.load(folder)
    for ask in (lambda: model.recommend(k=k), lambda: model.similar_items(["tea"], k=k)):
        with pytest.raises(gr.errors.ParameterError, match=r"^k = .*: expected a whole number"):
            ask()
