"""Whole samplers under the checks of `glowrec.testing`: right ones pass, wrong ones are caught.

Seeds are fixed, so a test that passes once always does.
"""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from glowrec import Graph, TripletSampler
from glowrec.errors import ParameterError, SaturatedError, ShapeError
from glowrec.testing import (
    check_distribution,
    check_frequencies,
    check_uniform,
    complement_probabilities,
    count_draws,
    graphs,
)


def links():
    """Users of all densities: with one item, with half, with two and one negatives left."""
    rng = np.random.default_rng(5)
    dense = rng.random((12, 30)) < np.linspace(0.03, 0.8, 12)[:, None]
    dense[-2:] = True
    dense[-1, 4] = dense[-2, [0, 29]] = False
    return dense


LINKED = links()
TRAIN = Graph.from_edges(*LINKED.nonzero(), n_users=12, n_items=30)
HELD_OUT = np.random.default_rng(6).random(LINKED.shape) < 0.3 * ~LINKED
HELD_OUT[-2:] = False


def weighted(weights, forbidden=LINKED):
    """Draw by weight among what is not forbidden, exactly."""

    def sample(users, seed):
        rng = np.random.default_rng(seed)
        sums = np.where(forbidden, 0.0, weights).cumsum(axis=1)[users]
        return (sums <= rng.random((len(users), 1)) * sums[:, -1:]).sum(axis=1)

    return sample


def complement(users, seed, *, less=0, after="right", shift=0):
    """The r-th item of the complement, as the core finds it; with slips to choose from."""
    rng = np.random.default_rng(seed)
    found = np.empty(len(users), dtype=np.int64)
    for user in np.unique(users):
        items = np.flatnonzero(LINKED[user])
        mine = users == user
        room = max(1, 30 - len(items) - less)
        r = rng.integers(0, room, mine.sum()) + shift
        found[mine] = r + np.searchsorted(items - np.arange(len(items)), r, side=after)
    return found


def rejection(tries):
    def sample(users, seed):
        rng = np.random.default_rng(seed)
        found = rng.integers(0, 30, len(users))
        for _ in range(tries):
            wrong = LINKED[users, found]
            found[wrong] = rng.integers(0, 30, wrong.sum())
        return found

    return sample


def mostly(sample, share, item):
    """Give a share of the draws to one item, where it is a negative."""

    def biased(users, seed):
        found = sample(users, seed)
        hit = np.random.default_rng(seed + 1).random(len(users)) < share
        return np.where(hit & ~LINKED[users, item], item, found)

    return biased


def test_right_samplers_pass():
    check_uniform(complement, TRAIN)
    check_uniform(weighted(np.ones(30)), TRAIN)
    check_uniform(weighted(np.ones(30), LINKED | HELD_OUT), TRAIN, exclude=graph_of(HELD_OUT))
    blocked = np.zeros(30, dtype=bool)
    blocked[[3, 9]] = True
    check_uniform(weighted(np.ones(30), LINKED | blocked), TRAIN, exclude=[9, 3])
    check_uniform(
        lambda users, seed: np.stack([complement(users, s) for s in (seed, seed + 9)], axis=1),
        TRAIN,
    )
    weights = TRAIN.item_degrees**0.75
    check_distribution(weighted(weights), TRAIN, weights)


def graph_of(dense):
    return Graph.from_edges(*dense.nonzero(), n_users=12, n_items=30)


WRONG = {
    "2 % of the draws to one item": (mostly(complement, 0.02, 2), "cell 2 was drawn"),
    "the last of the complement never": (
        lambda users, seed: complement(users, seed, less=1),
        "was drawn 0 times",
    ),
    "the first of the complement never": (
        lambda users, seed: np.minimum(complement(users, seed, less=1, shift=1), 29),
        "was drawn 0 times|is a positive",
    ),
    "the search stops before equals": (
        lambda users, seed: complement(users, seed, after="left"),
        "is a positive of user",
    ),
    "ten tries, then whatever came": (rejection(10), "is a positive of user"),
    "no look at the positives": (rejection(0), "is a positive of user"),
    "an item that does not exist": (
        lambda users, seed: complement(users, seed) + 30 * (users == 0),
        "is not in 0..30",
    ),
}


@pytest.mark.parametrize("slip", WRONG)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_wrong_samplers_are_caught(slip, seed):
    sample, said = WRONG[slip]
    with pytest.raises(AssertionError, match=said):
        check_uniform(sample, TRAIN, seed=seed)


@pytest.mark.parametrize(
    "claimed",
    ["test items counted", "another exponent", "uniform", "of the whole catalogue, by rejection"],
)
def test_wrong_popularities_are_caught(claimed):
    degrees = LINKED.sum(axis=0)
    weights = degrees**0.75
    drawn_by = {
        "test items counted": (degrees + HELD_OUT.sum(axis=0)) ** 0.75,
        "another exponent": degrees**0.7,
        "uniform": np.ones(30),
        # Redraws uniformly what popularity drew among the positives.
        "of the whole catalogue, by rejection": None,
    }[claimed]
    if drawn_by is None:
        shares = weights / weights.sum()
        inside = (shares * LINKED).sum(axis=1, keepdims=True)
        drawn_by = shares + inside / (~LINKED).sum(axis=1, keepdims=True)
    with pytest.raises(AssertionError, match="cell"):
        check_distribution(weighted(drawn_by), TRAIN, weights, n_draws=2_000_000)
    check_distribution(weighted(weights), TRAIN, weights, n_draws=2_000_000)


def test_excluded_items_are_caught():
    with pytest.raises(AssertionError, match="is excluded for user"):
        check_uniform(complement, TRAIN, exclude=graph_of(HELD_OUT))
    with pytest.raises(AssertionError, match="item 3 is excluded"):
        check_uniform(complement, TRAIN, exclude=[3])


def test_a_right_sampler_fails_no_more_often_than_stated():
    runs, alpha = 150, 0.06
    alarms = 0
    for seed in range(runs):
        try:
            check_uniform(complement, TRAIN, n_draws=12_000, seed=seed, alpha=alpha)
        except AssertionError:
            alarms += 1
    assert stats.binom.sf(alarms - 1, runs, alpha) > 1e-6


def test_who_is_drawn_for():
    asked = []

    def sample(users, seed):
        asked.append((np.unique(users).tolist(), len(users), seed))
        return complement(users, seed)

    check_uniform(sample, TRAIN, users=[2, 11], n_draws=1001, seed=8)
    check_uniform(sample, TRAIN, n_draws=1200)
    assert asked == [([2, 11], 1002, 8), (list(range(12)), 1200, 0)]
    full = Graph.from_edges([0, 0, 1], [0, 1, 0], n_users=3, n_items=2)
    check_uniform(lambda users, _: np.where(users == 1, 1, users // 2), full, users=[1])
    chosen = []
    check_uniform(
        lambda users, seed: (
            chosen.append(users)
            or np.where(users == 1, 1, np.random.default_rng(seed).integers(0, 2, len(users)))
        ),
        full,
    )
    assert set(chosen[0].tolist()) == {1, 2}  # user 0 has every item
    everybody = Graph.from_edges([0], [0], n_users=1, n_items=1)
    with pytest.raises(ParameterError, match="nobody to draw for"):
        check_uniform(sample, everybody)
    with pytest.raises(SaturatedError, match="user 0 has no item left"):
        check_uniform(sample, everybody, users=[0])


@given(graph=graphs(), data=st.data())
def test_probabilities_of_the_complement_are_shares(graph, data):
    weight = st.sampled_from([0.0, 0.5, 1.0, 3.0])
    n_items = graph.n_items
    weights = np.array(data.draw(st.lists(weight, min_size=n_items, max_size=n_items)))
    blocked = data.draw(st.lists(st.integers(0, n_items - 1), max_size=2))
    dense = graph.to_scipy().toarray() > 0
    dense[:, blocked] = True
    for user in range(graph.n_users):
        left = np.where(dense[user], 0, weights)
        if left.sum() == 0:
            with pytest.raises(SaturatedError, match=f"user {user} has no item left"):
                complement_probabilities(graph, [user], weights, exclude=blocked)
        else:
            found = complement_probabilities(graph, [user, user], weights, exclude=blocked)
            np.testing.assert_allclose(found, [left / left.sum()] * 2)


def test_weights_that_are_none_are_refused():
    with pytest.raises(ShapeError, match="weights: expected 30"):
        complement_probabilities(TRAIN, [0], np.ones(29))
    with pytest.raises(ParameterError, match="none of them negative"):
        complement_probabilities(TRAIN, [0], -np.ones(30))


def test_our_sampler_passes_from_its_counts():
    sampler = TripletSampler(TRAIN, n_negatives=20, seed=3)
    counts = 0
    for epoch in range(20):
        users, _, negatives = sampler.sample(epoch, 0, sampler.n_triplets)
        counts = counts + count_draws(users, negatives, n_users=12, n_items=30)
    check_frequencies(counts, complement_probabilities(TRAIN, np.arange(12)))
    with pytest.raises(AssertionError):
        check_frequencies(np.roll(counts, 1, axis=0), complement_probabilities(TRAIN, range(12)))
