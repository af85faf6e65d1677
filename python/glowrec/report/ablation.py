"""The table of an ablation: variants of a model, each with several seeds, beside the full one."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.statistics import compare
from glowrec.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run of a variant.

    Attributes
    ----------
    variant : str
    seed : int
    n_parameters : int
        Numbers that are learned.
    seconds_per_epoch : float
    epochs : int
        Of the model that was kept.
    metrics : mapping of str to float
        On the test set, such as ``"recall@20"``, and whatever else the table is to show.
    per_user : mapping of str to ndarray, shape (n_judged,)
        Metrics of each judged user, in the same order for all runs.
    history : sequence of mapping
        Records of ``metrics.jsonl``.
    failed : str
        Why there is no model; empty where there is one.
    """

    variant: str
    seed: int
    n_parameters: int = 0
    seconds_per_epoch: float = math.nan
    epochs: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    per_user: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()
    failed: str = ""


class AblationTable:
    """Means and deviations over seeds, and paired tests against the full model.

    The tests are those of :func:`glowrec.statistics.compare` over users: each user's metric is
    first averaged over the seeds. P-values are Holm's, over the metrics of a variant.

    Parameters
    ----------
    outcomes : sequence of Outcome
        All runs; variants are shown in the order of their first one.
    full : str
        The variant that the others are compared with.
    metrics : sequence of str
        Columns of metrics, all in each outcome's `metrics`; those in `per_user` are tested.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.report.ablation import AblationTable, Outcome
    >>> def run(name, seed, values):
    ...     values = np.array(values)
    ...     return Outcome(
    ...         variant=name, seed=seed, n_parameters=8, seconds_per_epoch=1.0, epochs=5,
    ...         metrics={"hit@1": float(values.mean())}, per_user={"hit@1": values},
    ...     )
    >>> runs = [run("full", 0, [1, 0, 1]), run("less", 0, [0, 0, 1])]
    >>> print(AblationTable(runs, "full", ["hit@1"]).as_text())
    variant  parameters  s/epoch  epochs   hit@1  p hit@1
    full              8     1.00     5.0  0.6667
    less              8     1.00     5.0  0.3333   0.4226
    """

    def __init__(self, outcomes: Sequence[Outcome], full: str, metrics: Sequence[str]) -> None:
        self._metrics = tuple(metrics)
        runs: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            runs.setdefault(outcome.variant, []).append(outcome)
        tested = [run for run in runs.get(full, []) if not run.failed]
        self._tested = tuple(name for name in metrics if tested and name in tested[0].per_user)
        self._rows = [self._row(name, found, tested, full) for name, found in runs.items()]

    def _row(
        self, name: str, found: list[Outcome], full: list[Outcome], full_name: str
    ) -> dict[str, Any]:
        good = [run for run in found if not run.failed]
        row: dict[str, Any] = {"variant": name, "seeds": len(found), "failed": ""}
        if len(good) < len(found):
            row["failed"] = next(run.failed for run in found if run.failed)
        if not good:
            return row
        row["parameters"] = good[0].n_parameters
        row["s/epoch"] = fmean(run.seconds_per_epoch for run in good)
        row["epochs"] = fmean(run.epochs for run in good)
        for metric in self._metrics:
            values = [run.metrics[metric] for run in good]
            row[metric] = fmean(values)
            row[f"{metric} sd"] = stdev(values) if len(values) > 1 else None
        if name != full_name and self._tested:
            means = [_by_user(runs, self._tested) for runs in (good, full)]
            found_p = compare(*means, tests="t", n_resamples=1)
            row |= {f"p {metric}": found_p[metric].p_holm["t"] for metric in self._tested}
        return row

    def as_text(self) -> str:
        """Return the table in columns, means ± standard deviations over seeds."""
        return aligned(self._cells())

    def as_markdown(self) -> str:
        """Return the table as Markdown."""
        head, *rows = self._cells()
        rule = ["---", *["---:"] * (len(head) - 1)]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))

    def as_csv(self) -> str:
        """Return every number of the table in full, deviations and p-values in columns."""
        names = ["variant", "seeds", "parameters", "s/epoch", "epochs"]
        for metric in self._metrics:
            names += [metric, f"{metric} sd"]
        names += [*(f"p {metric}" for metric in self._tested), "failed"]
        text = io.StringIO()
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        return text.getvalue()

    def _cells(self) -> list[list[str]]:
        tests = [f"p {metric}" for metric in self._tested]
        cells = [["variant", "parameters", "s/epoch", "epochs", *self._metrics, *tests]]
        for row in self._rows:
            if "parameters" not in row:
                nothing = [""] * (3 + len(self._metrics) + len(tests))
                cells.append([f"{row['variant']} ({row['failed']})", *nothing])
                continue
            cells.append(
                [
                    row["variant"],
                    f"{row['parameters']:,}",
                    f"{row['s/epoch']:.2f}",
                    f"{row['epochs']:.1f}",
                    *(_with_deviation(row, metric) for metric in self._metrics),
                    *(_p(row.get(test)) for test in tests),
                ]
            )
        return cells


def _with_deviation(row: Mapping[str, Any], metric: str) -> str:
    value, deviation = row[metric], row[f"{metric} sd"]
    shown = f"{value:.4f}" if abs(value) < 100 else f"{value:,.0f}"  # noqa: PLR2004 - digits
    if deviation is None:
        return shown
    return shown + (f" ± {deviation:.4f}" if abs(value) < 100 else f" ± {deviation:,.0f}")  # noqa: PLR2004


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if value >= 1e-4 else "<0.0001"  # noqa: PLR2004 - digits shown


def _by_user(runs: Sequence[Outcome], metrics: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    return {name: np.mean([run.per_user[name] for run in runs], axis=0) for name in metrics}
