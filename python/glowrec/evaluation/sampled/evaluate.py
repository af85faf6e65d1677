"""Ranking each test item among sampled negatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.columns import check_codes
from glowrec.errors import ShapeError
from glowrec.evaluation.judging import check_once
from glowrec.evaluation.sampled.averages import averaged
from glowrec.evaluation.sampled.corrections import METRICS
from glowrec.evaluation.sampled.ranks import Scorer, products
from glowrec.factors import check_items, check_pair, linked, user_of_each_row, vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from glowrec.evaluation.sampled.corrections import Correction, Metric
    from glowrec.evaluation.sampled.result import SampledEvaluation
    from glowrec.factors import Links


def evaluate_sampled(
    user_factors: ArrayLike,
    item_factors: ArrayLike,
    train: Links | None,
    test: Links,
    *,
    n_candidates: int = 100,
    k: int | Sequence[int] = 10,
    metrics: Metric | Sequence[Metric] = METRICS,
    replace: bool = False,
    correction: Correction | None = None,
    gamma: float = 0.1,
    users: ArrayLike | None = None,
    seed: int = 0,
) -> SampledEvaluation:
    """Rank each test item among sampled negatives of its user, by dot products of factors.

    For comparisons with papers that did so. Sampled metrics can order models differently from
    full rankings, whatever the number of targets (Krichene and Rendle, KDD 2020), so every call
    warns; :func:`glowrec.evaluate_factors` ranks all items.

    Parameters
    ----------
    user_factors : array_like of float32, shape (n_rows, dim)
    item_factors : array_like of float32, shape (n_items, dim)
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), or None
        A user's items here are no candidates.
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        Each of a user's items here is a target by itself: one relevant item. One that is also in
        `train` counts as missed.
    n_candidates : int, default 100
        Negatives of each target, uniform among the items in neither `train` nor `test`.
    k : int or sequence of int, default 10
        Cut-offs: of the sampled ranking, or, with a correction, of the full one.
    metrics : str or sequence of str
        Of recall, precision, ndcg, hit, mrr and map; all by default. The formulas are those for
        one relevant item, :func:`glowrec.evaluation.sampled.corrections.of_rank`.
    replace : bool, default False
        Draw with replacement, as Krichene and Rendle analyse.
    correction : {"rank", "bv", "cls"}, optional
        Estimate the metric of the full ranking at `k`:
        :mod:`glowrec.evaluation.sampled.corrections`.
    gamma : float, default 0.1
        Weight of the variance in "bv".
    users : array_like of int64, shape (n_rows,), optional
        User of each row, without repeats. By default row ``r`` is user ``r``.
    seed : int, default 0
        Of the negatives, in ``0..2**64``.

    Returns
    -------
    SampledEvaluation
        Means over each user's targets, then over users.

    Warns
    -----
    SampledMetricsWarning
        Always, once.

    Raises
    ------
    ShapeError
        If the inputs differ in their numbers of columns, users or items.
    IdError
        If an entry of `users` is not a user.
    SaturatedError
        If a user has no negative, or without replacement fewer than `n_candidates`: named.
    ScoreError
        If a score is NaN: the user and the item are named.
    ParameterError
        If a parameter is out of range or unknown.

    Notes
    -----
    A target's negatives depend on ``(seed, user, item)`` only: not on the model, so two models
    face the same ones, nor on the other users. Ties go to the lower item id. Scores are summed in
    float64. For a correction, numbers of negatives are taken to three digits, so that few
    vectors have to be made.

    Examples
    --------
    >>> import warnings
    >>> import glowrec as gr
    >>> train = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=5)
    >>> test = gr.Graph.from_edges([0, 1], [1, 2], n_users=2, n_items=5)
    >>> items = [[3.0, 1], [2, 2], [1, 1], [0, 0], [0, 9]]
    >>> with warnings.catch_warnings(action="ignore"):
    ...     found = evaluate_sampled([[1, 0], [0, 1]], items, train, test, n_candidates=3, k=2)
    >>> found.ranks, found.summary["mrr@2"]
    (array([1, 3]), 0.5)
    """
    table, items = vectors("user_factors", user_factors), vectors("item_factors", item_factors)
    check_pair(table, items)
    relevant = linked("test", test)
    check_items("item_factors", len(items), ("test", relevant))
    ids = user_of_each_row("user_factors", len(table), users, ("test", relevant))
    check_codes("users", ids, relevant.n_users)
    check_once(ids)
    return averaged(
        products(table, items, ids, relevant.n_users),
        None if train is None else linked("train", train),
        relevant,
        ids,
        n_candidates=n_candidates,
        k=k,
        metrics=metrics,
        replace=replace,
        correction=correction,
        gamma=gamma,
        seed=seed,
    )


def evaluate_sampled_pairs(
    score_pairs: Callable[[NDArray[np.int64], NDArray[np.int64]], ArrayLike],
    train: Links | None,
    test: Links,
    *,
    n_candidates: int = 100,
    k: int | Sequence[int] = 10,
    metrics: Metric | Sequence[Metric] = METRICS,
    replace: bool = False,
    correction: Correction | None = None,
    gamma: float = 0.1,
    users: ArrayLike | None = None,
    seed: int = 0,
) -> SampledEvaluation:
    """Rank each test item among sampled negatives of its user, by any model's scores of pairs.

    Parameters
    ----------
    score_pairs : callable
        Takes users and items, int64 arrays of one shape ``(m,)``, and returns the score of each
        pair, shape ``(m,)``. The score of a pair must not depend on the others.
    train, test, n_candidates, k, metrics, replace, correction, gamma, seed
        As in :func:`evaluate_sampled`.
    users : array_like of int64, shape (n_rows,), optional
        The users to judge, each once. All by default.

    Returns
    -------
    SampledEvaluation

    Warns
    -----
    SampledMetricsWarning
        Always, once.

    Raises
    ------
    ShapeError
        If `score_pairs` returns another shape, or `train` and `test` differ in theirs.
    IdError, SaturatedError, ScoreError, ParameterError
        As :func:`evaluate_sampled`.

    Examples
    --------
    >>> import warnings
    >>> import glowrec as gr
    >>> test = gr.Graph.from_edges([0, 1], [3, 0], n_users=2, n_items=4)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     found = evaluate_sampled_pairs(lambda users, items: items, None, test, n_candidates=3)
    >>> found.ranks  # the highest item is best
    array([1, 4])
    """
    relevant = linked("test", test)
    everyone = np.arange(relevant.n_users) if users is None else users
    ids = user_of_each_row("users", np.size(everyone), everyone, ("test", relevant))
    check_codes("users", ids, relevant.n_users)
    check_once(ids)

    def scores(of: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.floating]:
        found = np.asarray(score_pairs(np.repeat(of, items.shape[1]), items.ravel()))
        if found.shape != (items.size,):
            raise ShapeError(
                f"score_pairs: expected shape ({items.size},), one score per pair, "
                f"got {found.shape}"
            )
        return found.reshape(items.shape)

    return averaged(
        Scorer(scores, 1),
        None if train is None else linked("train", train),
        relevant,
        ids,
        n_candidates=n_candidates,
        k=k,
        metrics=metrics,
        replace=replace,
        correction=correction,
        gamma=gamma,
        seed=seed,
    )
