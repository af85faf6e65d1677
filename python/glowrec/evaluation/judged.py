"""Whose rankings are judged, and against what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ParameterError, ShapeError
from glowrec.factors import linked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec.evaluation.judge import Judge
    from glowrec.evaluation.result import Evaluation
    from glowrec.evaluation.source import Source
    from glowrec.factors import Links
    from glowrec.graph import Graph


def check_once(users: ArrayLike | None, ids: NDArray[np.int64], test: Graph) -> None:
    """Refuse a user that would count twice in every mean."""
    if users is None or (ids.size and not 0 <= ids.min() <= ids.max() < test.n_users):
        return  # the core names an id that is out of range
    again = np.flatnonzero(np.bincount(ids, minlength=1) > 1)
    if again.size:
        raise ParameterError(f"users: user {again[0]} is given twice; give each user once")


def check_train(train: Links | None, test: Graph) -> Graph | None:
    """Return the graph of `train`, refused if it has other users than `test`."""
    if train is None:
        return None
    seen = linked("train", train)
    if seen.n_users != test.n_users:
        raise ShapeError(
            f"test: expected {seen.n_users} users as train, got {test.n_users}; "
            "build both with the same n_users="
        )
    return seen


def judged(judge: Judge, source: Source, users: NDArray[np.int64]) -> Evaluation:
    """Judge the rankings that a source makes for `users`; those that no mean counts are spared."""
    for block in source.blocks(judge.wanted(users)):
        judge.add(block)
    return judge.result()
