"""Any sampler as a dataset of torch: exactly one epoch over all ranks and workers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing.context import get_spawning_popen
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.utils.data import IterableDataset, get_worker_info

from glowrec import threads
from glowrec.arguments import bounded
from glowrec.errors import IdError, ParameterError
from glowrec.sampling import Hardest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor


class BatchSampler(Protocol):
    """What :class:`SamplerDataset` asks of a sampler; ours have it."""

    @property
    def n_batches(self) -> int:
        """Batches of one epoch."""

    def batch(self, epoch: int, index: int) -> tuple[NDArray[Any], ...]:
        """Return the arrays of one batch, a function of `epoch` and `index` alone."""


class SamplerDataset(IterableDataset["tuple[Tensor, ...]"]):
    """The batches of a sampler, for ``DataLoader(dataset, batch_size=None)``.

    The batches of an epoch are cut into one contiguous range per rank, whose lengths differ by at
    most one: nothing is padded, repeated or left out. Within a rank, worker `w` of `W` draws every
    `W`-th batch from the `w`-th on, so that a DataLoader, which asks its workers in turn, gives
    the same batches in the same order for any number of workers.

    Parameters
    ----------
    sampler : TripletSampler, or any object with ``n_batches`` and ``batch(epoch, index)``
        Picklable, if workers are spawned. Its tuples of arrays become tuples of tensors.
    epoch : int, default 0
        The epoch to begin with, below ``2**63``.
    rank, world_size : int, optional
        Which share of the batches, of how many. Both or neither: by default those of
        ``torch.distributed`` where that is initialised when an iteration begins, else 0 of 1.

    Raises
    ------
    ParameterError
        If `sampler` is none, only one of `rank` and `world_size` is given, they or the epoch are
        out of range, or the sampler scores its candidates by vectors that a dataset does not have.

    Notes
    -----
    An iteration begins where :meth:`set_epoch` or :meth:`load_state_dict` said last, in workers
    that persist too. Call :meth:`set_epoch` before each epoch; without it the same epoch comes
    again.

    Tensors share the memory of the sampler's fresh arrays. A worker runs the compiled kernels on
    one thread, unless ``GLOWREC_NUM_THREADS`` says otherwise. Drawing a batch is usually cheaper
    than its way between processes: begin with ``num_workers=0``.

    Ranks may have one batch more than others. ``DistributedDataParallel`` then needs its
    ``join()``, or a stop after ``sampler.n_batches // world_size`` steps, which every rank has.

    Examples
    --------
    >>> import glowrec as gr
    >>> from glowrec.training import SamplerDataset
    >>> from torch.utils.data import DataLoader
    >>> train = gr.Graph.from_edges(range(9), range(9), n_users=9, n_items=9)
    >>> sampler = gr.TripletSampler(train, batch_size=2)
    >>> parts = [SamplerDataset(sampler, rank=rank, world_size=2) for rank in range(2)]
    >>> [[len(batch.users) for batch in DataLoader(part, batch_size=None)] for part in parts]
    [[2, 2], [2, 2, 1]]
    """

    def __init__(
        self,
        sampler: BatchSampler,
        *,
        epoch: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        super().__init__()
        draws = callable(getattr(sampler, "batch", None)) and hasattr(sampler, "n_batches")
        if isinstance(sampler, type) or not draws:
            raise ParameterError(
                "sampler: expected a sampler, such as TripletSampler(train), or any object with "
                f"n_batches and batch(epoch, index), got {_told(sampler)}"
            )
        negatives = getattr(sampler, "negatives", None)
        if isinstance(negatives, Hardest) and negatives.of > 1:
            raise ParameterError(
                f"sampler: {negatives!r} needs the vectors of each step, which a dataset does not "
                "have; iterate over sampler.epoch(epoch, vectors=...)"
            )
        if (rank is None) != (world_size is None):
            raise ParameterError(f"rank = {rank}, world_size = {world_size}: give both or neither")
        if rank is not None and world_size is not None:
            _check_place(rank, world_size)
        self.sampler = sampler
        self._place = None if rank is None or world_size is None else (rank, world_size)
        # Epoch and position, in memory that workers share: those that persist see changes.
        self._begin = _shared(torch.tensor([bounded("epoch", epoch, 0, 63), 0]))

    @property
    def epoch(self) -> int:
        """The epoch that an iteration draws."""
        return int(self._begin[0])

    @property
    def position(self) -> int:
        """How many batches of this rank an iteration leaves out."""
        return int(self._begin[1])

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next, from its first batch on.

        Parameters
        ----------
        epoch : int
            If it is the one that :meth:`load_state_dict` named, its position stays.

        Raises
        ------
        ParameterError
            If the epoch is out of range.
        """
        if bounded("epoch", epoch, 0, 63) != self.epoch:
            self._begin.copy_(torch.tensor([epoch, 0]))

    def state_dict(self, taken: int) -> dict[str, int]:
        """Return where an iteration stands.

        Parameters
        ----------
        taken : int
            Batches that were taken from it. Only the reader knows: workers draw ahead.
            :class:`SamplerLoader` counts them.

        Returns
        -------
        dict of str to int
            ``epoch``, ``position`` within this rank's batches, and what positions depend on,
            ``n_batches`` and ``world_size``.
        """
        state = self._kind()
        state["epoch"], state["position"] = self.epoch, self.position + taken
        return state

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Let iterations begin where another one stood.

        Parameters
        ----------
        state : mapping
            Of :meth:`state_dict`, of this rank or of one in step with it.

        Raises
        ------
        ParameterError
            If it is no mapping, lacks a key, or is of another number of batches or ranks, so that
            its position means another batch.
        IdError
            If there is no such position.
        """
        if not isinstance(state, Mapping):
            raise ParameterError(f"state: expected what state_dict returned, got {_told(state)}")
        kind = self._kind()
        wanted = {*kind, "epoch", "position"}
        if missing := sorted(wanted - state.keys()):
            raise ParameterError(f"state: {missing[0]} is missing; pass what state_dict returned")
        for name, own in kind.items():
            if state[name] != own:
                raise ParameterError(
                    f"state: {name} = {state[name]}, and here it is {own}: a position within an "
                    "epoch means another batch then; begin an epoch with set_epoch"
                )
        epoch = bounded("epoch", state["epoch"], 0, 63)
        position = bounded("position", state["position"], 0, 63)
        if position > len(self):
            raise IdError(f"position {position} is not in 0..={len(self)}, the batches of a rank")
        self._begin.copy_(torch.tensor([epoch, position]))

    def __len__(self) -> int:
        """Batches of a whole epoch for this rank, wherever an iteration begins."""
        return len(self._shard())

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        worker = get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        if worker is not None and "GLOWREC_NUM_THREADS" not in os.environ:
            threads.set_num_threads(1)
        epoch, indices = self.epoch, self._shard()[self.position + first :: step]
        return (_tensors(self.sampler.batch(epoch, index)) for index in indices)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if get_spawning_popen() is not None and _distributed():
            # A spawned worker belongs to this rank, which it cannot find out by itself.
            state["_place"] = self._rank_of_world()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        _shared(self._begin)  # a plain copy is not

    def _rank_of_world(self) -> tuple[int, int]:
        if self._place is not None:
            return self._place
        if _distributed():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1

    def _shard(self) -> range:
        rank, world_size = self._rank_of_world()
        n = self.sampler.n_batches
        return range(n * rank // world_size, n * (rank + 1) // world_size)

    def _kind(self) -> dict[str, int]:
        return {"n_batches": self.sampler.n_batches, "world_size": self._rank_of_world()[1]}


def _told(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _shared(tensor: Tensor) -> Tensor:
    tensor.share_memory_()  # type: ignore[no-untyped-call]
    return tensor


def _distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _check_place(rank: int, world_size: int) -> None:
    bounded("world_size", world_size, 1, 31)
    if bounded("rank", rank, 0, 31) >= world_size:
        raise ParameterError(f"rank = {rank} is not in 0..{world_size}, the world_size")


def _tensors(batch: tuple[NDArray[Any], ...]) -> tuple[Tensor, ...]:
    """Adopt arrays without a copy; a named tuple keeps its names."""
    parts = tuple(map(torch.from_numpy, batch))
    named = getattr(type(batch), "_make", None)
    return parts if named is None else named(parts)
