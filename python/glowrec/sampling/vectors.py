"""The vectors that score candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from glowrec.errors import ParameterError, ShapeError
from glowrec.sampling.strategies import Hardest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from glowrec.sampling.strategies import Strategy


Table: TypeAlias = "NDArray[np.float32] | NDArray[np.uint16]"
Vectors: TypeAlias = "Table | Callable[[], Table]"


def n_candidates(negatives: Strategy) -> int:
    """Return how many candidates each negative has.

    Examples
    --------
    >>> from glowrec import Hardest, Uniform
    >>> n_candidates(Hardest(8)), n_candidates(Uniform())
    (8, 1)
    """
    return negatives.of if isinstance(negatives, Hardest) else 1


def table_of(vectors: Vectors | None, negatives: Strategy) -> Table:
    """Return a table of vectors that the core can read in place.

    Parameters
    ----------
    vectors : ndarray of float32 or uint16, shape (n_nodes, dim), or callable, optional
    negatives : Hardest
        For the message where there are no vectors.

    Returns
    -------
    ndarray of float32 or uint16

    Raises
    ------
    ParameterError
        If there are none, or they are no array.
    ShapeError
        If they are not C-ordered rows.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec import Hardest
    >>> table_of(lambda: np.zeros((3, 2), np.float32), Hardest(2)).shape
    (3, 2)
    """
    table = vectors() if callable(vectors) else vectors
    if table is None:
        raise no_vectors(negatives)
    if not isinstance(table, np.ndarray):
        raise ParameterError(
            f"vectors: expected an array of float32 or uint16, got {type(table).__name__}"
        )
    kept = table.dtype in (np.float32, np.uint16) and table.flags.c_contiguous
    if table.ndim != 2 or not kept:  # noqa: PLR2004 - a row per node
        raise ShapeError(
            "vectors: expected C-ordered rows of float32 (or uint16 bits of bfloat16), got "
            f"{table.dtype} {table.shape}; numpy.ascontiguousarray(vectors, numpy.float32)"
        )
    return table


def no_vectors(negatives: Strategy) -> ParameterError:
    """Return the error of candidates without vectors.

    Examples
    --------
    >>> from glowrec import Hardest
    >>> no_vectors(Hardest(2)).args[0][:36]
    'Hardest(of=2) scores its candidates:'
    """
    return ParameterError(
        f"{negatives!r} scores its candidates: pass `vectors`, the read-out vectors of users and "
        "items"
    )
