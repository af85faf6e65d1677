"""Learning curves of several models in one figure, as PNG and SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.errors import MissingExtraError
from glowrec.io.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def draw(
    histories: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]],
    metric: str,
    path: Path,
    *,
    judged_by: str,
) -> list[Path]:
    """Draw loss and a metric against epochs and against seconds of training.

    Parameters
    ----------
    histories : mapping of str to sequence of histories
        Of each model the records of ``metrics.jsonl`` of its runs. A line is the mean of the runs;
        of each run its first stage is drawn.
    metric : str
        Such as ``"recall@20"``.
    path : Path
        Without an ending; ``.png`` and ``.svg`` are written, each whole or not at all.
    judged_by : str
        What the metric was measured on while training, for the axis: "test" or "validation".

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from glowrec.report import learning_curves
    >>> history = [{"stage": "selection", "epoch": 1, "loss": 0.5, "seconds": 2.0, "ndcg@5": 0.1}]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = learning_curves.draw(
    ...         {"full": [history]}, "ndcg@5", Path(folder, "curves"), judged_by="test"
    ...     )
    ...     [path.name for path in made if path.stat().st_size > 0]
    ['curves.png', 'curves.svg']
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "learning curves need Matplotlib: pip install glowrec[report]"
        ) from error
    figure = Figure(figsize=(11, 7), layout="constrained")
    panels = figure.subplots(2, 2)
    for column, x in enumerate(("epoch", "seconds")):
        for row, y in enumerate(("loss", metric)):
            panel = panels[row][column]
            for name, runs in histories.items():
                points = mean_curve(runs, x, y)
                panel.plot(*points.T, label=name, marker="." if y == metric else None)
            panel.set_xlabel("epoch" if x == "epoch" else "seconds of training")
            panel.set_ylabel("training loss" if y == "loss" else f"{judged_by} {metric}")
            panel.grid(alpha=0.3)
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside right upper")
    made = []
    for ending in ("png", "svg"):
        file = path.with_name(f"{path.name}.{ending}")
        content = io.BytesIO()
        figure.savefig(content, format=ending, dpi=120)
        with replacing(file, "wb") as out:
            out.write(content.getvalue())
        made.append(file)
    return made


def mean_curve(runs: Sequence[Sequence[Mapping[str, Any]]], x: str, y: str) -> NDArray[np.float64]:
    """Return the mean curve of runs over the records that all of them have.

    Parameters
    ----------
    runs : sequence of histories
    x : {"epoch", "seconds"}
        Seconds add up from the first record.
    y : str
        A field of records; those without it are left out.

    Returns
    -------
    ndarray of float64, shape (n_points, 2)

    Examples
    --------
    >>> from glowrec.report.learning_curves import mean_curve
    >>> longer = [{"epoch": 1, "loss": 4.0}, {"epoch": 2, "loss": 2.0}]
    >>> mean_curve([longer, [{"epoch": 1, "loss": 2.0}]], "epoch", "loss")
    array([[1., 3.]])
    """
    curves = [_curve(run, x, y) for run in runs]
    n = min(map(len, curves), default=0)
    if not n:
        return np.empty((0, 2))
    found: NDArray[np.float64] = np.mean([curve[:n] for curve in curves], axis=0)
    return found


def _curve(run: Sequence[Mapping[str, Any]], x: str, y: str) -> list[tuple[float, float]]:
    points, seconds = [], 0.0
    for record in run:
        if record.get("stage") != run[0].get("stage"):
            break
        seconds += float(record.get("seconds", 0.0))
        if y in record:
            points.append(
                (seconds if x == "seconds" else float(record["epoch"]), float(record[y]))
            )
    return points
