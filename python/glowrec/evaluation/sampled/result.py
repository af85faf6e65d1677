"""The result of a sampled evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowrec.tables import aligned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from glowrec.evaluation.sampled.corrections import Correction, Metric

__all__ = ["SampledEvaluation"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SampledEvaluation:
    """Metrics of test items that were each ranked among sampled negatives.

    Made by :func:`evaluate_sampled`; not comparable with full rankings, nor with other numbers
    of negatives. :func:`glowrec.statistics.compare` takes two of them.
    """

    summary: dict[str, float]
    """Mean over users under keys such as ``"recall@10"``; NaN if there are none."""
    per_user: dict[str, NDArray[np.float64]]
    """Mean over the test items of each user."""
    users: NDArray[np.int64]
    """The users with at least one test item, in the order given."""
    n_without_test: int
    """Users without test items: part of no mean."""
    ranks: NDArray[np.int64]
    """Rank of each target among its sampled negatives and itself, from 1; -1 for a test item that
    is in train as well, which counts as missed."""
    target_users: NDArray[np.int64]
    """User of each target; shape of `ranks`."""
    target_items: NDArray[np.int64]
    """Item of each target."""
    n_candidates: int
    """Negatives drawn for each target."""
    replace: bool
    """Whether they were drawn with replacement."""
    correction: Correction | None
    gamma: float | None
    """Weight of the variance, if the correction is "bv"."""
    k: tuple[int, ...]
    metrics: tuple[Metric, ...]
    seed: int

    def __str__(self) -> str:
        rows = [["", *(f"@{k}" for k in self.k)]]
        rows += [
            [name, *(f"{self.summary[f'{name}@{k}']:.4f}" for k in self.k)]
            for name in self.metrics
        ]
        return f"{aligned(rows)}\n{self._how()}"

    def __repr__(self) -> str:
        means = ", ".join(f"{name}={value:.4f}" for name, value in self.summary.items())
        return f"SampledEvaluation({means})"

    def to_dict(self) -> dict[str, Any]:
        """Return the means and how they were made, ready for JSON.

        Returns
        -------
        dict
            ``summary``, ``n_users``, ``n_targets``, ``n_without_test``, ``k``, ``metrics``,
            ``n_candidates``, ``replace``, ``correction``, ``gamma`` and ``seed``.
        """
        return {
            "summary": dict(self.summary),
            "n_users": len(self.users),
            "n_targets": len(self.ranks),
            "n_without_test": self.n_without_test,
            "k": list(self.k),
            "metrics": list(self.metrics),
            "n_candidates": self.n_candidates,
            "replace": self.replace,
            "correction": self.correction,
            "gamma": self.gamma,
            "seed": self.seed,
        }

    def _how(self) -> str:
        drawn = "with" if self.replace else "without"
        gamma = "" if self.gamma is None else f" with gamma {self.gamma:g}"
        corrected = f"corrected by {self.correction}{gamma}" if self.correction else "uncorrected"
        return (
            f"sampled: {len(self.ranks):,} targets of {len(self.users):,} users, each among "
            f"{self.n_candidates:,} negatives drawn {drawn} replacement, {corrected}; "
            "not comparable with full rankings"
        )
