"""Rankings by factors: all items scored for a user by dot products or cosines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec import _native
from glowrec.columns import check_codes
from glowrec.errors import IdError, ParameterError
from glowrec.evaluation.candidates import Candidates
from glowrec.evaluation.source import Targets
from glowrec.factors import core, user_of_each_row
from glowrec.ranking import TopK
from glowrec.similarity import factors_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph
    from glowrec.similarity import Similarity

__all__ = ["FactorSource"]

_BLOCK = 16_384
"""Users of a block: their lists of a thousand items take 200 MB."""


class FactorSource:
    """A source of rankings by the dot products of vectors; no score is stored.

    Parameters
    ----------
    user_factors : array_like of float, shape (n_rows, dim)
        One vector per row. C-ordered float32 arrays and CPU tensors are read in place.
    item_factors : array_like of float, shape (n_items, dim)
        One vector per item, likewise.
    exclude : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), or None
        A user's items here are no candidates.
    users : array_like of int64, shape (n_rows,), optional
        User of each row, without repeats. By default row ``r`` is user ``r``.
    similarity : {"dot", "cosine"}, default "dot"
    user_bias : array_like of float, shape (n_rows,), optional
        Checked, and left out: it changes no ranking.
    item_bias : array_like of float, shape (n_items,), optional
        Where each item's sum begins. See :mod:`glowrec.similarity` for the formulas.
    name : str, default "exclude"
        What `exclude` is called in messages.

    Raises
    ------
    ShapeError
        If the shapes do not fit each other.
    IdError
        If an entry of `users` is not a user of `exclude`.
    ParameterError
        If a user is given twice, or as :func:`glowrec.similarity.factors_of`.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.evaluation.factor_source import FactorSource
    >>> source = FactorSource([[1.0], [-1.0]], [[3.0], [4.0]], None)
    >>> [block.best(1).items.tolist() for block in source.blocks(np.array([1, 0]))]
    [[[0], [1]]]
    """

    def __init__(
        self,
        user_factors: ArrayLike,
        item_factors: ArrayLike,
        exclude: Links | None = None,
        users: ArrayLike | None = None,
        *,
        similarity: Similarity = "dot",
        user_bias: ArrayLike | None = None,
        item_bias: ArrayLike | None = None,
        name: str = "exclude",
    ) -> None:
        factors = factors_of(user_factors, item_factors, similarity, user_bias, item_bias)
        self._table = factors.users
        self.n_rows, self.n_items = len(factors.users), len(factors.items)
        self.items = factors.items, factors.item_bias
        self.ranker = _native.Ranker(*self.items, "auto")
        self.candidates = Candidates(self.n_items, exclude, name)
        graph = self.candidates.graph
        links = None if graph is None else (name, graph)
        ids = user_of_each_row("user_factors", self.n_rows, users, links)
        self._rows: NDArray[np.int64] | None = None
        if users is not None:
            bound = int(ids.max(initial=-1)) + 1 if graph is None else graph.n_users
            check_codes("users", ids, bound)
            self._rows = np.full(bound, -1, dtype=np.int64)
            self._rows[ids] = np.arange(len(ids))
            again = np.flatnonzero(self._rows[ids] != np.arange(len(ids)))
            if again.size:
                raise ParameterError(
                    f"users: user {ids[again[0]]} is given twice; give each user once"
                )

    def blocks(self, users: NDArray[np.int64]) -> Iterator[FactorBlock]:
        """Cut `users` into blocks, in the order given.

        Parameters
        ----------
        users : ndarray of int64, shape (n,)
            Users that have a row; repeats are allowed.

        Yields
        ------
        FactorBlock

        Raises
        ------
        IdError
            If a user has no row.

        Examples
        --------
        >>> import numpy as np
        >>> from glowrec.evaluation.factor_source import FactorSource
        >>> source = FactorSource([[1.0], [2.0]], [[3.0]], None, users=[7, 9])
        >>> next(source.blocks(np.array([9, 8])))
        Traceback (most recent call last):
        glowrec.errors.IdError: user 8 has no row in user_factors
        """
        rows = self._rows_of(users)
        for start in range(0, len(users), _BLOCK):
            block = slice(start, start + _BLOCK)
            yield FactorBlock(self, users[block], self._table[rows[block]])

    def _rows_of(self, users: NDArray[np.int64]) -> NDArray[np.int64]:
        n = self.n_rows if self._rows is None else len(self._rows)
        known = (users >= 0) & (users < n)
        rows = users
        if self._rows is not None:
            rows = np.full(len(users), -1, dtype=np.int64)
            rows[known] = self._rows[users[known]]
            known = rows >= 0
        if not bool(known.all()):
            raise IdError(f"user {users[np.argmin(known)]} has no row in user_factors")
        return rows


class FactorBlock:
    """Some users with their vectors; see :class:`glowrec.evaluation.source.Block`."""

    def __init__(
        self, source: FactorSource, users: NDArray[np.int64], table: NDArray[np.float32]
    ) -> None:
        self.users = users
        self._source = source
        self._table = table

    def best(self, k: int) -> TopK:
        """Rank the candidates: the best `k`, ties to the lower id, padded with -1 and -inf."""
        source = self._source
        return TopK(*source.ranker.top_k(self._table, k, source.candidates.core, self.users))

    def targets(self, test: Graph) -> Targets:
        """Place the test items of each user among the candidates."""
        source = self._source
        placed = _native.factor_places(
            self._table, *source.items, source.candidates.core, self.users, core(test)
        )
        return Targets(*placed, source.candidates.count(self.users))

    def equal_to(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """Count the candidates whose score equals the one given for each row."""
        source = self._source
        asked = np.ascontiguousarray(scores, dtype=np.float32)
        asked = np.where(asked == scores, asked, np.float32(np.nan))  # what no float32 can equal
        return _native.factor_ties(
            self._table, *source.items, source.candidates.core, self.users, asked
        )
