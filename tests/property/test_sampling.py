"""`TripletSampler` against its definition and against chance.

Statistics are compared with the value that a correct sampler exceeds once in a million runs; the
seeds are fixed, so a test that passes once always does.
"""

from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from glowrec import Graph, Hardest, TripletSampler, datasets
from glowrec._native import num_threads, set_num_threads

FALSE_ALARM = 1e-6
ORDERS = ("interaction", "user_uniform", "popularity_corrected")


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = num_threads()
    yield
    set_num_threads(before)


@st.composite
def graphs(draw):
    """Small graphs with an edge, of any density; nobody is linked to the last item."""
    n_users, n_items = draw(st.integers(1, 6)), draw(st.integers(2, 8))
    pair = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 2))
    users, items = zip(*draw(st.sets(pair, min_size=1)), strict=True)
    return Graph.from_edges(users, items, n_users=n_users, n_items=n_items)


def pairs(graph):
    return set(zip(*map(np.ndarray.tolist, graph.to_scipy().nonzero()), strict=True))


def joined(batches):
    return [np.concatenate(parts).tolist() for parts in zip(*batches, strict=True)]


def some_graph(n_users=150, n_items=90, density=0.1, seed=0):
    """Edges of all densities, an isolated user and an isolated item."""
    rng = np.random.default_rng(seed)
    linked = rng.random((n_users, n_items)) < density * rng.exponential(size=(n_users, 1))
    linked[:, -1] = linked[-1, :] = False
    users, items = linked.nonzero()
    return Graph.from_edges(users, items, n_users=n_users, n_items=n_items)


@given(
    graph=graphs(),
    seed=st.integers(0, 2**64 - 1),
    epoch=st.integers(0, 2**64 - 1),
    order=st.sampled_from(ORDERS),
    n_negatives=st.integers(1, 3),
)
def test_positives_are_linked_and_negatives_never(graph, seed, epoch, order, n_negatives):
    sampler = TripletSampler(graph, 4, seed, order=order, n_negatives=n_negatives)
    linked = pairs(graph)
    for batch in sampler.epoch(epoch):
        users = batch.users.tolist()
        assert linked.issuperset(zip(users, batch.positives.tolist(), strict=True))
        for negatives in batch.negatives.reshape(len(users), -1).T.tolist():
            assert linked.isdisjoint(zip(users, negatives, strict=True))
            assert all(0 <= item < graph.n_items for item in negatives)


@given(graph=graphs(), seed=st.integers(0, 99), epoch=st.integers(0, 99))
def test_each_interaction_comes_exactly_once_per_epoch(graph, seed, epoch):
    sampler = TripletSampler(graph, 3, seed)
    users, positives, _ = joined(sampler.epoch(epoch))
    assert sampler.n_triplets == len(users) == graph.n_edges
    assert sorted(zip(users, positives, strict=True)) == sorted(pairs(graph))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("hardest_of", [1, 5, 40])
def test_the_same_bits_for_any_threads_chunks_and_prefetching(order, hardest_of):
    graph = some_graph()
    vectors = np.random.default_rng(1).standard_normal((graph.n_nodes, 20), dtype=np.float32)
    options = {"order": order, "n_negatives": 2, "negatives": Hardest(hardest_of)}
    sampler = TripletSampler(graph, 100, 3, **options)
    n = sampler.n_triplets
    whole = [part.tolist() for part in sampler.sample(7, 0, n, vectors=vectors)]
    for threads in (1, 2, 7):
        set_num_threads(threads)
        assert num_threads() == threads
        cuts = [0, 1, 130, 131, n // 2, n]
        chunks = [
            sampler.sample(7, start, stop, vectors=vectors) for start, stop in pairwise(cuts)
        ]
        assert joined(chunks) == whole
        for prefetch in (0, 1, 5):
            assert joined(sampler.epoch(7, vectors=lambda: vectors, prefetch=prefetch)) == whole
        odd = TripletSampler(graph, 77, 3, **options)
        assert joined(odd.epoch(7, vectors=lambda: vectors)) == whole


@pytest.mark.parametrize("order", ORDERS)
def test_an_epoch_resumes_at_any_batch(order):
    sampler = TripletSampler(some_graph(), 64, 5, order=order, drop_last=True)
    batches = list(sampler.epoch(2))
    assert len(batches) == sampler.n_batches == sampler.n_triplets // 64
    for start in (0, 1, sampler.n_batches - 1, sampler.n_batches):
        rest = list(sampler.epoch(2, start_batch=start))
        assert len(rest) == sampler.n_batches - start
        for offset, batch in enumerate(rest):
            again = sampler.batch(2, start + offset)
            for ours, theirs, alone in zip(batch, batches[start + offset], again, strict=True):
                assert ours.tolist() == theirs.tolist() == alone.tolist()


@pytest.mark.parametrize("order", ORDERS)
def test_epochs_and_seeds_differ(order):
    graph = some_graph()
    drawn = [
        np.stack(TripletSampler(graph, seed=seed, order=order).sample(epoch, 0, 200)).tobytes()
        for seed in (0, 1, 2**64 - 1)
        for epoch in (0, 1, 2**40)
    ]
    assert len(set(drawn)) == len(drawn)


def chi_square(counts, expected):
    return stats.chisquare(counts, np.broadcast_to(expected, counts.shape)).pvalue


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("hardest_of", [1, 3])
def test_the_complement_is_covered_uniformly(order, hardest_of):
    """Each user's negatives over many seeds; the users' p-values by Fisher's method."""
    items = [[0], [3, 4], [0, 1, 2, 3, 4, 5, 6], [1, 3, 5, 7, 9], [9], list(range(9))]
    users = np.repeat(np.arange(len(items)), [len(of_user) for of_user in items])
    graph = Graph.from_edges(users, np.concatenate(items), n_users=len(items), n_items=10)
    counts = np.zeros((len(items), 10))
    constant = np.ones((graph.n_nodes, 1), dtype=np.float32)  # all tie: the first candidate
    for seed in range(400):
        options = {"order": order, "n_negatives": 4, "negatives": Hardest(hardest_of)}
        sampler = TripletSampler(graph, seed=seed, **options)
        drawn = sampler.sample(seed, 0, sampler.n_triplets, vectors=constant)
        np.add.at(counts, (drawn.users[:, None], drawn.negatives), 1)
    p_values = []
    for user, of_user in enumerate(items):
        assert (counts[user, of_user] == 0).all()
        free = np.setdiff1d(np.arange(10), of_user)
        assert (counts[user, free] > 0).all()
        if free.size > 1:
            p_values.append(chi_square(counts[user, free], counts[user].sum() / free.size))
    assert len(p_values) == 5
    assert stats.combine_pvalues(p_values).pvalue > FALSE_ALARM


def test_negatives_of_one_position_over_seeds_epochs_and_slots_are_independent():
    """Pairs of draws that differ in one coordinate fill the square of the complement evenly."""
    graph = Graph.from_edges([0, 1, 1], [2, 0, 1], n_users=2, n_items=6)
    free = {0: [0, 1, 3, 4, 5], 1: [2, 3, 4, 5]}

    def negatives(seed, epoch):
        return TripletSampler(graph, seed=seed, n_negatives=2).sample(epoch, 0, 3)

    squares = {name: {0: np.zeros((6, 6)), 1: np.zeros((6, 6))} for name in ("slots", "epochs")}
    for seed in range(3000):
        now, then = negatives(seed, 0), negatives(seed, 1)
        for user, (first, second) in zip(now.users, now.negatives, strict=True):
            squares["slots"][user][first, second] += 1
        first = then.negatives[then.users == 0][0, 0]
        squares["epochs"][0][now.negatives[now.users == 0][0, 0], first] += 1
    for user, square in [*squares["slots"].items(), (0, squares["epochs"][0])]:
        counts = square[np.ix_(free[user], free[user])]
        assert counts.sum() == square.sum()
        assert chi_square(counts.ravel(), counts.mean()) > FALSE_ALARM


def test_user_uniform_draws_users_then_their_items_evenly():
    graph = some_graph(n_users=30, n_items=25, density=0.25)
    degrees = graph.user_degrees
    assert degrees.min() == 0
    counts = np.zeros((graph.n_users, graph.n_items))
    for epoch in range(300):
        drawn = TripletSampler(graph, seed=1, order="user_uniform").sample(epoch, 0, graph.n_edges)
        np.add.at(counts, (drawn.users, drawn.positives), 1)
    per_user = counts.sum(axis=1)
    assert (per_user[degrees == 0] == 0).all()
    active = degrees > 0
    assert chi_square(per_user[active], counts.sum() / active.sum()) > FALSE_ALARM
    linked = graph.to_scipy().toarray() > 0
    p_values = [
        chi_square(counts[user, linked[user]], per_user[user] / degrees[user])
        for user in np.flatnonzero(degrees > 1)
    ]
    assert len(p_values) > 10
    assert stats.combine_pvalues(p_values).pvalue > FALSE_ALARM


def test_a_shuffled_epoch_has_no_memory_of_the_order():
    graph = some_graph()
    n = graph.n_edges
    users = TripletSampler(graph, seed=4).sample(0, 0, n).users
    ranks = np.argsort(np.argsort(users, kind="stable"))
    for lag in (1, 2, 16, 128):
        assert stats.pearsonr(ranks[lag:], ranks[:-lag]).pvalue > FALSE_ALARM
    assert stats.pearsonr(ranks, np.arange(n)).pvalue > FALSE_ALARM


def dots(users, items):
    """Sixteen lanes of products in order, then halves onto halves; no fused operation."""
    width = -(-users.shape[-1] // 16) * 16
    products = np.zeros((*np.broadcast_shapes(users.shape, items.shape)[:-1], width), np.float32)
    products[..., : users.shape[-1]] = users * items
    lanes = np.zeros((*products.shape[:-1], 16), np.float32)
    for start in range(0, width, 16):
        lanes += products[..., start : start + 16]
    for half in (8, 4, 2, 1):
        lanes = lanes[..., :half] + lanes[..., half:]
    return lanes[..., 0]


@given(
    graph=graphs(),
    seed=st.integers(0, 99),
    order=st.sampled_from(ORDERS),
    n_negatives=st.integers(1, 3),
    hardest_of=st.sampled_from([1, 2, 3, 31, 32, 33, 65]),
    dim=st.sampled_from([0, 1, 7, 16, 33, 64]),
    ties=st.booleans(),
    bfloat16=st.booleans(),
)
def test_hardest_of_is_the_best_of_its_candidates(  # noqa: PLR0917 - given by name
    graph, seed, order, n_negatives, hardest_of, dim, ties, bfloat16
):
    rng = np.random.default_rng(seed)
    if ties:  # few distinct values, both zeros
        vectors = rng.choice(np.array([-1, -0.0, 0.0, 1], np.float32), (graph.n_nodes, dim))
    else:
        vectors = rng.standard_normal((graph.n_nodes, dim), dtype=np.float32)
    given_vectors = vectors
    if bfloat16:
        given_vectors = (vectors.view(np.uint32) >> 16).astype(np.uint16)
        vectors = (given_vectors.astype(np.uint32) << 16).view(np.float32)
    options = {"order": order, "n_negatives": n_negatives}
    sampler = TripletSampler(graph, seed=seed, negatives=Hardest(hardest_of), **options)
    n = sampler.n_triplets
    drawn = sampler.sample(5, 0, n, vectors=given_vectors)
    candidates = sampler.candidates(5, 0, n)
    assert candidates.shape == (n, n_negatives, hardest_of)
    scores = dots(vectors[drawn.users][:, None, None], vectors[graph.n_users + candidates])
    best = np.take_along_axis(candidates, scores.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    assert drawn.negatives.reshape(n, n_negatives).tolist() == best.tolist()

    plain = TripletSampler(graph, seed=seed, **options).sample(5, 0, n)
    assert plain.users.tolist() == drawn.users.tolist()
    assert plain.positives.tolist() == drawn.positives.tolist()
    assert plain.negatives.reshape(n, -1).tolist() == candidates[..., 0].tolist()


def test_infinite_scores_are_legal_and_the_highest_wins():
    graph = Graph.from_edges([0], [0], n_users=1, n_items=5)
    vectors = np.array([[1], [0], [-np.inf], [3], [np.inf], [-np.inf]], dtype=np.float32)
    sampler = TripletSampler(graph, n_negatives=50, negatives=Hardest(2))
    candidates = sampler.candidates(0, 0, 1)[0]
    negatives = sampler.sample(0, 0, 1, vectors=vectors).negatives[0]
    scores = vectors[1 + candidates, 0]
    assert negatives.tolist() == candidates[np.arange(50), scores.argmax(axis=1)].tolist()
    assert {-np.inf, 3, np.inf} == set(vectors[1 + negatives, 0].tolist())


@pytest.mark.data
def test_gowalla_epochs_are_complete_and_exact():
    train = datasets.load("gowalla").train
    graph = train.graph
    sampler = TripletSampler(train, 2048, 2020)
    drawn = joined(sampler.epoch(0))
    users, positives, negatives = (np.array(part) for part in drawn)
    n_items = graph.n_items
    linked = np.sort(train.users * n_items + train.items)
    assert np.array_equal(np.sort(users * n_items + positives), linked)
    assert not np.isin(users * n_items + negatives, linked).any()
