"""Whether draws are functions of their positions: one call or many, any cuts, any threads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from glowrec.arguments import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

Drawn: TypeAlias = "ArrayLike | tuple[ArrayLike, ...]"

_MOST_CALLS = 64  # of one length of chunk


def check_reproducible(
    draw: Callable[[int, int], Drawn],
    n: int,
    *,
    seed: int = 0,
    threads: Sequence[int] = (),
    set_threads: Callable[[int], object] | None = None,
) -> None:
    """Check that positions are the same bits in one call, in many, and in any order of calls.

    ``draw(0, n)`` is asked for twice, then for chunks of 1, 2, 3, 7, a third and a half of `n`
    positions, and for random ones, last chunk first; at most 64 chunks of one length, at the
    beginning, at the end and at random places between.

    Parameters
    ----------
    draw : callable
        ``draw(start, stop)`` returns what stands at these positions: an array whose first axis
        has the length ``stop - start``, or a tuple of such arrays.
    n : int
        Positions, at least 1.
    seed : int, default 0
        Where random chunks begin and end.
    threads : sequence of int, optional
        Numbers of threads with which everything is asked for again.
    set_threads : callable, optional
        Sets the number of threads, such as ``glowrec.threads.set_num_threads``; the caller
        restores it.

    Raises
    ------
    AssertionError
        If an answer differs in length, type or one bit; the message names the position.

    Notes
    -----
    Deterministic: a sampler that is right never fails, and one whose draws depend on the call
    they are part of fails unless all the draws that are compared agree by chance.

    Examples
    --------
    >>> import numpy as np
    >>> import glowrec as gr
    >>> from glowrec.testing import check_reproducible
    >>> train = gr.Graph.from_edges(np.arange(50), np.arange(50), n_users=50, n_items=60)
    >>> sampler = gr.TripletSampler(train, seed=3)
    >>> check_reproducible(lambda start, stop: sampler.sample(0, start, stop), 50)
    >>> rng = np.random.default_rng(0)
    >>> check_reproducible(lambda start, stop: rng.integers(0, 60, stop - start), 50)
    Traceback (most recent call last):
    AssertionError: the same call again: position 0 is 45 where it was 51
    """
    last = bounded("n", n, 1, 63)
    whole = _arrays(draw(0, last), last, "the first call")
    for count in threads if set_threads is not None else (None,):
        said = ""
        if count is not None and set_threads is not None:
            set_threads(count)
            said = f" on {count} threads"
        _compare(
            whole, _arrays(draw(0, last), last, "the same call"), 0, f"the same call again{said}"
        )
        for start, stop in _chunks(last, np.random.default_rng(seed)):
            name = f"positions {start}..{stop} alone{said}"
            _compare(whole, _arrays(draw(start, stop), stop - start, name), start, name)


def _chunks(n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    found = []
    for size in sorted({1, 2, 3, 7, -(-n // 3), -(-n // 2)}):
        starts = np.arange(0, n, size)
        if starts.size > _MOST_CALLS:
            third = _MOST_CALLS // 3
            between = np.sort(rng.choice(starts[third:-third], third, replace=False))
            starts = np.concatenate([starts[:third], between, starts[-third:]])
        found += [(start, min(start + size, n)) for start in starts.tolist()]
    edges = np.unique(np.concatenate([[0, n], rng.integers(0, n, 8)])).tolist()
    found += list(pairwise(edges))
    return found[::-1]


def _arrays(drawn: Drawn, length: int, name: str) -> list[NDArray[Any]]:
    parts = [np.asarray(part) for part in (drawn if isinstance(drawn, tuple) else (drawn,))]
    for place, part in enumerate(parts):
        if part.shape[:1] != (length,):
            raise AssertionError(
                f"{name}: expected {length} positions, got an array of shape {part.shape}"
                f"{_of(place, parts)}"
            )
    return parts


def _compare(whole: list[NDArray[Any]], parts: list[NDArray[Any]], start: int, name: str) -> None:
    if len(whole) != len(parts):
        raise AssertionError(f"{name}: {len(parts)} arrays where there were {len(whole)}")
    for place, (before, now) in enumerate(zip(whole, parts, strict=True)):
        then = before[start : start + len(now)]
        if then.dtype != now.dtype or then.shape != now.shape:
            raise AssertionError(
                f"{name}: {now.dtype} of shape {now.shape} where there was {then.dtype} of shape "
                f"{then.shape}{_of(place, parts)}"
            )
        # Bits, so that NaN equals itself and 0.0 is not -0.0.
        if then.tobytes() != now.tobytes():
            rows = [row.tobytes() for row in then], [row.tobytes() for row in now]
            at = next(i for i, (a, b) in enumerate(zip(*rows, strict=True)) if a != b)
            raise AssertionError(
                f"{name}: position {start + at} is {now[at].tolist()} where it was "
                f"{then[at].tolist()}{_of(place, parts)}"
            )


def _of(place: int, parts: list[NDArray[Any]]) -> str:
    return f" (array {place} of {len(parts)})" if len(parts) > 1 else ""
