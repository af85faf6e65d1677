"""Epochs in batches, by position: what all samplers of an epoch share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from glowrec import _native
from glowrec.arguments import bounded, whole_number
from glowrec.errors import DataError, IdError, SaturatedError
from glowrec.prefetch import prefetched
from glowrec.sampling.plan import too_few

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glowrec.factors import Links
    from glowrec.graph import Graph
    from glowrec.sampling.plan import Plan

# Numbers of a batch that are made ahead: longer ones are made by the caller, who handles signals.
_MOST_AHEAD = 2**24
# Draws of one call when batches are smaller: enough to keep all threads busy and to make the cost
# of the call vanish, few enough to stay in the cache.
_BLOCK = 65_536

Batch = TypeVar("Batch", bound=tuple[Any, ...])


class EpochSampler(Generic[Batch]):
    """A frozen sampler whose epochs are cut into batches of positions.

    Subclasses say what a run of positions is, :meth:`_draw`, a row per position.
    """

    batch_size: int
    seed: int
    drop_last: bool
    _train: Links
    _graph: Graph
    _native: _native.Sampler
    _options: dict[str, Any]
    _draws_per_position: int = 1

    def _prepare(self, train: Links, graph: Graph, plan: Plan, options: dict[str, Any]) -> None:
        """Build the core's sampler and set all attributes, once."""
        try:
            native = _native.Sampler(graph._native, plan)  # noqa: SLF001 - what a graph wraps
        except SaturatedError as error:
            raise too_few(error, train, graph, skip=True) from None
        except DataError:
            why = "every user is saturated" if graph.n_edges else "train has no interactions"
            raise DataError(f"{why}: there is nothing to sample") from None
        self.__dict__.update(options, _train=train, _graph=graph, _native=native, _options=options)

    @property
    def n_positions(self) -> int:
        """Positions of one epoch: distinct interactions, less those of users left out."""
        return self._native.n_triplets

    @property
    def n_batches(self) -> int:
        """Batches of one epoch."""
        whole, rest = divmod(self.n_positions, self.batch_size)
        return whole if self.drop_last else whole + (rest > 0)

    def _draw(self, epoch: int, start: int, stop: int) -> Batch:
        raise NotImplementedError

    def _batch(self, epoch: int, index: int) -> Batch:
        return self._draw(*self._positions(epoch, *self._bounds(index)))

    def _bounds(self, index: int) -> tuple[int, int]:
        """First position of a batch, and the one after its last."""
        if not 0 <= whole_number("index", index) < self.n_batches:
            raise IdError(f"batch {index} is not in 0..{self.n_batches}")
        start = index * self.batch_size
        return start, min(start + self.batch_size, self.n_positions)

    def _positions(self, epoch: int, start: int, stop: int) -> tuple[int, int, int]:
        start, stop = whole_number("start", start), whole_number("stop", stop)
        if not 0 <= start <= stop <= self.n_positions:
            raise IdError(f"positions {start}..{stop} are not within 0..{self.n_positions}")
        return bounded("epoch", epoch, 0, 64), start, stop

    def _first(self, epoch: int, start_batch: int, prefetch: int) -> tuple[int, int, int]:
        """Check the arguments of an epoch before its first batch is asked for."""
        if not 0 <= whole_number("start_batch", start_batch) <= self.n_batches:
            raise IdError(f"start_batch = {start_batch} is not in 0..={self.n_batches}")
        prefetch = bounded("prefetch", prefetch, 0, 31)
        return bounded("epoch", epoch, 0, 64), start_batch, prefetch

    def _drawn(
        self, epoch: int, start_batch: int, prefetch: int, most: int | None = None
    ) -> Iterator[Batch]:
        """Batches in order, up to `most` of them in one call, those of `prefetch` ahead."""
        n_draws = self.batch_size * self._draws_per_position
        step = max(1, _BLOCK // n_draws)  # batches of one call
        step = step if most is None else min(step, most)
        blocks = range(start_batch, self.n_batches, step)
        if n_draws > _MOST_AHEAD:
            prefetch = 0
        block = partial(self._block, epoch, step)
        for batches in prefetched(block, blocks, -(-prefetch // step)):
            yield from batches

    def _block(self, epoch: int, step: int, first: int) -> list[Batch]:
        """Disjoint slices of one draw."""
        start, size = first * self.batch_size, self.batch_size
        stop = min(start + step * size, self.n_batches * size, self.n_positions)
        drawn = self._draw(epoch, start, stop)
        if step == 1:
            return [drawn]
        cuts = [slice(at, at + size) for at in range(0, stop - start, size)]
        return [type(drawn)(*(part[cut] for part in drawn)) for cut in cuts]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a sampler is frozen, so {name} cannot be set; make a new one")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the graph and the options; a copy draws the same."""
        return partial(type(self), **self._options), (self._graph,)

    def __repr__(self) -> str:
        given = {name: value for name, value in self._options.items() if value is not None}
        options = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"{type(self).__name__}({self.n_positions:,} interactions, {options})"
