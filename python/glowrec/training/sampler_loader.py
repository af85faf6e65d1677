"""A DataLoader over a sampler that knows how far its reader is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.utils.data import DataLoader

from glowrec.errors import ParameterError
from glowrec.training.sampler_dataset import SamplerDataset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from glowrec.training.sampler_dataset import BatchSampler

_DECIDED = frozenset(
    {"batch_size", "shuffle", "sampler", "batch_sampler", "drop_last", "in_order"}
)


class SamplerLoader(DataLoader["tuple[Tensor, ...]"]):
    """A ``DataLoader`` over :class:`SamplerDataset` that can be stopped and resumed anywhere.

    Workers draw ahead of the reader, so what they have drawn says nothing about what was used.
    This counts the batches as it hands them over.

    Parameters
    ----------
    sampler : TripletSampler, or any object with ``n_batches`` and ``batch(epoch, index)``
        Its batches come as they are, tuples of tensors.
    epoch, rank, world_size : int, optional
        As of :class:`SamplerDataset`.
    **options
        Of ``DataLoader``: ``num_workers``, ``multiprocessing_context``, ``persistent_workers``,
        ``pin_memory``, ``prefetch_factor`` and others.

    Raises
    ------
    ParameterError
        If an option is one that the sampler has decided, such as ``batch_size``; further errors
        as of :class:`SamplerDataset`.

    Examples
    --------
    >>> import glowrec as gr
    >>> from glowrec.training import SamplerLoader
    >>> train = gr.Graph.from_edges(range(9), range(9), n_users=9, n_items=9)
    >>> loader = SamplerLoader(gr.TripletSampler(train, batch_size=2))
    >>> for users, positives, negatives in loader:
    ...     state = loader.state_dict()
    ...     break
    >>> state["epoch"], state["position"]
    (0, 1)
    >>> resumed = SamplerLoader(gr.TripletSampler(train, batch_size=2))
    >>> resumed.load_state_dict(state)
    >>> len(list(resumed)), len(resumed)
    (4, 5)
    """

    dataset: SamplerDataset

    def __init__(
        self,
        sampler: BatchSampler,
        *,
        epoch: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        **options: Any,  # noqa: ANN401 - those of DataLoader
    ) -> None:
        if decided := sorted(_DECIDED & options.keys()):
            raise ParameterError(
                f"{decided[0]}: the sampler decides what a batch is and in which order they come; "
                "leave it out"
            )
        dataset = SamplerDataset(sampler, epoch=epoch, rank=rank, world_size=world_size)
        self._taken = 0
        super().__init__(dataset, batch_size=None, **options)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next; see :meth:`SamplerDataset.set_epoch`."""
        self.dataset.set_epoch(epoch)
        self._taken = 0

    def state_dict(self) -> dict[str, int]:
        """Return where the reader stands: the batch in its hands counts as taken.

        Returns
        -------
        dict of str to int
            As of :meth:`SamplerDataset.state_dict`.
        """
        return self.dataset.state_dict(self._taken)

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where another reader stood; see :meth:`SamplerDataset.load_state_dict`.

        Parameters
        ----------
        state : mapping
            Of :meth:`state_dict`. The number of workers may differ.
        """
        self.dataset.load_state_dict(state)
        self._taken = 0

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:  # type: ignore[override]
        self._taken = 0
        return self._counted(super().__iter__())

    def _counted(self, batches: Iterator[tuple[Tensor, ...]]) -> Iterator[tuple[Tensor, ...]]:
        for taken, batch in enumerate(batches, 1):
            self._taken = taken
            yield batch
