"""The rank of each test item among sampled negatives of its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from glowrec.errors import SaturatedError, ScoreError, ShapeError
from glowrec.factors import core, items_of
from glowrec.sampling import Candidates

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from glowrec.graph import Graph

Scores: TypeAlias = "Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.floating]]"


class Scorer(NamedTuple):
    """Scores pairs of users and items."""

    scores: Scores
    """From the user of each row, shape (m,), and items, shape (m, n), to scores, shape (m, n)."""
    width: int
    """Numbers that it needs for a pair, so that blocks are no larger than memory should be."""


_ENTRIES = 2**18  # of a block of negatives, and of their coordinates: 2 MiB


class Targets(NamedTuple):
    """The test items of some users, and what they can be ranked among."""

    judged: NDArray[np.int64]
    """The users with test items, in the order given, shape (n_judged,)."""
    sizes: NDArray[np.int64]
    """How many each of them has."""
    users: NDArray[np.int64]
    """User of each target, in the same order, shape (n_targets,)."""
    items: NDArray[np.int64]
    """The targets, ascending for each user."""
    known: NDArray[np.bool_]
    """Whether the target is in train as well, and so no candidate."""
    n_negatives: NDArray[np.int64]
    """Items in neither train nor test of its user, for each target."""
    candidates: Candidates
    """Draws from those items."""


def targets(
    train: Graph | None,
    test: Graph,
    users: NDArray[np.int64],
    n_candidates: int = 1,
    seed: int = 0,
    *,
    replace: bool = False,
) -> Targets:
    """List the test items of users, and what draws their negatives.

    Parameters
    ----------
    train : Graph, optional
    test : Graph
    users : ndarray of int64, shape (n_rows,)
        Users of `test`, each once.
    n_candidates : int, default 1
        Negatives of each target.
    seed : int, default 0
    replace : bool, default False
        Whether negatives of a target may repeat.

    Returns
    -------
    Targets

    Raises
    ------
    ShapeError
        If `train` has another shape than `test`.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec import Graph
    >>> test = Graph.from_edges([0, 2, 2], [1, 0, 2], n_users=3, n_items=4)
    >>> targets(None, test, np.array([2, 1, 0])).items
    array([0, 2, 1])
    """
    if train is not None:
        shapes = [(graph.n_users, graph.n_items) for graph in (train, test)]
        if shapes[0] != shapes[1]:
            raise ShapeError(
                f"test: expected {shapes[0][0]} users and {shapes[0][1]} items as train, got "
                f"{shapes[1][0]} and {shapes[1][1]}; build both with the same n_users=, n_items="
            )
    candidates = Candidates(
        test if train is None else train,
        n_candidates,
        seed,
        replacement=replace,
        exclude=None if train is None else test,
    )
    judged = users[test.user_degrees[users] > 0]
    indptr, items = items_of(test, judged)
    sizes = np.diff(indptr)
    of = np.repeat(judged, sizes)
    known = np.zeros(len(of), dtype=bool)
    if train is not None:
        known = np.isin(of * test.n_items + items, _keys(train))
    n_negatives = candidates.n_possible(of)
    return Targets(judged, sizes, of, items, known, n_negatives, candidates)


def _keys(graph: Graph) -> NDArray[np.int64]:
    """``user * n_items + item`` of each link."""
    starts, items = core(graph).user_csr()
    return np.repeat(np.arange(graph.n_users), np.diff(starts)) * graph.n_items + items


def products(
    table: NDArray[np.float32],
    items: NDArray[np.float32],
    users: NDArray[np.int64],
    n_users: int,
) -> Scorer:
    """Return scores that are dot products, summed in float64.

    Parameters
    ----------
    table : ndarray of float32, shape (n_rows, dim)
    items : ndarray of float32, shape (n_items, dim)
    users : ndarray of int64, shape (n_rows,)
        User of each row of `table`.
    n_users : int

    Returns
    -------
    Scorer

    Examples
    --------
    >>> import numpy as np
    >>> table, items = np.ones((1, 2), np.float32), np.eye(2, dtype=np.float32)
    >>> products(table, items, np.array([0]), 1).scores(np.array([0]), np.array([[1, 0]]))
    array([[1., 1.]])
    """
    row = np.full(n_users, -1)
    row[users] = np.arange(len(users))

    def scores(of: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.floating]:
        # Products of float32 are exact in float64; infinities may meet to NaN, which is named.
        with np.errstate(invalid="ignore"):
            mine = table[row[of]].astype(np.float64)
            found: NDArray[np.float64] = np.einsum(
                "rd,rnd->rn", mine, items[wanted].astype(np.float64)
            )
        return found

    return Scorer(scores, items.shape[1])


def sampled_ranks(scorer: Scorer, found: Targets) -> NDArray[np.int64]:
    """Rank each target among sampled negatives.

    Parameters
    ----------
    scorer : Scorer
    found : Targets

    Returns
    -------
    ndarray of int64, shape (n_targets,)
        From 1; ties go to the lower item id. -1 for a target that is in train.

    Raises
    ------
    SaturatedError
        If a user has too few negatives.
    ScoreError
        If a score is NaN.
    """
    n_candidates, replace = found.candidates.n, found.candidates.replacement
    least = 1 if replace else n_candidates
    candidates = np.flatnonzero(~found.known)
    short = candidates[found.n_negatives[candidates] < least]
    if short.size:
        remedy = "" if replace else "; lower n_candidates, or draw with replace=True"
        raise SaturatedError(
            f"user {found.users[short[0]]} has {found.n_negatives[short[0]]} items that are in "
            f"neither train nor test, fewer than {least}{remedy}"
        )
    ranks = np.full(len(found.items), -1)
    step = max(1, _ENTRIES // ((n_candidates + 1) * max(1, scorer.width)))
    for start in range(0, len(candidates), step):
        block = candidates[start : start + step]
        users, items = found.users[block], found.items[block]
        negatives = found.candidates.sample(users, items)
        values = scorer.scores(users, np.hstack([items[:, None], negatives]))
        _check(values, users, items, negatives)
        mine, theirs = values[:, :1], values[:, 1:]
        before = (theirs > mine) | ((theirs == mine) & (negatives < items[:, None]))
        ranks[block] = 1 + before.sum(axis=1)
    return ranks


def _check(
    values: NDArray[np.floating],
    users: NDArray[np.int64],
    items: NDArray[np.int64],
    negatives: NDArray[np.int64],
) -> None:
    wrong = np.isnan(values)
    if wrong.any():
        row, place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        item = items[row] if place == 0 else negatives[row, place - 1]
        raise ScoreError(f"the score of item {item} for user {users[row]} is NaN")
