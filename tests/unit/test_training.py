"""The whole of a training run: protocols, refits, patience, schedules, what it writes."""

import json
import sys

import numpy as np
import pytest
import torch

import glowrec as gr
from glowrec import threads
from glowrec.errors import DataError, ParameterError, SaturatedError
from glowrec.evaluation import evaluate_factors
from glowrec.nn import LightGCN
from glowrec.splitting import hold_out
from glowrec.training import preset, train
from glowrec.training.steps import Trainer

DATA = gr.datasets.synthetic(60, 80, n_groups=4, mean_degree=20, seed=3)
NO_TEST = DATA.test.select(np.zeros(len(DATA.test), bool))
EMPTY = gr.datasets.Dataset("untested", DATA.train, NO_TEST)
CPU = torch.device("cpu")


def settings(**changes):
    small = {"dim": 8, "n_layers": 2, "epochs": 4, "eval_every": 1, "batch_size": 256}
    return preset("lightgcn-fast", **{**small, "min_batches": 1, "hardest_of": 4, **changes})


def evaluated(history, stage):
    return {
        row["epoch"]: row["ndcg@20"]
        for row in history
        if "ndcg@20" in row and row["stage"] == stage
    }


def test_validation_chooses_the_epoch_and_test_is_scored_once(monkeypatch):
    judged = []

    def spy(model, seen, relevant, **options):
        judged.append((seen, relevant))
        return gr.evaluate(model, seen, relevant, **options)

    for module in ("stage", "train"):
        place = sys.modules[f"glowrec.training.{module}"]
        monkeypatch.setattr(place, "evaluate", spy)
    result = train(settings(), DATA)
    assert result.protocol == "validation"
    assert [relevant is DATA.test for _, relevant in judged] == [False] * 4 + [True]
    for seen, relevant in judged[:-1]:  # cut from train, never ranked among the seen
        assert len(seen) + len(relevant) == len(DATA.train)
    assert judged[-1][0] is DATA.train
    scores = evaluated(result.history, "selection")
    assert list(scores) == [1, 2, 3, 4]
    assert result.best_epoch == max(scores, key=scores.get)
    assert result.validation["ndcg@20"] == scores[result.best_epoch]


def test_the_refit_learns_from_all_of_train_for_the_epochs_chosen():
    result = train(settings(), DATA, device=CPU)
    refit = [row for row in result.history if row["stage"] == "refit"]
    assert [row["epoch"] for row in refit] == list(range(1, result.best_epoch + 1))
    assert set(result.seconds) == {"selection", "refit", "evaluation"}
    alone = train(settings(validation=0.0), DATA, device=CPU)
    if result.best_epoch == 4:  # the same schedule: the refit is that run
        assert np.array_equal(result.learned.user_factors, alone.learned.user_factors)
    assert alone.protocol == "fixed"
    assert alone.validation is None


def test_without_refit_the_best_epoch_is_kept():
    config = settings(refit=False, epochs=5, lr=0.3)
    result = train(config, DATA, device=CPU)
    learned, judge = hold_out(DATA.train, config.validation, seed=config.seed)
    trainer, by_epoch = Trainer(config, learned, CPU), {}
    for epoch in range(1, 6):
        list(trainer.epoch(epoch))
        by_epoch[epoch] = trainer.vectors()
    found = evaluate_factors(*by_epoch[result.best_epoch], learned, judge, k=20)
    assert found.summary["ndcg@20"] == result.validation["ndcg@20"]
    assert np.array_equal(result.learned.user_factors, by_epoch[result.best_epoch][0])


def test_the_paper_protocol_reports_the_best_test_epoch_and_says_so(tmp_path):
    config = settings(protocol="paper", lr=0.3, epochs=6, eval_every=2)
    result = train(config, DATA, out=tmp_path)
    scores = evaluated(result.history, "selection")
    assert list(scores) == [2, 4, 6]
    assert result.test["ndcg@20"] == max(scores.values())
    assert result.validation is None
    assert "refit" not in result.seconds
    written = json.loads((tmp_path / "result.json").read_text())
    assert written["protocol"] == "paper"
    assert "TEST" in written["protocol_sentence"]


def test_validation_interactions_of_ones_own():
    learned, judge = hold_out(DATA.train, 0.2, seed=9)
    own = gr.datasets.Dataset("own", learned, DATA.test)
    result = train(settings(), own, validation=judge, device=CPU)
    assert result.protocol == "validation"
    trainer = Trainer(settings(), learned, CPU)
    list(trainer.epoch(1))
    expected = evaluate_factors(*trainer.vectors(), learned, judge, k=20).summary
    assert result.history[0]["ndcg@20"] == expected["ndcg@20"]


def test_patience_counts_evaluations_without_a_better_one():
    result = train(settings(epochs=40, patience=2, lr=0.5, refit=False), DATA)
    scores = evaluated(result.history, "selection")
    assert len(scores) == result.best_epoch + 2 < 40


def test_evaluations_come_every_n_epochs_and_at_the_end():
    result = train(settings(epochs=5, eval_every=2, refit=False), DATA)
    assert list(evaluated(result.history, "selection")) == [2, 4, 5]


def test_another_metric_and_cut_off_may_choose():
    result = train(settings(monitor="recall", k=5, refit=False, lr=0.3), DATA)
    scores = {row["epoch"]: row["recall@5"] for row in result.history}
    assert result.best_epoch == max(scores, key=scores.get)
    assert "recall@5" in result.test


def test_records_hold_the_figures_of_an_epoch():
    config = settings(refit=False, schedule="cosine", lr=0.1, order="interaction")
    for row in train(config, DATA).history:
        assert row["coverage_users"] == 1.0
        assert 0 < row["coverage_items"] <= 1.0
        assert row["loss"] > 0
        assert row["seconds"] > 0


def test_coverage_is_the_share_of_nodes_that_the_triplets_touched():
    trainer = Trainer(settings(batch_size=10), DATA.train, CPU)
    touched = np.zeros(DATA.train.graph.n_nodes, dtype=bool)
    nodes = trainer._nodes
    seen = []
    trainer._nodes = lambda triplets: seen.append(triplets) or nodes(triplets)
    list(trainer.epoch(1))
    for users, positives, negatives in seen:
        touched[users] = touched[positives + 60] = touched[negatives + 60] = True
    assert np.array_equal(trainer.covered, touched)


def test_an_epoch_draws_to_the_end_so_that_no_destructor_waits_for_the_thread():
    trainer, drawn = Trainer(settings(batch_size=10, hardest_of=1), DATA.train, CPU), []

    class Watched:
        def epoch(self, epoch, sampler=trainer.sampler):
            yield from sampler.epoch(epoch)
            drawn.append(epoch)

    trainer.sampler = Watched()
    assert len(list(trainer.epoch(1))) == trainer.n_batches
    assert drawn == [1]


def test_the_cosine_falls_from_the_peak_to_nothing_over_the_whole_schedule():
    trainer = Trainer(settings(lr=0.5, epochs=4), DATA.train, CPU)
    steps = 4 * trainer.n_batches
    rates = [trainer.lr(step) for step in range(steps)]
    assert rates[0] == 0.5
    assert rates == sorted(rates, reverse=True)
    assert rates[steps // 2] == pytest.approx(0.25)
    assert trainer.lr(steps) == pytest.approx(0.0, abs=1e-12)
    constant = Trainer(settings(schedule="constant", lr=0.5), DATA.train, CPU)
    assert constant.lr(10**6) == 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"hardest_of": 1, "n_negatives": 3},
        {"hardest_of": 1, "gather_dtype": None, "keep_prob": 0.6},
        {"learn_layer_weights": True, "layer_weights": (0.5, 0.3, 0.2)},
        {"normalization": "left", "order": "interaction"},
        {"backend": "torch"},
        {"a_split": True, "a_fold": 3, "dim": 40},
        {"backend": "torch", "a_split": True, "a_fold": 3, "keep_prob": 0.7},
        {"amp": True},
        {"init": "xavier"},
    ],
    ids=str,
)
def test_the_loss_falls_under_every_option_and_threads_change_no_bit(changes):
    config = settings(
        validation=0.0,
        lr=0.05,
        epochs=6,
        dim=changes.get("dim", 9),
        **{name: value for name, value in changes.items() if name != "dim"},
    )
    runs = []
    for n in (1, 2, 7):
        threads.set_num_threads(n)
        torch.set_num_threads(n)
        runs.append(train(config, DATA, device=CPU))
    threads.set_num_threads(0)
    torch.set_num_threads(threads.num_threads())
    losses = [row["loss"] for row in runs[0].history]
    assert losses[-1] < 0.98 * losses[0]
    for run in runs[1:]:
        assert np.array_equal(run.learned.user_factors, runs[0].learned.user_factors)
        assert [row["loss"] for row in run.history] == losses
        assert run.test == runs[0].test


def test_a_step_is_that_of_the_formula():
    """Two steps against float64 autograd on dense matrices and torch's plain Adam."""
    config = settings(
        gather_dtype=None, hardest_of=1, n_negatives=2, l2=0.3, lr=0.01, schedule="constant"
    )
    trainer = Trainer(config, DATA.train, CPU)
    table = trainer.model.embedding.detach().double().requires_grad_()
    adam = torch.optim.Adam([table], lr=0.01)
    matrix = torch.from_numpy(DATA.train.graph.to_scipy("sym").toarray())
    losses = trainer.epoch(1)
    for batch in range(2):
        users, positives, negatives = map(torch.from_numpy, trainer.sampler.batch(1, batch))
        nodes = (table + matrix @ table + matrix @ matrix @ table) / 3
        mine = (nodes[users] * nodes[positives + 60]).sum(1, keepdim=True)
        others = (nodes[users].unsqueeze(1) * nodes[negatives + 60]).sum(2)
        bpr = torch.nn.functional.softplus(others - mine).mean()
        norms = table[users].square().sum() + table[positives + 60].square().sum()
        norms = norms + table[negatives + 60].square().sum() / 2
        adam.zero_grad()
        (bpr + 0.3 / 2 * norms / len(users)).backward()
        adam.step()
        assert next(losses) == pytest.approx(float(bpr.detach()), rel=1e-5)
    # Adam's first steps have length lr whatever the gradient: errors are measured by lr.
    torch.testing.assert_close(
        trainer.model.embedding.detach().double(), table.detach(), rtol=0, atol=1e-4
    )


def test_pretrained_embeddings_are_where_every_stage_starts():
    start = LightGCN(60, 80, 8)
    users, items = start.embedding.detach().split([60, 80])
    frozen = settings(lr=1e-12, layer_weights=(1.0, 0.0, 0.0), schedule="constant", epochs=1)
    result = train(frozen, DATA, pretrained=(users, items))
    np.testing.assert_allclose(result.learned.user_factors, users.numpy(), atol=1e-8)
    np.testing.assert_allclose(result.learned.item_factors, items.numpy(), atol=1e-8)


def test_seeds_matter_and_repeat():
    first, again, other = (
        train(settings(seed=seed), DATA, device=CPU).learned.user_factors for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_folder_of_a_run_is_complete(tmp_path):
    config = settings()
    result = train(config, DATA, out=tmp_path / "deep" / "run", tensorboard=True)
    folder = tmp_path / "deep" / "run"
    assert {path.name for path in folder.iterdir()} == {
        "config.toml",
        "data.json",
        "metrics.jsonl",
        "checkpoint.safetensors",
        "model.safetensors",
        "ids.json",
        "result.json",
        "tensorboard",
        ".lock",
    }
    assert type(config).from_toml((folder / "config.toml").read_text()) == config
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == result.history
    written = json.loads((folder / "result.json").read_text())
    assert written["data"] == "synthetic"
    assert written["test"] == result.test
    assert written["validation"] == result.validation
    assert list((folder / "tensorboard").iterdir())
    loaded = gr.load(folder)
    assert np.array_equal(loaded.user_factors, result.learned.user_factors)


def test_progress_goes_to_standard_error_in_lines_where_there_is_no_terminal(capsys):
    train(settings(), DATA, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if line]
    assert len(lines) >= 4
    for word in ("epoch 1", "loss", "precision@20", "recall@20", "ndcg@20", "nodes"):
        assert word in lines[0]


def test_without_test_interactions_there_are_no_test_metrics():
    result = train(settings(), EMPTY)
    assert result.test is None
    assert result.validation is not None


def test_what_cannot_be_learned_or_judged_is_refused(tmp_path):
    nothing = gr.datasets.Dataset("void", EMPTY.test, DATA.test)
    with pytest.raises(DataError, match="void: train is empty"):
        train(settings(), nothing)
    with pytest.raises(DataError, match="untested: protocol 'paper' judges by test"):
        train(settings(protocol="paper"), EMPTY)
    for name in ("tpu", "meta", "cuda:", "cuda:x"):
        with pytest.raises(ParameterError, match=f"device = '{name}': expected cpu, cuda, cuda:0"):
            train(settings(), DATA, device=name)
    with pytest.raises(ParameterError, match=r"device = 'cuda:999': .* cpu$"):
        train(settings(), DATA, device="cuda:999")
    for option in ("resume", "tensorboard"):
        with pytest.raises(ParameterError, match="need out"):
            train(settings(), DATA, **{option: True})
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ParameterError, match="is a file"):
        train(settings(), DATA, out=file)


def test_a_user_with_every_item_is_found_before_the_selection(tmp_path):
    log = gr.Interactions.from_arrays([0, 0, 0, 1, 2], [0, 1, 2, 1, 2])
    test = log.select(np.zeros(5, dtype=bool))
    with pytest.raises(SaturatedError, match="user 0 is linked to all 3 items"):
        train(settings(validation=0.4), gr.datasets.Dataset("sat", log, test), out=tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("changes", [{}, {"hardest_of": 1}, {"validation": 0.0, "epochs": 1}])
def test_training_that_diverges_says_so_and_what_to_do(changes):
    config = settings(lr=1e30, gather_dtype=None, **changes)
    with pytest.raises(
        ParameterError, match=r"lr = 1e\+30: the loss is not finite at epoch \d; lo"
    ):
        train(config, DATA)


@pytest.mark.parametrize(("epochs", "batch_size"), [(4, 256), (1, 10**6)])
def test_divergence_is_seen_where_nothing_is_scored(epochs, batch_size):
    # Adam's first step has length lr: with one step, the read-out alone is past all numbers.
    plain = {"hardest_of": 1, "validation": 0.0, "gather_dtype": None, "lr": 1e39}
    config = settings(**plain, epochs=epochs, batch_size=batch_size)
    with pytest.raises(ParameterError, match="the loss is not finite at epoch 1; lower lr"):
        train(config, EMPTY)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory"
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_model_that_does_not_fit_is_named_with_its_size(error, monkeypatch):
    def full(*_):
        raise error

    monkeypatch.setattr("glowrec.training.steps.Trainer.epoch", full)
    with pytest.raises(DataError, match=r"out of memory with \(60 users \+ 80 items\) x dim 8"):
        train(settings(), DATA)


def test_other_errors_of_torch_pass(monkeypatch):
    def wrong(*_):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr("glowrec.training.steps.Trainer.epoch", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        train(settings(), DATA)


def test_a_result_is_shown_in_a_line():
    result = train(settings(), DATA)
    shown = repr(result)
    assert shown.startswith(f"Result(protocol='validation', best_epoch={result.best_epoch}, val")
    assert f"test ndcg@20 {result.test['ndcg@20']:.4f})" in shown
    assert len(shown) < 120
    assert repr(result.learned) == f"Learned(dim=8, from {DATA.train!r})"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # of dynamo's own looking
def test_a_compiled_step_learns_the_same():
    runs = [train(settings(validation=0.0, compile=compiled), DATA) for compiled in (False, True)]
    factors = [run.learned.user_factors for run in runs]
    np.testing.assert_allclose(factors[1], factors[0], rtol=1e-3, atol=1e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("changes", [{}, {"amp": True}, {"compile": True}, {"keep_prob": 0.7}])
def test_a_device_learns_as_the_cpu_does(changes):
    device = "cuda" if torch.cuda.is_available() else "mps"
    config = settings(validation=0.0, hardest_of=1, gather_dtype=None, **changes)
    here, there = (train(config, DATA, device=place) for place in ("cpu", device))
    pairs = zip(here.history, there.history, strict=True)
    assert all(abs(row["loss"] - other["loss"]) < 0.02 for row, other in pairs)
    assert there.test["ndcg@20"] == pytest.approx(here.test["ndcg@20"], abs=0.05)
