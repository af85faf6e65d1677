"""Negative sampling: (user, positive, negative) triplets, exact and reproducible."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from glowrec import _native
from glowrec.errors import DataError, IdError, ParameterError, SaturatedError, ShapeError
from glowrec.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from glowrec.interactions import Interactions

Table: TypeAlias = "NDArray[np.float32] | NDArray[np.uint16]"
Vectors: TypeAlias = "Table | Callable[[], Table]"

ORDERS = ("interaction", "user_uniform")

# Triplets drawn by one call when batches are smaller: enough to keep all threads busy and to make
# the cost of the call vanish, few enough to stay in the cache.
_BLOCK = 65_536


class Triplets(NamedTuple):
    """One batch of :class:`TripletSampler`: fresh, contiguous, writable int64 arrays."""

    users: NDArray[np.int64]
    """User of each position, shape (B,)."""
    positives: NDArray[np.int64]
    """An item of the user, shape (B,)."""
    negatives: NDArray[np.int64]
    """Items the user never touched, shape (B,), or (B, n_negatives) if there are several."""


class TripletSampler:
    r"""Draws training triplets: users, one of their items each, and items they never touched.

    A negative is never one of the user's positives, at any density: with ``r`` uniform in
    ``[0, n_items - d)``, it is the ``r``-th item of the complement of the user's `d` items, found
    by binary search. Everything drawn is a pure function of ``(seed, epoch, position)``: the same
    triplets for any number of threads, any batch size and any place to start.

    Parameters
    ----------
    train : Interactions or Graph
        What the users are linked to. Repeated pairs count once.
    batch_size : int, default 2048
        Positions per batch.
    seed : int, default 0
        Key of all randomness, in ``0..2**64``.
    order : {"interaction", "user_uniform"}, default "interaction"
        "interaction" visits every distinct interaction exactly once per epoch, shuffled.
        "user_uniform" draws, for each position, a user (each one with interactions equally
        likely) and then one of the user's items, as LightGCN's reference code does.
    n_negatives : int, default 1
        Negatives per positive, drawn with replacement.
    hardest_of : int, default 1
        Candidates per negative, of which the one with the highest dot product with the user
        under the current `vectors` stays (dynamic negative sampling). Ties go to the earlier
        candidate. With 1, negatives are uniform and `vectors` are not read.
    drop_last : bool, default False
        Leave out the last batch of an epoch if it is shorter than the others.

    Attributes
    ----------
    n_triplets : int
        Positions of one epoch: the number of distinct interactions.
    n_batches : int
        Batches of one epoch.

    Raises
    ------
    ParameterError
        If a count is below 1, the seed is out of range or the order is unknown.
    DataError
        If `train` has no interaction.
    SaturatedError
        If a user is linked to every item, so that no negative exists; the message names the user.

    Notes
    -----
    Random words come from SplitMix64 used as a counter (Steele, Lea and Flood, OOPSLA 2014),
    bounded integers from Lemire's exact multiply-shift (TOMACS 2019), the shuffle from a
    generalised Feistel network (Black and Rogaway, CT-RSA 2002), evaluated per position: an epoch
    needs no stored permutation. ``O(log d)`` per negative.

    References
    ----------
    Zhang et al., "Optimizing top-n collaborative filtering via dynamic negative item sampling",
    SIGIR 2013, for `hardest_of`.

    Examples
    --------
    >>> from glowrec.graph import Graph
    >>> from glowrec.sampling import TripletSampler
    >>> train = Graph.from_edges([0, 0, 1, 2], [0, 1, 2, 1], n_users=3, n_items=4)
    >>> sampler = TripletSampler(train, batch_size=3, seed=7)
    >>> [len(batch.users) for batch in sampler.epoch(0)]
    [3, 1]
    >>> users, positives, negatives = sampler.sample(0, 0, 4)
    >>> sorted(zip(users.tolist(), positives.tolist()))
    [(0, 0), (0, 1), (1, 2), (2, 1)]
    """

    def __init__(
        self,
        train: Interactions | Graph,
        batch_size: int = 2048,
        seed: int = 0,
        *,
        order: Literal["interaction", "user_uniform"] = "interaction",
        n_negatives: int = 1,
        hardest_of: int = 1,
        drop_last: bool = False,
    ) -> None:
        if order not in ORDERS:
            raise ParameterError(f"order={order!r}: expected one of {', '.join(ORDERS)}")
        self._graph = train if isinstance(train, Graph) else train.graph
        self.order = order
        self.batch_size = _count("batch_size", batch_size)
        self.n_negatives = _count("n_negatives", n_negatives)
        self.hardest_of = _count("hardest_of", hardest_of)
        self.seed = _word("seed", seed)
        self.drop_last = drop_last
        try:
            self._native = _native.Sampler(
                self._graph._native, order, self.n_negatives, self.hardest_of, self.seed
            )
        except SaturatedError:
            raise SaturatedError(_saturated(train, self._graph)) from None
        except DataError:
            raise DataError("train has no interactions: there is nothing to sample") from None

    @property
    def n_triplets(self) -> int:
        """Positions of one epoch: the number of distinct interactions."""
        return self._native.n_triplets

    @property
    def n_batches(self) -> int:
        """Batches of one epoch."""
        whole, rest = divmod(self.n_triplets, self.batch_size)
        return whole if self.drop_last else whole + (rest > 0)

    def sample(
        self, epoch: int, start: int, stop: int, *, vectors: Vectors | None = None
    ) -> Triplets:
        """Return the triplets at positions ``start..stop`` of an epoch.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        start, stop : int
            Positions, ``0 <= start <= stop <= n_triplets``.
        vectors : ndarray of float32 or uint16, shape (n_users + n_items, dim), or callable
            Vectors of users, then items, C-ordered, that score the candidates when
            `hardest_of` > 1, or a function that returns them. uint16 stands for the bits of
            bfloat16 numbers, which halve the memory traffic; sums are float32 in both cases, in
            one fixed order: the same bits on every processor. The array must not be changed by
            another thread during the call.

        Returns
        -------
        Triplets
            Fresh int64 arrays of length ``stop - start``.

        Raises
        ------
        IdError
            If the positions are not within the epoch.
        ParameterError
            If `hardest_of` > 1 and `vectors` are missing.
        ShapeError
            If `vectors` do not have one C-ordered row per user and item.
        ScoreError
            If the score of a candidate is NaN; the message names the user and the item.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> from glowrec.sampling import TripletSampler
        >>> train = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> users, positives, negatives = TripletSampler(train).sample(0, 0, 2)
        >>> bool((positives != negatives).all())  # two items: the other one is the negative
        True
        """
        start, stop = self._positions(start, stop)
        table = self._table(vectors) if self.hardest_of > 1 else None
        users, positives, negatives = self._native.sample(
            _word("epoch", epoch), start, stop, table
        )
        return Triplets(users, positives, negatives if self.n_negatives > 1 else negatives[:, 0])

    def batch(self, epoch: int, index: int, *, vectors: Vectors | None = None) -> Triplets:
        """Return batch number `index` of an epoch, without drawing those before it.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        index : int
            Number of the batch, ``0 <= index < n_batches``.
        vectors : ndarray or callable, optional
            As in :meth:`sample`.

        Returns
        -------
        Triplets
            `batch_size` triplets, fewer in the last batch.

        Raises
        ------
        IdError
            If there is no such batch; further errors as in :meth:`sample`.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> from glowrec.sampling import TripletSampler
        >>> train = Graph.from_edges([0, 1, 2], [0, 1, 2], n_users=3, n_items=3)
        >>> sampler = TripletSampler(train, batch_size=2)
        >>> sampler.batch(5, 1).users.tolist() == sampler.sample(5, 2, 3).users.tolist()
        True
        """
        if not 0 <= index < self.n_batches:
            raise IdError(f"batch {index} is not in 0..{self.n_batches}")
        start = index * self.batch_size
        stop = min(start + self.batch_size, self.n_triplets)
        return self.sample(epoch, start, stop, vectors=vectors)

    def epoch(
        self,
        epoch: int,
        *,
        vectors: Callable[[], Table] | None = None,
        start_batch: int = 0,
        prefetch: int = 2,
    ) -> Iterator[Triplets]:
        """Iterate over the batches of an epoch.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        vectors : callable, optional
            Called before each batch when `hardest_of` > 1; see :meth:`sample`.
        start_batch : int, default 0
            First batch, for resuming: ``0 <= start_batch <= n_batches``.
        prefetch : int, default 2
            Batches that a background thread prepares ahead, at least; with 0 there is no
            thread. Off when `hardest_of` > 1, because a batch then needs the vectors that the
            step before it has made. The batches are the same in every case.

        Yields
        ------
        Triplets
            The same as ``batch(epoch, index)`` for each index in turn.

        Raises
        ------
        IdError
            If there is no batch `start_batch`; further errors as in :meth:`sample`.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> from glowrec.sampling import TripletSampler
        >>> train = Graph.from_edges([0, 1, 2], [0, 1, 2], n_users=3, n_items=3)
        >>> sampler = TripletSampler(train, batch_size=1)
        >>> sum(len(users) for users, _, _ in sampler.epoch(0, start_batch=1))
        2
        """
        if not 0 <= start_batch <= self.n_batches:
            raise IdError(f"start_batch={start_batch} is past the epoch's {self.n_batches} batches")
        if prefetch < 0:
            raise ParameterError(f"prefetch={prefetch} must be at least 0")
        epoch = _word("epoch", epoch)
        if self.hardest_of > 1:
            if vectors is None:
                raise self._no_vectors()
            return self._scored(epoch, start_batch, vectors)
        if prefetch == 0:
            return self._drawn(epoch, start_batch)
        return self._prefetched(epoch, start_batch, prefetch)

    def candidates(self, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """Return every candidate that `hardest_of` chooses from.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        start, stop : int
            Positions, ``0 <= start <= stop <= n_triplets``.

        Returns
        -------
        ndarray of int64, shape (stop - start, n_negatives, hardest_of)
            Uniform negatives of each position and slot. The first candidate of a slot is what
            ``hardest_of=1`` draws; the others do not depend on `hardest_of` either.

        Raises
        ------
        IdError
            If the positions are not within the epoch.

        Examples
        --------
        >>> from glowrec.graph import Graph
        >>> from glowrec.sampling import TripletSampler
        >>> train = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=5)
        >>> TripletSampler(train, n_negatives=2, hardest_of=8).candidates(0, 0, 2).shape
        (2, 2, 8)
        """
        return self._native.candidates(_word("epoch", epoch), *self._positions(start, stop))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph and the options; a copy draws the same triplets."""
        starts, items = self._graph._native.user_csr()
        users = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        edges = (users, items.astype(np.int64), self._graph.n_users, self._graph.n_items)
        options = (self.order, self.n_negatives, self.hardest_of, self.drop_last)
        return _unpickled, (edges, self.batch_size, self.seed, options)

    def _positions(self, start: int, stop: int) -> tuple[int, int]:
        if not 0 <= start <= stop <= self.n_triplets:
            raise IdError(f"positions {start}..{stop} are not within 0..{self.n_triplets}")
        return start, stop

    def _table(self, vectors: Vectors | None) -> Table:
        table = vectors() if callable(vectors) else vectors
        if table is None:
            raise self._no_vectors()
        if table.dtype not in (np.float32, np.uint16) or not table.flags.c_contiguous:
            raise ShapeError(
                "vectors: expected a C-ordered float32 array (or uint16 bits of bfloat16), "
                f"got {table.dtype}; convert with numpy.ascontiguousarray(vectors, numpy.float32)"
            )
        return table

    def _no_vectors(self) -> ParameterError:
        return ParameterError(
            f"hardest_of={self.hardest_of} scores its candidates: pass `vectors`, the read-out "
            "vectors of users and items"
        )

    def _scored(
        self, epoch: int, start_batch: int, vectors: Callable[[], Table]
    ) -> Iterator[Triplets]:
        for index in range(start_batch, self.n_batches):
            yield self.batch(epoch, index, vectors=vectors)

    def _blocks(self, start_batch: int) -> list[tuple[int, int]]:
        """Batches ``first..last`` that are drawn by one call, for the rest of an epoch."""
        step = max(1, _BLOCK // self.batch_size)
        n = self.n_batches
        return [(first, min(first + step, n)) for first in range(start_batch, n, step)]

    def _block(self, epoch: int, first: int, last: int) -> list[Triplets]:
        """Batches ``first..last``: disjoint slices of one draw."""
        size, base = self.batch_size, first * self.batch_size
        stop = min(last * size, self.n_triplets)
        drawn = self.sample(epoch, base, stop)
        cuts = [slice(start, start + size) for start in range(0, stop - base, size)]
        return [Triplets(*(part[cut] for part in drawn)) for cut in cuts]

    def _drawn(self, epoch: int, start_batch: int) -> Iterator[Triplets]:
        for first, last in self._blocks(start_batch):
            yield from self._block(epoch, first, last)

    def _prefetched(self, epoch: int, start_batch: int, prefetch: int) -> Iterator[Triplets]:
        blocks = deque(self._blocks(start_batch))
        ahead = -(-prefetch // max(1, _BLOCK // self.batch_size))
        owner = os.getpid()
        thread = ThreadPoolExecutor(1, thread_name_prefix="glowrec-triplets")
        try:
            pending = deque(
                thread.submit(self._block, epoch, *blocks[i])
                for i in range(min(ahead + 1, len(blocks)))
            )
            while blocks:
                first, last = blocks.popleft()
                if os.getpid() == owner:
                    batches = pending.popleft().result()
                    if len(blocks) > len(pending):
                        pending.append(thread.submit(self._block, epoch, *blocks[len(pending)]))
                else:  # a forked child has the generator, but not its thread
                    batches = self._block(epoch, first, last)
                yield from batches
        finally:
            if os.getpid() == owner:
                thread.shutdown(wait=True, cancel_futures=True)


def _count(name: str, value: int) -> int:
    if value < 1:
        raise ParameterError(f"{name}={value} must be at least 1")
    return int(value)


def _word(name: str, value: int) -> int:
    if not 0 <= value < 2**64:
        raise ParameterError(f"{name}={value} is not in 0..2**64")
    return int(value)


def _saturated(train: Interactions | Graph, graph: Graph) -> str:
    """Name the first user without a negative, by the caller's own id."""
    user = int(np.flatnonzero(graph.user_degrees == graph.n_items)[0])
    name = user if isinstance(train, Graph) else train.decode_users(np.array([user]))[0]
    return (
        f"user {name!s} is linked to all {graph.n_items} items: no negative exists; "
        "leave the user out of train"
    )


def _unpickled(
    edges: tuple[NDArray[np.int64], NDArray[np.int64], int, int],
    batch_size: int,
    seed: int,
    options: tuple[Literal["interaction", "user_uniform"], int, int, bool],
) -> TripletSampler:
    users, items, n_users, n_items = edges
    graph = Graph.from_edges(users, items, n_users=n_users, n_items=n_items)
    order, n_negatives, hardest_of, drop_last = options
    return TripletSampler(
        graph,
        batch_size,
        seed,
        order=order,
        n_negatives=n_negatives,
        hardest_of=hardest_of,
        drop_last=drop_last,
    )
