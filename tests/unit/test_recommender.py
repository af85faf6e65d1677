"""The recommender's face: what it takes, how it shows itself, where it is saved."""

import numpy as np
import pytest

import glowrec as gr
from glowrec.errors import ParameterError
from glowrec.recommenders import LightGCN

DATA = gr.datasets.synthetic(40, 60, n_groups=4, mean_degree=20, seed=3)


def make(**settings):
    return LightGCN(dim=4, n_layers=1, epochs=1, **settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": DATA}, r"train = a Dataset: expected Interactions; pass its \.train part"),
        ({"train": DATA.train.to_scipy()}, "train = a csr_array: expected Interactions$"),
        ({"train": DATA.train, "test": DATA}, r"test = a Dataset: .* pass its \.test part"),
        ({"train": DATA.train, "validation": "x"}, "validation = 'x': expected a share of each"),
        ({"train": DATA.train, "validation": DATA}, "validation = a Dataset: expected a share"),
        ({"train": DATA.train, "validation": 1}, "validation = 1.0: expected a share from 0"),
    ],
)
def test_what_fit_cannot_use_is_named(arguments, message):
    with pytest.raises(ParameterError, match=message):
        make().fit(**arguments)


def test_it_is_shown_in_a_line():
    model = make(seed=7)
    shown = "LightGCN(dim=4, n_layers=1, seed=7, preset='lightgcn-fast'; "
    assert repr(model) == shown + "not fitted)"
    model.fit(DATA.train, validation=0)
    assert repr(model) == f"{shown}fitted on {DATA.train!r})"


@pytest.mark.parametrize(("as_id", "nothing"), [(int, -1), ("item-{:02}".format, "")])
def test_where_items_run_out_no_item_is_named(as_id, nothing):
    users = [0, 0, 1, 2]
    items = [as_id(item) for item in (0, 1, 0, 2)]
    log = gr.Interactions.from_arrays(users, items)
    recommended = make().fit(log, validation=0).recommend([0, 1], k=5)
    assert recommended.counts.tolist() == [1, 2]
    assert recommended.items[0].tolist() == [as_id(2), *[nothing] * 4]
    assert set(recommended.items[1].tolist()) == {as_id(1), as_id(2), nothing}
    assert len(list(recommended.rows())) == 3


def test_a_model_is_not_saved_over_a_run(tmp_path):
    model = make().fit(DATA.train, validation=0, out=tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(ParameterError, match="run: holds a training run, with a model of its own"):
        model.save(tmp_path / "run")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    for _ in range(2):  # a model that was saved is replaced
        model.save(tmp_path / "model")
    assert np.array_equal(gr.load(tmp_path / "model").user_factors, model.user_factors)
