"""Evaluation of lists that were ranked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glowrec import _native
from glowrec.errors import ShapeError
from glowrec.evaluation.judged import check_once
from glowrec.evaluation.result import evaluation
from glowrec.factors import core, linked, user_of_each_row, whole
from glowrec.metrics import METRICS, cut_offs, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from glowrec.evaluation.result import Evaluation
    from glowrec.factors import Links
    from glowrec.metrics import Metric


def evaluate_rankings(
    recommended: ArrayLike,
    test: Links,
    k: int | Sequence[int] = 20,
    metrics: Metric | Sequence[Metric] = METRICS,
    *,
    users: ArrayLike | None = None,
) -> Evaluation:
    """Compare given rankings with the test items.

    Parameters
    ----------
    recommended : array_like of int64, shape (n_rows, at least the largest k)
        Item ids, best first, each once in its row; -1 fills up short rows.
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        A user's items here are relevant.
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
        If `recommended` has too few columns, or its rows do not fit `test` or `users`.
    IdError
        If an entry of `recommended` is not an item: its row and position are named; or an entry
        of `users` is not a user.
    DataError
        If a row lists an item twice, or goes on after -1.
    ParameterError
        If a cut-off is below 1, a metric is unknown, or a user is given twice.

    Examples
    --------
    >>> from glowrec import Graph, evaluate_rankings
    >>> test = Graph.from_edges([0, 1], [2, 0], n_users=2, n_items=3)
    >>> evaluate_rankings([[2, 1], [1, -1]], test, k=2, metrics=("hit", "mrr")).summary
    {'hit@2': 0.5, 'mrr@2': 0.5}
    """
    cuts, names = cut_offs(k), named(metrics)
    lists = whole("recommended", recommended, 2)
    if lists.shape[1] < max(cuts):
        raise ShapeError(
            f"recommended: expected at least k = {max(cuts)} columns, got {lists.shape[1]}; "
            "lower k, or fill up with -1"
        )
    relevant = linked("test", test)
    ids = user_of_each_row("recommended", len(lists), users, ("test", relevant))
    check_once(users, ids, relevant)
    found = _native.evaluate_rankings(lists, core(relevant), ids, list(names), list(cuts))
    return evaluation(found, len(ids), names, cuts)
