"""Positive pairs of an epoch: users and one of their items each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glowrec.arguments import bounded, flag
from glowrec.factors import linked
from glowrec.sampling.epochs import EpochSampler
from glowrec.sampling.plan import ORDERS, Limits, Order, chosen, plan, seeded
from glowrec.sampling.strategies import Uniform

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from glowrec.factors import Links


class Pairs(NamedTuple):
    """One batch of :class:`PairSampler`: fresh, contiguous, writable int64 arrays."""

    users: NDArray[np.int64]
    """User of each position, shape (B,)."""
    items: NDArray[np.int64]
    """An item of the user, shape (B,)."""


class PairSampler(EpochSampler[Pairs]):
    """Draws positive pairs, for losses that need no negatives or find their own.

    The pairs are those of a :class:`TripletSampler` of the same seed and order.

    Parameters
    ----------
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
    batch_size, seed, order, drop_last
        As in :class:`TripletSampler`.

    Raises
    ------
    ParameterError
        If a parameter is out of range.
    DataError
        If `train` has no interaction.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 0, 1], [0, 1, 2], n_users=2, n_items=3)
    >>> users, items = gr.PairSampler(train, batch_size=3).batch(0, 0)
    >>> sorted(zip(users.tolist(), items.tolist()))
    [(0, 0), (0, 1), (1, 2)]
    """

    order: Order

    def __init__(
        self,
        train: Links,
        batch_size: int = 2048,
        seed: int = 0,
        *,
        order: Order = "interaction",
        drop_last: bool = False,
    ) -> None:
        options = {
            "batch_size": bounded("batch_size", batch_size, 1, 31),
            "seed": seeded(seed),
            "order": chosen("order", order, ORDERS),
            "drop_last": flag("drop_last", drop_last),
        }
        none = Limits(None, None, None)
        pairs = plan(order, seeded(seed), Uniform(), 0, none)
        self._prepare(train, linked("train", train), pairs, options)

    def sample(self, epoch: int, start: int, stop: int) -> Pairs:
        """Return the pairs at positions ``start..stop`` of an epoch.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        start, stop : int
            Positions, ``0 <= start <= stop <= n_positions``.

        Returns
        -------
        Pairs

        Raises
        ------
        IdError
            If the positions are not within the epoch.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0], [1], n_users=1, n_items=2)
        >>> gr.PairSampler(train).sample(0, 0, 1)
        Pairs(users=array([0]), items=array([1]))
        """
        return self._draw(*self._positions(epoch, start, stop))

    def batch(self, epoch: int, index: int) -> Pairs:
        """Return batch number `index` of an epoch, without drawing those before it.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [1, 1], n_users=2, n_items=2)
        >>> len(gr.PairSampler(train, batch_size=1).batch(0, 1).users)
        1
        """
        return self._batch(epoch, index)

    def epoch(self, epoch: int, *, start_batch: int = 0, prefetch: int = 2) -> Iterator[Pairs]:
        """Iterate over the batches of an epoch; arguments as :meth:`TripletSampler.epoch`.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [1, 1], n_users=2, n_items=2)
        >>> [len(users) for users, _ in gr.PairSampler(train, batch_size=1).epoch(0)]
        [1, 1]
        """
        return self._drawn(*self._first(epoch, start_batch, prefetch))

    def _draw(self, epoch: int, start: int, stop: int) -> Pairs:
        return Pairs(*self._native.pairs(epoch, start, stop))
