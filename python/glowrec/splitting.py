"""Cutting interactions into parts that train and parts that judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec.arguments import real_number, whole_number
from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from glowrec.interactions import Interactions


class Split(NamedTuple):
    """Two parts of a set, over the same users, items and id maps."""

    train: Interactions
    validation: Interactions


def hold_out(interactions: Interactions, fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out a share of each user's interactions, chosen at random.

    Of a user with ``d`` interactions, ``floor(fraction * d + v)`` are held out, ``v`` uniform in
    [0, 1) per user, so that the expected share is `fraction` for users of any activity; at least
    one of them stays in train.

    Parameters
    ----------
    interactions : Interactions
        Without kept duplicates, or the same pair may land in both parts.
    fraction : float, default 0.1
        From 0 up to, but not including, 1.
    seed : int, default 0
        Not negative; the same seed gives the same parts.

    Returns
    -------
    Split
        ``train`` and ``validation``, each in the order given.

    Raises
    ------
    ParameterError
        If `fraction` is not in [0, 1), or `seed` is negative or no whole number.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.splitting import hold_out
    >>> log = Interactions.from_arrays([0] * 10, range(10))
    >>> train, validation = hold_out(log, 0.2, seed=1)
    >>> len(train), len(validation)
    (8, 2)
    """
    if not 0 <= real_number("fraction", fraction) < 1:
        raise ParameterError(f"fraction = {fraction}: expected a share in [0, 1)")
    if whole_number("seed", seed) < 0:
        raise ParameterError(f"seed = {seed}: expected a number from 0")
    rng = np.random.default_rng(seed)
    degrees = np.bincount(interactions.users, minlength=interactions.n_users)
    quota = np.floor(fraction * degrees + rng.random(interactions.n_users)).astype(np.int64)
    quota = np.minimum(quota, np.maximum(degrees - 1, 0))
    # One sort: by user, and in random order within a user. Halves, so that no sum rounds up to
    # the next user.
    order = np.argsort(interactions.users + rng.random(len(interactions)) / 2, kind="stable")
    start = np.cumsum(degrees) - degrees
    users = interactions.users[order]
    rank = np.arange(order.size) - start[users]
    held = np.zeros(order.size, dtype=bool)
    held[order] = rank < quota[users]
    return Split(interactions.select(~held), interactions.select(held))
