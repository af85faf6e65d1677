"""Pairs, labelled pairs, batches as negatives of one another, and candidates of users."""

import hypothesis.strategies as st
import numpy as np
import pytest
import sampling_checks as checks
from hypothesis import given

import glowrec as gr
from glowrec.testing import check_frequencies

MIXED = gr.Mixed({gr.Uniform(): 1.0, gr.Popularity(0.75): 2.5})
ORDERS = ("interaction", "user_uniform", "popularity_corrected")
PAIRS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("batch_size", [1, 7, 30])
def test_items_stand_in_batches_as_often_as_reported(order, batch_size):
    world = checks.roomy_world()
    sampler = gr.InBatchSampler(world.graph(), batch_size, order=order)
    chances = sampler._native.in_batch_probabilities(batch_size)
    reported = {}
    for batch in sampler.epoch(0):
        if len(batch.users) == batch_size:
            reported.update(zip(batch.items.tolist(), np.exp(batch.log_q).tolist(), strict=True))
    for item, chance in reported.items():
        assert chance == pytest.approx(chances[item], rel=1e-12)

    def items(epoch):
        return (batch.items for batch in sampler.epoch(epoch, prefetch=0))

    checks.stand_in_batches(items, world, chances)
    triplets = gr.TripletSampler(world.graph(), batch_size, order=order, negatives=gr.InBatch())
    users, wanted = np.divmod(np.arange(120), 12)
    found = triplets.probabilities(users, wanted)
    assert found.tolist() == (chances[wanted] * world.mask()[users, wanted]).tolist()


@pytest.mark.parametrize("order", ORDERS)
def test_in_batch_negatives_are_of_the_same_batch(order):
    graph = checks.roomy_world().graph()
    sampler = gr.TripletSampler(graph, 20, negatives=gr.InBatch(), order=order, n_negatives=3)
    checks.from_the_same_batch(sampler)


def test_in_batch_draws_are_as_frequent_as_items_in_the_batch():
    world = checks.roomy_world()
    sampler = gr.TripletSampler(
        world.graph(), 2**20, negatives=gr.InBatch(), n_negatives=4, saturated="skip"
    )
    degrees = world.graph().item_degrees
    weights = world.mask() * degrees  # the batch is the epoch: all interactions
    counts = checks.counted(sampler, world, 200)
    users = np.flatnonzero(counts.sum(axis=1))
    weights = weights[users] / weights[users].sum(axis=1, keepdims=True)
    check_frequencies(counts[users], weights, users=users)


@pytest.mark.parametrize("world", [checks.world(), checks.limited_world()], ids=["", "limited"])
@pytest.mark.parametrize("batch_size", [1, 9, 60])
def test_clashes_are_what_users_may_not_draw(world, batch_size):
    sampler = gr.InBatchSampler(world.graph(), batch_size, 4, **world.limits())
    plain = gr.PairSampler(world.graph(), batch_size, 4)
    for batch, pairs in zip(sampler.epoch(1), plain.epoch(1), strict=True):
        checks.clashes_are_what_is_no_negative(batch, world)
        assert batch.users.tolist() == pairs.users.tolist()
        assert batch.items.tolist() == pairs.items.tolist()
        keys = batch.clashes[0] * len(batch.users) + batch.clashes[1]
        assert (np.diff(keys) > 0).all()


@pytest.mark.parametrize("negatives", [gr.Uniform(), gr.Popularity(0), MIXED], ids=repr)
@pytest.mark.parametrize("world", [checks.world(), checks.limited_world()], ids=["", "limited"])
@pytest.mark.parametrize("replacement", [True, False])
def test_candidates_are_possible_and_distinct(negatives, world, replacement):
    options = {"negatives": negatives, "replacement": replacement, **world.limits()}
    candidates = gr.Candidates(world.graph(), 3, 5, **options)
    checks.candidates_keep_their_word(candidates, world, 3, distinct=not replacement)


@pytest.mark.parametrize(
    "options",
    [{}, {"replacement": True}, {"replacement": True, "negatives": gr.Popularity(0.75)}],
    ids=["distinct", "uniform", "popular"],
)
def test_candidates_are_included_as_often_as_reported(options):
    world, limits = checks.limited_world(), checks.limited_world().limits()
    graph = world.graph()

    def candidates(seed):
        return gr.Candidates(graph, 3, seed, **options, **limits)

    checks.included_as_often(candidates, world, seeds=2000)


@pytest.mark.parametrize("strategy", [gr.Uniform(), gr.Popularity(), gr.InBatch()], ids=repr)
def test_labels_tell_links_from_negatives(strategy):
    world = checks.roomy_world()
    options = {"negatives": strategy, "n_negatives": 2, "saturated": "skip"}
    sampler = gr.PointwiseSampler(world.graph(), 64, 2, **options)
    triplets = gr.TripletSampler(world.graph(), 64, 2, **options)
    batches = list(sampler.epoch(4))
    assert len(batches) == sampler.n_batches == triplets.n_batches
    for index, (batch, drawn) in enumerate(zip(batches, triplets.epoch(4), strict=True)):
        checks.labels_tell_links(batch, world)
        assert batch.items.reshape(-1, 3)[:, 0].tolist() == drawn.positives.tolist()
        assert batch.items.reshape(-1, 3)[:, 1:].tolist() == drawn.negatives.tolist()
        again = sampler.batch(4, index)
        assert all(a.tolist() == b.tolist() for a, b in zip(again, batch, strict=True))


def test_popularity_corrected_positives_come_evenly_by_item_then_by_user():
    world = checks.world()
    graph = world.graph()
    sampler = gr.PairSampler(graph, order="popularity_corrected")
    counts = np.zeros((world.n_users, world.n_items))
    for epoch in range(300):
        np.add.at(counts, tuple(sampler.sample(epoch, 0, sampler.n_positions)), 1)
    linked, degrees = world.linked(), graph.item_degrees
    known = degrees > 0
    expected = np.where(linked, 1 / (np.maximum(degrees, 1) * known.sum()), 0)
    assert (counts[~linked] == 0).all()
    check_frequencies(counts[linked], expected[linked])


@given(train=PAIRS.filter(bool), order=st.sampled_from(ORDERS), seed=st.integers(0, 99))
def test_pairs_are_those_of_triplets(train, order, seed):
    world = checks.World(5, 8, frozenset(train))
    pairs = gr.PairSampler(world.graph(), 4, seed, order=order)
    triplets = gr.TripletSampler(world.graph(), 4, seed, order=order)
    for pair, triplet in zip(pairs.epoch(3), triplets.epoch(3), strict=True):
        assert pair.users.tolist() == triplet.users.tolist()
        assert pair.items.tolist() == triplet.positives.tolist()
