"""NGCF, matrix factorisation and every loss through the trainer: learned, saved, resumed."""

import numpy as np
import pytest
import torch

import glowrec as gr
from glowrec import threads
from glowrec.errors import DataError, ParameterError
from glowrec.training import Config, Learned, MFConfig, NGCFConfig, preset, train
from glowrec.training.objective import sampler_of
from glowrec.training.steps import Trainer

DATA = gr.datasets.synthetic(60, 80, n_groups=4, mean_degree=20, seed=5)
CPU = torch.device("cpu")
LEARNING = {
    "dim": 8,
    "batch_size": 128,
    "epochs": 4,
    "lr": 0.05,
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
    {"loss": "bpr", "similarity": "cosine"},
    {"loss": "bpr", "shared_negatives": 16},
    {"loss": "bce", "n_negatives": 4},
    {"loss": "bce", "shared_negatives": 16, "negatives": "popularity"},
    {"loss": "bce", "hardest_of": 4},
    {"loss": "sampled_softmax", "n_negatives": 5},
    {"loss": "sampled_softmax", "n_negatives": 5, "negatives": "popularity", "beta": 0.5},
    {"loss": "sampled_softmax", "hardest_of": 3, "log_q": False},
    {
        "loss": "sampled_softmax",
        "shared_negatives": 24,
        "similarity": "cosine",
        "temperature": 0.2,
    },
    {"loss": "in_batch_softmax"},
    {"loss": "in_batch_softmax", "log_q": False, "similarity": "cosine", "temperature": 0.2},
    {"loss": "bpr", "amp": True, "similarity": "cosine"},
]
SWITCHES = [
    {},
    {"transform": False},
    {"activation": "none"},
    {"transform": False, "activation": "none", "readout": "sum"},
    {"activation": "each", "message_dropout": 0.2, "node_dropout": 0.1, "keep_prob": 0.9},
    {"layer_dims": (6, 4), "backend": "torch"},
    {"gather_dtype": "bfloat16", "hardest_of": 4},
    {"contrastive": True},
]


def losses(result):
    return [row["loss"] for row in result.history]


def check_learns_on_any_threads(config):
    runs = []
    for n in (1, 3):
        threads.set_num_threads(n)
        torch.set_num_threads(n)
        runs.append(train(config, DATA, device=CPU))
    threads.set_num_threads(0)
    torch.set_num_threads(threads.num_threads())
    first, second = runs
    assert losses(first)[-1] < 0.98 * losses(first)[0]
    if getattr(config, "contrastive", False) or config.shares_products:
        assert losses(first) == pytest.approx(losses(second), rel=1e-4)
        return
    assert losses(first) == losses(second)
    assert np.array_equal(first.learned.user_factors, second.learned.user_factors)
    assert first.test == second.test


@pytest.mark.parametrize("changes", SWITCHES, ids=str)
def test_ngcf_learns_under_every_switch(changes):
    check_learns_on_any_threads(MODELS["ngcf"].replace(**changes))


@pytest.mark.parametrize("changes", LOSSES, ids=str)
def test_every_loss_is_learned_by(changes):
    model = "mf" if changes.get("negatives") else "lightgcn"
    check_learns_on_any_threads(MODELS[model].replace(**changes))


def test_contrast_changes_what_is_learned_and_edges_stay_with_the_model():
    plain, contrasted = (
        train(MODELS["lightgcn"].replace(contrastive=on), DATA).learned for on in (False, True)
    )
    assert not np.allclose(plain.user_factors, contrasted.user_factors, atol=1e-3)
    trainer = Trainer(MODELS["lightgcn"].replace(contrastive=True), DATA.train, CPU)
    next(trainer.epoch(1))
    assert trainer.model.keep_prob == 1.0


def test_without_weight_the_contrastive_term_is_nothing():
    config = MODELS["lightgcn"].replace(contrastive=True, contrastive_weight=0.0)
    plain = train(MODELS["lightgcn"], DATA).learned.user_factors
    np.testing.assert_allclose(train(config, DATA).learned.user_factors, plain, atol=2e-3)


@pytest.mark.parametrize("l2_readout", [0.0, 0.2])
@pytest.mark.parametrize("changes", [{}, *LOSSES], ids=str)
def test_a_step_is_that_of_the_definition(changes, l2_readout):  # noqa: PLR0915 - a definition at length
    """The first step's loss and gradient against autograd in float64 on dense matrices."""
    from glowrec.nn.losses import BCE, BPR, SampledSoftmax, Scored

    changes = {name: value for name, value in changes.items() if name != "amp"}
    config = MODELS["lightgcn"].replace(**changes, l2=0.3, l2_readout=l2_readout)
    trainer = Trainer(config, DATA.train, CPU)
    table = trainer.model.embedding.detach().double().requires_grad_()
    matrix = torch.from_numpy(DATA.train.graph.to_scipy("sym").toarray())
    nodes = (table + matrix @ table + matrix @ matrix @ table) / 3
    scoring = nodes
    if config.similarity == "cosine":
        nodes = nodes / nodes.norm(dim=1, keepdim=True)
    users, items = nodes[:60], nodes[60:]
    links = DATA.train.to_scipy().toarray() > 0
    vectors = None
    if config.hardest_of > 1:
        vectors = nodes.detach().float().numpy()
        drawn = trainer.sampler.batch(1, 0, vectors=vectors)
    else:
        drawn = trainer.sampler.batch(1, 0)
    u, i = drawn[0], drawn[1]
    log_q = own_q = allowed = None
    if config.loss == "in_batch_softmax":
        negatives = np.tile(i, (len(u), 1))
        allowed = torch.from_numpy(~links[u][:, i])
        if config.log_q:
            log_q = own_q = torch.from_numpy(drawn.log_q)
        penalised = []
    elif config.shared_negatives:
        degrees = DATA.train.graph.item_degrees.astype(float)
        shares = degrees**config.beta if config.negatives == "popularity" else degrees**0
        shares = shares / shares.sum()
        seeds = np.random.SeedSequence((config.seed, 1, 0))
        generator = np.random.Generator(np.random.Philox(seeds))
        shared = generator.choice(80, config.shared_negatives, p=shares)
        negatives = np.tile(shared, (len(u), 1))
        allowed = torch.from_numpy(~links[u][:, shared])
        if config.log_q:
            log_q = torch.from_numpy(np.log(config.shared_negatives * shares[shared]))
        penalised = [(shared, len(shared))]
    else:
        negatives = drawn.negatives.reshape(len(u), -1)
        m = negatives.shape[1]
        if config.log_q and config.loss == "sampled_softmax":
            degrees = DATA.train.graph.item_degrees.astype(float)
            powers = degrees**config.beta if config.negatives == "popularity" else degrees**0
            own = np.where(links, 0.0, powers)
            chances = own / own.sum(1, keepdims=True)
            log_q = torch.from_numpy(np.log(m * np.take_along_axis(chances[u], negatives, 1)))
        penalised = [(negatives.ravel(), negatives.size)]
    scores = users[u] @ items.T
    scored = Scored(
        scores.gather(1, torch.from_numpy(i)[:, None])[:, 0],
        scores.gather(1, torch.from_numpy(negatives)),
        log_q,
        own_q,
        allowed,
    )
    kinds = {"bpr": BPR(), "bce": BCE()}
    loss = kinds.get(config.loss, SampledSoftmax(config.temperature))(scored)
    total = loss
    for factor, rows in ((0.3, table), (l2_readout, scoring)):
        penalty = (rows[u].square().sum() + rows[60 + i].square().sum()) / (2 * len(u))
        for negative, n in penalised:
            penalty = penalty + rows[60 + negative].square().sum() / (2 * n)
        total = total + factor * penalty
    total.backward()
    found = next(trainer.epoch(1))
    assert found == pytest.approx(float(loss.detach()), rel=1e-4)
    torch.testing.assert_close(
        trainer.model.embedding.grad.double(), table.grad, rtol=1e-3, atol=1e-6
    )


def test_cosines_are_read_out_as_rows_of_length_one():
    learned = train(MODELS["mf"].replace(loss="bpr", similarity="cosine"), DATA).learned
    for rows in (learned.user_factors, learned.item_factors):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "hinge"}, "loss = 'hinge': expected one of 'bpr', 'sampled_softmax'"),
        ({"l2_readout": -1.0}, "l2_readout = -1.0: expected at least 0"),
        ({"temperature": 0.0}, "temperature = 0.0: expected a number above 0"),
        ({"beta": 65.0}, "beta = 65.0: expected at most 64"),
        ({"shared_negatives": -1}, "shared_negatives = -1: expected at least 0"),
        ({"hardest_of": 4, "shared_negatives": 9}, "hardest_of = 4: set it to 1, negatives that"),
        ({"hardest_of": 0, "loss": "in_batch_softmax"}, "hardest_of = 0: set it to 1, negatives"),
        ({"hardest_of": 4, "negatives": "popularity"}, "hardest_of = 4: .*candidates are uniform"),
        ({"hardest_of": 4, "loss": "sampled_softmax"}, "hardest_of = 4: .* have no log_q"),
        ({"compile": True, "loss": "bce"}, "compile = True: only for BPR by inner products"),
        ({"compile": True, "contrastive": True}, "compile = True: not together with contrastive"),
        ({"contrastive_keep_prob": 0.0}, "contrastive_keep_prob = 0.0: expected a share above 0"),
    ],
)
def test_settings_that_do_not_go_together_are_named(changes, message):
    with pytest.raises(ParameterError, match=message):
        MODELS["lightgcn"].replace(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer_dims": (8,)}, r"layer_dims = \[8\]: expected 2 widths"),
        ({"layer_dims": (8, 0)}, r"layer_dims = \[8, 0\]: expected 2 widths, each at least 1"),
        ({"layer_dims": (8, 4), "transform": False}, "as wide as the embedding"),
        ({"activation": "relu"}, "activation = 'relu': expected one of 'sum', 'each', 'none'"),
        ({"message_dropout": 1.0}, "message_dropout = 1.0: expected a share from 0, below 1"),
    ],
)
def test_settings_of_ngcf_that_do_not_go_together_are_named(changes, message):
    with pytest.raises(ParameterError, match=message):
        MODELS["ngcf"].replace(**changes)


def test_each_loss_has_its_sampler():
    kinds = {
        "TripletSampler": {"loss": "bce"},
        "PairSampler": {"loss": "bpr", "shared_negatives": 4},
        "InBatchSampler": {"loss": "in_batch_softmax", "shared_negatives": 4},
    }
    for name, changes in kinds.items():
        assert type(sampler_of(Config(**changes), DATA.train, 32)).__name__ == name


@pytest.mark.parametrize("name", ["ngcf", "mf"])
def test_a_run_that_stopped_goes_on_to_the_same_numbers(name, tmp_path):
    config = MODELS[name].replace(validation=0.2, eval_every=1, batch_size=1024)
    if name == "ngcf":
        config = config.replace(message_dropout=0.1, loss="sampled_softmax", shared_negatives=8)
    whole = train(config, DATA, device=CPU)

    class StoppedError(Exception):
        pass

    def stop(trainer, epoch):
        if epoch == 3:
            raise StoppedError
        return original(trainer, epoch)

    original = Trainer.epoch
    Trainer.epoch = stop
    try:
        with pytest.raises(StoppedError):
            train(config, DATA, out=tmp_path / "run", checkpoint_seconds=0.0, device=CPU)
    finally:
        Trainer.epoch = original
    resumed = train(config, DATA, out=tmp_path / "run", resume=True, device=CPU)
    assert losses(resumed) == losses(whole)
    assert resumed.test == whole.test
    with pytest.raises(ParameterError, match="cannot resume with model = 'lightgcn'"):
        train(MODELS["lightgcn"], DATA, out=tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("model", "options"),
    [(gr.NGCF, {"n_layers": 2, "activation": "none"}), (gr.MatrixFactorization, {})],
)
def test_recommenders_are_fitted_saved_and_loaded(model, options, tmp_path):
    settings = {"dim": 8, "epochs": 2, "min_batches": 1, "hardest_of": 2, "seed": 4, **options}
    made = model(**settings).fit(DATA.train, test=DATA.test)
    assert repr(made).startswith(f"{model.__name__}(dim=8, ")
    made.save(tmp_path / "saved")
    loaded = gr.load(tmp_path / "saved")
    assert type(loaded) is model
    assert loaded.config == made.config
    assert np.array_equal(loaded.user_factors, made.user_factors)
    assert gr.evaluate(loaded, DATA.train, DATA.test).summary == pytest.approx(made.result.test)
    with pytest.raises(DataError, match=f"saved: learned: by {made.config.model}, expected by"):
        gr.LightGCN.load(tmp_path / "saved")


@pytest.mark.parametrize(
    ("model", "names"),
    [(gr.NGCF, "ngcf-paper, ngcf-fast"), (gr.MatrixFactorization, "mf-fast")],
)
def test_a_setting_that_is_none_gets_a_remedy(model, names):
    known = f"expected one of {names}"
    other = f"settings of lightgcn, {known}"
    with pytest.raises(ParameterError, match=f"^preset = 'lightgcn-fast': {other}$"):
        model(preset="lightgcn-fast")
    with pytest.raises(ParameterError, match=f"^preset = 'fast': {known}$"):
        model(preset="fast")
    with pytest.raises(ParameterError, match=r"^preset = \['fast'\]: expected one of "):
        model(preset=["fast"])
    with pytest.raises(ParameterError, match=r"^device: is no setting .*; give it to fit$"):
        model(device="cpu")
    with pytest.raises(ParameterError, match=r"^devise: no such setting; there are "):
        model(devise="cpu")


def test_weights_of_another_shape_are_damage(tmp_path):
    import safetensors.numpy

    train(MODELS["ngcf"].replace(epochs=1), DATA).learned.save(tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    name = "module.layers.0.messages.weight"
    assert tensors[name].shape == (8, 8)
    tensors[name] = np.zeros((8, 7), dtype=np.float32)
    path.write_bytes(safetensors.numpy.save(tensors, {"model": "NGCF"}))
    with pytest.raises(DataError, match=rf"damaged, or not of .*: {name} is float32 of shape"):
        Learned.load(tmp_path)


def test_the_official_settings_of_ngcf():
    config = preset("ngcf-paper")
    expected = {
        "dim": 64,
        "n_layers": 3,
        "layer_dims": None,
        "transform": True,
        "readout": "concat",
        "message_dropout": 0.1,
        "init": "xavier",
        "batch_size": 1024,
        "epochs": 400,
        "lr": 1e-4,
        "l2": 0.0,
        "l2_readout": 1e-5,
        "hardest_of": 1,
        "protocol": "paper",
    }
    assert {name: getattr(config, name) for name in expected} == expected


def test_what_is_no_path_is_no_saved_model():
    with pytest.raises(ParameterError, match=r"^folder: expected a path, got NoneType$"):
        gr.LightGCN.load(None)
