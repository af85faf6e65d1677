"""A network in place of the inner product: learned, ranked by, saved, resumed, refused."""

import numpy as np
import pytest
import safetensors.numpy
import torch

import glowrec as gr
from glowrec.errors import DataError, ParameterError
from glowrec.recommenders import NoFactorsError
from glowrec.training import Config, Learned, MFConfig, NGCFConfig, preset, train
from glowrec.training.objective import sampler_of
from glowrec.training.steps import Trainer

DATA = gr.datasets.synthetic(60, 80, n_groups=4, mean_degree=20, seed=5)
CPU = torch.device("cpu")
LEARNING = {
    "scorer": "mlp",
    "hidden": (16, 8),
    "dim": 8,
    "batch_size": 128,
    "epochs": 4,
    "lr": 0.02,
    "l2": 1e-4,
    "validation": 0.0,
    "seed": 3,
}
MODELS = {
    "lightgcn": Config(n_layers=2, **LEARNING),
    "mf": MFConfig(**LEARNING),
    "ngcf": NGCFConfig(n_layers=2, **LEARNING),
}
LOSSES = [
    {"loss": "bpr"},
    {"loss": "bpr", "n_negatives": 3},
    {"loss": "bpr", "n_negatives": 2, "hardest_of": 3},
    {"loss": "bpr", "negatives": "popularity"},
    {"loss": "bce", "n_negatives": 4},
    {"loss": "sampled_softmax", "n_negatives": 5, "temperature": 0.5},
    {"loss": "sampled_softmax", "hardest_of": 3, "log_q": False},
]


def losses(result):
    return [row["loss"] for row in result.history]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("changes", LOSSES, ids=str)
def test_every_model_learns_by_every_loss_of_pairs(model, changes):
    found = losses(train(MODELS[model].replace(**changes, epochs=8), DATA))
    if changes.get("hardest_of"):  # harder with every step
        assert all(map(np.isfinite, found))
    else:
        assert found[-1] < 0.98 * found[0]


@pytest.mark.parametrize(
    "changes", [{"contrastive": True}, {"gather_dtype": "bfloat16", "keep_prob": 0.9}], ids=str
)
def test_it_goes_together_with_what_propagation_offers(changes):
    found = losses(train(MODELS["lightgcn"].replace(**changes), DATA))
    assert found[-1] < found[0]


def test_mixed_precision_is_near_single():
    single, mixed = (
        losses(train(MODELS["mf"].replace(amp=amp, epochs=1), DATA)) for amp in (False, True)
    )
    assert mixed == pytest.approx(single, rel=0.02)


@pytest.mark.parametrize("changes", LOSSES, ids=str)
def test_a_step_is_that_of_the_definition(changes):
    """The first step's loss and gradients against autograd in float64 on dense matrices."""
    from glowrec.nn.losses import BCE, BPR, SampledSoftmax, Scored

    config = MODELS["lightgcn"].replace(**changes, l2=0.3)
    trainer = Trainer(config, DATA.train, CPU)
    table = trainer.model.embedding.detach().double().requires_grad_()
    parts = [value.detach().double() for value in trainer.model.scorer.parameters()]
    w1, b1, w2, b2, out = (value.requires_grad_() for value in parts)
    matrix = torch.from_numpy(DATA.train.graph.to_scipy("sym").toarray())
    nodes = (table + matrix @ table + matrix @ matrix @ table) / 3
    both = torch.cat(
        [nodes[:60].repeat_interleave(80, 0), nodes[60:].repeat(60, 1)], 1
    )  # every user beside every item
    scores = (((both @ w1.T + b1).relu() @ w2.T + b2).relu() @ out[0]).view(60, 80)
    drawn = trainer.sampler.batch(1, 0)
    u, i = drawn[0], drawn[1]
    negatives = drawn.negatives.reshape(len(u), config.n_negatives, -1)
    assert negatives.shape[2] == max(config.hardest_of, 1)
    own = scores.detach().numpy()[u[:, None, None], negatives]
    negatives = np.take_along_axis(negatives, own.argmax(2)[..., None], 2)[..., 0]
    log_q = None
    if config.loss == "sampled_softmax" and config.log_q:
        free = 80 - (DATA.train.to_scipy().toarray() > 0).sum(1)
        log_q = torch.from_numpy(np.log(config.n_negatives / free[u]))[:, None].expand(
            negatives.shape
        )
    scored = Scored(scores[u, i], scores[u[:, None], negatives], log_q)
    kinds = {"bpr": BPR(), "bce": BCE()}
    loss = kinds.get(config.loss, SampledSoftmax(config.temperature))(scored)
    penalty = (table[u].square().sum() + table[60 + i].square().sum()) / (2 * len(u))
    penalty = penalty + table[60 + negatives.ravel()].square().sum() / (2 * negatives.size)
    (loss + 0.3 * penalty).backward()
    assert next(trainer.epoch(1)) == pytest.approx(float(loss.detach()), rel=1e-4)
    found = [trainer.model.embedding, *trainer.model.scorer.parameters()]
    for ours, theirs in zip(found, (table, w1, b1, w2, b2, out), strict=True):
        torch.testing.assert_close(ours.grad.double(), theirs.grad, rtol=1e-3, atol=1e-6)


def test_the_network_leaves_the_initial_embeddings_as_they_are():
    generators = [torch.Generator().manual_seed(7) for _ in range(2)]
    inner, scored = (
        MODELS["mf"].replace(scorer=name).module(3, 4, generator=generator)
        for name, generator in zip(("inner", "mlp"), generators, strict=True)
    )
    assert inner.scorer is None
    assert torch.equal(inner.embedding, scored.embedding)
    sizes = 7 * 8 + (16 * 16 + 16) + (16 * 8 + 8) + 8
    assert MODELS["mf"].n_parameters(3, 4) == sizes
    assert MODELS["ngcf"].module(3, 4).scorer.dim == 8 * 3  # all layers beside one another


@pytest.mark.slow
def test_a_fitted_model_ranks_better_than_chance_and_popularity():
    data = gr.datasets.synthetic(600, 800, n_groups=12, mean_degree=30)
    model = gr.LightGCN(dim=16, scorer="mlp", seed=1).fit(data.train, validation=0)
    others = [baseline.fit(data.train) for baseline in (gr.Random(), gr.Popular())]
    ours, *theirs = (
        gr.evaluate(each, data.train, data.test).summary["ndcg@20"] for each in (model, *others)
    )
    assert ours > 1.5 * max(theirs)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (gr.LightGCN, {"n_layers": 1}),
        (gr.NGCF, {"n_layers": 1}),
        (gr.MatrixFactorization, {"loss": "bce", "hardest_of": 2}),
    ],
)
def test_recommenders_are_saved_and_loaded_with_their_network(model, options, tmp_path):
    settings = {"dim": 8, "epochs": 2, "scorer": "mlp", "hidden": [6], **options}
    made = model(**settings).fit(DATA.train, test=DATA.test)
    made.save(tmp_path / "saved")
    loaded = gr.load(tmp_path / "saved")
    assert type(loaded) is model
    assert loaded.config == made.config
    everyone = np.arange(60)
    assert np.array_equal(loaded.score(everyone), made.score(everyone))
    assert gr.evaluate(loaded, DATA.train, DATA.test).summary == pytest.approx(made.result.test)
    for users in (None, [3, 14]):
        ours, theirs = (each.recommend(users, k=5) for each in (made, loaded))
        assert np.array_equal(ours.items, theirs.items)
    seen = DATA.train.to_scipy().toarray() > 0
    scores = np.where(seen, -np.inf, made.score(everyone))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    found = made.recommend(k=5)
    assert np.array_equal(found.items, best)
    np.testing.assert_allclose(found.scores, np.take_along_axis(scores, best, 1), rtol=1e-5)
    with_seen = made.recommend([0], k=80, exclude_seen=False)
    assert sorted(with_seen.items[0]) == list(range(80))


def test_blocks_of_users_are_put_together(monkeypatch):
    from glowrec.evaluation import of_scores

    model = gr.MatrixFactorization(dim=4, epochs=1, scorer="mlp").fit(DATA.train, validation=0)
    whole = model.recommend(k=7)
    monkeypatch.setattr(of_scores, "BLOCK_BYTES", 4 * 80 * 7)
    cut = model.recommend(k=7)
    assert np.array_equal(whole.items, cut.items)
    np.testing.assert_allclose(whole.scores, cut.scores, rtol=1e-5)


def test_there_are_no_factors_to_rank_by():
    model = gr.MatrixFactorization(dim=4, epochs=1, scorer="mlp").fit(DATA.train, validation=0)
    for ask in (
        lambda: model.user_factors,
        lambda: model.item_factors,
        lambda: model.similar_items([3]),
    ):
        with pytest.raises(NoFactorsError, match="MatrixFactorization: its scores are those of"):
            ask()
    assert model.learned.user_factors.shape == (60, 4)
    inner = gr.MatrixFactorization(dim=4, epochs=1).fit(DATA.train, validation=0)
    everyone = np.arange(60)
    assert np.array_equal(inner.score(everyone), inner.user_factors @ inner.item_factors.T)


@pytest.mark.parametrize("refit", [True, False])
def test_a_run_that_stopped_goes_on_to_the_same_numbers(refit, tmp_path, monkeypatch):
    config = MODELS["lightgcn"].replace(
        validation=0.2, eval_every=1, batch_size=1024, loss="bce", refit=refit
    )
    whole = train(config, DATA, device=CPU)

    class StoppedError(Exception):
        pass

    def stop(trainer, epoch):
        if epoch == 3:
            raise StoppedError
        return original(trainer, epoch)

    original = Trainer.epoch
    monkeypatch.setattr(Trainer, "epoch", stop)
    with pytest.raises(StoppedError):
        train(config, DATA, out=tmp_path / "run", checkpoint_seconds=0.0, device=CPU)
    monkeypatch.undo()
    resumed = train(config, DATA, out=tmp_path / "run", resume=True, device=CPU)
    assert losses(resumed) == losses(whole)
    assert resumed.test == whole.test
    kept = [name for name in whole.learned.parameters if name.startswith("scorer.")]
    assert len(kept) == 5
    for name, value in whole.learned.parameters.items():
        assert np.array_equal(value, resumed.learned.parameters[name]), name
    everyone = np.arange(60)
    assert np.array_equal(
        gr.load(tmp_path / "run").score(everyone), whole.learned.ranking(everyone)
    )
    with pytest.raises(ParameterError, match=r"cannot resume with hidden = \(4,\), the run has"):
        train(config.replace(hidden=(4,)), DATA, out=tmp_path / "run", resume=True)


def test_a_network_of_another_shape_is_damage(tmp_path):
    train(MODELS["mf"].replace(epochs=1), DATA).learned.save(tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    tensors["module.scorer.out.weight"] = np.zeros((1, 7), dtype=np.float32)
    path.write_bytes(safetensors.numpy.save(tensors, {"model": "MatrixFactorization"}))
    with pytest.raises(DataError, match=r"scorer\.out\.weight is float32 of shape \(1, 7\)"):
        Learned.load(tmp_path)


def test_a_network_that_runs_away_is_named():
    with pytest.raises(ParameterError, match=r"lr = 1e\+30: the loss is not finite at epoch"):
        train(MODELS["mf"].replace(lr=1e30, batch_size=10_000), DATA)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scorer": "cnn"}, "scorer = 'cnn': expected one of 'inner', 'mlp'"),
        ({"hidden": ()}, r"hidden = \[\]: expected one width at least"),
        ({"hidden": (8, 0)}, "hidden = 0: expected at least 1"),
        ({"hidden": (2**16,)}, "hidden = 65536: expected a number below 65536"),
        ({"hidden": 8}, "hidden = 8: expected numbers, one for each layer"),
        ({"hidden": ("8",)}, r"hidden = \('8',\): expected numbers"),
        ({"similarity": "cosine"}, "scorer = 'mlp': a similarity is of inner products; leave it"),
        ({"loss": "in_batch_softmax"}, "scorer = 'mlp': a batch has too many pairs for loss = "),
        ({"shared_negatives": 9}, "scorer = 'mlp': .* for shared_negatives; take n_negatives"),
        ({"n_negatives": 99, "hardest_of": 999}, "n_negatives times hardest_of is 98,901; expect"),
        ({"compile": True}, "compile = True: only for BPR by inner products"),
    ],
)
def test_what_a_network_cannot_do_is_refused(changes, message):
    with pytest.raises(ParameterError, match=message):
        MODELS["lightgcn"].replace(**changes)


def test_candidates_are_chosen_among_where_they_are_asked_for():
    fast = preset("lightgcn-fast", scorer="mlp")
    assert [fast.candidates(n) for n in (7, 40_981)] == [1, 1]
    assert fast.replace(hardest_of=4, n_negatives=2).candidates(40_981) == 4
    sampler = sampler_of(fast.replace(hardest_of=4, n_negatives=2), DATA.train, 16)
    assert sampler.batch(1, 0).negatives.shape == (16, 8)


def test_widths_survive_toml():
    config = MODELS["ngcf"].replace(hidden=(5, 4, 3))
    assert NGCFConfig.from_toml(config.to_toml()) == config
