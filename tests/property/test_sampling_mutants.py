"""Each check of a sampler can fail: deliberate breaks, at least one per strategy, and who sees it.

A mutant is a sampler whose draws or reports are changed the way a plausible mistake would change
them. The checks are those that the real samplers pass in `test_sampling_strategies` and
`test_sampling_batches`.
"""

import numpy as np
import pytest
import sampling_checks as checks

import glowrec as gr
from glowrec._native import num_threads, set_num_threads

WORLD = checks.world()
ROOMY = checks.roomy_world()
DEGREES = WORLD.graph().item_degrees
MASK = WORLD.mask()
MIXED = {gr.Uniform(): 1.0, gr.Popularity(0.75): 2.5}


class Mutant:
    """A sampler with a broken method."""

    def __init__(self, sampler, **broken):
        self.sampler = sampler
        self.__dict__.update(broken)

    def __getattr__(self, name):
        return getattr(self.sampler, name)


def sampler(strategy, world=WORLD, **options):
    return gr.TripletSampler(
        world.graph(), 64, 3, negatives=strategy, **{"saturated": "skip", **options}
    )


def redrawn(strategy, chances, **options):
    """A sampler whose negatives of a user have these chances, shape (n_users, n_items)."""
    real = sampler(strategy, **options)
    reached = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)

    def sample(epoch, start, stop):
        drawn = real.sample(epoch, start, stop)
        points = np.random.default_rng((epoch, start)).random(drawn.negatives.shape)
        of = reached[drawn.users] if points.ndim == 1 else reached[drawn.users][:, None]
        return drawn._replace(negatives=(points[..., None] >= of).sum(axis=-1))

    return Mutant(real, sample=sample)


def ten_tries():
    """Rejection with a limit of attempts, after which whatever came last is taken."""
    share = MASK.mean(axis=1, keepdims=True)
    return np.where(MASK, (1 - (1 - share) ** 10) / np.maximum(share, 1 / 12), (1 - share) ** 9)


def off_by_one():
    """The last of the complement is never reached."""
    last = MASK & (np.cumsum(MASK, axis=1) == MASK.sum(axis=1, keepdims=True))
    return np.where(MASK.sum(axis=1, keepdims=True) > 1, MASK & ~last, MASK).astype(float)


def next_free():
    """A positive is replaced by the next item: those behind positives come too often."""
    chances = np.zeros(MASK.shape)
    for user, item in np.ndindex(MASK.shape):
        free = next(i % 12 for i in range(item, item + 12) if MASK[user, i % 12])
        chances[user, free] += 1
    return chances


def weighed(weights):
    """By weights; where nothing weighs, users are left out of the counts."""
    return MASK * (weights + 1e-12)


def exchanged():
    popular, uniform = weighed(DEGREES**0.75), weighed(np.ones(12))
    popular, uniform = (part / part.sum(axis=1, keepdims=True) for part in (popular, uniform))
    return 2.5 * uniform + popular


FREQUENCIES = {
    "uniform: the last of the complement is never drawn": (gr.Uniform(), off_by_one()),
    "uniform: a positive is replaced by the next item": (gr.Uniform(), next_free()),
    "popularity: beta is 1 instead": (gr.Popularity(0.75), weighed(DEGREES**1.0)),
    "popularity: beta is left out": (gr.Popularity(0.75), weighed(np.sign(DEGREES))),
    "popularity: interactions of the test set count": (
        gr.Popularity(0.75),
        weighed((DEGREES + 3.0 * (np.arange(12) == 11)) ** 0.75),
    ),
    "popularity: unknown items get a floor of 1": (
        gr.Popularity(0.75),
        weighed(np.maximum(DEGREES, 1) ** 0.75),
    ),
    "mixed: the weights are exchanged": (gr.Mixed(MIXED), exchanged()),
}


@pytest.mark.parametrize("name", FREQUENCIES)
def test_other_frequencies_are_seen(name):
    strategy, chances = FREQUENCIES[name]
    options = {"n_negatives": 3}
    checks.frequencies_are_probabilities(sampler(strategy, **options), WORLD, 2000)
    mutant = redrawn(strategy, chances, **options)
    with pytest.raises(AssertionError, match="was drawn"):
        checks.frequencies_are_probabilities(mutant, WORLD, 2000)


def test_other_reports_are_seen():
    """Weights that are not divided by what the user may draw, or count what he may not."""
    real = sampler(gr.Popularity(0.75))
    total = (DEGREES**0.75).sum()

    def unnormalised(users, items):
        return MASK[users, items] * DEGREES[items] ** 0.75 / total

    mutant = Mutant(real, probabilities=unnormalised)
    with pytest.raises(AssertionError, match="add up"):
        checks.frequencies_are_probabilities(mutant, WORLD, 5)

    def of_all(_, items):
        return DEGREES[items] ** 0.75 / total

    mutant = Mutant(real, probabilities=of_all)
    with pytest.raises(AssertionError, match="forbidden"):
        checks.frequencies_are_probabilities(mutant, WORLD, 5)


def test_a_limit_of_attempts_is_seen():
    with pytest.raises(AssertionError, match="a forbidden item was drawn"):
        checks.only_possible(redrawn(gr.Uniform(), ten_tries()), WORLD, epochs=range(20))


@pytest.mark.parametrize("left_out", ["exclude", "allow", "blocked"])
@pytest.mark.parametrize("strategy", [gr.Uniform(), gr.Popularity(), gr.Mixed(MIXED)], ids=repr)
def test_a_limit_that_is_not_kept_is_seen(strategy, left_out):
    limited = checks.limited_world()
    limits = {**limited.limits(), left_out: None}
    with pytest.raises(AssertionError, match="a forbidden item was drawn"):
        checks.only_possible(sampler(strategy, **limits), limited, epochs=range(20))


def test_positives_of_nobody_are_seen():
    real = sampler(gr.Uniform())

    def sample(epoch, start, stop):
        drawn = real.sample(epoch, start, stop)
        return drawn._replace(users=np.roll(drawn.users, 1))

    with pytest.raises(AssertionError, match="a positive is not linked"):
        checks.only_possible(Mutant(real, sample=sample), WORLD)


@pytest.mark.parametrize("strategy", [gr.Uniform(), gr.Popularity(0.75)], ids=repr)
def test_repeats_and_sorted_draws_are_seen(strategy):
    real = sampler(strategy, n_negatives=2, replacement=False)
    with pytest.raises(AssertionError, match="a negative came twice"):
        checks.distinct_and_successive(
            sampler(strategy, n_negatives=2, replacement=True), WORLD, epochs=20
        )

    def ascending(epoch, start, stop):
        drawn = real.sample(epoch, start, stop)
        return drawn._replace(negatives=np.sort(drawn.negatives, axis=1))

    with pytest.raises(AssertionError, match="was drawn"):
        checks.distinct_and_successive(Mutant(real, sample=ascending), WORLD, epochs=200)


def test_draws_that_depend_on_the_call_are_seen():
    real = sampler(gr.Uniform())

    def by_call(epoch, start, stop):
        drawn = sampler(gr.Uniform(), n_negatives=1).sample(epoch + start, start, stop)
        return real.sample(epoch, start, stop)._replace(negatives=drawn.negatives)

    before = num_threads()
    try:
        with pytest.raises(AssertionError, match="depends on what was asked for"):
            checks.any_cut_is_the_same(Mutant(real, sample=by_call), set_num_threads)
    finally:
        set_num_threads(before)


def test_negatives_of_another_batch_are_seen():
    real = sampler(gr.InBatch(), ROOMY)
    small = gr.TripletSampler(ROOMY.graph(), 8, 3)  # uniform: from anywhere
    checks.from_the_same_batch(real)
    with pytest.raises(AssertionError, match="of no position"):
        checks.from_the_same_batch(small)


def test_own_items_in_the_batch_are_seen():
    batch = gr.InBatchSampler(ROOMY.graph(), 30).batch(0, 0)
    diagonal = batch.clashes[:, batch.clashes[0] == batch.clashes[1]]
    checks.clashes_are_what_is_no_negative(batch, ROOMY)
    with pytest.raises(AssertionError, match="mask"):  # only the own position is left out
        checks.clashes_are_what_is_no_negative(batch._replace(clashes=diagonal), ROOMY)


def test_the_formula_of_independent_positions_is_no_shuffle():
    sampler_ = gr.InBatchSampler(ROOMY.graph(), 7)

    def items(epoch):
        return (batch.items for batch in sampler_.epoch(epoch, prefetch=0))

    degrees = ROOMY.graph().item_degrees
    shares = degrees / degrees.sum()
    chances = sampler_._native.in_batch_probabilities(7)
    checks.stand_in_batches(items, ROOMY, chances)
    for wrong in (1 - (1 - shares) ** 7, np.minimum(7 * shares, 1), shares):
        with pytest.raises(AssertionError):
            checks.stand_in_batches(items, ROOMY, wrong, epochs=6000)


def test_the_second_best_and_other_ties_are_seen():
    vectors = np.random.default_rng(2).integers(-2, 3, (22, 3)).astype(np.float32)
    real = sampler(gr.Hardest(4))
    checks.best_of_candidates(real, vectors)

    def later(epoch, start, stop, vectors):
        drawn = real.sample(epoch, start, stop, vectors=vectors)
        candidates = real.candidates(epoch, start, stop)[:, 0]
        scores = (vectors[drawn.users][:, None] * vectors[10 + candidates]).sum(axis=-1)
        last = 3 - scores[:, ::-1].argmax(axis=1)  # of equal ones
        return drawn._replace(negatives=candidates[np.arange(len(last)), last])

    def worst(epoch, start, stop, vectors):
        return real.sample(
            epoch,
            start,
            stop,
            vectors=-vectors * (np.arange(22) < 10)[:, None]
            + (vectors * (np.arange(22) >= 10)[:, None]),
        )

    for broken in (later, worst):
        with pytest.raises(AssertionError, match="not the best"):
            checks.best_of_candidates(Mutant(real, sample=broken), vectors)


CANDIDATES = {
    "a candidate comes twice": ({"replacement": True}, lambda drawn, _: drawn, "came twice"),
    "a target is its own candidate": (
        {},
        lambda drawn, targets: (
            drawn if targets is None else np.column_stack([targets, drawn[:, 1:]])
        ),
        "its own candidate",
    ),
    "train items are candidates": ({}, lambda drawn, _: drawn * 0, "forbidden"),
    "draws depend on other users": (
        {},
        lambda drawn, _: drawn[:, :: 1 if len(drawn) > 4 else -1],
        "other",
    ),
}


@pytest.mark.parametrize("name", CANDIDATES)
def test_broken_candidates_are_seen(name):
    options, change, message = CANDIDATES[name]
    real = gr.Candidates(WORLD.graph(), 3, **options)

    def sample(users, targets=None):
        return change(real.sample(users, targets), targets)

    with pytest.raises(AssertionError, match=message):
        checks.candidates_keep_their_word(Mutant(real, sample=sample), WORLD, 3, distinct=True)


def test_inclusion_among_all_items_is_seen():
    """The share of the catalogue instead of that of the user's possible items."""

    def candidates(seed):
        real = gr.Candidates(WORLD.graph(), 3, seed)
        return Mutant(real, probabilities=lambda users, _: np.full(len(users), 3 / 12))

    with pytest.raises(AssertionError):
        checks.included_as_often(candidates, WORLD, seeds=200)


def test_exchanged_labels_are_seen():
    batch = gr.PointwiseSampler(ROOMY.graph(), 16).batch(0, 0)
    checks.labels_tell_links(batch, ROOMY)
    with pytest.raises(AssertionError, match="label"):
        checks.labels_tell_links(batch._replace(labels=1 - batch.labels), ROOMY)
