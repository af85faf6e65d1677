"""The judge: rankings in, block by block, metrics out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from glowrec import _native
from glowrec.columns import check_codes
from glowrec.conventions import convention as named_convention
from glowrec.errors import DataError, IdError, ParameterError
from glowrec.evaluation.behind import behind, tied_with_previous
from glowrec.evaluation.of_lists import OfLists
from glowrec.evaluation.rating import Ranked, Rating
from glowrec.evaluation.relevance import relevance
from glowrec.evaluation.tally import Tally
from glowrec.metrics.names import METRICS, OF_HITS, OF_RANKS, cut_offs, named
from glowrec.metrics.ranks import of_ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from glowrec.conventions import Convention
    from glowrec.evaluation.given import Given
    from glowrec.evaluation.result import Evaluation
    from glowrec.evaluation.source import Block
    from glowrec.factors import Links
    from glowrec.metrics.names import Metric

    Ties: TypeAlias = Literal["lower_id", "expected", "optimistic", "pessimistic"]
    Duplicates: TypeAlias = Literal["error", "first", "keep"]

__all__ = ["Judge"]


class Judge:
    """Compares rankings with test items, block by block, and forgets the rankings.

    Memory is what the result holds: a few numbers per user, and one count per item and cut-off.

    Parameters
    ----------
    test : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        A user's items here are relevant; the values are grades where the convention asks for
        them.
    k : int or sequence of int, default 20
        Cut-offs, each at least 1.
    metrics : str or sequence of str
        Names of :data:`glowrec.metrics.ALL_METRICS`.
    convention : str or Convention, default "lightgcn"
        Which formulas, and what becomes of users without test items or without a list.
    ties : {"lower_id", "expected", "optimistic", "pessimistic"}, optional
        Order of equal scores, in place of the convention's.
    duplicates : {"error", "first", "keep"}, optional
        What becomes of repeated items, in place of the convention's policy; whoever reads lists
        sees to it.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), optional
        Needed by "novelty" and "popularity".
    item_vectors : array_like of float, shape (n_items, dim), optional
        Needed by "diversity".

    Raises
    ------
    ParameterError
        If a name is unknown, a cut-off below 1, the convention gives a metric no meaning, or a
        metric lacks what it needs.
    ShapeError
        If `train` or `item_vectors` do not fit `test`.
    DataError
        If a grade is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec import Graph
    >>> from glowrec.evaluation.given import Given
    >>> test = Graph.from_edges([0, 1], [2, 0], n_users=2, n_items=3)
    >>> judge = Judge(test, k=1, metrics="hit")
    >>> judge.add_lists(Given(np.array([0]), np.array([[2]])))
    >>> judge.add_lists(Given(np.array([1]), np.array([[1]])))
    >>> judge.result().per_user
    {'hit@1': array([1., 0.])}
    """

    def __init__(
        self,
        test: Links,
        k: int | Sequence[int] = 20,
        metrics: Metric | Sequence[Metric] = METRICS,
        convention: str | Convention = "lightgcn",
        *,
        ties: Ties | None = None,
        duplicates: Duplicates | None = None,
        train: Links | None = None,
        item_vectors: ArrayLike | None = None,
    ) -> None:
        cuts, names = cut_offs(k), named(metrics)
        record = named_convention(convention)
        if ties is not None:
            record = replace(record, ties=ties)
        self.convention = record if duplicates is None else replace(record, duplicates=duplicates)
        _check(names, self.convention)
        self.relevance = relevance(test, self.convention.gain)
        graph = self.relevance.graph
        self._rating = Rating(names, cuts, self.convention, self.relevance)
        self._of_ranks = [name for name in names if name in OF_RANKS]
        self._of_lists = OfLists(names, cuts, graph, train, item_vectors)
        self._degrees = graph.user_degrees
        self._tally = Tally(names, cuts, self.convention, graph)

    @property
    def cuts(self) -> tuple[int, ...]:
        """The cut-offs."""
        return self._tally.cuts

    @property
    def depth(self) -> int:
        """Places of a list that metrics look at."""
        deepest = max(self.cuts)
        return max(deepest, int(self._degrees.max(initial=0))) if self._of_ranks else deepest

    def wanted(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of `users` that need a ranking; the others are counted, as without test.

        Handing everybody's ranking to :meth:`add` gives the same result; this spares ranking
        those that no mean counts.

        Parameters
        ----------
        users : ndarray of int64, shape (n,)
            Codes, each once.

        Returns
        -------
        ndarray of int64
            In the order given.

        Raises
        ------
        IdError
            If a code is not a user.
        """
        check_codes("users", users, self._degrees.size)
        rows = self._counted(users)
        self._tally.n_without_test += users.size - rows.size
        return users[rows]

    def add(self, block: Block) -> None:
        """Judge the rankings of a block of users.

        Parameters
        ----------
        block : Block
            Asked for its best ``k + 1`` items, for more only where a metric or a tie needs it.

        Raises
        ------
        IdError
            If a user is none of the test set.
        ParameterError
            If a user was judged before.
        DataError
            If a user has no list, and the convention makes that an error.
        ScoreError
            If a score is NaN.
        """
        rows = self._new(block.users)
        best = block.best(max(self.cuts) + 1)
        items = np.ascontiguousarray(best.items, dtype=np.int64)
        rows = self._listed(block.users, items, rows)
        tied = tied_with_previous(items, best.scores)
        for place, k in enumerate(self.cuts):
            self._tally.n_tied[place] += np.count_nonzero(tied[rows, k])
        ranked = Ranked(items, rows, block.users[rows])
        if self.convention.ties != "lower_id":
            follows = behind(block, tied, best.scores, self.relevance.graph, rows)
            ranked = ranked._replace(tied=tied, behind=follows)
        self._judge(ranked, block)

    def add_lists(self, given: Given) -> None:
        """Judge lists that were ranked elsewhere.

        Parameters
        ----------
        given : Given
            Lists without scores.

        Raises
        ------
        IdError
            If a user is none of the test set.
        ParameterError
            If a user was judged before, the convention orders ties, or a metric is asked for that
            needs the scores of all items.
        DataError
            If a user has no list, and the convention makes that an error.
        """
        self.check_lists(scored=False)
        self._tally.scored = False
        rows = self._new(given.users)
        items = given.best(max(self.cuts))
        rows = self._listed(given.users, items, rows)
        self._judge(Ranked(items, rows, given.users[rows]), given)

    def check_lists(self, *, scored: bool) -> None:
        """Refuse what lists cannot answer, since they leave items out.

        Parameters
        ----------
        scored : bool
            Whether what they hold has scores.

        Raises
        ------
        ParameterError
            If the convention orders ties, or a metric is asked for that needs the scores of all
            items.
        """
        if not scored and self.convention.ties != "lower_id":
            raise ParameterError(
                f"ties = {self.convention.ties!r}: lists without scores have no ties; give "
                "columns of user, item and score, or choose ties='lower_id'"
            )
        for name in self._of_ranks:
            if name != "r_precision":
                raise ParameterError(
                    f"metrics: {name} needs the scores of all items, and lists leave some out; "
                    "evaluate the model itself, as evaluate_factors does, or leave it out"
                )

    def add_unknown(self, users: Sequence[object]) -> None:
        """Count users whom the test set does not know: they have no test items.

        Raises
        ------
        IdError
            If the convention counts everybody in the means.
        """
        if users and self.convention.without_test == "zero":
            raise IdError(
                f"users: test does not know {users[0]!r}, and without_test='zero' counts "
                "everybody; make test with user_ids= of all users, or choose without_test='skip'"
            )
        self._tally.n_without_test += len(users)

    def result(self) -> Evaluation:
        """Return the evaluation of all users so far."""
        return self._tally.evaluation()

    def _new(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows that count, and mark all users as seen."""
        check_codes("users", users, self._degrees.size)
        self._tally.see(users)
        self._tally.n_without_test += int(np.count_nonzero(self._degrees[users] == 0))
        return self._counted(users)

    def _counted(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.convention.without_test == "zero":
            return np.arange(users.size)
        return np.flatnonzero(self._degrees[users])

    def _listed(
        self, users: NDArray[np.int64], items: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the rows that still count where some have no list."""
        empty = items[rows, 0] < 0
        if not bool(empty.any()):
            return rows
        if self.convention.without_list == "error":
            user = self.relevance.user(int(users[rows[np.argmax(empty)]]))
            raise DataError(
                f"user {user} has no list; add one, or choose without_list='zero' or 'skip'"
            )
        self._tally.n_without_list += int(np.count_nonzero(empty))
        return rows[~empty] if self.convention.without_list == "skip" else rows

    def _judge(self, ranked: Ranked, block: Block | Given) -> None:
        """Rate the rows that count."""
        if not ranked.rows.size:
            return
        tally = self._tally
        n_items = self.relevance.graph.n_items
        exposure = _native.exposure(ranked.items, ranked.rows, n_items, list(tally.cuts))
        tally.add(ranked.users, exposure)
        tally.add_values(self._rating.values(ranked))
        tally.add_halves(self._rating.halves(ranked))
        tally.add_values(self._of_lists.values(ranked.items, ranked.rows))
        if not self._of_ranks:
            return
        targets = block.targets(self.relevance.graph)
        for name in self._of_ranks:
            found = of_ranks(name, targets, self.convention.ties).rows(ranked.rows)
            tally.add_values({name: found.values})
            tally.add_halves({name: found} if name in self.convention.pooled else {})


def _check(names: tuple[Metric, ...], convention: Convention) -> None:
    """Refuse conventions that mean nothing for the metrics asked for."""
    poolable = (*OF_HITS, *OF_RANKS)
    for name in convention.pooled:
        if name not in poolable:
            raise ParameterError(
                f"pooled: {name!r} is no fraction; choose from {', '.join(poolable)}"
            )
    if "average_rank" in names and convention.without_test == "zero":
        raise ParameterError(
            "metrics: average_rank of a user without test items cannot be 0, which is better "
            "than any rank; choose without_test='skip'"
        )
