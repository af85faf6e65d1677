"""Training that runs away, as an error that says what to do."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glowrec.errors import ParameterError, ScoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glowrec.training.vector_settings import VectorSettings


class DivergenceError(ParameterError):
    """Training ran away: the loss is no finite number."""


@contextmanager
def named(config: VectorSettings, epoch: int) -> Iterator[None]:
    """Say of scores that are no numbers that training diverged, in which epoch and why.

    Parameters
    ----------
    config : VectorSettings
    epoch : int

    Yields
    ------
    None

    Raises
    ------
    DivergenceError
        In place of a :class:`~glowrec.errors.ScoreError` of the block.

    Examples
    --------
    >>> from glowrec.training import Config
    >>> from glowrec.training.divergence import DivergenceError, check_finite, named
    >>> try:
    ...     with named(Config(lr=1e30), epoch=2):
    ...         check_finite(float("nan"))
    ... except DivergenceError as error:
    ...     print(error)
    lr = 1e+30: the loss is not finite at epoch 2; lower lr
    """
    try:
        yield
    except ScoreError:
        raise DivergenceError(
            f"lr = {config.lr}: the loss is not finite at epoch {epoch}; lower lr"
        ) from None


def check_finite(loss: float) -> None:
    """Raise :class:`~glowrec.errors.ScoreError` where a loss is NaN or infinite."""
    if not math.isfinite(loss):
        raise ScoreError(f"loss = {loss}")
