"""Line charts as inline SVG: no script, no font, no file beside the page."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 28, 32


def line_chart(title: str, x: Sequence[float], y: Sequence[float], *, x_name: str) -> str:
    """Return one curve with its axes as an ``<svg>`` element.

    Parameters
    ----------
    title : str
        Heading of the chart, escaped here.
    x, y : sequence of float, equally long
        The points, in drawing order. Points that are not finite are left out.
    x_name : str
        What the horizontal axis counts.

    Returns
    -------
    str
        The element; a chart without a finite point says so.

    Examples
    --------
    >>> from glowrec.report.svg import line_chart
    >>> line_chart("loss", [1, 2], [0.5, 0.25], x_name="epoch")[:5]
    '<svg '
    """
    finite = zip(x, y, strict=True)
    points = [(a, b) for a, b in finite if math.isfinite(a) and math.isfinite(b)]
    head = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f'<text x="{LEFT}" y="18" class="title">{escape(title)}</text>'
    )
    if not points:
        return f'{head}<text x="{LEFT}" y="{HEIGHT // 2}">no data</text></svg>'
    x_ticks = _ticks([a for a, _ in points])
    y_ticks = _ticks([b for _, b in points])

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * _share(value, x_ticks)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(value, y_ticks)

    parts = [head]
    for tick in y_ticks:
        at = up(tick)
        parts.append(
            f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:.6g}</text>'
        )
    parts.extend(
        f'<text x="{across(tick):.1f}" y="{HEIGHT - 16}" text-anchor="middle">{tick:.6g}</text>'
        for tick in x_ticks
    )
    parts.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">{escape(x_name)}</text>'
    )
    path = " ".join(f"{across(a):.1f},{up(b):.1f}" for a, b in points)
    parts.append(f'<polyline points="{path}"/>')
    last = points[-1]
    parts.append(f'<circle cx="{across(last[0]):.1f}" cy="{up(last[1]):.1f}" r="3"/></svg>')
    return "".join(parts)


def _ticks(values: Sequence[float]) -> list[float]:
    """Three to six round numbers that enclose `values`."""
    low, high = min(values), max(values)
    if low == high:
        margin = abs(low) / 2 or 0.5
        low, high = low - margin, high + margin
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= raw)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _share(value: float, ticks: Sequence[float]) -> float:
    return (value - ticks[0]) / (ticks[-1] - ticks[0])
