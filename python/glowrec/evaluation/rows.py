"""Lists of unequal lengths, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec.errors import DataError, IdError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.evaluation.relevance import Relevance

__all__ = ["Rows"]


class Rows(NamedTuple):
    """Ranked lists of some users; entries ``starts[r]:starts[r + 1]`` are those of row ``r``."""

    users: NDArray[np.int64]
    """Code of each row's user, shape (n_rows,)."""
    starts: NDArray[np.int64]
    """Shape (n_rows + 1,)."""
    items: NDArray[np.int64]
    """Codes, best first, shape (n_entries,)."""
    scores: NDArray[np.float64] | None = None
    """Likewise, descending; None if unknown."""

    @property
    def entry_rows(self) -> NDArray[np.int64]:
        """Row of each entry, shape (n_entries,)."""
        return np.repeat(np.arange(self.users.size), np.diff(self.starts))

    def select(self, rows: NDArray[np.int64], users: NDArray[np.int64]) -> Rows:
        """Return the lists `rows` under the names `users`; -1 stands for an empty list.

        Examples
        --------
        >>> import numpy as np
        >>> rows = Rows(np.array([0, 1]), np.array([0, 1, 3]), np.array([7, 8, 9]))
        >>> rows.select(np.array([1, -1]), np.array([1, 5]))[1:3]
        (array([0, 2, 2]), array([8, 9]))
        """
        lengths = np.append(np.diff(self.starts), 0)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        begins = np.repeat(self.starts[rows] - starts[:-1], lengths)
        entries = begins + np.arange(starts[-1])
        scores = None if self.scores is None else self.scores[entries]
        return Rows(users, starts, self.items[entries], scores)

    def keep(self, stays: NDArray[np.bool_]) -> Rows:
        """Return the entries that `stays` marks."""
        counts = np.bincount(self.entry_rows[stays], minlength=self.users.size)
        starts = np.concatenate([[0], np.cumsum(counts)])
        scores = None if self.scores is None else self.scores[stays]
        return Rows(self.users, starts, self.items[stays], scores)

    def checked(self, test: Relevance, duplicates: str) -> Rows:
        """Return the lists with repeated items as `duplicates` has them.

        Raises
        ------
        IdError
            If an entry is not an item.
        DataError
            If a list repeats an item and `duplicates` is "error". Both name user and place.
        """
        n_items = test.graph.n_items
        wrong = (self.items < 0) | (self.items >= n_items)
        if bool(wrong.any()):
            entry = int(np.argmax(wrong))
            raise IdError(
                f"{self._place(entry, test)}: {self.items[entry]} is not an item in 0..{n_items}"
            )
        if duplicates == "keep":
            return self
        keys = self.entry_rows * n_items + self.items
        order = np.argsort(keys, kind="stable")
        again = np.zeros(keys.size, dtype=bool)
        again[order[1:]] = keys[order[1:]] == keys[order[:-1]]
        if not bool(again.any()):
            return self
        if duplicates == "error":
            entry = int(np.argmax(again))
            raise DataError(
                f"{self._place(entry, test)} repeats item {test.item(int(self.items[entry]))}; "
                "choose duplicates='first' or 'keep'"
            )
        return self.keep(~again)

    def firsts(self, width: int) -> NDArray[np.int64]:
        """Return the entries within the first `width` places, list by list."""
        places = self.starts[:-1, None] + np.arange(width)
        found: NDArray[np.int64] = places[places < self.starts[1:, None]]
        return found

    def padded(self, width: int) -> NDArray[np.int64]:
        """Return the first `width` places of each list, padded with -1."""
        items = np.full((self.users.size, width), -1)
        items[np.arange(width) < np.diff(self.starts)[:, None]] = self.items[self.firsts(width)]
        return items

    def _place(self, entry: int, test: Relevance) -> str:
        row = int(np.searchsorted(self.starts, entry, side="right")) - 1
        place = entry - int(self.starts[row])
        return f"recommended: user {test.user(int(self.users[row]))}, place {place}"
