"""Evaluation of factors: all items ranked for every user by dot products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glowrec import _native
from glowrec.errors import ShapeError
from glowrec.evaluation.judged import check_once
from glowrec.evaluation.result import evaluation
from glowrec.factors import check_items, check_pair, core, linked, user_of_each_row, vectors
from glowrec.metrics import METRICS, cut_offs, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from glowrec.evaluation.result import Evaluation
    from glowrec.factors import Links
    from glowrec.metrics import Metric


def evaluate_factors(  # noqa: PLR0917 - what every evaluation names, then what few do
    user_factors: ArrayLike,
    item_factors: ArrayLike,
    train: Links | None,
    test: Links,
    k: int | Sequence[int] = 20,
    metrics: Metric | Sequence[Metric] = METRICS,
    *,
    users: ArrayLike | None = None,
) -> Evaluation:
    """Rank all items for each user by dot products, and compare with the test items.

    Parameters
    ----------
    user_factors : array_like of float32, shape (n_rows, dim)
        One vector per row. A C-ordered float32 array (or CPU tensor) is read in place, anything
        else is copied.
    item_factors : array_like of float32, shape (n_items, dim)
        One vector per item, likewise.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), or None
        A user's items here are no candidates.
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        A user's items here are relevant. One that is also in `train` counts as missed.
    k : int or sequence of int, default 20
        Cut-offs, each at least 1.
    metrics : str or sequence of str
        Names of :data:`glowrec.metrics.METRICS`; all by default.
    users : array_like of int64, shape (n_rows,), optional
        User of each row, without repeats. By default row ``r`` is user ``r``.

    Returns
    -------
    Evaluation
        Of the users with at least one test item.

    Raises
    ------
    ShapeError
        If the inputs differ in their numbers of columns, users or items.
    IdError
        If an entry of `users` is not a user.
    ScoreError
        If the score of a candidate is NaN: the first user and item are named.
    ParameterError
        If a cut-off is below 1, a metric is unknown, or a user is given twice.

    Notes
    -----
    Exact: every item is scored for every user, as by :func:`glowrec.top_k`, with ties to the
    lower item id; no matrix of scores is stored. The same bits for any number of threads.

    Examples
    --------
    >>> from glowrec import Graph, evaluate_factors
    >>> train = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=3)
    >>> test = Graph.from_edges([0, 1], [1, 2], n_users=2, n_items=3)
    >>> items = [[3.0, 1.0], [2.0, 2.0], [1.0, 1.0]]
    >>> evaluate_factors([[1, 0], [0, 1]], items, train, test, k=1, metrics="recall").per_user
    {'recall@1': array([1., 0.])}
    """
    cuts, names = cut_offs(k), named(metrics)
    table, items = vectors("user_factors", user_factors), vectors("item_factors", item_factors)
    check_pair(table, items)
    relevant = linked("test", test)
    check_items("item_factors", len(items), ("test", relevant))
    ids = user_of_each_row("user_factors", len(table), users, ("test", relevant))
    native = None
    if train is not None:
        seen = linked("train", train)
        check_items("item_factors", len(items), ("train", seen))
        if seen.n_users != relevant.n_users:
            raise ShapeError(
                f"test: expected {seen.n_users} users as train, got {relevant.n_users}; "
                "build both with the same n_users="
            )
        native = core(seen)
    check_once(users, ids, relevant)
    found = _native.evaluate_factors(
        table, items, native, core(relevant), ids, list(names), list(cuts)
    )
    return evaluation(found, len(ids), names, cuts)
