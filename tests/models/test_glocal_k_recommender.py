"""GLocal-K as people use it: ids in, ratings and recommendations out, fold-in, saving."""

import numpy as np
import pytest
import torch

import glowrec as gr
from glowrec.errors import DataError, IdError, ParameterError, ShapeError
from glowrec.nn.glocal_rows import vectors
from glowrec.recommenders import NotFittedError
from glowrec.training.glocal_k.orientation import rating_matrix


def ratings(seed=0, n_users=20, n_items=25, share=0.5):
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((n_users, n_items)) < share)
    values = rng.choice([0.5, 2.0, 3.5, 5.0], users.size)
    return gr.Interactions.from_arrays(10 * users + 100, 3 * items + 7, values)


RATINGS = ratings()
SMALL = {"hidden": 6, "local_epochs": 2, "global_epochs": 2, "l2": 0.05}


def fitted(train=RATINGS, **changes):
    return gr.GLocalK(**{**SMALL, **changes}).fit(train, validation=0)


MODEL = fitted()


def module_of(model):
    train = model.train_
    module = model.config.module(train.n_users, train.n_items)
    state = {name: torch.tensor(value) for name, value in model.learned.parameters.items()}
    module.load_state_dict(state)
    return module


def test_predictions_are_the_modules_clipped_by_id():
    users, items = [100, 290, 120], [7, 79, 10]
    matrix = rating_matrix(RATINGS, "item")
    rows = RATINGS.encode_items(items)
    columns = RATINGS.encode_users(users)
    expected = module_of(MODEL).predict(matrix, rows, columns).numpy().clip(0.5, 5)
    np.testing.assert_allclose(MODEL.predict(users, items), expected, rtol=1e-4)
    assert MODEL.rating_range == (0.5, 5.0)


def test_predictions_stay_in_the_range():
    every = np.indices((20, 25)).reshape(2, -1)
    users, items = RATINGS.user_ids.ids[every[0]], RATINGS.item_ids.ids[every[1]]
    model = gr.GLocalK(**{**SMALL, "l2": 0.0, "local_epochs": 12}).fit(RATINGS, validation=0)
    found = model.predict(users, items)
    assert found.min() >= 0.5
    assert found.max() <= 5
    raw = np.einsum("nd,nd->n", model.user_factors[every[0]], model.item_factors[every[1]])
    assert raw.min() < 0.5 or raw.max() > 5  # something was clipped


def test_recommendations_are_the_best_predictions_of_unseen_items():
    found = MODEL.recommend([100, 180], k=3)
    scores = MODEL.user_factors @ MODEL.item_factors.T
    for row, user in enumerate([0, 8]):
        own = scores[user].copy()
        own[RATINGS.items[RATINGS.users == user]] = -np.inf
        best = np.argsort(-own, kind="stable")[:3]
        assert found.items[row].tolist() == RATINGS.item_ids.ids[best].tolist()


def test_wrong_pairs_are_refused():
    with pytest.raises(IdError, match="unknown user 5"):
        MODEL.predict([5], [7])
    with pytest.raises(IdError, match="unknown item 8"):
        MODEL.predict([100], [8])
    with pytest.raises(ShapeError, match="users: 2, items: 1; expected pairs"):
        MODEL.predict([100, 110], [7])
    with pytest.raises(NotFittedError, match="GLocalK: not fitted yet"):
        gr.GLocalK().predict([1], [1])
    with pytest.raises(ParameterError, match="train = 'ml-100k': expected Interactions"):
        gr.GLocalK().fit("ml-100k")
    with pytest.raises(ParameterError, match=r"settings of lightgcn, expected one of glocal-k"):
        gr.GLocalK(preset="lightgcn-fast")


@pytest.mark.parametrize("orientation", ["item", "user"])
@pytest.mark.parametrize("epochs", [(1, 1), (1, 0)])
def test_new_rows_are_what_the_network_makes_of_them(orientation, epochs):
    by_item = orientation == "item"
    model = fitted(orientation=orientation, local_epochs=epochs[0], global_epochs=epochs[1])
    if by_item:  # between two known items, and after all of them
        new = gr.Interactions.from_arrays([100, 150, 290], [8, 8, 500], [5, 2, 3.5])
    else:
        new = gr.Interactions.from_arrays([105, 105, 900], [7, 13, 79], [5, 2, 3.5])
    folded = model.fold_in(new)
    train, known = model.train_, folded.train_
    assert len(known) == len(train) + 3
    assert (known.n_items - train.n_items, known.n_users - train.n_users) == (
        (2, 0) if by_item else (0, 2)
    )
    # The definition: the whole matrix, new rows in their places, through the same network.
    module, matrix = module_of(model), rating_matrix(known, orientation)
    stage = "global" if epochs[1] else "local"
    kernels = module.kernels(rating_matrix(train, orientation)).detach()
    whole = vectors(module, matrix, stage=stage, kernels=kernels)
    completed = (whole.rows @ whole.columns.T + whole.bias).detach().numpy().clip(0.5, 5)
    if by_item:
        found = folded.predict([130, 200], [8, 500])
        expected = completed[known.encode_items([8, 500]), known.encode_users([130, 200])]
    else:
        found = folded.predict([105, 900], [10, 16])
        expected = completed[known.encode_users([105, 900]), known.encode_items([10, 16])]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    # What was known keeps its predictions.
    np.testing.assert_array_equal(
        folded.predict([100, 180], [7, 13]), model.predict([100, 180], [7, 13])
    )
    assert model.train_ is train


def test_recommendations_of_folded_rows():
    new = gr.Interactions.from_arrays([105, 105], [7, 13], [5, 2])
    folded = fitted(orientation="user").fold_in(new)
    best = folded.recommend([105], k=4)
    assert best.items.shape == (1, 4)
    assert not set(best.items[0].tolist()) & {7, 13}
    film = gr.Interactions.from_arrays([100], [8], [5.0])
    ranked = MODEL.fold_in(film).recommend([110], k=26).items[0].tolist()
    assert 8 in ranked


def test_what_cannot_be_folded_in_is_refused(tmp_path):
    def new(users, items, values=(5,)):
        return gr.Interactions.from_arrays(users, items, values)

    with pytest.raises(DataError, match="item 7 is known already; only new items can be folded"):
        MODEL.fold_in(new([100, 110], [7, 8], [1, 2]))
    with pytest.raises(IdError, match="unknown user 5"):
        MODEL.fold_in(new([5], [8]))
    with pytest.raises(DataError, match="user 100 is known already; only new users"):
        fitted(orientation="user").fold_in(new([100], [7]))
    with pytest.raises(IdError, match="unknown item 8"):
        fitted(orientation="user").fold_in(new([5], [8]))
    with pytest.raises(DataError, match="items are strings, those of train whole numbers"):
        MODEL.fold_in(new([100], ["tea"]))
    with pytest.raises(DataError, match="has no values"):
        MODEL.fold_in(gr.Interactions.from_arrays([100], [8]))
    for value in (5.5, 0, -1):
        message = rf"^ratings: {value} by user 110 for item 8 lies outside 0\.5 to 5, the range of"
        with pytest.raises(DataError, match=message):
            MODEL.fold_in(new([100, 110], [8, 8], [5, value]))
    with pytest.raises(DataError, match="ratings: are empty"):
        MODEL.fold_in(new([100], [8]).select([]))
    with pytest.raises(ParameterError, match="ratings = a list: expected Interactions"):
        MODEL.fold_in([(100, 8, 5)])
    folded = MODEL.fold_in(new([100], [8]))
    with pytest.raises(ParameterError, match="takes in all at once"):
        folded.fold_in(new([100], [9]))
    with pytest.raises(ParameterError, match="has folded in new rows; save the fitted one"):
        folded.save(tmp_path / "folded")
    assert not (tmp_path / "folded").exists()


def test_a_saved_model_keeps_ids_order_and_predictions(tmp_path):
    MODEL.save(tmp_path)
    loaded = gr.load(tmp_path)
    assert isinstance(loaded, gr.GLocalK)
    assert loaded.config == MODEL.learned.config
    assert loaded.train_.item_ids == RATINGS.item_ids
    users, items = RATINGS.user_ids.ids[:5], RATINGS.item_ids.ids[5:10]
    np.testing.assert_array_equal(loaded.predict(users, items), MODEL.predict(users, items))
    assert loaded.rating_range == (0.5, 5.0)
    film = gr.Interactions.from_arrays([100], [8], [5.0])
    found = [model.fold_in(film).predict([110], [8])[0] for model in (MODEL, loaded)]
    assert found[0] == found[1]


def test_a_model_without_local_kernels_is_saved_as_such(tmp_path):
    model = fitted(kernel="none")
    model.save(tmp_path)
    assert gr.load(tmp_path).config.kernel == "none"
    assert not any(name.endswith(".u") for name in model.learned.parameters)


def test_string_ids(tmp_path):
    users, items = ["ann", "ann", "bob", "eve"], ["tea", "jam", "jam", "tea"]
    train = gr.Interactions.from_arrays(users, items, [5, 3, 4, 1])
    model = fitted(train)
    model.save(tmp_path)
    film = gr.Interactions.from_arrays(["bob"], ["rye"], [4])
    assert gr.load(tmp_path).fold_in(film).predict(["eve"], ["rye"]).shape == (1,)
    assert "GLocalK(" in repr(model)
