"""Names of the operators that one layer of propagation may apply."""

from __future__ import annotations

from typing import Literal, TypeAlias

from glowrec.arguments import real_number, whole_number
from glowrec.errors import ParameterError

Normalization: TypeAlias = Literal[
    "sym", "left", "right", "l1_both", "l1_left", "l1_right", "none"
]

NORMALIZATIONS: tuple[Normalization, ...] = (
    "sym",
    "left",
    "right",
    "l1_both",
    "l1_left",
    "l1_right",
    "none",
)
"""Names of ``D^-p A D^-q``: (p, q) = (½, ½), (½, 0), (0, ½), (1, 1), (1, 0), (0, 1), (0, 0)."""


def check_operator(normalization: str, keep_prob: float, dropout_seed: int) -> None:
    """Raise unless a name and the settings of an edge mask describe an operator.

    Parameters
    ----------
    normalization : str
    keep_prob : float
        In (0, 1].
    dropout_seed : int
        In ``0..2**64``.

    Raises
    ------
    ParameterError
        Naming the first that does not.

    Examples
    --------
    >>> from glowrec.normalization import check_operator
    >>> check_operator("sym", 0.5, 7)
    """
    if normalization not in NORMALIZATIONS:
        names = ", ".join(NORMALIZATIONS)
        raise ParameterError(f"normalization = {normalization!r}: expected one of {names}")
    if not 0.0 < real_number("keep_prob", keep_prob) <= 1.0:
        raise ParameterError(f"keep_prob = {keep_prob} is not in (0, 1]")
    if not 0 <= whole_number("dropout_seed", dropout_seed) < 2**64:
        raise ParameterError(f"dropout_seed = {dropout_seed} is not in 0..2**64")
