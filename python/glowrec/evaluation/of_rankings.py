"""Evaluation of lists that were ranked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glowrec import _native
from glowrec.errors import ShapeError
from glowrec.evaluation.coding import Coding
from glowrec.evaluation.given import Given, Scored
from glowrec.evaluation.judge import Judge
from glowrec.evaluation.recommended import read
from glowrec.metrics.names import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from glowrec.conventions import Convention
    from glowrec.evaluation.judge import Ties
    from glowrec.evaluation.result import Evaluation
    from glowrec.factors import Links
    from glowrec.metrics.names import Metric

_USERS = 1 << 16  # with scores, judged at a time


def evaluate_rankings(
    recommended: Any,  # noqa: ANN401 - arrays, lists, mappings and tables
    test: Links,
    k: int | Sequence[int] = 20,
    metrics: Metric | Sequence[Metric] = METRICS,
    *,
    convention: str | Convention = "lightgcn",
    ties: Ties | None = None,
    users: ArrayLike | None = None,
    ids: bool | None = None,
    duplicates: Literal["error", "first", "keep"] | None = None,
    train: Links | None = None,
    item_vectors: ArrayLike | None = None,
) -> Evaluation:
    """Compare given rankings with the test items.

    Parameters
    ----------
    recommended : array, sequence of lists, mapping, or table
        One of

        - an array of shape (n_rows, at least the largest k): items, best first; -1 fills up
          short rows;
        - a sequence of lists of any lengths, one per row;
        - a mapping of users to lists;
        - a table with the columns ``user``, ``item`` and ``score``: a mapping of columns, a
          structured array, or a Polars or pandas frame. Items are ranked by descending score,
          ties by `ties`; the order of rows means nothing.
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        A user's items here are relevant; values are grades where the convention has gains.
    k : int or sequence of int, default 20
        Cut-offs, each at least 1.
    metrics : str or sequence of str
        Names of :data:`glowrec.metrics.ALL_METRICS`, but "auc" and "average_rank", which need the
        scores of all items. "r_precision" looks at as much of a list as a user has test items.
    convention : str or Convention, default "lightgcn"
        Formulas and policies, by a name of :data:`glowrec.conventions.CONVENTIONS` or as a
        record. Its ``without_test`` says what becomes of users without test items, those that
        `test` does not know included; ``without_list`` of users whose list is empty or missing.
        A list that is short has no hits behind its end.
    ties : {"lower_id", "expected", "optimistic", "pessimistic"}, optional
        Order of equal scores of a table, in place of the convention's.
    users : array_like of int or str, shape (n_rows,), optional
        User of each row, without repeats; by default row ``r`` is user ``r``. Of a mapping or a
        table: the users to judge, by default all of `test`; those without a list are missing.
    ids : bool, optional
        Whether users and items are the ids of `test`, which must be Interactions, rather than
        codes. By default strings are ids (of both, if either is strings) and whole numbers
        codes; where `test` has whole numbers as ids that are not their own codes, say which.
    duplicates : {"error", "first", "keep"}, optional
        What becomes of an item that a list repeats, in place of the convention's policy.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), optional
        Needed by "novelty" and "popularity".
    item_vectors : array_like of float, shape (n_items, dim), optional
        Needed by "diversity".

    Returns
    -------
    Evaluation
        By default of the users with at least one test item, in the order given.

    Raises
    ------
    ShapeError
        If an array has too few columns, or rows and users or columns of a table do not fit.
    IdError
        If an item is none of `test`: its place is named; or a code is not a user; or a user is
        unknown where the convention wants everybody in the means.
    DataError
        If a list repeats an item, goes on after -1, or is missing, where that is an error; if a
        table lacks a column, or a grade is not above 0.
    ScoreError
        If a score is NaN: user and item are named.
    ParameterError
        If a cut-off is below 1, a name unknown, a user given twice, a metric needs what is not
        there, or it is not clear whether whole numbers are codes or ids.

    Examples
    --------
    >>> from glowrec import Graph, Interactions, evaluate_rankings
    >>> test = Graph.from_edges([0, 1], [2, 0], n_users=2, n_items=3)
    >>> evaluate_rankings([[2, 1], [1, -1]], test, k=2, metrics=("hit", "mrr")).summary
    {'hit@2': 0.5, 'mrr@2': 0.5}
    >>> log = Interactions.from_arrays(["ann", "eve"], ["tea", "jam"])
    >>> lists = {"eve": ["tea", "jam"], "ann": ["tea"]}
    >>> evaluate_rankings(lists, log, k=1, metrics="hit").per_user
    {'hit@1': array([1., 0.])}
    """
    judge = Judge(
        test,
        k,
        metrics,
        convention,
        ties=ties,
        duplicates=duplicates,
        train=train,
        item_vectors=item_vectors,
    )
    given = read(recommended, users, Coding(judge.relevance, ids))
    judge.add_unknown(given.unknown)
    if isinstance(given.lists, np.ndarray):
        if hasattr(recommended, "ndim") and given.lists.shape[1] < max(judge.cuts):
            raise ShapeError(
                f"recommended: expected at least k = {max(judge.cuts)} columns, got "
                f"{given.lists.shape[1]}; lower k, or fill up with -1"
            )
        judge.add_lists(Given(given.users, _checked(given.lists, judge)))
        return judge.result()
    rows = given.lists.checked(judge.relevance, judge.convention.duplicates)
    if rows.scores is None:
        longest = int(np.diff(rows.starts).max(initial=0))
        judge.add_lists(Given(rows.users, rows.padded(min(longest, judge.depth))))
        return judge.result()
    judge.check_lists(scored=True)
    for start in range(0, rows.users.size, _USERS):
        places = np.arange(start, min(start + _USERS, rows.users.size))
        judge.add(Scored(rows.select(places, rows.users[places])))
    return judge.result()


def _checked(lists: NDArray[np.int64], judge: Judge) -> NDArray[np.int64]:
    """Return an array of lists with repeated items as the convention has them."""
    policy = judge.convention.duplicates
    _native.check_lists(lists, judge.relevance.graph.n_items, policy != "error")
    return _native.without_repeats(lists) if policy == "first" else lists
