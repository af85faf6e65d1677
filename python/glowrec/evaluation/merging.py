"""Evaluations of some users each, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ParameterError
from glowrec.evaluation.result import Evaluation
from glowrec.evaluation.summary import summarised
from glowrec.metrics.ranks import Fractions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["merged"]


def merged(parts: list[Evaluation]) -> Evaluation:
    """Return the evaluation of all users of `parts`; see :meth:`Evaluation.merge`.

    Examples
    --------
    >>> from glowrec import Graph, evaluate_rankings
    >>> test = Graph.from_edges([0, 1], [1, 0], n_users=2, n_items=2)
    >>> parts = [evaluate_rankings([[1]], test, k=1, users=[user]) for user in (1, 0)]
    >>> merged(parts).users
    array([0, 1])
    """
    if not parts:
        raise ParameterError("parts: give at least one evaluation to merge")
    _check_alike(parts)
    first = parts[0]
    users = np.concatenate([part.users for part in parts])
    order = np.argsort(users, kind="stable")
    users = users[order]
    again = np.flatnonzero(users[1:] == users[:-1])
    if again.size:
        user = int(users[again[0]])
        one, other = (i for i, part in enumerate(parts) if user in part.users)
        raise ParameterError(f"parts[{one}] and parts[{other}] share user {user}: judge it once")

    def together(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.concatenate(columns)[order]

    per_user = {key: together([part.per_user[key] for part in parts]) for key in first.per_user}
    pooled = {
        key: Fractions(
            together([part.pooled[key].over for part in parts]),
            together([part.pooled[key].under for part in parts]),
        )
        for key in first.pooled
    }
    exposure: dict[int, NDArray[np.int64]] = {
        k: np.sum([part.exposure[k] for part in parts], axis=0, dtype=np.int64)
        for k in first.exposure
    }
    tied = [part.n_tied_at_cut for part in parts if part.n_tied_at_cut is not None]
    return Evaluation(
        summary=summarised(first.metrics, first.k, per_user, pooled, exposure),
        per_user=per_user,
        users=users,
        n_without_test=sum(part.n_without_test for part in parts),
        k=first.k,
        metrics=first.metrics,
        convention=first.convention,
        n_without_list=sum(part.n_without_list for part in parts),
        n_tied_at_cut={k: sum(part[k] for part in tied) for k in first.k} if tied else None,
        exposure=exposure,
        pooled=pooled,
    )


def _check_alike(parts: list[Evaluation]) -> None:
    def told(part: Evaluation) -> dict[str, object]:
        n_items = {k: counts.size for k, counts in part.exposure.items()}
        return {
            "k": part.k,
            "metrics": part.metrics,
            "convention": part.convention,
            "items": n_items,
            "known scores": part.n_tied_at_cut is not None,
        }

    own = told(parts[0])
    for place, part in enumerate(parts):
        for name, value in told(part).items():
            if value != own[name]:
                raise ParameterError(
                    f"parts[{place}] differs from parts[0] in {name}: {value} and {own[name]}; "
                    "evaluate all parts alike"
                )
