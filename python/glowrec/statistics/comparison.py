"""The result of a comparison of two models."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from glowrec.errors import MissingExtraError
from glowrec.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Comparison", "PairedDifference"]

_SMALLEST = 1e-4  # p-value that is printed with four decimals


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """How two models differ in one metric, over the same users."""

    mean_a: float
    mean_b: float
    difference: float
    """Mean of a - b: positive where a is higher."""
    low: float
    """Lower end of the confidence interval of the mean difference (BCa paired bootstrap)."""
    high: float
    """Upper end."""
    effect_size: float
    """Cohen's d_z: mean over standard deviation of the differences."""
    p: Mapping[str, float]
    """Two-sided p-value by test."""
    p_holm: Mapping[str, float]
    """The same, corrected by Holm's method for the number of metrics compared."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Comparison:
    """Two models compared user by user; made by :func:`glowrec.statistics.compare`.

    Examples
    --------
    >>> from glowrec.statistics import compare
    >>> a = {"hit@5": [1, 1, 1, 0, 1, 1], "mrr@5": [1, 0.5, 1, 0, 0.25, 0.5]}
    >>> b = {"hit@5": [1, 0, 1, 0, 0, 1], "mrr@5": [1, 0, 0.5, 0, 0, 0.25]}
    >>> found = compare(a, b, tests=("t", "randomization"))
    >>> print(found)
                a       b    a - b        95% interval     d_z     p t  p randomization
    hit@5  0.8333  0.5000  +0.3333  [+0.0000, +0.8333]  +0.645  0.1747           0.5000
    mrr@5  0.5417  0.2917  +0.2500  [+0.0833, +0.4167]  +1.118  0.0817           0.2500
    6 users; BCa bootstrap interval, p by Holm's method over 2 metrics; 10,000 resamples, seed 0
    >>> found["mrr@5"].p["randomization"]
    0.125
    """

    metrics: Mapping[str, PairedDifference]
    """By name of metric; ``comparison[name]`` is short for it."""
    n_users: int
    tests: tuple[str, ...]
    confidence: float
    """Of the intervals."""
    n_resamples: int
    seed: int

    def __getitem__(self, metric: str) -> PairedDifference:
        return self.metrics[metric]

    def __str__(self) -> str:
        head = ["", "a", "b", "a - b", f"{100 * self.confidence:g}% interval", "d_z"]
        rows = [[*head, *(f"p {test}" for test in self.tests)]]
        rows += [
            [
                name,
                f"{found.mean_a:.4f}",
                f"{found.mean_b:.4f}",
                f"{found.difference:+.4f}",
                f"[{found.low:+.4f}, {found.high:+.4f}]",
                f"{found.effect_size:+.3f}",
                *(_printed(found.p_holm[test]) for test in self.tests),
            ]
            for name, found in self.metrics.items()
        ]
        several = f", p by Holm's method over {len(self.metrics)} metrics"
        note = (
            f"{self.n_users:,} users; BCa bootstrap interval{several if len(rows) > 2 else ''}; "  # noqa: PLR2004 - the head and one metric
            f"{self.n_resamples:,} resamples, seed {self.seed}"
        )
        return f"{aligned(rows)}\n{note}"

    def __repr__(self) -> str:
        means = ", ".join(f"{name}={each.difference:+.4f}" for name, each in self.metrics.items())
        return f"Comparison({means})"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, ready for JSON.

        Returns
        -------
        dict
            ``metrics``, by name, and ``n_users``, ``tests``, ``confidence``, ``interval``,
            ``correction``, ``n_resamples`` and ``seed``. An infinite effect size is None.

        Examples
        --------
        >>> from glowrec.statistics import compare
        >>> compare({"hit@1": [1, 1]}, {"hit@1": [0, 1]}).to_dict()["metrics"]["hit@1"]["mean_a"]
        1.0
        """
        return {
            "metrics": {
                name: asdict(each)
                | {"effect_size": each.effect_size if isfinite(each.effect_size) else None}
                for name, each in self.metrics.items()
            },
            "n_users": self.n_users,
            "tests": list(self.tests),
            "confidence": self.confidence,
            "interval": "BCa paired bootstrap",
            "correction": "Holm",
            "n_resamples": self.n_resamples,
            "seed": self.seed,
        }

    def to_frame(self) -> Any:  # noqa: ANN401 - a Polars frame, if Polars is there
        """Return a Polars frame with a row per metric.

        Returns
        -------
        polars.DataFrame
            Columns ``metric``, ``mean_a``, ``mean_b``, ``difference``, ``low``, ``high``,
            ``effect_size``, and ``p_TEST`` and ``p_holm_TEST`` for each test.

        Raises
        ------
        MissingExtraError
            If Polars is not installed.

        Examples
        --------
        >>> from glowrec.statistics import compare
        >>> compare({"hit@1": [1, 1]}, {"hit@1": [0, 1]}, tests=["t"]).to_frame().columns[-2:]
        ['p_t', 'p_holm_t']
        """
        try:
            import polars as pl  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise MissingExtraError("to_frame needs Polars: pip install glowrec[io]") from error
        rows = []
        for name, each in self.metrics.items():
            row = {"metric": name, **asdict(each)}
            del row["p"], row["p_holm"]
            for test in self.tests:
                row[f"p_{test}"], row[f"p_holm_{test}"] = each.p[test], each.p_holm[test]
            rows.append(row)
        return pl.DataFrame(rows)


def _printed(p: float) -> str:
    return f"{p:.4f}" if p >= _SMALLEST else "<0.0001"
