"""Ties at the end of a list: how many items that follow have the score of its last."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.evaluation.source import Block
    from glowrec.graph import Graph

__all__ = ["Behind", "behind", "tied_with_previous"]


class Behind(NamedTuple):
    """Items behind the ends of some lists that have the scores of their last items."""

    sizes: NDArray[np.int64]
    """How many, shape (n_rows,)."""
    starts: NDArray[np.int64]
    """Where the relevant ones of each row start, shape (n_rows + 1,)."""
    items: NDArray[np.int64]
    """The relevant ones."""


def tied_with_previous(
    items: NDArray[np.int64], scores: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Say of each place of each list whether its score is that of the place before.

    Examples
    --------
    >>> tied_with_previous(np.array([[3, 1, -1]]), np.array([[-np.inf, -np.inf, -np.inf]]))
    array([[False,  True, False]])
    """
    tied = np.zeros(items.shape, dtype=bool)
    np.equal(scores[:, 1:], scores[:, :-1], out=tied[:, 1:])
    return tied & (items >= 0)  # padding has scores as well


def behind(
    block: Block,
    tied: NDArray[np.bool_],
    scores: NDArray[np.floating],
    test: Graph,
    rows: NDArray[np.int64],
) -> Behind | None:
    """Return what follows the lists of a block, or None if nothing of interest does.

    Parameters
    ----------
    block : Block
    tied : ndarray of bool, shape (n_block_rows, k + 1)
        Of the best ``k + 1``, as :func:`tied_with_previous` says.
    scores : ndarray of float, shape (n_block_rows, k + 1)
        Theirs.
    test : Graph
        Who has which relevant items.
    rows : ndarray of int64, shape (n_rows,)
        Ascending rows of the block that are asked about.

    Returns
    -------
    Behind or None
        The block is asked for all scores only where places k and ``k + 1`` tie in a row.
    """
    crosses = np.zeros(len(tied), dtype=bool)
    crosses[rows] = tied[rows, -1]
    if not bool(crosses.any()):
        return None
    width = tied.shape[1]
    cut = np.ascontiguousarray(scores[:, -1])
    start = np.argmin(tied[:, ::-1], axis=1)  # from the last place back to the first of its group
    start = width - 1 - start
    sizes = np.where(crosses, start + block.equal_to(cut) - width, 0)
    at = block.targets(test)
    row = np.repeat(np.arange(len(tied)), np.diff(at.indptr))
    follows = crosses[row] & (at.above == start[row]) & (at.above + at.before >= width)
    counts = np.bincount(row[follows], minlength=len(tied))[rows]
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Behind(sizes[rows], starts.astype(np.int64), at.items[follows])
