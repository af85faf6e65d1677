"""The result of an evaluation: metrics per user and on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.metrics import CONVENTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.metrics import Metric

__all__ = ["Evaluation", "evaluation"]


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


def evaluation(
    found: tuple[NDArray[np.int64], NDArray[np.float64], list[float]],
    n_rows: int,
    names: tuple[Metric, ...],
    cuts: tuple[int, ...],
) -> Evaluation:
    """Name the values that the core found for `n_rows` users."""
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
