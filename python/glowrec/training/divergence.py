"""Training that runs away, as an error that says what to do."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glowrec.errors import ParameterError, ScoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glowrec.training.vector_settings import VectorSettings


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
    ParameterError
        In place of a :class:`~glowrec.errors.ScoreError` of the block.

    Examples
    --------
    >>> from glowrec.training import Config
    >>> from glowrec.training.divergence import check_finite, named
    >>> with named(Config(lr=1e30), epoch=2):
    ...     check_finite(float("nan"))
    Traceback (most recent call last):
    glowrec.errors.ParameterError: lr = 1e+30: the loss is not finite at epoch 2; lower lr
    """
    try:
        yield
    except ScoreError:
        raise ParameterError(
            f"lr = {config.lr}: the loss is not finite at epoch {epoch}; lower lr"
        ) from None


def check_finite(loss: float) -> None:
    """Raise :class:`~glowrec.errors.ScoreError` where a loss is NaN or infinite."""
    if not math.isfinite(loss):
        raise ScoreError(f"loss = {loss}")
