"""Batches whose positives are the negatives of one another, with what corrects for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec.arguments import bounded, flag
from glowrec.factors import linked
from glowrec.sampling.epochs import EpochSampler
from glowrec.sampling.plan import ORDERS, Order, chosen, limits, plan, seeded
from glowrec.sampling.strategies import Uniform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links


class InBatchPairs(NamedTuple):
    """One batch of :class:`InBatchSampler`: fresh, contiguous, writable arrays."""

    users: NDArray[np.int64]
    """User of each position, shape (B,)."""
    items: NDArray[np.int64]
    """An item of the user, shape (B,)."""
    log_q: NDArray[np.float64]
    """Logarithm of the probability that each item stands in a batch of this size, shape (B,)."""
    clashes: NDArray[np.int64]
    """Positions ``i, j`` for which item ``j`` is no negative of user ``i``: shape (2, n_clashes),
    ascending by ``i``, then ``j``; ``(i, i)`` is among them."""

    def mask(self) -> NDArray[np.bool_]:
        """Return which item is a negative of which user, shape (B, B).

        ``mask[i, j]`` is True unless ``i, j`` clash. It takes ``B * B`` bytes.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> gr.InBatchSampler(train, batch_size=2).batch(0, 0).mask()
        array([[False,  True],
               [ True, False]])
        """
        allowed = np.ones((len(self.users), len(self.users)), dtype=bool)
        allowed[tuple(self.clashes)] = False
        return allowed


class InBatchSampler(EpochSampler[InBatchPairs]):
    r"""Draws batches of pairs for a softmax over the items of the batch.

    With scores :math:`s_{ij}` of user :math:`i` and the item of position :math:`j`, the loss of
    position :math:`i` is the cross entropy of its own item among those of the batch, each score
    corrected by the logarithm of the item's probability of standing there:

    .. math:: \ell_i = -s'_{ii} + \log \Big(e^{s'_{ii}} + \sum_{j : (i, j) \text{ no clash}}
              e^{s'_{ij}}\Big), \quad s'_{ij} = s_{ij} - \log q_j

    Popular items stand in more batches; without the correction they are pushed down too often.
    Items that the user has, wherever they stand in the batch, are clashes and no negatives.

    Parameters
    ----------
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
    batch_size, seed, order, drop_last
        As in :class:`TripletSampler`; the pairs are those of one with the same seed and order.
    exclude, allow, blocked
        As in :class:`TripletSampler`: what they forbid is a clash. The epoch's pairs are those of
        train all the same.

    Raises
    ------
    ParameterError, DataError, ShapeError, IdError
        As :class:`TripletSampler`.

    Notes
    -----
    The shuffle of ``order="interaction"`` puts every set of `B` interactions into a batch equally
    often, so that an item of degree :math:`d` among :math:`N` interactions stands there with
    probability :math:`q = 1 - \binom{N - d}{B} / \binom{N}{B}`; the positions of the other orders
    are independent, so one that a position draws with probability :math:`p` stands there with
    :math:`q = 1 - (1 - p)^B`. These are exact, where Yi et al. estimate them from a stream.

    References
    ----------
    Bengio and Senécal, "Adaptive importance sampling to accelerate training of a neural
    probabilistic language model", IEEE TNN 2008. Yi et al., "Sampling-bias-corrected neural
    modeling for large corpus item recommendations", RecSys 2019, equations 2 to 5.

    Examples
    --------
    >>> import glowrec as gr
    >>> import numpy as np
    >>> train = gr.Graph.from_edges([0, 0, 1, 2], [0, 1, 1, 2], n_users=3, n_items=3)
    >>> batch = gr.InBatchSampler(train, batch_size=4).batch(0, 0)
    >>> scores = np.zeros((4, 4)) - batch.log_q
    >>> own = scores.diagonal().copy()
    >>> scores[tuple(batch.clashes)] = -np.inf
    >>> np.fill_diagonal(scores, own)
    >>> loss = np.log(np.exp(scores).sum(axis=1)) - own
    >>> dict(zip(batch.users.tolist(), loss.round(4).tolist()))[2]  # three negatives in the batch
    1.3863
    """

    order: Order
    _log_q: dict[int, NDArray[np.float64]]

    def __init__(
        self,
        train: Links,
        batch_size: int = 2048,
        seed: int = 0,
        *,
        order: Order = "interaction",
        exclude: Links | None = None,
        allow: Links | None = None,
        blocked: ArrayLike | None = None,
        drop_last: bool = False,
    ) -> None:
        graph = linked("train", train)
        limited = limits(graph, exclude, allow, blocked)
        options = {
            "batch_size": bounded("batch_size", batch_size, 1, 31),
            "seed": seeded(seed),
            "order": chosen("order", order, ORDERS),
            **limited._asdict(),
            "drop_last": flag("drop_last", drop_last),
        }
        pairs = plan(order, seeded(seed), Uniform(), 0, limited)
        self._prepare(train, graph, pairs, options)
        self.__dict__["_log_q"] = {}

    def sample(self, epoch: int, start: int, stop: int) -> InBatchPairs:
        """Return positions ``start..stop`` of an epoch as one batch.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        start, stop : int
            Positions, ``0 <= start <= stop <= n_positions``.

        Returns
        -------
        InBatchPairs

        Raises
        ------
        IdError
            If the positions are not within the epoch.
        MemoryError
            If there is no room for the clashes: up to the square of the batch.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> gr.InBatchSampler(train).sample(0, 0, 1).log_q.round(4)  # one of two interactions
        array([-0.6931])
        """
        return self._draw(*self._positions(epoch, start, stop))

    def batch(self, epoch: int, index: int) -> InBatchPairs:
        """Return batch number `index` of an epoch, without drawing those before it.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> gr.InBatchSampler(train, batch_size=2).batch(0, 0).clashes
        array([[0, 1],
               [0, 1]])
        """
        return self._batch(epoch, index)

    def epoch(
        self, epoch: int, *, start_batch: int = 0, prefetch: int = 2
    ) -> Iterator[InBatchPairs]:
        """Iterate over the batches of an epoch; arguments as :meth:`TripletSampler.epoch`.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> [len(batch.users) for batch in gr.InBatchSampler(train, batch_size=1).epoch(0)]
        [1, 1]
        """
        return self._drawn(*self._first(epoch, start_batch, prefetch), most=1)

    def _draw(self, epoch: int, start: int, stop: int) -> InBatchPairs:
        users, items, *clashes = self._native.in_batch(epoch, start, stop)
        return InBatchPairs(users, items, self._of_items(stop - start)[items], np.stack(clashes))

    def _of_items(self, n: int) -> NDArray[np.float64]:
        """Return the logarithms of the probabilities of all items; whole batches share them."""
        found = self._log_q.get(n)
        if found is None:
            with np.errstate(divide="ignore"):  # an item without interactions stands nowhere
                found = np.log(self._native.in_batch_probabilities(n))
            if n in {self.batch_size, self.n_positions % self.batch_size}:
                self._log_q[n] = found
        return found
