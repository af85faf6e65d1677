"""Labelled pairs of an epoch: positives and their negatives, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glowrec.sampling.epochs import EpochSampler
from glowrec.sampling.triplets import TripletSampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from glowrec.factors import Links
    from glowrec.sampling.triplets import Triplets
    from glowrec.sampling.vectors import Vectors


class Pointwise(NamedTuple):
    """One batch of :class:`PointwiseSampler`: fresh, contiguous, writable int64 arrays.

    Of each position ``1 + n_negatives`` rows stand side by side, the positive pair first.
    """

    users: NDArray[np.int64]
    """User of each pair, shape (B * (1 + n_negatives),)."""
    items: NDArray[np.int64]
    """Item of each pair, of the same shape."""
    labels: NDArray[np.int64]
    """1 for a positive, 0 for a negative."""


class PointwiseSampler(EpochSampler[Pointwise]):
    """Draws pairs with labels: each positive with its negatives.

    The same draws as a :class:`TripletSampler` with the same options, written out as pairs, for
    losses that look at one pair at a time, such as binary cross entropy.

    Parameters
    ----------
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
    batch_size : int, default 2048
        Positions per batch: a batch has ``batch_size * (1 + n_negatives)`` pairs.
    seed : int, default 0
    **options
        As in :class:`TripletSampler`.

    Raises
    ------
    ParameterError, DataError, SaturatedError, ShapeError, IdError
        As :class:`TripletSampler`.

    Examples
    --------
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
    >>> users, items, labels = gr.PointwiseSampler(train, n_negatives=2).batch(0, 0)
    >>> labels
    array([1, 0, 0, 1, 0, 0])
    >>> bool(((users == items) == labels).all())
    True
    """

    triplets: TripletSampler
    """What draws."""

    def __init__(
        self,
        train: Links,
        batch_size: int = 2048,
        seed: int = 0,
        **options: Any,  # noqa: ANN401 - those of TripletSampler, which checks them
    ) -> None:
        triplets = TripletSampler(train, batch_size, seed, **options)
        self.__dict__.update(triplets.__dict__, triplets=triplets)

    def sample(
        self, epoch: int, start: int, stop: int, *, vectors: Vectors | None = None
    ) -> Pointwise:
        """Return the pairs of positions ``start..stop`` of an epoch.

        Parameters, errors as :meth:`TripletSampler.sample`.

        Returns
        -------
        Pointwise
            ``(stop - start) * (1 + n_negatives)`` pairs.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0], [1], n_users=1, n_items=2)
        >>> gr.PointwiseSampler(train).sample(0, 0, 1)
        Pointwise(users=array([0, 0]), items=array([1, 0]), labels=array([1, 0]))
        """
        return _labelled(self.triplets.sample(epoch, start, stop, vectors=vectors))

    def batch(self, epoch: int, index: int, *, vectors: Vectors | None = None) -> Pointwise:
        """Return batch number `index` of an epoch, without drawing those before it.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [1, 1], n_users=2, n_items=2)
        >>> gr.PointwiseSampler(train, batch_size=1).batch(0, 1).labels
        array([1, 0])
        """
        return _labelled(self.triplets.batch(epoch, index, vectors=vectors))

    def epoch(self, epoch: int, **options: Any) -> Iterator[Pointwise]:  # noqa: ANN401 - as below
        """Iterate over the batches of an epoch; arguments as :meth:`TripletSampler.epoch`.

        Examples
        --------
        >>> import glowrec as gr
        >>> train = gr.Graph.from_edges([0, 1], [1, 1], n_users=2, n_items=2)
        >>> [len(users) for users, _, _ in gr.PointwiseSampler(train).epoch(0)]
        [4]
        """
        return map(_labelled, self.triplets.epoch(epoch, **options))


def _labelled(drawn: Triplets) -> Pointwise:
    items = np.column_stack([drawn.positives, drawn.negatives])  # (B, 1 + n_negatives)
    labels = np.zeros(items.shape, dtype=np.int64)
    labels[:, 0] = 1
    return Pointwise(np.repeat(drawn.users, items.shape[1]), items.ravel(), labels.ravel())
