"""Models side by side: each fitted and judged in a process of its own."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from glowrec import datasets, threads
from glowrec.errors import DataError
from glowrec.evaluation import evaluate
from glowrec.memory import peak_memory
from glowrec.recommenders.entrants import check_entrant, entrant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glowrec.metrics.names import Metric

COMPARED: tuple[Metric, ...] = ("recall", "ndcg", "precision", "hit", "map")
"""What models are compared by."""


class Judged(NamedTuple):
    """What came out for one model."""

    model: str
    """Its name among :data:`glowrec.recommenders.entrants.ENTRANTS`."""
    metrics: dict[str, float]
    """Means over users, such as ``metrics["ndcg@20"]``."""
    fit_seconds: float
    """Fitting; a validation split of the model's own and a second fit included."""
    evaluate_seconds: float
    """Ranking all items for all test users."""
    peak_bytes: int | None
    """The most memory of its process, the interpreter and the data included; None if unknown."""


def judge(
    model: str,
    source: Mapping[str, str],
    *,
    k: int = 20,
    metrics: Sequence[Metric] = COMPARED,
    seed: int = 0,
    n_threads: int = 0,
) -> Judged:
    """Fit a model on the train part of a data set and rank for its test part.

    The settings are the model's defaults. It learns from train only: where it has a number of
    epochs to choose, a validation split of train chooses. All items that a user does not have in
    train are ranked.

    Parameters
    ----------
    model : str
        One of :data:`glowrec.recommenders.entrants.ENTRANTS`.
    source : mapping
        Arguments of :func:`glowrec.datasets.load`.
    k : int, default 20
        Cut-off, at least 1.
    metrics : sequence of str
        Of :data:`glowrec.metrics.ALL_METRICS`.
    seed : int, default 0
        Of everything random.
    n_threads : int, default 0
        Of the compiled kernels; 0 for one per core.

    Returns
    -------
    Judged

    Raises
    ------
    GlowrecError
        Whatever keeps the data from being loaded, or the model from being fitted.

    Examples
    --------
    >>> from glowrec.recommenders.contest import judge
    >>> judge("popular", {"name_or_folder": "synthetic"}).metrics["hit@20"] > 0
    True
    """
    threads.set_num_threads(n_threads)
    data = datasets.load(**source)  # type: ignore[arg-type]  # load checks the policy
    if not len(data.test):
        raise DataError(f"{data.name}: has no test interactions to judge by")
    recommender = entrant(model, seed)
    start = time.perf_counter()
    recommender.fit(data.train)
    fitted = time.perf_counter()
    result = evaluate(recommender, data.train, data.test, k, metrics)
    end = time.perf_counter()
    return Judged(model, result.summary, fitted - start, end - fitted, peak_memory())


def judge_apart(
    model: str,
    source: Mapping[str, str],
    *,
    k: int = 20,
    seed: int = 0,
    n_threads: int = 0,
) -> Judged:
    """Do what :func:`judge` does in a fresh process, whose memory is the model's alone.

    Parameters
    ----------
    model, source, k, seed, n_threads
        As in :func:`judge`.

    Returns
    -------
    Judged

    Raises
    ------
    GlowrecError
        As :func:`judge`.
    DataError
        If the process dies, as one does that the system kills for its memory.
    """
    check_entrant(model)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        judging = pool.submit(judge, model, source, k=k, seed=seed, n_threads=n_threads)
        try:
            return judging.result()
        except BrokenProcessPool:
            raise DataError(
                f"{model}: its process was killed, perhaps for lack of memory"
            ) from None
