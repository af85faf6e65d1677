"""Results as text: cells in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines, the first column to the left, the others to the right.

    Parameters
    ----------
    rows : sequence of sequence of str
        As many cells in each row.

    Returns
    -------
    str
        Columns stand two spaces apart.

    Examples
    --------
    >>> print(aligned([["", "mean"], ["recall", "0.5"]]))
            mean
    recall   0.5
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
