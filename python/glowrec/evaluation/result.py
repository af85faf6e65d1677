"""The result of an evaluation: metrics per user and on average."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from glowrec.conventions import CONVENTIONS, Convention
from glowrec.errors import MissingExtraError
from glowrec.metrics.names import OF_RANKS, keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from glowrec.evaluation.grouped import GroupedEvaluation
    from glowrec.evaluation.groups import Groups
    from glowrec.metrics.names import Metric
    from glowrec.metrics.ranks import Fractions
    from glowrec.statistics import Comparison

__all__ = ["Evaluation"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Metrics of rankings, per user and on average.

    The formulas are in :mod:`glowrec.metrics`, the choices between them in `convention`.

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
    """Means over the judged users, such as ``summary["recall@20"]``, and what is of all users at
    once, such as ``summary["gini@20"]``; NaN if no user has a value. The same whatever the order
    of the users."""
    per_user: dict[str, NDArray[np.float64]]
    """One value per judged user under each key of `summary` that is a mean."""
    users: NDArray[np.int64]
    """The judged users, by code, in the order given."""
    n_without_test: int
    """Users without test items: part of a mean only where the convention counts them as 0."""
    k: tuple[int, ...]
    """The cut-offs."""
    metrics: tuple[Metric, ...]
    """Names of the metrics."""
    convention: Convention = CONVENTIONS["lightgcn"]
    """The formulas, and what becomes of ties, missing users and repeated items."""
    n_without_list: int = 0
    """Users for whom nothing was ranked: part of a mean or not as the convention says."""
    n_tied_at_cut: dict[int, int] | None = None
    """For each cut-off k, the judged users whose items at the places k and k + 1 have one score,
    so that the order of ties matters; None for lists without scores."""
    exposure: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    """For each cut-off, how many of the judged users' lists hold each item, shape (n_items,)."""
    pooled: dict[str, Fractions] = field(default_factory=dict)
    """Numerators and denominators per judged user of what the convention pools."""

    @staticmethod
    def merge(parts: Iterable[Evaluation]) -> Evaluation:
        """Return the evaluation of all users of some parts.

        Parameters
        ----------
        parts : iterable of Evaluation
            At least one, of disjoint users, alike in everything else.

        Returns
        -------
        Evaluation
            Of the users of all parts in ascending order, with the numbers that one pass over
            them has, to the bit.

        Raises
        ------
        ParameterError
            If there is no part, or two of them differ in cut-offs, metrics, convention, number of
            items or in whether scores were known, or share a user: both parts are named.

        Examples
        --------
        >>> from glowrec import Evaluation, Graph, evaluate_rankings
        >>> test = Graph.from_edges([0, 1], [1, 0], n_users=2, n_items=2)
        >>> lists = {0: [[1]], 1: [[1]]}
        >>> parts = [evaluate_rankings(lists[u], test, k=1, users=[u]) for u in (0, 1)]
        >>> Evaluation.merge(parts).summary["recall@1"]
        0.5
        """
        from glowrec.evaluation.merging import merged  # noqa: PLC0415 - it makes evaluations

        return merged(list(parts))

    def compare(self, other: Evaluation, **options: Any) -> Comparison:  # noqa: ANN401
        """Test whether this model differs from another one, user by user.

        Parameters
        ----------
        other : Evaluation
            Of the same users.
        **options
            Those of :func:`glowrec.statistics.compare`, which this calls: ``metrics``, ``tests``,
            ``confidence``, ``n_resamples``, ``seed``.

        Returns
        -------
        Comparison

        Examples
        --------
        >>> from glowrec import Graph, evaluate_rankings
        >>> test = Graph.from_edges([0, 1, 2], [1, 0, 1], n_users=3, n_items=2)
        >>> a, b = (evaluate_rankings(lists, test, k=1) for lists in ([[1], [0], [0]], [[0]] * 3))
        >>> round(a.compare(b, metrics=("hit@1",), tests=("t",))["hit@1"].difference, 3)
        0.333
        """
        from glowrec.statistics import compare  # noqa: PLC0415 - it reads evaluations

        return compare(self, other, **options)

    def by_group(self, groups: Groups, *, confidence: float = 0.95) -> GroupedEvaluation:
        """Return means and intervals for each group of users.

        Parameters
        ----------
        groups : Groups
            Such as :func:`glowrec.evaluation.groups.by_activity` makes.
        confidence : float, default 0.95
            Of the intervals.

        Returns
        -------
        GroupedEvaluation

        Examples
        --------
        >>> from glowrec import Graph, evaluate_rankings
        >>> from glowrec.evaluation.groups import by_column
        >>> test = Graph.from_edges([0, 1, 2], [1, 0, 1], n_users=3, n_items=2)
        >>> result = evaluate_rankings([[1], [0], [0]], test, k=1, metrics="hit")
        >>> groups = by_column([0, 1, 2], ["new", "new", "old"])
        >>> result.by_group(groups).means["new"]["hit@1"].mean
        1.0
        """
        from glowrec.evaluation.grouped import group_means  # noqa: PLC0415 - it reads evaluations

        return group_means(self, groups, confidence=confidence)

    def __str__(self) -> str:
        whole = [name for name in self.metrics if name in OF_RANKS]
        heads = [*(["all"] if whole else []), *(f"@{k}" for k in self.k)]
        rows = [["", *heads]]
        for name in self.metrics:
            cells = [f"{self.summary[key]:.4f}" for key in keys(name, self.k)]
            blank = [""] if whole and name not in OF_RANKS else []
            rows.append(([name, *blank, *cells] + [""] * len(heads))[: len(heads) + 1])
        lines = _aligned(rows)
        told = f"{len(self.users):,} users judged, {self.n_without_test:,} without test items"
        if self.n_without_list:
            told += f", {self.n_without_list:,} without a list"
        lines.append(f"{told} ({_called(self.convention)})")
        tied = {k: n for k, n in (self.n_tied_at_cut or {}).items() if n}
        if tied:
            counts = ", ".join(f"{n:,} @{k}" for k, n in tied.items())
            lines.append(f"users with a tie at the cut: {counts}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        means = ", ".join(f"{name}={value:.4f}" for name, value in self.summary.items())
        return f"Evaluation({means})"

    def to_dict(self) -> dict[str, Any]:
        """Return the means and what they are of, ready for JSON.

        Returns
        -------
        dict
            ``summary``, ``n_users``, ``n_without_test``, ``n_without_list``, ``n_tied_at_cut``,
            ``k``, ``metrics``, and every field of ``convention``.

        Examples
        --------
        >>> from glowrec import Graph, evaluate_rankings
        >>> test = Graph.from_edges([0], [1], n_users=1, n_items=2)
        >>> told = evaluate_rankings([[1]], test, k=1, metrics="hit").to_dict()
        >>> told["summary"], told["convention"]["name"]
        ({'hit@1': 1.0}, 'lightgcn')
        """
        tied = self.n_tied_at_cut
        return {
            "summary": dict(self.summary),
            "n_users": len(self.users),
            "n_without_test": self.n_without_test,
            "n_without_list": self.n_without_list,
            "n_tied_at_cut": None if tied is None else {str(k): n for k, n in tied.items()},
            "k": list(self.k),
            "metrics": list(self.metrics),
            "convention": {**asdict(self.convention), "pooled": list(self.convention.pooled)},
        }

    def to_frame(self) -> Any:  # noqa: ANN401 - polars is an extra
        """Return the values per user as a Polars frame.

        Returns
        -------
        polars.DataFrame
            A column ``user`` of codes, then one per key of `per_user`.

        Raises
        ------
        MissingExtraError
            If Polars is not installed.

        Examples
        --------
        >>> from glowrec import Graph, evaluate_rankings
        >>> test = Graph.from_edges([0], [1], n_users=1, n_items=2)
        >>> evaluate_rankings([[1]], test, k=1, metrics="hit").to_frame().rows()
        [(0, 1.0)]
        """
        try:
            import polars  # noqa: ICN001, PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                "Evaluation.to_frame needs polars: pip install glowrec[io]"
            ) from error
        return polars.DataFrame({"user": self.users, **self.per_user})


def _aligned(rows: list[list[str]]) -> list[str]:
    name_width = max(len(row[0]) for row in rows) + 2
    width = max(len(cell) for row in rows for cell in row[1:]) + 2
    return [
        (row[0].ljust(name_width) + "".join(cell.rjust(width) for cell in row[1:])).rstrip()
        for row in rows
    ]


def _called(convention: Convention) -> str:
    """Return the name of a convention, with what differs from the one of that name."""
    own = CONVENTIONS.get(convention.name, Convention())
    names = [each.name for each in fields(convention) if each.name != "name"]
    differ = [name for name in names if getattr(convention, name) != getattr(own, name)]
    values = {name: getattr(convention, name) for name in differ}
    told = [f"{n}={'+'.join(v) if isinstance(v, tuple) else v}" for n, v in values.items()]
    return ", ".join([convention.name, *told])
