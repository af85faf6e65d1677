"""Negative sampling: (user, positive, negative) triplets, exact and reproducible."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from glowrec import _native
from glowrec.arguments import bounded, whole_number
from glowrec.errors import DataError, IdError, ParameterError, SaturatedError, ShapeError
from glowrec.factors import linked, saturated
from glowrec.prefetch import prefetched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph

Table: TypeAlias = "NDArray[np.float32] | NDArray[np.uint16]"
Vectors: TypeAlias = "Table | Callable[[], Table]"

ORDERS = ("interaction", "user_uniform")

# Candidates of a positive, so that one position is drawn between two looks at signals.
_MOST_CANDIDATES = 2**20
# Draws of a batch that are made ahead: longer ones are made by the caller, who handles signals.
_MOST_AHEAD = 2**24
# Negatives drawn by one call when batches are smaller: enough to keep all threads busy and to make
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
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
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
        Negatives per positive, drawn with replacement; with `hardest_of`, at most 2**20
        candidates.
    hardest_of : int, default 1
        Candidates per negative, of which the one with the highest dot product with the user
        under the current `vectors` stays (dynamic negative sampling). Ties go to the earlier
        candidate. With 1, negatives are uniform and `vectors` are not read.
    drop_last : bool, default False
        Leave out the last batch of an epoch if it is shorter than the others.

    Raises
    ------
    ParameterError
        If `train` is none of these, a count is below 1 or too large, the seed is out of range or
        the order is unknown.
    DataError
        If `train` has no interaction.
    SaturatedError
        If a user is linked to every item, so that no negative exists; the message names the user.

    Notes
    -----
    Random words come from SplitMix64 used as a counter (Steele, Lea and Flood, OOPSLA 2014),
    bounded integers from Lemire's exact multiply-shift (TOMACS 2019), the shuffle from a
    generalised Feistel network (Black and Rogaway, CT-RSA 2002), evaluated per position: an epoch
    needs no stored permutation. ``O(log d)`` per negative. `hardest_of` is the dynamic negative
    sampling of Zhang et al., SIGIR 2013.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 0, 1, 2], [0, 1, 2, 1], n_users=3, n_items=4)
    >>> sampler = gr.TripletSampler(train, batch_size=3, seed=7)
    >>> [len(batch.users) for batch in sampler.epoch(0)]
    [3, 1]
    >>> users, positives, negatives = sampler.sample(0, 0, 4)
    >>> sorted(zip(users.tolist(), positives.tolist()))
    [(0, 0), (0, 1), (1, 2), (2, 1)]
    """

    batch_size: int
    seed: int
    order: Literal["interaction", "user_uniform"]
    n_negatives: int
    hardest_of: int
    drop_last: bool
    _graph: Graph
    _native: _native.Sampler
    _options: dict[str, Any]

    def __init__(
        self,
        train: Links,
        batch_size: int = 2048,
        seed: int = 0,
        *,
        order: Literal["interaction", "user_uniform"] = "interaction",
        n_negatives: int = 1,
        hardest_of: int = 1,
        drop_last: bool = False,
    ) -> None:
        if order not in ORDERS:
            raise ParameterError(f"order = {order!r}: expected one of {', '.join(ORDERS)}")
        graph = linked("train", train)
        options = {
            "batch_size": bounded("batch_size", batch_size, 1, 31),
            "seed": bounded("seed", seed, 0, 64),
            "order": order,
            "n_negatives": bounded("n_negatives", n_negatives, 1, 31),
            "hardest_of": bounded("hardest_of", hardest_of, 1, 31),
            "drop_last": bool(drop_last),
        }
        self.__dict__.update(options, _graph=graph, _options=options)
        if self.n_negatives * self.hardest_of > _MOST_CANDIDATES:
            raise ParameterError(
                f"n_negatives = {n_negatives} with hardest_of = {hardest_of}: expected a product "
                f"of at most {_MOST_CANDIDATES}, the candidates of a positive"
            )
        try:
            native = _native.Sampler(
                graph._native,  # noqa: SLF001 - what a graph wraps
                order,
                self.n_negatives,
                self.hardest_of,
                self.seed,
            )
        except SaturatedError:
            raise saturated(train, graph) from None
        except DataError:
            raise DataError("train has no interactions: there is nothing to sample") from None
        self.__dict__["_native"] = native

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
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> users, positives, negatives = gr.TripletSampler(train).sample(0, 0, 2)
        >>> bool((positives != negatives).all())  # two items: the other one is the negative
        True
        """
        table = self._table(vectors) if self.hardest_of > 1 else None
        place = self._positions(epoch, start, stop)
        users, positives, negatives = self._native.sample(*place, table)
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
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1, 2], [0, 1, 2], n_users=3, n_items=3)
        >>> sampler = gr.TripletSampler(train, batch_size=2)
        >>> sampler.batch(5, 1).users.tolist() == sampler.sample(5, 2, 3).users.tolist()
        True
        """
        if not 0 <= whole_number("index", index) < self.n_batches:
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
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1, 2], [0, 1, 2], n_users=3, n_items=3)
        >>> sampler = gr.TripletSampler(train, batch_size=1)
        >>> sum(len(users) for users, _, _ in sampler.epoch(0, start_batch=1))
        2
        """
        if not 0 <= whole_number("start_batch", start_batch) <= self.n_batches:
            raise IdError(f"start_batch = {start_batch} is not in 0..={self.n_batches}")
        prefetch = bounded("prefetch", prefetch, 0, 31)
        epoch = bounded("epoch", epoch, 0, 64)
        if self.hardest_of > 1:
            if vectors is None:
                raise self._no_vectors()
            return self._scored(epoch, start_batch, vectors)
        return self._drawn(epoch, start_batch, prefetch)

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
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=5)
        >>> gr.TripletSampler(train, n_negatives=2, hardest_of=8).candidates(0, 0, 2).shape
        (2, 2, 8)
        """
        return self._native.candidates(*self._positions(epoch, start, stop))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a sampler is frozen, so {name} cannot be set; make a new one")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph and the options; a copy draws the same triplets."""
        return partial(TripletSampler, **self._options), (self._graph,)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self._options.items())
        return f"TripletSampler({self.n_triplets:,} interactions, {options})"

    def _positions(self, epoch: int, start: int, stop: int) -> tuple[int, int, int]:
        start, stop = whole_number("start", start), whole_number("stop", stop)
        if not 0 <= start <= stop <= self.n_triplets:
            raise IdError(f"positions {start}..{stop} are not within 0..{self.n_triplets}")
        return bounded("epoch", epoch, 0, 64), start, stop

    def _table(self, vectors: Vectors | None) -> Table:
        table = vectors() if callable(vectors) else vectors
        if table is None:
            raise self._no_vectors()
        if not isinstance(table, np.ndarray):
            raise ParameterError(
                f"vectors: expected an array of float32 or uint16, got {type(table).__name__}"
            )
        kept = table.dtype in (np.float32, np.uint16) and table.flags.c_contiguous
        if table.ndim != 2 or not kept:  # noqa: PLR2004 - a row per node
            raise ShapeError(
                "vectors: expected C-ordered rows of float32 (or uint16 bits of bfloat16), got "
                f"{table.dtype} {table.shape}; numpy.ascontiguousarray(vectors, numpy.float32)"
            )
        return table

    def _no_vectors(self) -> ParameterError:
        return ParameterError(
            f"hardest_of = {self.hardest_of} scores its candidates: pass `vectors`, the read-out "
            "vectors of users and items"
        )

    def _scored(
        self, epoch: int, start_batch: int, vectors: Callable[[], Table]
    ) -> Iterator[Triplets]:
        for index in range(start_batch, self.n_batches):
            yield self.batch(epoch, index, vectors=vectors)

    def _drawn(self, epoch: int, start_batch: int, prefetch: int) -> Iterator[Triplets]:
        step = max(1, _BLOCK // (self.batch_size * self.n_negatives))  # batches of one call
        blocks = range(start_batch, self.n_batches, step)

        def block(first: int) -> list[Triplets]:
            """Disjoint slices of one draw."""
            start, size = first * self.batch_size, self.batch_size
            stop = min(start + step * size, self.n_batches * size, self.n_triplets)
            drawn = self.sample(epoch, start, stop)
            cuts = [slice(at, at + size) for at in range(0, stop - start, size)]
            return [Triplets(*(part[cut] for part in drawn)) for cut in cuts]

        if self.batch_size * self.n_negatives > _MOST_AHEAD:
            prefetch = 0
        for batches in prefetched(block, blocks, -(-prefetch // step)):
            yield from batches
