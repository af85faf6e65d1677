"""What strategies, limits, and the small samplers refuse, give back and remember."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import glowrec as gr
from glowrec.errors import IdError, ParameterError, SaturatedError, ShapeError

GRAPH = gr.Graph.from_edges([0, 0, 1, 3], [0, 1, 2, 1], n_users=4, n_items=5)
OTHER = gr.Graph.from_edges([0], [0], n_users=4, n_items=6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gr.Popularity(-0.5), r"Popularity\.beta = -0\.5 must be from 0 to 64"),
        (lambda: gr.Popularity(float("nan")), r"Popularity\.beta = nan must be"),
        (lambda: gr.Popularity(65), r"Popularity\.beta = 65 must be"),
        (lambda: gr.Popularity("1"), r"Popularity\.beta = '1': expected a number"),
        (lambda: gr.Hardest(0), r"Hardest\.of = 0 must be at least 1"),
        (lambda: gr.Hardest(1.5), r"Hardest\.of = 1\.5: expected a whole number"),
        (lambda: gr.Mixed({}), r"Mixed: expected at least one strategy"),
        (lambda: gr.Mixed(7), r"Mixed: expected strategies with weights"),
        (lambda: gr.Mixed([gr.Uniform()]), r"Mixed: expected strategies with weights"),
        (lambda: gr.Mixed({gr.InBatch(): 1}), r"Mixed: InBatch\(\) cannot be mixed"),
        (lambda: gr.Mixed({gr.Hardest(2): 1}), r"Mixed: Hardest\(of=2\) cannot be mixed"),
        (lambda: gr.Mixed({gr.Uniform(): 0}), r"Mixed: the weight 0 of Uniform\(\) must be above"),
        (lambda: gr.Mixed({gr.Uniform(): np.inf}), r"Mixed: the weight inf of Uniform\(\)"),
        (lambda: gr.Mixed({gr.Uniform(): None}), r"Mixed: the weight of Uniform\(\) = None"),
        (
            lambda: gr.TripletSampler(GRAPH, negatives="popular"),
            r"negatives = 'popular': expected",
        ),
        (lambda: gr.TripletSampler(GRAPH, saturated="drop"), r"saturated = 'drop': expected one"),
        (
            lambda: gr.TripletSampler(GRAPH, exclude=[1]),
            r"exclude: expected Interactions, a Graph",
        ),
        (
            lambda: gr.TripletSampler(GRAPH, negatives=gr.Hardest(2), replacement=False),
            r"replacement = False: Hardest chooses each negative by itself",
        ),
        (
            lambda: gr.TripletSampler(GRAPH, negatives=gr.Hardest(2)).probabilities([0], [2]),
            r"negatives = Hardest\(of=2\): what is drawn depends on vectors",
        ),
        (
            lambda: gr.TripletSampler(GRAPH, negatives=gr.Popularity()).candidates(0, 0, 1),
            r"negatives = Popularity\(beta=0\.75\): only Hardest\(\) has candidates",
        ),
        (lambda: gr.PairSampler(GRAPH, order="random"), r"order = 'random': expected one of"),
        (lambda: gr.InBatchSampler(GRAPH, 0), r"batch_size = 0 must be at least 1"),
        (lambda: gr.Candidates(GRAPH, 0), r"n = 0 must be at least 1"),
        (
            lambda: gr.Candidates(GRAPH, negatives=gr.InBatch()),
            r"negatives = InBatch\(\): expected",
        ),
        (
            lambda: gr.Candidates(GRAPH, 1, negatives=gr.Popularity()).probabilities([0], [2]),
            r"negatives = Popularity\(beta=0\.75\): the probability of being among distinct",
        ),
    ],
)
def test_what_is_out_of_range_is_named(make, message):
    with pytest.raises(ParameterError, match=f"^{message}"):
        make()


@pytest.mark.parametrize("kind", [gr.TripletSampler, gr.InBatchSampler, gr.Candidates])
def test_limits_that_do_not_fit_are_named(kind):
    for name in ("exclude", "allow"):
        with pytest.raises(ShapeError, match=rf"^{name}: expected 4 users and 5 items as train"):
            kind(GRAPH, **{name: OTHER})
    with pytest.raises(IdError, match=r"^blocked\[1\] = 5 is not in 0\.\.5$"):
        kind(GRAPH, blocked=[0, 5])
    with pytest.raises(IdError, match=r"^blocked\[0\] = -1 is not in 0\.\.5$"):
        kind(GRAPH, blocked=[-1])
    with pytest.raises(IdError, match=r"^blocked: expected whole numbers, got float64$"):
        kind(GRAPH, blocked=[0.5])
    assert kind(GRAPH, blocked=[]).blocked.tolist() == []


def test_users_and_items_of_probabilities_are_checked():
    for drawer in (gr.TripletSampler(GRAPH), gr.Candidates(GRAPH, 1)):
        with pytest.raises(IdError, match=r"^users\[0\] = 4 is not in 0\.\.4$"):
            drawer.probabilities([4], [0])
        with pytest.raises(IdError, match=r"^items\[1\] = 5 is not in 0\.\.5$"):
            drawer.probabilities([0, 1], [0, 5])
        with pytest.raises(ShapeError, match=r"^items: expected 2, one per user, got 1$"):
            drawer.probabilities([0, 1], [0])
        assert drawer.probabilities([], []).shape == (0,)


def test_users_with_too_few_negatives_are_named_by_their_own_id():
    train = gr.Interactions.from_arrays(["ann", "zoe", "zoe"], ["tea", "tea", "jam"])
    with pytest.raises(SaturatedError, match="user zoe is linked to all 2 items"):
        gr.TripletSampler(train)
    exclude = gr.Graph.from_edges([0, 0], [0, 1], n_users=2, n_items=2)
    kept = gr.TripletSampler(train, saturated="skip")
    assert kept.sample(0, 0, kept.n_triplets).users.tolist() == [0]
    one = gr.Interactions.from_arrays(["ann", "zoe"], ["tea", "jam"])
    message = (
        r"^user ann has 0 items that may be drawn, fewer than 1; lower n_negatives, widen the "
        r'limits, or pass saturated="skip"$'
    )
    with pytest.raises(SaturatedError, match=message):
        gr.TripletSampler(one, exclude=exclude)
    with pytest.raises(
        SaturatedError, match=r"^user ann has 1 item that .* fewer than 2; lower n_neg"
    ):
        gr.TripletSampler(one, n_negatives=2, replacement=False)
    with pytest.raises(
        SaturatedError, match=r"^user zoe has 1 item that .* than 3; lower n, or draw"
    ):
        gr.Candidates(one, 3).sample([1])
    with pytest.raises(SaturatedError, match=r"^user zoe has 0 items .* fewer than 1$"):
        gr.Candidates(one, 3, replacement=True).sample([1], [1])
    alone = gr.TripletSampler(one, 1, negatives=gr.InBatch())
    with pytest.raises(
        SaturatedError,
        match=r"^user (ann|zoe) finds no negative in the batch of positions 1\.\.2; make",
    ):
        alone.batch(0, 1)


def test_candidates_check_users_and_targets():
    candidates = gr.Candidates(GRAPH, 2)
    with pytest.raises(IdError, match=r"^users\[0\] = 9 is not in 0\.\.4$"):
        candidates.sample([9])
    with pytest.raises(IdError, match=r"^targets\[0\] = 5 is not in 0\.\.5$"):
        candidates.sample([0], [5])
    with pytest.raises(ShapeError, match=r"^targets: expected 2 items, one per user, got 1$"):
        candidates.sample([0, 1], [3])
    assert candidates.sample([]).shape == (0, 2)
    empty = gr.Graph.from_edges([], [], n_users=2, n_items=3)
    assert sorted(gr.Candidates(empty, 3).sample([1])[0].tolist()) == [0, 1, 2]
    nothing = gr.Candidates(empty, 1, negatives=gr.Popularity())
    with pytest.raises(
        SaturatedError, match=r"^user 1 has 0 items of any popularity .* 3 have no"
    ):
        nothing.sample([1])


SAMPLERS = [
    lambda: gr.TripletSampler(
        GRAPH, 2, 1, negatives=gr.Mixed({gr.Uniform(): 1, gr.Popularity(0): 2}), blocked=[4]
    ),
    lambda: gr.PairSampler(GRAPH, 2, 1, order="popularity_corrected"),
    lambda: gr.PointwiseSampler(GRAPH, 2, 1, n_negatives=2, exclude=GRAPH),
    lambda: gr.InBatchSampler(GRAPH, 2, 1, drop_last=True),
]


@pytest.mark.parametrize("make", SAMPLERS)
def test_small_samplers_are_frozen_pickled_and_shown(make):
    sampler = make()
    copy = pickle.loads(pickle.dumps(sampler))  # noqa: S301 - our own
    assert type(copy) is type(sampler)
    assert repr(copy) == repr(sampler)
    assert repr(sampler).startswith(f"{type(sampler).__name__}(4 interactions, batch_size=2")
    batches = list(sampler.epoch(3))
    assert len(batches) == sampler.n_batches == 2
    for index, batch in enumerate(batches):
        for ours, again in zip(batch, copy.batch(3, index), strict=True):
            assert ours.tolist() == again.tolist()
            assert ours.flags.c_contiguous
            assert ours.flags.writeable
    rest = list(sampler.epoch(3, start_batch=1))
    assert [part.tolist() for part in rest[0]] == [part.tolist() for part in batches[1]]
    with pytest.raises(AttributeError, match="seed"):
        sampler.seed = 6
    for index in (-1, 2):
        with pytest.raises(IdError, match=f"batch {index}"):
            sampler.batch(0, index)


def test_candidates_are_frozen_pickled_and_shown():
    candidates = gr.Candidates(GRAPH, 2, 5, blocked=[4], replacement=True)
    copy = pickle.loads(pickle.dumps(candidates))  # noqa: S301 - our own
    assert repr(copy) == repr(candidates)
    assert repr(candidates).startswith("Candidates(4 users, n=2, seed=5, negatives=Uniform()")
    assert copy.sample([0, 1]).tolist() == candidates.sample([0, 1]).tolist()
    with pytest.raises(AttributeError, match="n cannot be set"):
        candidates.n = 3


def test_strategies_are_values():
    assert gr.Popularity() == gr.Popularity(0.75) != gr.Popularity(1)
    assert {gr.Uniform(), gr.Uniform(), gr.Hardest(2)} == {gr.Hardest(2), gr.Uniform()}
    pairs = [(gr.Uniform(), 1), (gr.Popularity(), 2)]
    assert gr.Mixed(pairs) == gr.Mixed(dict(pairs))
    assert hash(gr.Mixed(pairs)) == hash(gr.Mixed(iter(pairs)))


def test_a_whole_user_without_positions_is_no_error_for_pairs():
    full = gr.Graph.from_edges([0, 0, 1], [0, 1, 0], n_users=2, n_items=2)
    assert gr.PairSampler(full).n_positions == 3
    batch = gr.InBatchSampler(full, 3).batch(0, 0)
    assert not batch.mask()[batch.users == 0].any()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to such a limit")
def test_clashes_that_fit_no_memory_are_an_error():
    code = """
import pathlib, resource, numpy as np, glowrec as gr
at = np.arange(20_000)
graph = gr.Graph.from_edges(at, at % 9, n_users=20_000, n_items=9)
sampler = gr.InBatchSampler(graph, 20_000, blocked=range(9))
sampler.sample(0, 0, 9)
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + (1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sampler.batch(0, 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    message = "no room for 400000000 clashes of 20000 positions; make batches smaller"
    assert last == f"MemoryError: {message}"
