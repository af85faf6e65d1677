"""From a source of rankings to an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.columns import check_codes
from glowrec.errors import ParameterError, ShapeError
from glowrec.factors import linked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.evaluation.judge import Judge
    from glowrec.evaluation.result import Evaluation
    from glowrec.evaluation.source import Source
    from glowrec.factors import Links
    from glowrec.graph import Graph

__all__ = ["check_once", "check_train", "judged"]


def check_train(train: Links | None, test: Graph) -> Graph | None:
    """Return the graph of `train`, refused if it has other users than `test`.

    Examples
    --------
    >>> from glowrec import Graph
    >>> from glowrec.evaluation.judging import check_train
    >>> test = Graph.from_edges([0], [1], n_users=2, n_items=3)
    >>> check_train(test, test).n_users
    2
    """
    if train is None:
        return None
    seen = linked("train", train)
    if seen.n_users != test.n_users:
        raise ShapeError(
            f"test: expected {seen.n_users} users as train, got {test.n_users}; "
            "build both with the same n_users="
        )
    return seen


def judged(judge: Judge, source: Source, users: NDArray[np.int64], n_users: int) -> Evaluation:
    """Judge the rankings that a source makes; users that no mean counts are never ranked.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec import Graph
    >>> from glowrec.evaluation.factor_source import FactorSource
    >>> from glowrec.evaluation.judge import Judge
    >>> from glowrec.evaluation.judging import judged
    >>> test = Graph.from_edges([0], [1], n_users=2, n_items=2)
    >>> source = FactorSource([[1.0], [0.0]], [[3.0], [4.0]])
    >>> judged(Judge(test, k=1, metrics="hit"), source, np.arange(2), 2).summary
    {'hit@1': 1.0}
    """
    check_codes("users", users, n_users)
    check_once(users)
    for block in source.blocks(judge.wanted(users)):
        judge.add(block)
    return judge.result()


def check_once(users: NDArray[np.int64]) -> None:
    """Refuse a user that would count twice in every mean; none is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.evaluation.judging import check_once
    >>> check_once(np.array([1, 1]))
    Traceback (most recent call last):
    glowrec.errors.ParameterError: users: user 1 is given twice; give each user once
    """
    again = np.flatnonzero(np.bincount(users, minlength=1) > 1)
    if again.size:
        raise ParameterError(f"users: user {again[0]} is given twice; give each user once")
