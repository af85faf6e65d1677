"""What is relevant to whom, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.errors import DataError
from glowrec.factors import linked
from glowrec.interactions import Interactions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph

__all__ = ["Relevance", "relevance"]

_LARGEST_GAIN = 1e100  # sums of as many as there can be stay finite


@dataclass(frozen=True, eq=False)
class Relevance:
    """The test items of all users."""

    graph: Graph
    """Who has which."""
    grades: NDArray[np.float64] | None
    """One per link, in the order of the graph's rows; None if gains are binary, or all are 1."""
    log: Interactions | None
    """What the graph was made of, where it has ids."""

    def user(self, code: int) -> str:
        """Return what messages call a user."""
        return repr(code if self.log is None else self.log.decode_users([code])[0].item())

    def item(self, code: int) -> str:
        """Return what messages call an item."""
        return repr(code if self.log is None else self.log.decode_items([code])[0].item())


def relevance(test: Links, gain: str) -> Relevance:
    """Return the test items of all users, with grades if gains depend on them.

    Parameters
    ----------
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        Grades are the values; a graph, and interactions without values, have grades of 1.
        Pairs that occur again are added up.
    gain : {"binary", "linear", "exponential"}

    Returns
    -------
    Relevance

    Raises
    ------
    DataError
        If a grade is not above 0, or its gain not a number below 1e100: the pair is named.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> test = Interactions.from_arrays([1, 0], [0, 1], values=[3.0, 5.0])
    >>> relevance(test, "linear").grades
    array([5., 3.])
    >>> relevance(test, "binary").grades is None
    True
    """
    graph = linked("test", test)
    log = test if isinstance(test, Interactions) else None
    if gain == "binary":
        return Relevance(graph, None, log)
    if log is None and not hasattr(test, "tocoo"):
        return Relevance(graph, None, log)
    if log is not None and log.values is None:
        return Relevance(graph, None, log)
    matrix = test if log is None else log.to_scipy()
    found = Relevance(graph, _by_row(matrix, keep_zeros=log is not None), log)
    _check(found, gain)
    return found


def _by_row(matrix: Any, *, keep_zeros: bool) -> NDArray[np.float64]:  # noqa: ANN401 - sparse
    """Return the values in the order of rows, then columns."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - half of the time of `import glowrec`

    entries = matrix.tocoo()
    stays = slice(None) if keep_zeros else entries.data != 0
    pairs = entries.row[stays].astype(np.int64), entries.col[stays].astype(np.int64)
    rows = csr_array((entries.data[stays].astype(np.float64), pairs), shape=matrix.shape)
    rows.sum_duplicates()
    return np.ascontiguousarray(rows.data, dtype=np.float64)


def _check(found: Relevance, gain: str) -> None:
    grades = found.grades
    if grades is None:
        return
    highest = _LARGEST_GAIN if gain == "linear" else np.log2(_LARGEST_GAIN)
    bad = np.flatnonzero(~((grades > 0) & (grades < highest)))
    if not bad.size:
        return
    starts, items = found.graph._native.user_csr()  # noqa: SLF001 - the order of the grades
    place = int(bad[0])
    user = int(np.searchsorted(starts, place, side="right")) - 1
    raise DataError(
        f"test: user {found.user(user)} and item {found.item(int(items[place]))} have grade "
        f"{grades[place]:g}; gain={gain!r} needs one above 0 and below {highest:.3g}: drop or "
        "rescale such rows, or choose gain='binary'"
    )
