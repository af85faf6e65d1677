"""A set made from a seed, with structure that a model can find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.arguments import real_number, whole_number
from glowrec.datasets.dataset import Dataset
from glowrec.errors import ParameterError
from glowrec.interactions import Interactions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OWN_TASTE = 0.8
"""Share of a user's draws that come from the user's own taste groups."""
_POPULARITY_EXPONENT = 0.8
"""Popularity of the item of rank r is proportional to (r + 10)^-0.8: a power law, head cut off."""


def synthetic(
    n_users: int = 2000,
    n_items: int = 3000,
    *,
    n_groups: int = 20,
    mean_degree: int = 60,
    test_fraction: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Make a set with planted taste groups and power-law popularity.

    Each item belongs to one of `n_groups` groups and has a popularity that falls with its rank
    by a power law. Each user likes two groups, draws a log-normal number of items, four fifths
    of them from those groups and the rest from all items, by popularity; repeats count once. A
    share of each user's items is test.

    Parameters
    ----------
    n_users, n_items : int, default 2000, 3000
        Size; at least 1 and at least `n_groups`.
    n_groups : int, default 20
        Number of taste groups, at least 2.
    mean_degree : int, default 60
        Mean number of draws per user, at least 2.
    test_fraction : float, default 0.2
        Share of each user's items that are test, in [0, 1).
    seed : int, default 0
        Not negative. The same seed gives the same set, on every platform that has NumPy's PCG64.

    Returns
    -------
    Dataset
        Named ``synthetic``.

    Raises
    ------
    ParameterError
        If a parameter is out of range or no number.

    Examples
    --------
    >>> from glowrec.datasets import synthetic
    >>> data = synthetic(n_users=100, n_items=200, seed=3)
    >>> data.train.n_users, data.train.n_items
    (100, 200)
    """
    given = {
        "n_users": n_users,
        "n_items": n_items,
        "n_groups": n_groups,
        "mean_degree": mean_degree,
    }
    given = {name: whole_number(name, value) for name, value in given.items()}
    lowest = {"n_users": 1, "n_items": max(n_groups, 1), "n_groups": 2, "mean_degree": 2}
    for name, least in lowest.items():
        if given[name] < least:
            raise ParameterError(f"{name} = {given[name]}: expected at least {least}")
    if not 0 <= real_number("test_fraction", test_fraction) < 1:
        raise ParameterError(f"test_fraction = {test_fraction}: expected a share in [0, 1)")
    if whole_number("seed", seed) < 0:
        raise ParameterError(f"seed = {seed}: expected a number from 0")

    rng = np.random.default_rng(seed)
    group_of = np.arange(n_items) % n_groups
    rank = rng.permutation(n_items)
    popularity = (rank + 10.0) ** -_POPULARITY_EXPONENT
    tastes = np.stack([rng.permutation(n_groups)[:2] for _ in range(n_users)])
    spread = rng.lognormal(mean=-0.32, sigma=0.8, size=n_users)  # mean 1
    draws = np.maximum(2, np.rint(mean_degree * spread)).astype(np.int64)

    users = np.repeat(np.arange(n_users), draws)
    taste = tastes[users, rng.integers(0, 2, users.size)]
    own = rng.random(users.size) < _OWN_TASTE
    place = rng.random(users.size)
    items = np.searchsorted(_cumulative(popularity), place, side="right")
    for group in range(n_groups):
        members = np.flatnonzero(group_of == group)
        here = own & (taste == group)
        picked = np.searchsorted(_cumulative(popularity[members]), place[here], side="right")
        items[here] = members[picked]

    pairs = np.unique(users * n_items + items)
    users, items = np.divmod(pairs, n_items)
    degrees = np.bincount(users, minlength=n_users)
    order = np.lexsort((rng.random(pairs.size), users))
    position = np.arange(pairs.size) - np.repeat(np.cumsum(degrees) - degrees, degrees)
    is_test = np.zeros(pairs.size, dtype=bool)
    is_test[order] = position < np.floor(test_fraction * degrees)[users]
    known = np.zeros(n_items, dtype=bool)
    known[items[~is_test]] = True
    is_test &= known[items]  # an item of test alone goes to train, where it can be learnt
    train, test = (
        Interactions.from_arrays(users[part], items[part], n_users=n_users, n_items=n_items)
        for part in (~is_test, is_test)
    )
    return Dataset("synthetic", train, test)


def _cumulative(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the cumulative distribution; its last entry is past every uniform draw."""
    total = np.cumsum(weights, dtype=np.float64)
    total /= total[-1]
    total[-1] = np.inf
    return total
