"""Training GLocal-K: stages, protocols, refits, optimisers, what is written, what is refused."""

import json
import weakref

import numpy as np
import pytest
import torch

import glowrec as gr
from glowrec import rating_errors
from glowrec.errors import DataError, IdError, ParameterError
from glowrec.nn import GLocalK, RatingMatrix, glocal_tiled
from glowrec.nn.glocal_rows import block_loss, row_means, vectors
from glowrec.splitting import hold_out
from glowrec.training import GLocalKConfig, train_ratings
from glowrec.training.glocal_k.epochs import Epochs, Part
from glowrec.training.glocal_k.minimizers import Objective, OwnLBFGS, ScipyLBFGSB
from glowrec.training.glocal_k.orientation import rating_matrix


def ratings(n_users=24, n_items=30, share=0.4, low=1, high=5):
    """Ratings of low rank, in whole steps."""
    rng = np.random.default_rng(0)
    taste = rng.standard_normal((n_users, 3)) @ rng.standard_normal((3, n_items))
    users, items = np.nonzero(rng.random(taste.shape) < share)
    steps = np.clip(np.rint(taste[users, items] + 3), 1, 5)
    values = low + (steps - 1) * (high - low) / 4
    return gr.Interactions.from_arrays(users, items, values, n_users=n_users, n_items=n_items)


def dataset(**options):
    whole = ratings(**options)
    test = np.random.default_rng(9).random(len(whole)) < 0.2
    return gr.datasets.Dataset("small", whole.select(~test), whole.select(test))


DATA = dataset()
EMPTY = gr.datasets.Dataset(
    "untested", DATA.train, DATA.test.select(np.zeros(len(DATA.test), bool))
)


def settings(**changes):
    small = {"hidden": 8, "local_epochs": 3, "global_epochs": 4, "l2": 0.05, "local_iterations": 4}
    return GLocalKConfig(**{**small, "global_iterations": 3, **changes})


def test_stages_follow_each_other_and_validation_chooses_the_epoch_of_the_last():
    result = train_ratings(settings(), DATA)
    assert [(row["stage"], row["epoch"]) for row in result.history[:7]] == [
        *(("local kernel", epoch) for epoch in (1, 2, 3)),
        *(("global kernel", epoch) for epoch in (1, 2, 3, 4)),
    ]
    scores = [row["rmse"] for row in result.history[3:7]]
    assert result.best_epoch == 1 + int(np.argmin(scores))
    assert result.validation["rmse"] == min(scores)
    assert result.protocol == "validation"
    refit = result.history[7:]
    assert [row["stage"] for row in refit] == [
        *["refit, local kernel"] * 3,
        *["refit, global kernel"] * result.best_epoch,
    ]
    assert not any("rmse" in row for row in refit)
    assert set(result.seconds) == {"selection", "refit", "evaluation"}
    for row in result.history:
        assert row["evaluations"] >= row["iterations"] >= 1
        assert row["seconds_per_evaluation"] > 0


def test_the_loss_falls():
    losses = [row["loss"] for row in train_ratings(settings(validation=0), DATA).history]
    assert losses[0] > losses[2] > losses[-1]


def test_the_refit_is_a_training_on_all_of_train():
    result = train_ratings(settings(), DATA)
    alone = train_ratings(settings(validation=0, global_epochs=result.best_epoch), DATA)
    assert alone.protocol == "fixed"
    assert alone.test == result.test
    np.testing.assert_array_equal(alone.learned.item_factors, result.learned.item_factors)


def test_without_a_refit_the_chosen_epoch_is_kept():
    config = settings(refit=False)
    result = train_ratings(config, DATA)
    learned, _ = hold_out(DATA.train, 0.1, seed=0)
    cut = gr.datasets.Dataset("cut", learned, DATA.test)
    alone = train_ratings(settings(validation=0, global_epochs=result.best_epoch), cut)
    for name, value in alone.learned.parameters.items():
        np.testing.assert_array_equal(result.learned.parameters[name], value)
    # Predictions know what was held out to choose the epoch.
    assert len(result.learned.train) == len(DATA.train)
    assert result.test["rmse"] == pytest.approx(plain_rmse(result.learned, DATA.test), rel=1e-5)


def test_the_paper_protocol_takes_the_best_test_epoch_and_says_so():
    result = train_ratings(settings(protocol="paper"), DATA)
    scores = [row["rmse"] for row in result.history if row["stage"] == "global kernel"]
    assert result.best_epoch == 1 + int(np.argmin(scores))
    assert result.test["rmse"] == min(scores)
    assert result.validation is None
    assert "TEST" in result.protocol_sentence
    assert len(result.history) == 7


def plain_rmse(learned, test):
    """Of predictions that are made of the vectors, clipped."""
    predicted = (learned.user_factors[test.users] * learned.item_factors[test.items]).sum(1)
    low, high = learned.train.values.min(), learned.train.values.max()
    return rating_errors.rmse(predicted.clip(low, high), test.values)


@pytest.mark.parametrize("orientation", ["item", "user"])
@pytest.mark.parametrize("epochs", [(2, 2), (2, 0), (0, 2)])
def test_vectors_give_the_predictions_of_the_module(orientation, epochs):
    config = settings(
        validation=0, orientation=orientation, local_epochs=epochs[0], global_epochs=epochs[1]
    )
    result = train_ratings(config, DATA)
    learned = result.learned
    assert learned.user_factors.shape == (24, 9)
    assert learned.item_factors.shape == (30, 9)
    assert result.test["rmse"] == pytest.approx(plain_rmse(learned, DATA.test), rel=1e-5)
    module = config.module(24, 30)
    module.load_state_dict({name: torch.tensor(v) for name, v in learned.parameters.items()})
    matrix = rating_matrix(DATA.train, orientation)
    assert matrix.shape == ((30, 24) if orientation == "item" else (24, 30))
    stage = "global" if epochs[1] else "local"
    rows, columns = np.array([3, 3, 7]), np.array([0, 5, 2])
    expected = module.predict(matrix, rows, columns, stage=stage).numpy()
    users, items = (columns, rows) if orientation == "item" else (rows, columns)
    found = (learned.user_factors[users] * learned.item_factors[items]).sum(1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_given_validation_ratings_choose():
    learned, judge = hold_out(DATA.train, 0.3, seed=5)
    cut = gr.datasets.Dataset("cut", learned, DATA.test)
    result = train_ratings(settings(), cut, validation=judge)
    assert result.protocol == "validation"
    assert not any(row["stage"].startswith("refit") for row in result.history)
    assert result.validation["rmse"] == pytest.approx(plain_rmse(result.learned, judge), rel=1e-5)


def test_patience_stops_the_last_stage_only():
    config = settings(protocol="paper", local_epochs=6, global_epochs=30, patience=1, lr=0.3)
    result = train_ratings(config.replace(optimizer="adam", batch_rows=7), DATA)
    stages = [row["stage"] for row in result.history]
    assert stages.count("local kernel") == 6
    assert stages.count("global kernel") == result.best_epoch + 1 < 30


@pytest.mark.parametrize("monitor", ["mae", "ndcg"])
def test_other_metrics_choose_too(monitor):
    result = train_ratings(settings(monitor=monitor, protocol="paper"), DATA)
    scores = [row[monitor] for row in result.history if row["stage"] == "global kernel"]
    best = np.argmax(scores) if monitor == "ndcg" else np.argmin(scores)
    assert result.best_epoch == 1 + int(best)
    assert f"test {monitor} {result.test[monitor]:.4f}" in repr(result)


@pytest.mark.parametrize("stage", ["local", "global"])
def test_ours_and_scipys_epochs_are_the_same(stage):
    config = settings(dtype="float64", local_iterations=12, global_iterations=12)
    matrix = rating_matrix(DATA.train, "item")
    ends = []
    for kind in (OwnLBFGS, ScipyLBFGSB):
        model = config.module(24, 30, generator=torch.Generator().manual_seed(0))
        objective = Objective(model, matrix, stage)
        minimizer = kind(objective, 12, 10)
        epochs = [minimizer.epoch(number, lambda _: None) for number in (1, 2)]
        ends.append((epochs, objective.flat.values.clone()))
    (ours, x), (theirs, y) = ends
    assert [epoch.n_iterations for epoch in ours] == [epoch.n_iterations for epoch in theirs]
    assert ours[0].n_evaluations == theirs[0].n_evaluations
    assert ours[1].n_evaluations == theirs[1].n_evaluations - 1  # the value at the start is known
    # The errors of rounding grow with the iterations, as on any problem that is not convex.
    for one, other, tolerance in zip(ours, theirs, (1e-10, 1e-6), strict=True):
        assert one.loss == pytest.approx(other.loss, rel=tolerance)
    torch.testing.assert_close(x, y, rtol=0, atol=1e-3)


def test_scipys_is_an_option_with_the_same_outcome():
    ours, theirs = (
        train_ratings(settings(optimizer=optimizer, dtype="float64", validation=0), DATA).test
        for optimizer in ("lbfgs", "scipy")
    )
    assert ours["rmse"] == pytest.approx(theirs["rmse"], rel=1e-6)


@pytest.mark.parametrize("backend", ["sparse", "tiled", "dense"])
@pytest.mark.parametrize("stage", ["local", "global"])
def test_blocks_of_rows_add_up_to_the_objective(stage, backend, monkeypatch):
    monkeypatch.setitem(glocal_tiled._CELLS, "cpu", 100)  # several tiles
    some = {"hidden": 6, "dtype": torch.float64, "l2": 0.3, "sparsity": 0.2}
    model = GLocalK(30, 24, backend=backend, **some)
    matrix = rating_matrix(DATA.train, "item")
    kernels = None if stage == "local" else model.kernels(matrix).detach()
    whole = model.local_loss(matrix) if stage == "local" else model.global_loss(matrix, kernels)
    order = np.random.default_rng(1).permutation(30)
    parts = [block_loss(model, matrix, rows, kernels) for rows in np.array_split(order, 4)]
    total = torch.stack(parts).sum()
    torch.testing.assert_close(total, whole)
    wanted = list(model.local_parameters())
    found, expected = (torch.autograd.grad(loss, wanted) for loss in (total, whole))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("backend", ["sparse", "tiled", "dense"])
def test_blocks_with_and_without_ratings_add_up_wherever_they_end(backend):
    places = [0, 1, 1, 2, 5, 6, 6, 11], [0, 2, 3, 1, 4, 0, 4, 2]
    matrix = RatingMatrix(*places, np.arange(1.0, 9.0), (12, 5))
    model = GLocalK(12, 5, hidden=3, dtype=torch.float64, backend=backend)
    kernels = model.kernels(matrix).detach()
    whole = model.global_loss(matrix, kernels)
    for cuts in ([6], [1, 2, 7], [3, 5, 11], range(1, 12)):
        blocks = np.split(np.arange(12), list(cuts))
        total = torch.stack([block_loss(model, matrix, rows, kernels) for rows in blocks]).sum()
        torch.testing.assert_close(total, whole)
    with pytest.raises(IdError, match=r"rows\[0\] = 12"):
        block_loss(model, matrix, [12], kernels)


def test_products_go_with_their_matrix():
    matrix, model = RatingMatrix([0, 1], [1, 0], [4.0, 3.0], (2, 2)), GLocalK(2, 2, hidden=4)
    model.local_loss(matrix).backward()
    kept = weakref.ref(model._products(matrix))
    loss = block_loss(model, matrix, [0])
    assert kept() is not None
    del matrix
    assert kept() is None
    loss.backward()


def test_row_means_are_those_of_the_completed_matrix():
    model = GLocalK(30, 24, hidden=6, dtype=torch.float64)
    matrix = rating_matrix(DATA.train, "item")
    every = np.indices((30, 24)).reshape(2, -1)
    completed = model.predict(matrix, every[0], every[1], stage="local").view(30, 24)
    torch.testing.assert_close(row_means(model, matrix), completed.mean(1))
    some = vectors(model, matrix, [4, 2], stage="local")
    torch.testing.assert_close(some.rows @ some.columns.T + some.bias, completed[[4, 2]])


def test_adam_over_blocks_learns_and_is_repeatable():
    config = settings(optimizer="adam", lr=0.01, batch_rows=8, validation=0, local_epochs=12)
    first, again, other = (train_ratings(config.replace(seed=seed), DATA) for seed in (1, 1, 2))
    assert first.test == again.test != other.test
    losses = [row["loss"] for row in first.history]
    assert losses[11] < losses[0]
    assert first.history[0]["iterations"] == 4  # blocks of 30 rows


def test_ratings_of_any_range_are_clipped_to_it():
    data = dataset(low=1, high=100)
    result = train_ratings(settings(validation=0, local_epochs=1, global_epochs=1), data)
    assert result.test["rmse"] < 60
    assert result.test["rmse"] == pytest.approx(plain_rmse(result.learned, data.test), rel=1e-5)
    below = dataset(low=-10, high=10)
    assert set(train_ratings(settings(validation=0), below).test) == {"rmse", "mae"}
    with pytest.raises(ParameterError, match="monitor = 'ndcg': has no meaning for these ratings"):
        train_ratings(settings(monitor="ndcg"), below)


def test_the_folder_of_a_run_is_complete(tmp_path):
    result = train_ratings(settings(), DATA, out=tmp_path, tensorboard=True)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"config.toml", "data.json", "metrics.jsonl", "checkpoint.safetensors"} <= names
    assert {"model.safetensors", "ids.json", "result.json", "tensorboard"} <= names
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == result.history
    assert json.loads((tmp_path / "result.json").read_text())["test"] == result.test
    assert GLocalKConfig.from_file(tmp_path / "config.toml") == result.config
    loaded = gr.load(tmp_path)
    assert isinstance(loaded, gr.GLocalK)
    np.testing.assert_array_equal(loaded.train_.values, DATA.train.values)
    np.testing.assert_array_equal(loaded.item_factors, result.learned.item_factors)


def test_progress_is_shown_in_lines(capsys):
    train_ratings(settings(validation=0.2, refit=False), DATA, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    first = err.splitlines()[0]
    for word in ("local kernel: epoch 1", "loss", "rmse", "mae", "ndcg"):
        assert word in first
    assert "nodes" not in err


def test_what_cannot_be_learned_or_judged_is_refused():
    bare = gr.Interactions.from_arrays([0, 1], [0, 1])
    with pytest.raises(DataError, match="bare: train: has no values; GLocal-K learns from rating"):
        train_ratings(settings(), gr.datasets.Dataset("bare", bare, bare))
    twice = gr.Interactions.from_arrays([7, 7], [3, 3], [1, 2], duplicates="keep")
    with pytest.raises(DataError, match="train: position 1: user 7 and item 3 occurred before"):
        train_ratings(settings(), gr.datasets.Dataset("two", twice, twice))
    with pytest.raises(DataError, match="void: train is empty"):
        train_ratings(settings(), gr.datasets.Dataset("void", EMPTY.test, DATA.test))
    with pytest.raises(DataError, match="untested: protocol 'paper' judges by test"):
        train_ratings(settings(protocol="paper"), EMPTY)
    assert train_ratings(settings(), EMPTY).test is None
    with pytest.raises(ParameterError, match="need out"):
        train_ratings(settings(), DATA, resume=True)
    one = DATA.train.select([0, 1])
    with pytest.raises(DataError, match=r"validation = 0.0001: holds out nothing of 2 ratings"):
        train_ratings(settings(validation=1e-4), gr.datasets.Dataset("one", one, DATA.test))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"local_epochs": 0, "global_epochs": 0}, "expected at least one epoch"),
        ({"kernel_size": 4}, "kernel_size = 4: expected an odd number"),
        ({"monitor": "recall"}, "monitor = 'recall': expected one of 'rmse', 'mae', 'ndcg'"),
        ({"kernel": "cubic"}, "kernel = 'cubic': expected one of 'finite', 'gaussian', 'none'"),
        ({"l2": -1}, "l2 = -1.0: expected at least 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ParameterError, match=message):
        GLocalKConfig(**changes)


def test_divergence_says_what_to_do():
    with pytest.raises(ParameterError, match=r"lr = 1e\+30: the loss is not finite in local ker"):
        train_ratings(settings(optimizer="adam", lr=1e30), DATA)
    huge = dataset(low=1e20, high=4e20)
    with pytest.raises(DataError, match=r"not finite in local kernel, epoch 1: .* for float32"):
        train_ratings(settings(), huge)


def test_epochs_without_a_judge_keep_the_last():
    model = settings().module(24, 30, generator=torch.Generator().manual_seed(0))
    matrix = rating_matrix(DATA.train, "item")
    epochs = Epochs(Part("local kernel", "local", 2), settings(), model, matrix)
    epochs.run(gr_silent(), lambda _: None)
    assert epochs.so_far.best_epoch == 2
    assert not epochs.best_model


def gr_silent():
    from glowrec.training.progress import Silent

    return Silent()
