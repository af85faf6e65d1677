"""Evaluation by full ranking: metrics of factors, or of lists made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec import _native
from glowrec.errors import ParameterError, ShapeError
from glowrec.factors import check_items, check_pair, core, linked, user_of_each_row, vectors, whole
from glowrec.metrics import CONVENTION, METRICS, cut_offs, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph
    from glowrec.metrics import Metric

__all__ = ["Evaluation", "evaluate_factors", "evaluate_rankings"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Metrics of rankings, per user and on average.

    The formulas are in :mod:`glowrec.metrics`.

    Examples
    --------
    >>> from glowrec import Graph, evaluate_rankings
    >>> test = Graph.from_edges([0, 0, 1], [3, 4, 0], n_users=3, n_items=5)
    >>> result = evaluate_rankings([[3, 1], [2, 0], [0, 1]], test, k=(1, 2))
    >>> result.summary["recall@2"], result.per_user["recall@2"]
    (0.75, array([0.5, 1. ]))
    >>> print(result)
                     @1      @2
    recall       0.2500  0.7500
    precision    0.5000  0.5000
    ndcg         0.5000  0.6220
    hit          0.5000  1.0000
    mrr          0.5000  0.7500
    map          0.5000  0.5000
    2 users judged, 1 without test items (lightgcn)
    """

    summary: dict[str, float]
    """Mean over the judged users, such as ``summary["recall@20"]``; NaN if there are none."""
    per_user: dict[str, NDArray[np.float64]]
    """One value per judged user under each key of `summary`."""
    users: NDArray[np.int64]
    """The judged users: those with at least one test item, in the order given."""
    n_without_test: int
    """Users without test items: counted here, part of no mean."""
    k: tuple[int, ...]
    """The cut-offs."""
    metrics: tuple[str, ...]
    """Names of the metrics."""
    convention: str = CONVENTION
    """Name of the formulas."""

    def __str__(self) -> str:
        cells = [["", *(f"@{k}" for k in self.k)]]
        cells += [
            [name, *(f"{self.summary[f'{name}@{k}']:.4f}" for k in self.k)]
            for name in self.metrics
        ]
        name_width = max(len(row[0]) for row in cells) + 2
        width = max(len(cell) for row in cells for cell in row[1:]) + 2
        lines = [
            row[0].ljust(name_width) + "".join(cell.rjust(width) for cell in row[1:])
            for row in cells
        ]
        lines.append(
            f"{len(self.users):,} users judged, {self.n_without_test:,} without test items "
            f"({self.convention})"
        )
        return "\n".join(lines)

    def __repr__(self) -> str:
        means = ", ".join(f"{name}={value:.4f}" for name, value in self.summary.items())
        return f"Evaluation({means})"

    def to_dict(self) -> dict[str, Any]:
        """Return the means and what they are of, ready for JSON.

        Returns
        -------
        dict
            ``summary``, ``n_users``, ``n_without_test``, ``k``, ``metrics`` and ``convention``.

        Examples
        --------
        >>> from glowrec import Graph, evaluate_rankings
        >>> test = Graph.from_edges([0], [1], n_users=1, n_items=2)
        >>> evaluate_rankings([[1]], test, k=1, metrics="hit").to_dict()["summary"]
        {'hit@1': 1.0}
        """
        return {
            "summary": dict(self.summary),
            "n_users": len(self.users),
            "n_without_test": self.n_without_test,
            "k": list(self.k),
            "metrics": list(self.metrics),
            "convention": self.convention,
        }


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
    _check_once(users, ids, relevant)
    found = _native.evaluate_factors(
        table, items, native, core(relevant), ids, list(names), list(cuts)
    )
    return _evaluation(found, len(ids), names, cuts)


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
    _check_once(users, ids, relevant)
    found = _native.evaluate_rankings(lists, core(relevant), ids, list(names), list(cuts))
    return _evaluation(found, len(ids), names, cuts)


def _check_once(users: ArrayLike | None, ids: NDArray[np.int64], test: Graph) -> None:
    """Refuse a user that would count twice in every mean."""
    if users is None or (ids.size and not 0 <= ids.min() <= ids.max() < test.n_users):
        return  # the core names an id that is out of range
    again = np.flatnonzero(np.bincount(ids, minlength=1) > 1)
    if again.size:
        raise ParameterError(f"users: user {again[0]} is given twice; give each user once")


def _evaluation(
    found: tuple[NDArray[np.int64], NDArray[np.float64], list[float]],
    n_rows: int,
    names: tuple[Metric, ...],
    cuts: tuple[int, ...],
) -> Evaluation:
    users, values, means = found
    keys = [f"{name}@{k}" for name in names for k in cuts]
    columns = np.ascontiguousarray(values.T)
    return Evaluation(
        summary=dict(zip(keys, means, strict=True)),
        per_user=dict(zip(keys, columns, strict=True)),
        users=users,
        n_without_test=n_rows - len(users),
        k=cuts,
        metrics=names,
    )
