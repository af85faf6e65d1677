"""Numbers and flags as arguments: what is none is named with its parameter."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from glowrec.errors import ParameterError


def whole_number(name: str, value: Any) -> int:  # noqa: ANN401 - anything may be passed
    """Return a whole number: an int, or what Python can use as one without rounding.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If it is none.

    Examples
    --------
    >>> whole_number("n_users", 1.5)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: n_users = 1.5: expected a whole number
    """
    if isinstance(value, int):  # torch.compile follows this without making it a constant
        return value
    try:
        return operator.index(value)
    except TypeError:
        raise ParameterError(f"{name} = {value!r}: expected a whole number") from None


def bounded(name: str, value: Any, least: int, bits: int) -> int:  # noqa: ANN401 - as above
    """Return a whole number from `least` on and below ``2**bits``.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object
    least, bits : int

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If it is no whole number, or out of range.

    Examples
    --------
    >>> bounded("seed", -1, 0, 64)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: seed = -1 must be at least 0 and below 2**64
    """
    whole = whole_number(name, value)
    if not least <= whole < 2**bits:
        raise ParameterError(f"{name} = {value} must be at least {least} and below 2**{bits}")
    return whole


def real_number(name: str, value: Any) -> float:  # noqa: ANN401 - anything may be passed
    """Return a real number as a float; it may be infinite or NaN.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object

    Returns
    -------
    float

    Raises
    ------
    ParameterError
        If it is none, such as a text.

    Examples
    --------
    >>> real_number("fraction", None)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: fraction = None: expected a number
    """
    try:
        math.isnan(value)  # refuses texts, which `float` would read
        return float(value)
    except (TypeError, OverflowError):
        raise ParameterError(f"{name} = {value!r}: expected a number") from None


def flag(name: str, value: Any) -> bool:  # noqa: ANN401 - anything may be passed
    """Return a truth value: a bool of Python or NumPy, for ``bool("no")`` is True.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object

    Returns
    -------
    bool

    Raises
    ------
    ParameterError
        If it is none.

    Examples
    --------
    >>> flag("drop_last", "no")
    Traceback (most recent call last):
    glowrec.errors.ParameterError: drop_last = 'no': expected True or False
    """
    if not isinstance(value, bool | np.bool_):
        raise ParameterError(f"{name} = {value!r}: expected True or False")
    return bool(value)
