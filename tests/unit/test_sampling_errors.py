"""What `TripletSampler` refuses, what it gives back, and how it behaves around processes."""

import gc
import multiprocessing
import pickle
import threading
import warnings

import numpy as np
import pytest

from glowrec import Graph, Hardest, Interactions, TripletSampler, _native
from glowrec.errors import (
    DataError,
    IdError,
    ParameterError,
    SaturatedError,
    ScoreError,
    ShapeError,
)
from glowrec.prefetch import prefetched
from glowrec.sampling.plan import Limits, plan

GRAPH = Graph.from_edges([0, 0, 1, 3], [0, 1, 2, 1], n_users=4, n_items=4)


def long_epoch():
    """A sampler whose epochs need several draws: the thread has work left when they end early."""
    users = np.repeat(np.arange(1000), 300)
    items = np.tile(np.arange(300), 1000)
    graph = Graph.from_edges(users, items, n_users=1000, n_items=301)
    return TripletSampler(graph, 1000)


def prefetchers():
    return [thread for thread in threading.enumerate() if "glowrec-prefetch" in thread.name]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": "random"}, "order = 'random'"),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"batch_size": 2.5}, "batch_size = 2.5"),
        ({"n_negatives": 0}, "n_negatives = 0"),
        ({"n_negatives": 2**31}, "n_negatives = 2147483648"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**64}, "seed = 18446744073709551616"),
        ({"seed": None}, "seed = None"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ParameterError, match=message):
        TripletSampler(GRAPH, **options)


def test_bad_positions_are_named():
    sampler = TripletSampler(GRAPH, 3)
    for start, stop in [(0, 5), (-1, 2), (3, 2), (5, 5), (10**12, 10**12 + 1)]:
        with pytest.raises(IdError, match=f"{start}..{stop}"):
            sampler.sample(0, start, stop)
        with pytest.raises(IdError, match=f"{start}..{stop}"):
            sampler.candidates(0, start, stop)
    for index in (-1, 2):
        with pytest.raises(IdError, match=f"batch {index}"):
            sampler.batch(0, index)
    for start in (-1, 3):
        with pytest.raises(IdError, match=f"start_batch = {start}"):
            sampler.epoch(0, start_batch=start)
    with pytest.raises(ParameterError, match="prefetch = -1"):
        sampler.epoch(0, prefetch=-1)
    for epoch in (-1, 2**64, 0.5):
        with pytest.raises(ParameterError, match=f"epoch = {epoch}"):
            sampler.batch(epoch, 0)
        with pytest.raises(ParameterError, match=f"epoch = {epoch}"):
            sampler.epoch(epoch)


def test_users_with_every_item_are_named_by_their_own_id():
    with pytest.raises(SaturatedError, match="user 1 is linked to all 2 items"):
        TripletSampler(Graph.from_edges([0, 1, 1], [0, 0, 1], n_users=2, n_items=2))
    train = Interactions.from_arrays(["ann", "zoe", "zoe"], ["tea", "tea", "jam"])
    for order in ("interaction", "user_uniform"):
        with pytest.raises(SaturatedError, match="user zoe is linked to all 2 items"):
            TripletSampler(train, order=order)
    with pytest.raises(SaturatedError, match="user 0 is linked to all 1 items"):
        TripletSampler(Graph.from_edges([0], [0], n_users=5, n_items=1))


def test_users_with_one_or_two_items_left_get_exactly_those():
    users, items = np.divmod(np.arange(200), 100)
    kept = ~np.isin(np.arange(200), [42, 107, 193])
    graph = Graph.from_edges(users[kept], items[kept], n_users=2, n_items=100)
    for order in ("interaction", "user_uniform"):
        drawn = TripletSampler(graph, order=order, n_negatives=5).sample(0, 0, graph.n_edges)
        assert set(drawn.negatives[drawn.users == 0].ravel().tolist()) == {42}
        assert set(drawn.negatives[drawn.users == 1].ravel().tolist()) == {7, 93}


@pytest.mark.parametrize("shape", [(3, 4), (0, 4), (3, 0), (0, 0)])
def test_nothing_to_sample_is_said(shape):
    n_users, n_items = shape
    with pytest.raises(DataError, match="no interactions"):
        TripletSampler(Graph.from_edges([], [], n_users=n_users, n_items=n_items))


def test_vectors_are_checked():
    sampler = TripletSampler(GRAPH, negatives=Hardest(2))
    good = np.ones((8, 4), dtype=np.float32)
    assert sampler.batch(0, 0, vectors=good).users.shape == (4,)
    assert sampler.batch(0, 0, vectors=lambda: good).users.shape == (4,)
    for draw in (
        lambda: sampler.batch(0, 0),
        lambda: sampler.sample(0, 0, 1),
        lambda: sampler.epoch(0),
    ):
        with pytest.raises(ParameterError, match=r"Hardest\(of=2\)"):
            draw()
    for bad in (
        np.ones((7, 4), dtype=np.float32),
        np.ones((8, 4)),
        np.ones((8, 4), dtype=np.int64),
        np.ones(8, dtype=np.float32),
        np.asfortranarray(np.arange(32, dtype=np.float32).reshape(8, 4)),
        np.ones((8, 8), dtype=np.float32)[:, ::2],
    ):
        with pytest.raises(ShapeError, match="vectors"):
            sampler.batch(0, 0, vectors=bad)


def test_a_nan_score_names_user_and_item():
    users, items = np.arange(3), np.arange(3)
    graph = Graph.from_edges(users, items, n_users=3, n_items=30)
    sampler = TripletSampler(graph, negatives=Hardest(20))
    for place in (2, 3 + 17):
        vectors = np.ones((33, 5), dtype=np.float32)
        vectors[place, 3] = np.nan
        user, item = (2, r"\d+") if place == 2 else (r"\d", 17)
        with pytest.raises(ScoreError, match=rf"user {user} and item {item} is NaN"):
            sampler.sample(0, 0, 3, vectors=vectors)
    vectors = np.full((33, 5), np.inf, dtype=np.float32)
    vectors[:, 0] = -np.inf  # inf - inf
    vectors[0] = 1
    with pytest.raises(ScoreError, match="NaN"):
        sampler.sample(0, 0, 3, vectors=vectors)


def test_vectors_are_not_touched_without_candidates():
    def refuse():
        raise AssertionError

    drawn = list(TripletSampler(GRAPH).epoch(0, vectors=refuse))
    assert len(drawn) == 1


def test_vectors_are_asked_for_once_per_batch():
    tables = iter(np.random.default_rng(0).standard_normal((4, 8, 2), dtype=np.float32))
    sampler = TripletSampler(GRAPH, 1, negatives=Hardest(3))
    assert len(list(sampler.epoch(0, vectors=lambda: next(tables)))) == 4
    assert next(tables, None) is None


@pytest.mark.parametrize("n_negatives", [1, 3])
def test_arrays_are_fresh_contiguous_writable_int64(n_negatives):
    sampler = TripletSampler(GRAPH, 2, n_negatives=n_negatives)
    first, second = sampler.epoch(0)
    for batch in (first, second, sampler.batch(0, 1), sampler.sample(0, 0, 2)):
        assert [part.ndim for part in batch] == [1, 1, 1 if n_negatives == 1 else 2]
        for part in batch:
            assert part.dtype == np.int64
            assert part.flags.c_contiguous
            assert part.flags.writeable
            part[...] = -7
    assert sampler.sample(0, 0, 2).users.min() >= 0
    assert not any(map(np.may_share_memory, first, second))


def test_more_than_memory_holds_is_an_error_not_a_crash():
    none = Limits(None, None, None)
    plan_ = plan("interaction", 0, Hardest(2**31 - 1), 2**31 - 1, none)
    sampler = _native.Sampler(GRAPH._native, plan_)
    with pytest.raises(MemoryError, match=r"\[4, 2147483647, 2147483647\]"):
        sampler.candidates(0, 0, 4)


def test_no_positions_give_empty_arrays():
    for n_negatives, shape in ((1, (0,)), (2, (0, 2))):
        sampler = TripletSampler(GRAPH, n_negatives=n_negatives, negatives=Hardest(2))
        vectors = np.ones((8, 1), dtype=np.float32)
        drawn = sampler.sample(0, 4, 4, vectors=vectors)
        assert drawn.users.shape == drawn.positives.shape == (0,)
        assert drawn.negatives.shape == shape


def test_batches_count_with_and_without_the_last():
    for batch_size, all_of_them, whole in ((1, 4, 4), (3, 2, 1), (4, 1, 1), (5, 1, 0)):
        for drop_last, expected in ((False, all_of_them), (True, whole)):
            sampler = TripletSampler(GRAPH, batch_size, drop_last=drop_last)
            assert sampler.n_batches == expected
            for prefetch in (0, 2):
                sizes = [len(users) for users, _, _ in sampler.epoch(0, prefetch=prefetch)]
                assert len(sizes) == expected
                assert sum(sizes) == (4 if not drop_last else expected * batch_size)


def test_a_sampler_is_frozen_and_says_what_it_is():
    sampler = TripletSampler(GRAPH, 2, 5)
    with pytest.raises(AttributeError, match="seed"):
        sampler.seed = 6
    assert repr(sampler).startswith("TripletSampler(4 interactions, batch_size=2, seed=5")


def test_interactions_count_once_however_often_they_occur():
    train = Interactions.from_arrays([0, 0, 1], [1, 1, 0], n_items=3, duplicates="keep")
    assert TripletSampler(train).n_triplets == 2


def test_a_pickled_sampler_draws_the_same():
    train = Interactions.from_arrays(["b", "a", "b"], ["x", "y", "z"])
    vectors = np.random.default_rng(0).standard_normal((5, 3), dtype=np.float32)
    for source in (train, GRAPH):
        sampler = TripletSampler(
            source, 2, 9, order="user_uniform", n_negatives=2, negatives=Hardest(3), drop_last=True
        )
        copy = pickle.loads(pickle.dumps(sampler))  # noqa: S301 - our own
        assert repr(copy) == repr(sampler)
        table = vectors if source is train else np.ones((8, 1), dtype=np.float32)
        for ours, theirs in zip(
            copy.batch(3, 0, vectors=table), sampler.batch(3, 0, vectors=table), strict=True
        ):
            assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("ending", ["exhausted", "closed", "dropped", "error"])
def test_no_thread_outlives_its_epoch(ending):
    assert not prefetchers()
    batches = long_epoch().epoch(0)
    assert not prefetchers()  # nothing starts before the first batch is asked for
    next(batches)
    assert len(prefetchers()) == 1
    if ending == "exhausted":
        assert sum(1 for _ in batches) == 299
    elif ending == "closed":
        batches.close()
    elif ending == "dropped":
        del batches
        gc.collect()
    else:
        with pytest.raises(KeyError):
            batches.throw(KeyError)
    assert not prefetchers()


def test_what_the_work_raises_is_raised_at_its_place():
    results = prefetched(lambda job: 12 // job, [3, 2, 0, 1], ahead=3)
    assert [next(results), next(results)] == [4, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert not prefetchers()


def test_no_more_is_prepared_than_was_asked_for():
    begun = []
    lock = threading.Event()

    def work(job):
        begun.append(job)
        if job == 3:
            lock.set()
        return job

    results = prefetched(work, range(100), ahead=2)
    assert next(results) == 0
    assert lock.wait(10)  # the reader holds 0; 1, 2 and 3 may be begun
    assert begun == [0, 1, 2, 3]
    results.close()
    assert begun == [0, 1, 2, 3]


def rest_of(batches, queue):
    queue.put([int(users.sum()) for users, _, _ in batches])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_a_forked_child_goes_on_where_the_parent_was():
    sampler = long_epoch()
    batches = sampler.epoch(0)
    for _ in range(70):
        next(batches)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork while threads run
        child = context.Process(target=rest_of, args=(batches, queue))
        child.start()
    found = queue.get()
    child.join(60)
    assert child.exitcode == 0
    assert found == [int(users.sum()) for users, _, _ in batches]
