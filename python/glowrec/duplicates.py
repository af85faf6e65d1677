"""What becomes of a (user, item) pair that occurs more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from glowrec.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions

Duplicates: TypeAlias = Literal["error", "first", "last", "sum", "keep"]
"""The policies; :meth:`glowrec.Interactions.from_arrays` says what each does."""

POLICIES: tuple[Duplicates, ...] = get_args(Duplicates)


def settled(log: Interactions, policy: Duplicates) -> Interactions:
    """Return interactions in which a policy has been applied to pairs that occur again.

    Parameters
    ----------
    log : Interactions
    policy : {"error", "first", "last", "sum", "keep"}

    Returns
    -------
    Interactions
        In the order of `log`; `log` itself where nothing changes.

    Raises
    ------
    DataError
        If a pair occurs again under "error"; the message names the first such position.

    Examples
    --------
    >>> from glowrec import Interactions
    >>> from glowrec.duplicates import settled
    >>> twice = Interactions.from_arrays([0, 1, 0], [0, 0, 0], duplicates="keep")
    >>> settled(twice, "last").users, settled(twice, "sum").values
    (array([1, 0]), array([1., 2.]))
    """
    if policy == "keep":
        return log
    keys = pair_keys(log.users, log.items)
    if policy != "sum" and not _repeats(keys):
        return log
    if policy == "error":
        raise DataError(_first_repeat(log, keys))

    # Sorted by pair, then by time, then by position, since the sort is stable.
    order = np.lexsort((keys,) if log.timestamps is None else (log.timestamps, keys))
    begins = np.ones(keys.size, dtype=bool)
    begins[1:] = keys[order][1:] != keys[order][:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], keys.size)[: first.size] - 1
    stays = order[first if policy == "first" else last]
    kept = log.select(np.sort(stays))
    if policy != "sum":
        return kept
    weights = np.ones(keys.size) if log.values is None else log.values[order]
    sums = np.add.reduceat(weights, first) if first.size else weights
    return type(log)(
        kept.users,
        kept.items,
        kept.user_ids,
        kept.item_ids,
        values=sums[np.argsort(stays)],
        timestamps=kept.timestamps,
    )


def pair_keys(users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one number per pair, equal exactly where the pairs are, in their order.

    Parameters
    ----------
    users, items : ndarray of int64, shape (n,)
        Codes, not negative.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.duplicates import pair_keys
    >>> pair_keys(np.array([0, 1, 0]), np.array([5, 2, 5]))
    array([5, 8, 5])
    """
    if not users.size:
        return users
    if (int(users.max()) + 1) * (int(items.max()) + 1) > np.iinfo(np.int64).max:
        _, users = np.unique(users, return_inverse=True)
        _, items = np.unique(items, return_inverse=True)
    return users * (int(items.max()) + 1) + items


def _repeats(keys: NDArray[np.int64]) -> bool:
    if bool((keys[1:] > keys[:-1]).all()):  # files are often sorted
        return False
    keys = np.sort(keys)
    return bool((keys[1:] == keys[:-1]).any())


def _first_repeat(log: Interactions, keys: NDArray[np.int64]) -> str:
    """Return what to say of the first position whose pair occurred before."""
    order = np.argsort(keys, kind="stable")
    again = np.zeros(keys.size, dtype=bool)
    again[order[1:]] = keys[order][1:] == keys[order][:-1]
    position = int(np.argmax(again))
    user = log.user_ids.decode(log.users[position]).item()
    item = log.item_ids.decode(log.items[position]).item()
    return (
        f"position {position}: user {user!r} and item {item!r} occurred before; "
        "choose duplicates='first', 'last', 'sum' or 'keep'"
    )
