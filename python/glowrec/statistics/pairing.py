"""Two sets of per-user values, brought to the same users in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np

from glowrec.errors import DataError, ParameterError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike, NDArray


class PerUser(Protocol):
    """What an :class:`glowrec.Evaluation` is, and whatever else has values per user."""

    @property
    def users(self) -> NDArray[np.int64]:
        """The users, each once, shape (n_users,)."""

    @property
    def per_user(self) -> Mapping[str, NDArray[np.float64]]:
        """One value per user under each name."""


Values: TypeAlias = "PerUser | Mapping[str, ArrayLike]"
"""An evaluation, or arrays by name of metric whose positions are the same users."""


class Paired(NamedTuple):
    """Values of the same users, in float64."""

    metrics: tuple[str, ...]
    a: NDArray[np.float64]
    """Shape (n_users, n_metrics)."""
    b: NDArray[np.float64]
    """Shape (n_users, n_metrics)."""


def paired(a: Values, b: Values, metrics: str | Sequence[str] | None) -> Paired:
    """Return the values of the same users, in the same order.

    Parameters
    ----------
    a, b : Evaluation, or mapping of str to array_like of float, shape (n_users,)
        Two evaluations are matched by user id, two mappings by position.
    metrics : str or sequence of str, optional
        What to take; by default all, which must then be the same in both.

    Returns
    -------
    Paired

    Raises
    ------
    ParameterError
        If an evaluation meets a mapping, or a metric is missing or named twice.
    DataError
        If a user is only in one of them, or twice, or a value is not finite: it is named.
    ShapeError
        If two mappings have arrays of different lengths.

    Examples
    --------
    >>> paired({"hit@1": [1, 0]}, {"hit@1": [0, 0]}, None).a.tolist()
    [[1.0], [0.0]]
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        names = _named(metrics, a, b)
        left, right = _columns("a", a, names, None), _columns("b", b, names, None)
        if left.shape != right.shape:
            raise ShapeError(
                f"b: expected {len(left)} values per metric as a, got {len(right)}; "
                "values of the same users stand at the same positions"
            )
        return Paired(names, left, right)
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        raise ParameterError(
            "a, b: pass two evaluations, matched by user, or two mappings, matched by position"
        )
    names = _named(metrics, a.per_user, b.per_user)
    order_a, order_b = _order("a", a.users), _order("b", b.users)
    _check_same(a.users[order_a], b.users[order_b])
    left = _columns("a", a.per_user, names, a.users)[order_a]
    return Paired(names, left, _columns("b", b.per_user, names, b.users)[order_b])


def _named(
    metrics: str | Sequence[str] | None, a: Mapping[str, Any], b: Mapping[str, Any]
) -> tuple[str, ...]:
    if metrics is None:
        lonely = [*(name for name in a if name not in b), *(name for name in b if name not in a)]
        if lonely:
            raise ParameterError(
                f"{lonely[0]!r} is in {'a' if lonely[0] in a else 'b'} only; "
                "say with metrics= what to compare"
            )
        metrics = tuple(a)
    names = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    for name in names:
        for side, values in (("a", a), ("b", b)):
            if name not in values:
                raise ParameterError(
                    f"metrics: {name!r} is not in {side}, which has {', '.join(values) or 'none'}"
                )
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"metrics = {names!r}: name at least one metric, each once")
    return names


def _columns(
    side: str,
    values: Mapping[str, ArrayLike],
    names: tuple[str, ...],
    users: NDArray[np.int64] | None,
) -> NDArray[np.float64]:
    columns = [np.asarray(values[name], dtype=np.float64) for name in names]
    n_users = len(users) if users is not None else columns[0].size
    for name, column in zip(names, columns, strict=True):
        if column.shape != (n_users,):
            raise ShapeError(
                f"{side}[{name!r}]: expected shape ({n_users},), one value per user, "
                f"got {column.shape}"
            )
        finite = np.isfinite(column)
        if not finite.all():
            place = int(np.argmin(finite))
            whose = f"user {users[place]}" if users is not None else f"position {place}"
            raise DataError(
                f"{side}: {name!r} of {whose} is {column[place]}; compare finite values only"
            )
    return np.stack(columns, axis=1)


def _order(side: str, users: NDArray[np.int64]) -> NDArray[np.intp]:
    order = np.argsort(users, kind="stable")
    inorder = users[order]
    again = np.flatnonzero(inorder[1:] == inorder[:-1])
    if again.size:
        raise DataError(f"{side}: user {inorder[again[0]]} is in it twice")
    return order


def _check_same(a: NDArray[np.int64], b: NDArray[np.int64]) -> None:
    for side, here, there in (("a", a, b), ("b", b, a)):
        lonely = here[~np.isin(here, there, assume_unique=True)]
        if lonely.size:
            raise DataError(
                f"user {lonely[0]} is in {side} only ({len(a):,} users in a, {len(b):,} in b); "
                "evaluate both on the same users, see users= of the evaluation"
            )
