"""Work done ahead of its reader, by a thread that never outlives it."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = TypeVar("Job")
Result = TypeVar("Result")


def prefetched(work: Callable[[Job], Result], jobs: Sequence[Job], ahead: int) -> Iterator[Result]:
    """Yield ``work(job)`` for each job in order, up to `ahead` of them before they are asked for.

    One thread runs the jobs one after another, so `work` should release the interpreter. The
    thread starts with the first result that is asked for and has ended when the iterator is
    exhausted, closed or dropped, or when `work` has raised; what it raises is raised here, at its
    place. In a forked child, which has the iterator but not the thread, jobs run when their
    results are asked for.

    Parameters
    ----------
    work : callable
        Depends on nothing but its job.
    jobs : sequence
        Arguments of `work`.
    ahead : int
        Results that may wait, besides the one in the reader's hands; with 0 there is no thread.

    Yields
    ------
    object
        Results, in the order of `jobs`.

    Examples
    --------
    >>> from glowrec.prefetch import prefetched
    >>> list(prefetched(abs, [-1, 2, -3], ahead=2))
    [1, 2, 3]
    """
    if ahead == 0:
        yield from map(work, jobs)
        return
    owner = os.getpid()
    thread = ThreadPoolExecutor(1, thread_name_prefix="glowrec-prefetch")
    try:
        waiting = iter(jobs)
        pending = deque(thread.submit(work, job) for job in islice(waiting, ahead + 1))
        for job in jobs:
            if os.getpid() != owner:
                yield work(job)
                continue
            result = pending.popleft().result()
            pending.extend(thread.submit(work, job) for job in islice(waiting, 1))
            yield result
    finally:
        if os.getpid() == owner:
            thread.shutdown(wait=True, cancel_futures=True)
