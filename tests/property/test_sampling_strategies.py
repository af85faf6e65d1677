"""Every strategy: what may be drawn, how often, and the same everywhere."""

import hashlib
import json
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
import sampling_checks as checks
from hypothesis import given

import glowrec as gr
from glowrec._native import num_threads, set_num_threads
from glowrec.errors import DataError, SaturatedError

MIXED = gr.Mixed({gr.Uniform(): 1.0, gr.Popularity(0.75): 2.5})
DRAWN = [gr.Uniform(), gr.Popularity(0.75), gr.Popularity(0), gr.Popularity(2.5), MIXED]
ALL = [*DRAWN, gr.InBatch(), gr.Hardest(3)]
ORDERS = ("interaction", "user_uniform", "popularity_corrected")
PAIRS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)))


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = num_threads()
    yield
    set_num_threads(before)


def constant(world):
    return np.ones((world.n_users + world.n_items, 1), dtype=np.float32)


class Scored:
    """A sampler of the hardest with its vectors."""

    def __init__(self, sampler, vectors):
        self.sampler, self.vectors, self.n_triplets = sampler, vectors, sampler.n_triplets

    def sample(self, epoch, start, stop):
        return self.sampler.sample(epoch, start, stop, vectors=self.vectors)


def world_of(strategy, *, limited):
    world = checks.roomy_world() if isinstance(strategy, gr.InBatch) else checks.world()
    return checks.limited_world(world) if limited else world


def sampler_of(world, strategy, **options):
    options = {"saturated": "skip", "seed": 3, **world.limits(), **options}
    sampler = gr.TripletSampler(world.graph(), 64, negatives=strategy, **options)
    return Scored(sampler, constant(world)) if isinstance(strategy, gr.Hardest) else sampler


@given(
    train=PAIRS.filter(bool),
    exclude=st.none() | PAIRS,
    allow=st.none() | PAIRS,
    blocked=st.frozensets(st.integers(0, 6), max_size=3),
    strategy=st.sampled_from(ALL),
    order=st.sampled_from(ORDERS),
    n_negatives=st.integers(1, 3),
    replacement=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
def test_only_possible_items_are_drawn(  # noqa: PLR0917 - given by name
    train, exclude, allow, blocked, strategy, order, n_negatives, replacement, seed
):
    frozen = [None if links is None else frozenset(links) for links in (exclude, allow)]
    world = checks.World(5, 7, frozenset(train), *frozen, blocked)
    replacement |= isinstance(strategy, gr.Hardest)
    options = {"order": order, "n_negatives": n_negatives, "replacement": replacement}
    try:
        sampler = sampler_of(world, strategy, seed=seed, **options)
    except DataError:  # every user is left with too few
        with pytest.raises((SaturatedError, DataError)):
            sampler_of(world, strategy, saturated="error", **options)
        return
    try:
        drawn = sampler.sample(1, 0, sampler.n_triplets)
    except SaturatedError as error:
        assert isinstance(strategy, gr.InBatch)
        assert "in the batch of positions 0.." in str(error)  # noqa: PT017 - not always raised
        return
    checks.only_possible(sampler, world, epochs=[1])
    if not replacement and n_negatives > 1:
        assert (np.diff(np.sort(drawn.negatives, axis=1), axis=1) > 0).all()
    if order == "interaction":
        needed = 1 if replacement else n_negatives
        weighing = {item for _, item in train}
        kept = {
            (user, item)
            for user, item in train
            if len(
                set(world.possible(user))
                & (weighing if strategy in DRAWN[1:2] + DRAWN[3:4] else set(range(7)))
            )
            >= needed
        }
        found = set(zip(drawn.users.tolist(), drawn.positives.tolist(), strict=True))
        assert found == kept


@pytest.mark.parametrize("strategy", DRAWN, ids=repr)
@pytest.mark.parametrize("world", [checks.world(), checks.limited_world()], ids=["", "limited"])
def test_frequencies_are_the_reported_probabilities(strategy, world):
    sampler = sampler_of(world, strategy, n_negatives=3)
    chances = checks.frequencies_are_probabilities(sampler, world)
    assert (chances > 0).sum() > 20


def test_probabilities_are_those_of_the_formulas():
    world = checks.world()
    graph = world.graph()
    degrees = graph.item_degrees.astype(float)
    mask = world.mask()
    users, items = np.nonzero(mask)
    uniform = 1 / mask.sum(axis=1)[users]
    weights = degrees**0.75 * mask
    # Two users have every item that anybody has: they draw nothing by popularity.
    sums = weights.sum(axis=1)
    popular = weights[users, items] / np.where(sums > 0, sums, 1)[users]
    mixed = np.where(sums[users] > 0, (uniform + 2.5 * popular) / 3.5, uniform)
    for strategy, expected in [
        (gr.Uniform(), uniform),
        (gr.Popularity(0), uniform),
        (gr.Popularity(), popular),
        (MIXED, mixed),
    ]:
        found = sampler_of(world, strategy).probabilities(users, items)
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_limits_do_not_count_in_popularity():
    world = checks.world()
    test = frozenset((user, 11) for user in range(10))  # an item that train does not know
    sampler = sampler_of(checks.world(exclude=test), gr.Popularity(1))
    users, items = np.nonzero(world.mask())
    known = items != 11
    found = sampler.probabilities(users, items)
    assert (found[~known] == 0).all()
    plain = sampler_of(world, gr.Popularity(1)).probabilities(users, items)
    np.testing.assert_allclose(found, plain, rtol=1e-12)


@pytest.mark.parametrize("strategy", [gr.Uniform(), gr.Popularity(0.75)], ids=repr)
def test_distinct_negatives_are_drawn_one_after_another(strategy):
    world = checks.limited_world()
    sampler = sampler_of(world, strategy, n_negatives=2, replacement=False)
    checks.distinct_and_successive(sampler, world)


@pytest.mark.parametrize("strategy", [*DRAWN, gr.InBatch()], ids=repr)
@pytest.mark.parametrize("replacement", [True, False])
def test_the_first_negatives_do_not_depend_on_their_number(strategy, replacement):
    world = world_of(strategy, limited=False)
    few = sampler_of(world, strategy, n_negatives=2, replacement=replacement)
    options = {"n_negatives": 1, "replacement": replacement, "saturated": "skip"}
    one = gr.TripletSampler(world.graph(), 64, 3, negatives=strategy, **options)
    users, positives, negatives = few.sample(0, 0, few.n_triplets)
    if one.n_triplets == few.n_triplets:
        assert one.sample(0, 0, one.n_triplets).negatives.tolist() == negatives[:, 0].tolist()
    assert len(users) == len(positives) == few.n_triplets


@pytest.mark.parametrize("strategy", ALL, ids=repr)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limited", [False, True])
def test_any_cut_on_any_threads_draws_the_same(strategy, order, limited):
    world = world_of(strategy, limited=limited)
    replacement = isinstance(strategy, gr.Hardest | gr.InBatch)
    options = {"order": order, "n_negatives": 2, "replacement": replacement}
    checks.any_cut_is_the_same(sampler_of(world, strategy, **options), set_num_threads)


def test_users_with_no_one_or_two_negatives_left():
    train = {(0, item) for item in range(6)}  # all
    train |= {(1, item) for item in range(5)}  # but 5
    train |= {(2, item) for item in range(1, 5)}  # but 0 and 5
    world = checks.World(4, 6, frozenset(train | {(3, 5)}))
    for strategy in ALL:
        with pytest.raises(SaturatedError, match="user 0 is linked to all 6 items"):
            sampler_of(world, strategy, saturated="error")
        sampler = sampler_of(world, strategy, n_negatives=4)
        assert sampler.n_triplets == 10
        drawn = sampler.sample(0, 0, 10)
        assert 0 not in drawn.users
        assert set(drawn.negatives[drawn.users == 1].ravel().tolist()) == {5}
        assert set(drawn.negatives[drawn.users == 2].ravel().tolist()) <= {0, 5}
        if isinstance(strategy, gr.Hardest | gr.InBatch):
            continue
        pair = sampler_of(world, strategy, n_negatives=2, replacement=False)
        assert pair.n_triplets == 5  # users 2 and 3
        drawn = pair.sample(0, 0, 5)
        assert {(0, 5)} == {tuple(sorted(row)) for row in drawn.negatives[drawn.users == 2]}
        with pytest.raises(SaturatedError, match=r"user 1 has 1 item that .* fewer than 2"):
            sampler_of(
                checks.World(4, 6, frozenset(train - {(0, 0), (0, 1)})),
                strategy,
                n_negatives=2,
                replacement=False,
                saturated="error",
            )


@pytest.mark.parametrize("strategy", ALL, ids=repr)
def test_one_item_and_no_interactions(strategy):
    one = gr.Graph.from_edges([0], [0], n_users=1, n_items=1)
    with pytest.raises(SaturatedError, match="user 0 is linked to all 1 items"):
        gr.TripletSampler(one, negatives=strategy)
    with pytest.raises(DataError, match="every user is saturated"):
        gr.TripletSampler(one, negatives=strategy, saturated="skip")
    none = gr.Graph.from_edges([], [], n_users=3, n_items=1)
    with pytest.raises(DataError, match="train has no interactions"):
        gr.TripletSampler(none, negatives=strategy)


def test_popularity_needs_an_item_that_somebody_has():
    # The only possible item of user 0 has no interaction, so it has no weight.
    graph = gr.Graph.from_edges([0, 0, 1], [0, 1, 0], n_users=2, n_items=3)
    message = (
        r"^user 0 has 0 items of any popularity that may be drawn, fewer than 1 \(the other "
        r'1 have no interactions\); mix with Uniform\(\) by Mixed, or pass saturated="skip"$'
    )
    with pytest.raises(SaturatedError, match=message):
        gr.TripletSampler(graph, negatives=gr.Popularity())
    mixed = gr.TripletSampler(graph, negatives=MIXED)
    assert mixed.probabilities([0, 1, 1], [2, 1, 2]).round(3).tolist() == [1.0, 0.857, 0.143]
    drawn = mixed.sample(0, 0, 3)
    assert set(drawn.negatives[drawn.users == 0].tolist()) == {2}


def test_the_hardest_is_the_best_of_its_candidates_within_limits():
    for world in (checks.world(), checks.limited_world()):
        rng = np.random.default_rng(1)
        vectors = rng.integers(-2, 3, (world.n_users + world.n_items, 4)).astype(np.float32)
        options = {"n_negatives": 2, "saturated": "skip", **world.limits()}
        sampler = gr.TripletSampler(world.graph(), negatives=gr.Hardest(5), **options)
        checks.best_of_candidates(sampler, vectors)
        assert world.mask()[
            np.repeat(sampler.sample(3, 0, 20, vectors=vectors).users, 10),
            sampler.candidates(3, 0, 20).ravel(),
        ].all()


def fingerprint():
    """A digest of what every strategy draws, within limits and without."""
    digest = hashlib.sha256()
    for limited in (False, True):
        for strategy in ALL:
            world = world_of(strategy, limited=limited)
            for order in ORDERS:
                sampler = sampler_of(world, strategy, order=order, n_negatives=2)
                for part in sampler.sample(9, 0, sampler.n_triplets):
                    digest.update(part.astype("<i8").tobytes())
    return digest.hexdigest()


SCRIPT = """
import sys, json
sys.path[:0] = json.loads(sys.argv[1])
import test_sampling_strategies
from glowrec._native import simd_level
print(simd_level(), test_sampling_strategies.fingerprint())
"""


@pytest.mark.parametrize("simd", ["baseline", "avx2"])
@pytest.mark.parametrize("threads", ["1", "7"])
def test_the_same_bits_without_wide_vectors(simd, threads):
    from glowrec._native import simd_level

    if simd == "avx2" and simd_level() not in {"avx2", "avx512"}:
        pytest.skip("this processor has no AVX2")
    here = __file__.rsplit("/", 1)[0]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([here, *sys.path])],
        env={"GLOWREC_SIMD": simd, "GLOWREC_NUM_THREADS": threads, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [simd, fingerprint()]


def test_more_draws_than_31_bits_count_are_indexed():
    """Positions behind 2**32 draws, by the definition: a word per slot of a position's stream."""
    users = np.repeat(np.arange(50), 100)
    items = np.tile(np.arange(0, 200, 2), 50)
    graph = gr.Graph.from_edges(users, items, n_users=50, n_items=300)
    n = 2**20
    sampler = gr.TripletSampler(graph, 1, 11, n_negatives=n)
    assert sampler.n_triplets * n > 2**32
    for position in (0, 2**31 // n + 1, sampler.n_triplets - 1):
        drawn = sampler.sample(2**63, position, position + 1)
        stream = child(child(child(seeded(11), 2**63), 3), position)
        words = [child(stream, slot) for slot in (0, 1, n - 1)]
        free = np.setdiff1d(np.arange(300), np.arange(0, 200, 2))
        expected = [free[(word * len(free)) >> 64] for word in words]
        assert drawn.negatives[0, [0, 1, n - 1]].tolist() == expected


GAMMA, WORD = 0x9E37_79B9_7F4A_7C15, 2**64 - 1


def mixed_up(z):
    z = ((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & WORD
    return z ^ (z >> 31)


def seeded(seed):
    return mixed_up((seed + GAMMA) & WORD)


def child(stream, index):
    """Word number `index` of a stream, and the stream below it: SplitMix64."""
    return mixed_up((stream + GAMMA * (index + 1)) & WORD)
