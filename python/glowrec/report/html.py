"""The report of a run: one page that holds everything it shows."""

from __future__ import annotations

import json
import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glowrec.errors import DataError
from glowrec.io.atomic import replacing
from glowrec.report.svg import line_chart

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

# Fields of metrics.jsonl that are not curves.
_NOT_CURVES = frozenset({"stage", "epoch", "step"})

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 0.5rem 0 1.5rem; }}
th, td {{ text-align: left; padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid #8884; }}
td {{ font-variant-numeric: tabular-nums; }}
figure {{ display: inline-block; width: 30rem; max-width: 100%; margin: 0 0.5rem 1rem 0; }}
svg text {{ font: 11px system-ui, sans-serif; fill: currentColor; }}
svg .title {{ font-size: 13px; font-weight: 600; }}
svg .grid {{ stroke: #8884; }}
svg polyline {{ fill: none; stroke: #2563eb; stroke-width: 2; }}
svg circle {{ fill: #2563eb; }}
</style>
{body}
</html>
"""  # noqa: E501 - a style sheet


def write(folder: str | os.PathLike[str]) -> Path:
    """Write ``report.html`` into a run folder, atomically.

    Parameters
    ----------
    folder : path-like
        A run: ``config.toml`` and ``metrics.jsonl``, and ``result.json`` once it has ended.

    Returns
    -------
    Path
        The page. It needs no other file and no network.

    Raises
    ------
    DataError
        If the folder is not a run, or one of its files does not hold what it should.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from glowrec.report import html
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "config.toml").write_text('preset = "lightgcn-fast"')
    ...     _ = Path(folder, "metrics.jsonl").write_text('{"epoch": 1, "loss": 0.5}')
    ...     "<svg" in html.write(folder).read_text()
    True
    """
    run = Path(folder)
    config = _config(run / "config.toml")
    records = _records(run / "metrics.jsonl")
    result = _result(run / "result.json")
    body = [f"<h1>{escape(run.resolve().name)}</h1>", _summary(result)]
    stages = dict.fromkeys(str(record.get("stage", "")) for record in records)
    for stage in stages:
        own = [record for record in records if str(record.get("stage", "")) == stage]
        heading = f"Learning curves: {stage}" if stage else "Learning curves"
        body += [f"<h2>{escape(heading)}</h2>", _curves(own)]
    body += ["<h2>Settings</h2>", _table(config)]
    page = run / "report.html"
    with replacing(page) as file:
        file.write(_PAGE.format(title=escape(run.resolve().name), body="\n".join(body)))
    return page


def _summary(result: Mapping[str, Any]) -> str:
    if not result:
        return "<p>The run has not ended.</p>"
    parts = [f"<p>{escape(str(result.get('protocol_sentence', '')))}</p>"]
    for name in ("test", "validation", "seconds"):
        values = result.get(name)
        if isinstance(values, dict) and values:
            parts += [f"<h2>{name.capitalize()}</h2>", _table(values)]
    facts = {name: result[name] for name in ("data", "best_epoch") if name in result}
    return "\n".join([*parts, _table(facts)])


def _curves(records: Sequence[Mapping[str, Any]]) -> str:
    fields = dict.fromkeys(name for record in records for name in record)
    charts = []
    for name in fields:
        if name in _NOT_CURVES:
            continue
        points = [
            (float(record["epoch"]), float(record[name]))
            for record in records
            if isinstance(record.get(name), int | float) and "epoch" in record
        ]
        if len({y for _, y in points}) > 1 or name == "loss":
            x, y = [a for a, _ in points], [b for _, b in points]
            chart = line_chart(name.replace("_", " "), x, y, x_name="epoch")
            charts.append(f"<figure>{chart}</figure>")
    return "\n".join(charts)


def _table(values: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in values.items()
    )
    return f"<table>{rows}</table>"


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: {error}") from error


def _records(path: Path) -> list[dict[str, Any]]:
    records = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: {error.msg}") from error
        if not isinstance(record, dict):
            raise DataError(f"{path}, line {number}: expected an object")
        records.append(record)
    return records


def _result(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        result = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: {error.msg}") from error
    return result if isinstance(result, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: {path.parent} is not a run") from None
