"""Evaluation of any model: by its factors, or by the scores that it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.errors import ParameterError
from glowrec.evaluation.factor_source import FactorSource
from glowrec.evaluation.judge import Judge
from glowrec.evaluation.judging import check_train, judged
from glowrec.evaluation.of_scores import ScoreSource
from glowrec.factors import check_items, linked, user_of_each_row, whole
from glowrec.metrics.names import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from glowrec.conventions import Convention
    from glowrec.evaluation.judge import Ties
    from glowrec.evaluation.result import Evaluation
    from glowrec.evaluation.source import Source
    from glowrec.factors import Links
    from glowrec.graph import Graph
    from glowrec.metrics.names import Metric

__all__ = ["evaluate"]


def evaluate(
    model: Any,  # noqa: ANN401 - three kinds of models, told apart by what they have
    train: Links | None,
    test: Links,
    k: int | Sequence[int] = 20,
    metrics: Metric | Sequence[Metric] = METRICS,
    *,
    convention: str | Convention = "lightgcn",
    ties: Ties | None = None,
    users: ArrayLike | None = None,
    batch_size: int | None = None,
    item_vectors: ArrayLike | None = None,
) -> Evaluation:
    """Rank all items for each user by a model, and compare with the test items.

    Parameters
    ----------
    model : object with factors, callable, or object with a method ``score``
        One of

        - an object with ``user_factors``, shape (n_users, dim), and ``item_factors``, shape
          (n_items, dim), such as a fitted :class:`glowrec.LightGCN`: ranked by dot products, as
          by :func:`glowrec.evaluate_factors`, which also takes biases and cosines;
        - a callable of users, an int64 array of shape (b,), that gives their scores of all items,
          shape (b, n_items): a NumPy array or torch CPU tensor of float32, float64, float16 or
          bfloat16;
        - an object whose method ``score`` is such a callable.

        The first that fits.
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
    users : array_like of int64, shape (n,), optional
        Whom to evaluate, each once; by default all users.
    batch_size : int, optional
        Users per call of a scorer. By default as many as have 64 MiB of float32 scores, at most
        8,192. Factors are never scored in such blocks, and leave it unused.
    item_vectors : array_like of float, shape (n_items, dim), optional
        Needed by "diversity".

    Returns
    -------
    Evaluation
        By default of the users with at least one test item.

    Raises
    ------
    ShapeError
        If `train`, `test` and the factors do not fit each other, or scores have another shape
        than (b, n_items): the users of the batch are named.
    IdError
        If an entry of `users` is not a user.
    ScoreError
        If the score of a candidate is NaN: the first user and item are named.
    ParameterError
        If `model` is none of the above, scores are no floating-point numbers, a cut-off is below
        1, a name is unknown, or a user is given twice.
    DataError
        If a grade is not above 0, where the convention has gains.

    Notes
    -----
    What a scorer raises passes through. A scorer is asked only about users that some mean counts,
    in the order given. Ties go to the lower item id; infinities are scores.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec import Graph, evaluate
    >>> train = Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=3)
    >>> test = Graph.from_edges([0, 1], [1, 2], n_users=2, n_items=3)
    >>> def most_popular(users):
    ...     return np.tile([3.0, 2.0, 1.0], (len(users), 1))
    >>> evaluate(most_popular, train, test, k=1, metrics="recall").per_user
    {'recall@1': array([1., 0.])}
    """
    judge = Judge(test, k, metrics, convention, ties=ties, train=train, item_vectors=item_vectors)
    relevant = linked("test", test)
    source = _source(model, check_train(train, relevant), relevant, batch_size)
    ids = np.arange(relevant.n_users) if users is None else whole("users", users, 1)
    return judged(judge, source, ids, relevant.n_users)


def _source(model: Any, train: Graph | None, test: Graph, batch_size: int | None) -> Source:  # noqa: ANN401
    if hasattr(model, "user_factors") and hasattr(model, "item_factors"):
        source = FactorSource(model.user_factors, model.item_factors, train, name="train")
        check_items("item_factors", source.n_items, ("test", test))
        user_of_each_row("user_factors", source.n_rows, None, ("test", test))
        return source
    if not callable(model) and not callable(getattr(model, "score", None)):
        raise ParameterError(
            "model: expected an object with user_factors and item_factors, a callable of users, "
            f"or an object with a method score(users), got {type(model).__name__}"
        )
    return ScoreSource(model, train, test.n_items, batch_size, name="train")
