"""(user, positive, negative) triplets of an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glowrec.arguments import bounded, flag
from glowrec.errors import ParameterError, SaturatedError
from glowrec.factors import linked
from glowrec.sampling.epochs import EpochSampler
from glowrec.sampling.plan import (
    ORDERS,
    SATURATED,
    Order,
    Saturated,
    chosen,
    limits,
    plan,
    seeded,
    too_few,
    user_items,
)
from glowrec.sampling.strategies import Hardest, Strategy, Uniform
from glowrec.sampling.vectors import n_candidates, no_vectors, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.sampling.vectors import Table, Vectors

# Candidates of a positive, so that one position is drawn between two looks at signals.
_MOST_CANDIDATES = 2**20


class Triplets(NamedTuple):
    """One batch of :class:`TripletSampler`: fresh, contiguous, writable int64 arrays."""

    users: NDArray[np.int64]
    """User of each position, shape (B,)."""
    positives: NDArray[np.int64]
    """An item of the user, shape (B,)."""
    negatives: NDArray[np.int64]
    """Items the user never touched, shape (B,), or (B, n_negatives) if there are several."""


class TripletSampler(EpochSampler[Triplets]):
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
    order : {"interaction", "user_uniform", "popularity_corrected"}, default "interaction"
        "interaction" visits every distinct interaction exactly once per epoch, shuffled.
        "user_uniform" draws, for each position, a user (each one with interactions equally
        likely) and then one of the user's items, as LightGCN's reference code does.
        "popularity_corrected" draws an item (each one with interactions equally likely) and then
        one of its users: an interaction in inverse proportion to its item's popularity.
    negatives : Uniform, Popularity, InBatch, Mixed or Hardest, default Uniform()
        How negatives are chosen among the items that the user may draw.
    n_negatives : int, default 1
        Negatives per positive; with `Hardest`, at most 2**20 candidates.
    replacement : bool, default True
        Whether negatives of one positive may repeat. Without, each is drawn from those that are
        left: the first ones do not depend on `n_negatives`.
    exclude : Interactions, Graph or SciPy sparse matrix, optional
        Further items that are no negatives of a user, such as those held out for validation.
    allow : Interactions, Graph or SciPy sparse matrix, optional
        The only items that may be negatives of a user, less all others.
    blocked : array_like of int64, optional
        Items that are no negatives of anybody.
    saturated : {"error", "skip"}, default "error"
        What to do with users who are left with no negative, or with fewer than `n_negatives`
        where these must differ: refuse, or leave their interactions out of every epoch.
    drop_last : bool, default False
        Leave out the last batch of an epoch if it is shorter than the others.

    Raises
    ------
    ParameterError
        If `train` is none of these, a count is below 1 or too large, the seed is out of range, or
        a word or strategy is unknown.
    DataError
        If `train` has no interaction, or only those of users left out.
    SaturatedError
        If a user has too few negatives; the message names the user.
    ShapeError
        If `exclude` or `allow` has another shape than `train`.
    IdError
        If `blocked` holds what is no item.

    Notes
    -----
    Random words come from SplitMix64 used as a counter (Steele, Lea and Flood, OOPSLA 2014),
    bounded integers from Lemire's exact multiply-shift (TOMACS 2019), the shuffle from a
    generalised Feistel network (Black and Rogaway, CT-RSA 2002), evaluated per position: an epoch
    needs no stored permutation. ``O(log d)`` per negative. `exclude`, `allow` and `blocked` are
    merged with train once, into as many numbers as they hold: no mask is made.

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

    order: Order
    negatives: Strategy
    n_negatives: int
    replacement: bool

    def __init__(
        self,
        train: Links,
        batch_size: int = 2048,
        seed: int = 0,
        *,
        order: Order = "interaction",
        negatives: Strategy = Uniform(),  # noqa: B008 - frozen
        n_negatives: int = 1,
        replacement: bool = True,
        exclude: Links | None = None,
        allow: Links | None = None,
        blocked: ArrayLike | None = None,
        saturated: Saturated = "error",
        drop_last: bool = False,
    ) -> None:
        graph = linked("train", train)
        limited = limits(graph, exclude, allow, blocked)
        options = {
            "batch_size": bounded("batch_size", batch_size, 1, 31),
            "seed": seeded(seed),
            "order": chosen("order", order, ORDERS),
            "negatives": negatives,
            "n_negatives": bounded("n_negatives", n_negatives, 1, 31),
            "replacement": flag("replacement", replacement),
            **limited._asdict(),
            "saturated": chosen("saturated", saturated, SATURATED),
            "drop_last": flag("drop_last", drop_last),
        }
        if options["n_negatives"] * n_candidates(negatives) > _MOST_CANDIDATES:
            raise ParameterError(
                f"n_negatives = {n_negatives} with {negatives!r}: expected a product of at most "
                f"{_MOST_CANDIDATES}, the candidates of a positive"
            )
        draws = plan(
            order,
            options["seed"],
            negatives,
            options["n_negatives"],
            limited,
            batch_size=options["batch_size"],
            replacement=options["replacement"],
            skip=saturated == "skip",
        )
        self._prepare(train, graph, draws, options)
        self.__dict__["_draws_per_position"] = self.n_negatives

    @property
    def n_triplets(self) -> int:
        """Positions of one epoch: distinct interactions, less those of users left out."""
        return self.n_positions

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
            Vectors of users, then items, C-ordered, that score the candidates when `negatives`
            are the :class:`Hardest`, or a function that returns them. uint16 stands for the bits
            of bfloat16 numbers, which halve the memory traffic; sums are float32 in both cases,
            in one fixed order: the same bits on every processor. The array must not be changed by
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
            If the hardest are to be chosen and `vectors` are missing.
        ShapeError
            If `vectors` do not have one C-ordered row per user and item.
        ScoreError
            If the score of a candidate is NaN; the message names the user and the item.
        SaturatedError
            If a batch holds too few negatives of a user (:class:`InBatch`).

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> users, positives, negatives = gr.TripletSampler(train).sample(0, 0, 2)
        >>> bool((positives != negatives).all())  # two items: the other one is the negative
        True
        """
        return self._draw(*self._positions(epoch, start, stop), vectors)

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
        return self._draw(*self._positions(epoch, *self._bounds(index)), vectors)

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
            Called before each batch when the hardest are chosen; see :meth:`sample`.
        start_batch : int, default 0
            First batch, for resuming: ``0 <= start_batch <= n_batches``.
        prefetch : int, default 2
            Batches that a background thread prepares ahead, at least; with 0 there is no
            thread. Off when the hardest are chosen, because a batch then needs the vectors that
            the step before it has made. The batches are the same in every case.

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
        first = self._first(epoch, start_batch, prefetch)
        if n_candidates(self.negatives) > 1:
            if vectors is None:
                raise no_vectors(self.negatives)
            return self._scored(*first[:2], vectors)
        return self._drawn(*first)

    def candidates(self, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """Return every candidate that :class:`Hardest` chooses from.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        start, stop : int
            Positions, ``0 <= start <= stop <= n_triplets``.

        Returns
        -------
        ndarray of int64, shape (stop - start, n_negatives, of)
            Uniform negatives of each position and slot. The first candidate of a slot is what
            :class:`Uniform` draws; the others do not depend on their number either.

        Raises
        ------
        IdError
            If the positions are not within the epoch.
        ParameterError
            If `negatives` are neither :class:`Hardest` nor :class:`Uniform`.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=5)
        >>> sampler = gr.TripletSampler(train, n_negatives=2, negatives=gr.Hardest(8))
        >>> sampler.candidates(0, 0, 2).shape
        (2, 2, 8)
        """
        if not isinstance(self.negatives, Hardest | Uniform):
            raise ParameterError(f"negatives = {self.negatives!r}: only Hardest() has candidates")
        return self._native.candidates(*self._positions(epoch, start, stop))

    def probabilities(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float64]:
        """Return the probabilities that draws are these items, for importance weights.

        Parameters
        ----------
        users, items : array_like of int64, shape (n_rows,)

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            Of each row, the probability that the first negative of a position of this user is
            this item (with replacement: any negative); 0 for what the user may not draw. For
            :class:`InBatch`, the probability that the item stands in a whole batch.

        Raises
        ------
        ParameterError
            For :class:`Hardest`, whose choice depends on vectors.
        IdError
            If there is no such user or item.
        ShapeError
            If there are not as many items as users.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=5)
        >>> gr.TripletSampler(train).probabilities([0, 0, 1], [0, 1, 3])
        array([0.  , 0.25, 0.25])
        """
        if n_candidates(self.negatives) > 1:
            raise ParameterError(
                f"negatives = {self.negatives!r}: what is drawn depends on vectors, so it has no "
                "probability of its own"
            )
        return self._native.probabilities(*user_items(self._graph, users, items))

    def _draw(self, epoch: int, start: int, stop: int, vectors: Vectors | None = None) -> Triplets:
        table = table_of(vectors, self.negatives) if n_candidates(self.negatives) > 1 else None
        try:
            users, positives, negatives = self._native.sample(epoch, start, stop, table)
        except SaturatedError as error:
            raise too_few(error, self._train, self._graph, skip=False) from None
        return Triplets(users, positives, negatives if self.n_negatives > 1 else negatives[:, 0])

    def _scored(
        self, epoch: int, start_batch: int, vectors: Callable[[], Table]
    ) -> Iterator[Triplets]:
        for index in range(start_batch, self.n_batches):
            yield self.batch(epoch, index, vectors=vectors)
