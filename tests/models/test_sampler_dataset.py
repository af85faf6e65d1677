"""`SamplerDataset` and `SamplerLoader`: one epoch exactly, however it is shared or stopped."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from glowrec import Graph, Hardest, Triplets, TripletSampler, threads
from glowrec.errors import IdError, ParameterError
from glowrec.testing import check_permutation
from glowrec.training import SamplerDataset, SamplerLoader

# What torch says of workers beyond the cores, and Python of forks beside threads.
pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
START_METHODS = [
    method for method in ("fork", "spawn") if method in multiprocessing.get_all_start_methods()
]


@pytest.fixture(scope="module")
def graph():
    pairs = np.random.default_rng(0).choice(12 * 9, 42, replace=False)
    users, items = np.divmod(pairs, 9)
    return Graph.from_edges(users, items, n_users=12, n_items=9)


@pytest.fixture
def sampler(graph):
    found = TripletSampler(graph, batch_size=4, seed=5)
    assert found.n_batches == 11  # not a multiple of the ranks and workers below
    assert found.n_triplets % 4
    return found


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own


def lists(batches):
    return [[part.tolist() for part in batch] for batch in batches]


def epoch_of(sampler, epoch):
    return lists(sampler.epoch(epoch))


@pytest.mark.parametrize("world_size", [1, 2, 3, 7, 11, 15])
def test_ranks_hold_one_epoch_in_contiguous_balanced_parts(sampler, graph, world_size):
    parts = [
        SamplerDataset(sampler, epoch=3, rank=rank, world_size=world_size)
        for rank in range(world_size)
    ]
    drawn = [batch for part in parts for batch in part]
    assert lists(drawn) == epoch_of(sampler, 3)
    check_permutation(
        torch.cat([batch.users for batch in drawn]),
        torch.cat([batch.positives for batch in drawn]),
        graph,
    )
    sizes = [len(part) for part in parts]
    assert sizes == [len(list(part)) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) == 11 // world_size  # steps that every rank has


@pytest.mark.parametrize(("n_workers", "method"), [(0, None), (1, "fork"), (3, "fork")])
@pytest.mark.parametrize("world_size", [1, 3])
def test_batches_come_in_the_same_order_for_any_number_of_workers(
    sampler, n_workers, method, world_size
):
    if method and method not in START_METHODS:
        pytest.skip("no fork on this platform")
    drawn = []
    for rank in range(world_size):
        part = SamplerDataset(sampler, rank=rank, world_size=world_size)
        drawn += DataLoader(
            part, batch_size=None, num_workers=n_workers, multiprocessing_context=method
        )
    assert lists(drawn) == epoch_of(sampler, 0)
    assert all(isinstance(batch, Triplets) for batch in drawn)
    assert {part.dtype for batch in drawn for part in batch} == {torch.int64}


@pytest.mark.parametrize("method", START_METHODS)
def test_workers_that_persist_see_the_epoch_and_the_position(sampler, method):
    """And spawned ones belong to the rank of the process that started them."""
    loader = SamplerLoader(
        sampler,
        rank=1,
        world_size=2,
        num_workers=2,
        persistent_workers=True,
        multiprocessing_context=method,
    )
    half = slice(5, None)  # 11 batches: 5 and 6
    assert lists(loader) == epoch_of(sampler, 0)[half]
    loader.set_epoch(2)
    assert lists(loader) == epoch_of(sampler, 2)[half]
    loader.load_state_dict({"epoch": 4, "position": 3, "n_batches": 11, "world_size": 2})
    assert lists(loader) == epoch_of(sampler, 4)[half][3:]


def test_arrays_are_adopted_without_a_copy():
    class Remembering:
        n_batches = 1

        def batch(self, epoch, index):
            self.given = np.array([epoch, index]), np.array([0.5], dtype=np.float32)
            return self.given

    sampler = Remembering()
    ((whole, real),) = SamplerDataset(sampler, epoch=7)
    assert whole.data_ptr() == sampler.given[0].ctypes.data
    assert real.data_ptr() == sampler.given[1].ctypes.data
    assert (whole.dtype, real.dtype) == (torch.int64, torch.float32)
    assert whole.tolist() == [7, 0]


@pytest.mark.parametrize("n_workers", [0, 2])
def test_a_reader_resumes_after_the_batch_in_its_hands(sampler, n_workers):
    options = {"num_workers": n_workers, "rank": 0, "world_size": 2}
    loader = SamplerLoader(sampler, **options)
    loader.set_epoch(6)
    whole = lists(loader)
    assert loader.state_dict()["position"] == len(whole) == len(loader) == 5
    for stop in range(1, 6):
        for taken, _ in enumerate(loader, 1):
            if taken == stop:
                break
        state = pickled(loader.state_dict())
        assert (state["epoch"], state["position"]) == (6, stop)
        other = SamplerLoader(sampler, num_workers=2 - n_workers, rank=0, world_size=2)
        other.load_state_dict(state)
        other.set_epoch(6)  # as the loop over epochs that is resumed does
        assert other.state_dict() == state
        assert lists(other) == whole[stop:]
        assert other.state_dict()["position"] == 5
        other.set_epoch(7)
        assert lists(other) == epoch_of(sampler, 7)[:5]


def test_a_state_of_another_epochs_shape_is_refused(sampler, graph):
    state = SamplerDataset(sampler, rank=0, world_size=2).state_dict(3)
    with pytest.raises(ParameterError, match="world_size = 2, and here it is 1"):
        SamplerDataset(sampler).load_state_dict(state)
    finer = SamplerDataset(TripletSampler(graph, batch_size=2), rank=0, world_size=2)
    with pytest.raises(ParameterError, match="n_batches = 11, and here it is"):
        finer.load_state_dict(state)
    with pytest.raises(IdError, match=r"position 6 is not in 0\.\.=5"):
        SamplerDataset(sampler, rank=0, world_size=2).load_state_dict({**state, "position": 6})
    with pytest.raises(ParameterError, match="position is missing"):
        SamplerDataset(sampler, rank=0, world_size=2).load_state_dict(
            {"epoch": 1, "n_batches": 11, "world_size": 2}
        )
    for loader in (SamplerDataset(sampler), SamplerLoader(sampler)):
        with pytest.raises(
            ParameterError, match=r"^state: expected what state_dict returned, got NoneType$"
        ):
            loader.load_state_dict(None)


@pytest.mark.parametrize("wrong", [None, "x", [1], TripletSampler])
def test_what_is_no_sampler_is_refused(wrong):
    for kind in (SamplerDataset, SamplerLoader):
        with pytest.raises(ParameterError, match=r"^sampler: expected a sampler, such as .* got "):
            kind(wrong)


def test_copies_are_independent_and_draw_the_same(sampler):
    dataset = SamplerDataset(sampler, epoch=1, rank=2, world_size=3)
    for make in (copy.deepcopy, pickled):
        other = make(dataset)
        assert lists(other) == lists(dataset) == epoch_of(sampler, 1)[7:]
        other.set_epoch(9)
        assert (other.epoch, dataset.epoch) == (9, 1)


def test_the_place_is_that_of_the_process_group(sampler, monkeypatch):
    dataset = SamplerDataset(sampler)
    whole = lists(dataset)
    distributed = torch.distributed
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    assert lists(dataset) == whole[5:]
    assert dataset.state_dict(0)["world_size"] == 2
    # A plain copy may go to another rank, so it keeps no place.
    written = pickle.dumps(dataset)
    monkeypatch.setattr(distributed, "get_rank", lambda: 0)
    assert lists(pickle.loads(written)) == whole[:5]  # noqa: S301 - our own
    # What is given counts.
    assert lists(SamplerDataset(sampler, rank=0, world_size=1)) == whole
    # A spawned worker belongs to the rank that starts it, though no group exists there.
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    loader = DataLoader(dataset, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    assert lists(loader) == whole[5:]


def test_a_real_process_group_is_read():
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        sampler = TripletSampler(Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2))
        assert SamplerDataset(sampler).state_dict(0)["world_size"] == 1
    finally:
        torch.distributed.destroy_process_group()


def test_what_cannot_be_shared_out_is_refused(sampler, graph):
    with pytest.raises(ParameterError, match="rank = 1, world_size = None: give both"):
        SamplerDataset(sampler, rank=1)
    with pytest.raises(ParameterError, match=r"rank = 2 is not in 0\.\.2"):
        SamplerDataset(sampler, rank=2, world_size=2)
    with pytest.raises(ParameterError, match="world_size = 0"):
        SamplerDataset(sampler, rank=0, world_size=0)
    with pytest.raises(ParameterError, match="epoch = -1"):
        SamplerDataset(sampler, epoch=-1)
    with pytest.raises(ParameterError, match=r"Hardest\(of=4\) needs the vectors"):
        SamplerDataset(TripletSampler(graph, negatives=Hardest(4)))
    for option in ("batch_size", "shuffle", "in_order"):
        with pytest.raises(ParameterError, match=f"^{option}: the sampler decides"):
            SamplerLoader(sampler, **{option: True})
    dataset = SamplerDataset(sampler)
    with pytest.raises(ParameterError, match="epoch"):
        dataset.set_epoch(2**63)
    assert dataset.epoch == 0


def test_a_worker_runs_kernels_on_one_thread_unless_told(monkeypatch):
    monkeypatch.delenv("GLOWREC_NUM_THREADS", raising=False)
    dataset = SamplerDataset(Threads())
    loader = DataLoader(dataset, batch_size=None, num_workers=1)
    assert [int(found) for (found,) in loader] == [1]
    monkeypatch.setenv("GLOWREC_NUM_THREADS", "3")
    before = threads.num_threads()
    threads.set_num_threads(3)  # what a process begins with where the variable says so
    try:
        assert [int(found) for (found,) in loader] == [3]
    finally:
        threads.set_num_threads(before)


class Threads:
    """Tells how many threads kernels run on."""

    n_batches = 1

    def batch(self, _epoch, _index):
        return (np.array([threads.num_threads()]),)
