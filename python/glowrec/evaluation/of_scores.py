"""Rankings by any scorer: a Python function that scores all items for a batch of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from glowrec import _native
from glowrec.errors import ParameterError, ShapeError
from glowrec.evaluation.candidates import Candidates
from glowrec.evaluation.source import Targets
from glowrec.factors import core, real, single
from glowrec.ranking import TopK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph

__all__ = ["BLOCK_BYTES", "ScoreSource", "Scorer"]

BLOCK_BYTES = 64 << 20
"""Bytes of the scores of one block, in float32, unless a batch size is given."""

_MOST_USERS = 8192


class _Model(Protocol):
    def score(self, users: NDArray[np.int64], /) -> ArrayLike: ...


Scorer: TypeAlias = "Callable[[NDArray[np.int64]], ArrayLike] | _Model"
"""A function of users, shape (b,), that gives scores of all items, shape (b, n_items); or an
object whose method ``score`` is one."""


class ScoreSource:
    """A source of rankings that asks a scorer, batch by batch.

    Parameters
    ----------
    scorer : callable, or object with a method ``score``
        Called with users, an int64 array of shape (b,); answers with float16, bfloat16, float32
        or float64 scores of shape (b, n_items), a NumPy array or a torch CPU tensor. C-ordered
        float32 and float64 scores are read in place, and only until the next call.
    exclude : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), or None
        A user's items here are no candidates.
    n_items : int
        Number of items, candidates or not.
    batch_size : int, optional
        Users per call. By default as many as have 64 MiB of float32 scores, at most 8,192.
    name : str, default "exclude"
        What `exclude` is called in messages.

    Raises
    ------
    ShapeError
        If `exclude` has another number of items.
    ParameterError
        If `scorer` is no scorer, or `batch_size` no whole number from 1.

    Notes
    -----
    Ties go to the lower item id, both zeros are equal, infinities are scores. NaN is an error
    that names user and item. What the scorer raises passes through.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.evaluation.of_scores import ScoreSource
    >>> popularity = np.array([3.0, 9.0, 5.0])
    >>> source = ScoreSource(lambda users: np.tile(popularity, (len(users), 1)), None, 3)
    >>> [block.best(2).items.tolist() for block in source.blocks(np.array([7]))]
    [[[1, 2]]]
    """

    def __init__(
        self,
        scorer: Scorer,
        exclude: Links | None,
        n_items: int,
        batch_size: int | None = None,
        *,
        name: str = "exclude",
    ) -> None:
        method = getattr(scorer, "score", None)
        ask = scorer if callable(scorer) else method
        if not callable(ask):
            raise ParameterError(
                "scorer: expected a callable of users, or an object with a method score(users), "
                f"got {type(scorer).__name__}"
            )
        if batch_size is None:
            batch_size = min(max(BLOCK_BYTES // (4 * max(n_items, 1)), 1), _MOST_USERS)
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ParameterError(f"batch_size = {batch_size!r}: expected a whole number from 1")
        self._ask = ask
        self._candidates = Candidates(n_items, exclude, name)
        self.n_items = n_items
        self.batch_size = int(batch_size)

    def blocks(self, users: NDArray[np.int64]) -> Iterator[ScoreBlock]:
        """Ask the scorer about `users`, some at a time, in the order given.

        Parameters
        ----------
        users : ndarray of int64, shape (n,)

        Yields
        ------
        ScoreBlock
            To be used before the next is asked for: a scorer may use its memory again.

        Raises
        ------
        ShapeError
            If an answer has another shape than (b, n_items).
        ParameterError
            If an answer is no table of floating-point numbers.

        Examples
        --------
        >>> import numpy as np
        >>> from glowrec.evaluation.of_scores import ScoreSource
        >>> source = ScoreSource(lambda users: np.zeros((len(users), 2)), None, 3)
        >>> next(source.blocks(np.array([4, 5])))
        Traceback (most recent call last):
        glowrec.errors.ShapeError: scores of users 4 to 5: expected shape (2, 3), got (2, 2)
        """
        for start in range(0, len(users), self.batch_size):
            batch = users[start : start + self.batch_size]
            scores = self._checked(batch, self._ask(batch.copy()))
            yield ScoreBlock(batch, scores, self._candidates)

    def _checked(self, users: NDArray[np.int64], answer: ArrayLike) -> NDArray[Any]:
        whose = f"scores of user {users[0]}"
        if len(users) > 1:
            whose = f"scores of users {users[0]} to {users[-1]}"
        expected = (len(users), self.n_items)
        shape = getattr(answer, "shape", None)  # before anything is copied
        if shape is not None and tuple(shape) != expected:
            raise ShapeError(f"{whose}: expected shape {expected}, got {tuple(shape)}")
        scores = real(whose, answer)
        if scores.shape != expected:
            raise ShapeError(f"{whose}: expected shape {expected}, got {scores.shape}")
        if scores.dtype.name not in {"float16", "float32", "float64"}:
            raise ParameterError(
                f"{whose}: expected float32 or float64, got {scores.dtype}; convert them"
            )
        if scores.dtype == np.float64:
            return np.ascontiguousarray(scores, dtype=np.float64)
        return single(scores)


class ScoreBlock:
    """Some users with their scores; see :class:`glowrec.evaluation.source.Block`."""

    def __init__(
        self, users: NDArray[np.int64], scores: NDArray[Any], candidates: Candidates
    ) -> None:
        self.users = users
        self._scores = scores
        self._candidates = candidates

    def best(self, k: int) -> TopK:
        """Rank the candidates: the best `k`, ties to the lower id, padded with -1 and -inf."""
        exclude = self._candidates.core
        items, scores = _native.score_top_k(self._scores, exclude, self.users, k)
        return TopK(items, scores)  # type: ignore[arg-type]  # float64 scores stay what they are

    def targets(self, test: Graph) -> Targets:
        """Place the test items of each user among the candidates."""
        exclude = self._candidates.core
        placed = _native.score_places(self._scores, exclude, self.users, core(test))
        return Targets(*placed, self._candidates.count(self.users))

    def equal_to(self, scores: NDArray[np.floating]) -> NDArray[np.int64]:
        """Count the candidates whose score equals the one given for each row."""
        asked = np.ascontiguousarray(scores, dtype=np.float64)
        return _native.score_ties(self._scores, self._candidates.core, self.users, asked)
