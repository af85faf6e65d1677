"""The layers of a propagation: how many there are, and what each counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.arguments import whole_number
from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_LAYERS = 1024
"""The most layers of a propagation: rows are all alike long before."""


def check_layers(n_layers: int) -> int:
    """Return a number of layers, checked.

    Parameters
    ----------
    n_layers : int
        From 0 to :data:`MOST_LAYERS`.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If it is no whole number, or out of range.

    Examples
    --------
    >>> from glowrec.layers import check_layers
    >>> check_layers(-1)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: n_layers = -1 must not be negative
    """
    whole = whole_number("n_layers", n_layers)
    if whole < 0:
        raise ParameterError(f"n_layers = {whole} must not be negative")
    if whole > MOST_LAYERS:
        raise ParameterError(f"n_layers = {whole}: expected at most {MOST_LAYERS}")
    return whole


def layer_weights(weights: ArrayLike | None, n_layers: int) -> NDArray[np.float64]:
    """Return what each layer counts, the table itself first.

    Parameters
    ----------
    weights : array_like, shape (n_layers + 1,), optional
        ``1 / (n_layers + 1)`` each by default.
    n_layers : int
        From 0 to :data:`MOST_LAYERS`.

    Returns
    -------
    ndarray of float64, shape (n_layers + 1,)

    Raises
    ------
    ParameterError
        If `n_layers` is out of range, or the weights are not so many finite numbers.

    Examples
    --------
    >>> from glowrec.layers import layer_weights
    >>> layer_weights(None, 3)
    array([0.25, 0.25, 0.25, 0.25])
    """
    n_layers = check_layers(n_layers)
    if weights is None:
        return np.full(n_layers + 1, 1.0 / (n_layers + 1))
    try:
        array = np.ascontiguousarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(f"weights = {weights!r}: expected numbers") from None
    if array.shape != (n_layers + 1,):
        raise ParameterError(
            f"weights: expected {n_layers + 1}, one for x and one per layer, got {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ParameterError(f"weights: expected finite numbers, got {array.tolist()}")
    return array
