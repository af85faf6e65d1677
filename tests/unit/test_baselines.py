"""Baselines against their formulas, on tables small enough to write down; no torch."""

import sys

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

import glowrec as gr
from glowrec.errors import DataError, GlowrecError, MissingExtraError, ParameterError

DATA = gr.datasets.synthetic(80, 60, n_groups=4, mean_degree=12, seed=3)
TRAIN = DATA.train
LINKS = TRAIN.graph.to_scipy().toarray()
USERS = np.arange(TRAIN.n_users)
RATED = gr.Interactions.from_arrays(
    TRAIN.users,
    TRAIN.items,
    1.0 + (TRAIN.users * 7 + TRAIN.items) % 5,
    n_users=TRAIN.n_users,
    n_items=TRAIN.n_items,
)
MODELS = [
    gr.Popular(),
    gr.Random(seed=5),
    gr.ItemKNN(9, similarity="jaccard", shrinkage=2.0),
    gr.UserKNN(9, weighted=True),
    gr.EASE(20.0),
    gr.PureSVD(6, weighted=True),
    gr.GFCF(6, alpha=0.5),
]


def lists(matrix):
    """Dense rows of a sparse table that keep zeros as zeros."""
    return matrix.toarray().astype(np.float64)


def ranked(scores, k):
    """The best unseen items by sorting, ties to the lower one."""
    free = np.where(LINKS > 0, -np.inf, scores)
    return np.argsort(-free, axis=1, kind="stable")[:, :k]


def recommended(model, k):
    return model.recommend(k=k).items


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_recommended_are_the_best_scores_and_evaluated_alike(model, tmp_path):
    model.fit(RATED)
    if hasattr(model, "score"):
        scores = model.score(USERS)
        assert scores.shape == LINKS.shape
        assert np.array_equal(model.score(USERS[[7, 2, 7]]), scores[[7, 2, 7]])
    else:
        scores = model.user_factors @ model.item_factors.T
    if hasattr(model, "score") or isinstance(model, gr.Popular):
        assert np.array_equal(recommended(model, 10), ranked(scores, 10))
    by_model = gr.evaluate(model, TRAIN, DATA.test, k=10)
    by_lists = gr.evaluate_rankings(recommended(model, 10), DATA.test, k=10)
    assert by_model.summary == by_lists.summary
    assert model.recommend([5], 3, exclude_seen=False).items.shape == (1, 3)
    model.save(tmp_path)
    again = gr.load(tmp_path)
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert again.settings == model.settings
    assert np.array_equal(recommended(again, 10), recommended(model, 10))


def test_popular_counts_users_and_breaks_ties_by_id():
    log = gr.Interactions.from_arrays([0, 1, 2, 0, 1, 3, 3], list("bbbaadc"))
    model = gr.Popular().fit(log)
    assert model.recommend([3], 9).items.tolist() == [["b", "a", *[""] * 7]]
    assert model.recommend([2], 2).scores.tolist() == [[2.0, 1.0]]
    assert not hasattr(model, "similar_items")  # they would all be alike


def test_random_scores_are_uniform_and_depend_on_seed_user_and_item_only():
    model, other = gr.Random(seed=1).fit(TRAIN), gr.Random(seed=2).fit(TRAIN)
    scores = model.score(USERS)
    assert scipy.stats.kstest(scores.ravel(), "uniform").pvalue > 1e-3
    assert len(np.unique(scores)) == scores.size
    assert not np.isin(other.score(USERS), scores).any()
    assert abs(np.corrcoef(scores[:-1].ravel(), scores[1:].ravel())[0, 1]) < 0.05
    # Of the stream that NumPy guarantees: never another number.
    assert [scores[0, 0], scores[3, 2]] == [0.3035680343067586, 0.7884995013710482]
    assert 0 <= scores.min() < 0.01
    assert 0.99 < scores.max() < 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("aggregate", ["deviation", "mean", "sum"])
def test_item_knn_scores_by_its_formula(aggregate, weighted):
    model = gr.ItemKNN(9, shrinkage=1.0, aggregate=aggregate, weighted=weighted).fit(RATED)
    similar = lists(gr.neighbors.nearest_items(RATED, 9, shrinkage=1.0, weighted=weighted))
    history = RATED.to_scipy().toarray() if weighted else LINKS
    total = similar.sum(axis=1)
    assert (total > 0).all()
    mean = history.mean(axis=0)
    expected = {
        "sum": history @ similar.T,
        "mean": history @ similar.T / total,
        "deviation": mean + (history - mean) @ similar.T / total,
    }[aggregate]
    assert np.allclose(model.score(USERS), expected, atol=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_user_knn_scores_by_its_formula(weighted):
    model = gr.UserKNN(9, similarity="pearson", weighted=weighted).fit(RATED)
    similar = lists(gr.neighbors.nearest_users(RATED, 9, similarity="pearson", weighted=weighted))
    history = RATED.to_scipy().toarray() if weighted else LINKS
    assert np.allclose(model.score(USERS), similar @ history, rtol=1e-5, atol=1e-6)


def test_an_item_without_neighbours_scores_its_mean():
    log = gr.Interactions.from_arrays([0, 1, 1], [0, 1, 2], n_users=2, n_items=4)
    scores = gr.ItemKNN().fit(log).score(np.array([0, 1]))
    assert scores[:, 0].tolist() == [0.5, 0.5]
    assert scores[:, 3].tolist() == [0, 0]


def test_similar_items_are_the_lists_of_neighbours():
    model = gr.ItemKNN(4).fit(TRAIN)
    found = gr.neighbors.nearest_items(TRAIN, 4)
    similar = model.similar_items([8, 3], k=6)
    for row, item in enumerate((8, 3)):
        entries = slice(found.indptr[item], found.indptr[item + 1])
        n = similar.counts[row]
        assert n == entries.stop - entries.start > 0
        assert similar.items[row, :n].tolist() == found.indices[entries].tolist()
        assert similar.scores[row, :n].tolist() == found.data[entries].tolist()
        assert similar.items[row, n:].tolist() == [-1] * (6 - n)
    assert model.similar_items([8], k=2).items[0].tolist() == similar.items[0, :2].tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ease_is_the_constrained_ridge_regression(dtype, monkeypatch):
    monkeypatch.setattr("glowrec.recommenders.ease.BLOCK", 7)  # more than one of them
    model = gr.EASE(5.0, dtype=dtype).fit(TRAIN)
    inverse = np.linalg.inv(LINKS.T @ LINKS + 5.0 * np.eye(TRAIN.n_items))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found = model.score(USERS)
    assert found.dtype == dtype
    assert np.allclose(found, LINKS @ weights, atol=1e-4 if dtype == "float32" else 1e-10)
    # Its own definition: each column is a ridge regression on all other items.
    others = np.delete(np.arange(TRAIN.n_items), 4)
    gram = LINKS[:, others].T @ LINKS[:, others] + 5.0 * np.eye(len(others))
    column = scipy.linalg.solve(gram, LINKS[:, others].T @ LINKS[:, 4], assume_a="pos")
    assert np.allclose(weights[others, 4], column)


def test_ease_says_what_it_would_need_before_it_takes_it(monkeypatch):
    monkeypatch.setattr("glowrec.memory.available_memory", lambda: 10_000_000)
    log = gr.Interactions.from_arrays([0], [0], n_users=1, n_items=50_000)
    message = (
        r"^EASE of 50,000 items needs 20\.0 GB of memory, and 0\.0 GB are available; leave out "
        r"rare items, or use float32$"
    )
    with pytest.raises(DataError, match=message):
        gr.EASE(dtype="float64").fit(log)
    with pytest.raises(DataError, match=r"needs 10\.0 GB .*; leave out rare items$"):
        gr.EASE().fit(log)
    monkeypatch.setattr("glowrec.memory.available_memory", lambda: None)  # nobody knows
    gr.EASE().fit(TRAIN)


def test_ease_names_an_l2_that_is_too_small_for_its_precision():
    twins = gr.Interactions.from_arrays([0, 0], [0, 1])
    with pytest.raises(DataError, match=r"l2 = 1e-12: .* positive definite in float32; raise l2"):
        gr.EASE(1e-12).fit(twins)


def test_pure_svd_is_the_truncated_decomposition():
    model = gr.PureSVD(6).fit(TRAIN)
    left, values, right = np.linalg.svd(LINKS)
    expected = (left[:, :6] * values[:6]) @ right[:6]
    assert np.allclose(model.user_factors @ model.item_factors.T, expected, atol=1e-4)
    # Signs are settled, whatever the start.
    other = gr.PureSVD(6, seed=9).fit(TRAIN)
    assert np.allclose(other.item_factors, model.item_factors, atol=1e-4)


def test_gf_cf_is_a_linear_and_an_ideal_filter():
    users = np.append(TRAIN.users, 79)
    log = gr.Interactions.from_arrays(
        users, np.append(TRAIN.items, 60), n_users=80, n_items=63, duplicates="keep"
    )  # items 61 and 62 have nobody
    links = log.graph.to_scipy().toarray()
    by_user, by_item = links.sum(axis=1), links.sum(axis=0)
    scaled = [np.where(d > 0, 1 / np.sqrt(np.maximum(d, 1)), 0) for d in (by_user, by_item)]
    normalised = links * scaled[0][:, None] * scaled[1]
    right = np.linalg.svd(normalised)[2][:6].T
    ideal = (links * scaled[1]) @ right @ right.T * np.sqrt(by_item)
    linear = links @ (normalised.T @ normalised)
    everybody = np.arange(80)
    found = gr.GFCF(6, alpha=0.5).fit(log).score(everybody)
    assert np.allclose(found, linear + 0.5 * ideal, atol=1e-4)
    assert np.allclose(gr.GFCF(0).fit(log).score(everybody), linear, atol=1e-5)


SETTINGS = [
    (gr.ItemKNN, {"n_neighbors": -1}, "n_neighbors = -1 must be at least 0"),
    (gr.ItemKNN, {"aggregate": "max"}, "aggregate = 'max': choose from deviation, mean, sum"),
    (gr.UserKNN, {"similarity": "dot"}, "similarity = 'dot': choose from cosine, pearson"),
    (gr.EASE, {"l2": 0}, "l2 = 0: expected a finite number above 0"),
    (gr.EASE, {"l2": np.inf}, "l2 = inf: expected a finite number above 0"),
    (gr.EASE, {"dtype": "float16"}, "dtype = 'float16': choose from float32, float64"),
    (gr.PureSVD, {"dim": 0}, "dim = 0 must be at least 1"),
    (gr.GFCF, {"alpha": -0.1}, "alpha = -0.1: expected a finite number, at least 0"),
    (gr.GFCF, {"seed": -1}, "seed = -1 must be at least 0"),
    (gr.Random, {"seed": 2**64}, "seed = 18446744073709551616 must be at least 0 and below"),
    (gr.ImplicitALS, {"iterations": 0}, "iterations = 0 must be at least 1"),
    (gr.ImplicitBPR, {"dim": 1.5}, "dim = 1.5: expected a whole number"),
]


@pytest.mark.parametrize(("model", "settings", "message"), SETTINGS)
def test_settings_out_of_range_are_named(model, settings, message):
    with pytest.raises(ParameterError, match=f"^{message}"):
        model(**settings)


def test_what_cannot_be_learned_is_refused():
    empty = gr.Interactions.from_arrays([], [], n_users=3, n_items=3)
    for model in MODELS:
        fresh = type(model)(**model.settings)
        with pytest.raises(ParameterError, match=r"train = a Dataset: .* pass its \.train part"):
            fresh.fit(DATA)
        with pytest.raises(DataError, match="train: has no interactions to learn from"):
            fresh.fit(empty)
        with pytest.raises(GlowrecError, match="not fitted yet; call fit"):
            fresh.recommend()
        if hasattr(type(fresh), "score"):
            with pytest.raises(GlowrecError, match="not fitted yet; call fit"):
                fresh.score(USERS)
        assert repr(fresh).endswith("not fitted)")
    with pytest.raises(ParameterError, match="dim = 64: expected at most 59, below the 80 users"):
        gr.PureSVD(64).fit(TRAIN)
    for model in (gr.UserKNN(weighted=True), gr.PureSVD(4, weighted=True)):
        with pytest.raises(ParameterError, match="weighted = True: the log has no values"):
            model.fit(TRAIN)


def test_without_implicit_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "implicit", None)
    monkeypatch.setitem(sys.modules, "implicit.als", None)
    monkeypatch.setitem(sys.modules, "implicit.bpr", None)
    for model in (gr.ImplicitALS(), gr.ImplicitBPR()):
        message = (
            rf"^glowrec\.{type(model).__name__} needs implicit\S*: pip install glowrec\[peers\]$"
        )
        with pytest.raises(MissingExtraError, match=message):
            model.fit(TRAIN)


@pytest.mark.filterwarnings("ignore::RuntimeWarning:implicit")  # advice on BLAS threads
@pytest.mark.parametrize("kind", ["als", "bpr"])
def test_implicits_models_are_its_own(kind, tmp_path):
    module = pytest.importorskip(f"implicit.{kind}", reason="implicit is not installed")
    if kind == "als":
        model = gr.ImplicitALS(8, iterations=3, seed=4, num_threads=1).fit(TRAIN)
        own = module.AlternatingLeastSquares(8, iterations=3, random_state=4, num_threads=1)
    else:
        model = gr.ImplicitBPR(8, iterations=3, seed=4, num_threads=1).fit(TRAIN)
        own = module.BayesianPersonalizedRanking(8, iterations=3, random_state=4, num_threads=1)
    own.fit(scipy.sparse.csr_matrix(LINKS.astype("f4")), show_progress=False)
    assert np.allclose(model.user_factors, own.user_factors, atol=1e-5)
    assert np.allclose(model.item_factors, own.item_factors, atol=1e-5)
    model.save(tmp_path)
    assert np.array_equal(gr.load(tmp_path).item_factors, model.item_factors)


@pytest.mark.data
def test_check_values_on_gowalla():
    data = gr.datasets.load("gowalla")
    popular = gr.evaluate(gr.Popular().fit(data.train), data.train, data.test)
    assert popular.summary["recall@20"] == pytest.approx(0.0416310, abs=5e-8)
    assert popular.summary["ndcg@20"] == pytest.approx(0.0316899, abs=5e-8)
    knn = gr.evaluate(gr.ItemKNN().fit(data.train), data.train, data.test)
    assert knn.summary["recall@20"] == pytest.approx(0.156994, abs=5e-4)
    assert knn.summary["ndcg@20"] == pytest.approx(0.121364, abs=5e-4)


@pytest.mark.data
def test_ease_on_lastfm():
    data = gr.datasets.load("lastfm")
    found = gr.evaluate(gr.EASE().fit(data.train), data.train, data.test).summary
    # Of a run in float64.
    assert found["recall@20"] == pytest.approx(0.26137, abs=2e-4)
    assert found["ndcg@20"] == pytest.approx(0.20841, abs=2e-4)
