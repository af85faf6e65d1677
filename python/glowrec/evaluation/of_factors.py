"""Evaluation of factors: all items ranked for every user by dot products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glowrec.evaluation.factor_source import FactorSource
from glowrec.evaluation.judge import Judge
from glowrec.evaluation.judging import check_train, judged
from glowrec.factors import check_items, linked, user_of_each_row
from glowrec.metrics.names import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from glowrec.conventions import Convention
    from glowrec.evaluation.judge import Ties
    from glowrec.evaluation.result import Evaluation
    from glowrec.factors import Links
    from glowrec.metrics.names import Metric
    from glowrec.similarity import Similarity


def evaluate_factors(  # noqa: PLR0917 - what every evaluation names, then what few do
    user_factors: ArrayLike,
    item_factors: ArrayLike,
    train: Links | None,
    test: Links,
    k: int | Sequence[int] = 20,
    metrics: Metric | Sequence[Metric] = METRICS,
    *,
    convention: str | Convention = "lightgcn",
    ties: Ties | None = None,
    users: ArrayLike | None = None,
    similarity: Similarity = "dot",
    user_bias: ArrayLike | None = None,
    item_bias: ArrayLike | None = None,
    item_vectors: ArrayLike | None = None,
) -> Evaluation:
    """Rank all items for each user by dot products or cosines, and compare with the test items.

    Parameters
    ----------
    user_factors : array_like of float, shape (n_rows, dim)
        One vector per row. A C-ordered float32 array (or CPU tensor) is read in place, anything
        else is copied; float16 and bfloat16 are converted exactly.
    item_factors : array_like of float, shape (n_items, dim)
        One vector per item, likewise.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), or None
        A user's items here are no candidates.
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        A user's items here are relevant. One that is also in `train` counts as missed.
    k : int or sequence of int, default 20
        Cut-offs, each at least 1.
    metrics : str or sequence of str
        Names of :data:`glowrec.metrics.ALL_METRICS`.
    convention : str or Convention, default "lightgcn"
        Formulas and policies, by a name of :data:`glowrec.conventions.CONVENTIONS` or as a
        record.
    ties : {"lower_id", "expected", "optimistic", "pessimistic"}, optional
        Order of equal scores, in place of the convention's.
    users : array_like of int64, shape (n_rows,), optional
        User of each row, without repeats. By default row ``r`` is user ``r``.
    similarity : {"dot", "cosine"}, default "dot"
        With ``"cosine"`` vectors are divided by their norms first.
    user_bias : array_like of float, shape (n_rows,), optional
        Changes no ranking, and is only checked.
    item_bias : array_like of float, shape (n_items,), optional
        Added to the scores of each item; the formulas are in :mod:`glowrec.similarity`.
    item_vectors : array_like of float, shape (n_items, dim), optional
        Needed by "diversity".

    Returns
    -------
    Evaluation
        Of the users with at least one test item.

    Raises
    ------
    ShapeError
        If the inputs differ in their numbers of columns, users or items.
    IdError
        If an entry of `users` is not a user.
    ScoreError
        If the score of a candidate is NaN: the first user and item are named.
    ParameterError
        If a cut-off is below 1, a name is unknown, a user is given twice, or a factor or bias is
        no real number.
    DataError
        If a grade is not above 0, where the convention has gains.

    Notes
    -----
    Exact: every item is scored for every user, as by :func:`glowrec.top_k`, with ties to the
    lower item id; no matrix of scores is stored. The same bits for any number of threads.

    Examples
    --------
    >>> from glowrec import Graph, evaluate_factors
    >>> train = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=3)
    >>> test = Graph.from_edges([0, 1], [1, 2], n_users=2, n_items=3)
    >>> items = [[3.0, 1.0], [2.0, 2.0], [1.0, 1.0]]
    >>> evaluate_factors([[1, 0], [0, 1]], items, train, test, k=1, metrics="recall").per_user
    {'recall@1': array([1., 0.])}
    """
    judge = Judge(test, k, metrics, convention, ties=ties, train=train, item_vectors=item_vectors)
    relevant = linked("test", test)
    source = FactorSource(
        user_factors,
        item_factors,
        check_train(train, relevant),
        users,
        similarity=similarity,
        user_bias=user_bias,
        item_bias=item_bias,
        name="train",
    )
    check_items("item_factors", source.n_items, ("test", relevant))
    ids = user_of_each_row("user_factors", source.n_rows, users, ("test", relevant))
    return judged(judge, source, ids, relevant.n_users)
