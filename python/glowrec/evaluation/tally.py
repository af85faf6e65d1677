"""What a judge remembers of the users so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ParameterError
from glowrec.evaluation.result import Evaluation
from glowrec.evaluation.summary import summarised
from glowrec.metrics.names import OF_EXPOSURE, keys
from glowrec.metrics.ranks import Fractions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from glowrec.conventions import Convention
    from glowrec.graph import Graph
    from glowrec.metrics.names import Metric

__all__ = ["Tally"]


class Tally:
    """Values, counts and exposure, added block by block.

    Parameters
    ----------
    names : tuple of str
        Metrics.
    cuts : tuple of int
        Cut-offs.
    convention : Convention
    test : Graph
        Says how many users and items there are.
    """

    def __init__(
        self,
        names: tuple[Metric, ...],
        cuts: tuple[int, ...],
        convention: Convention,
        test: Graph,
    ) -> None:
        self.names, self.cuts, self._convention = names, cuts, convention
        self.n_without_test = self.n_without_list = 0
        self.n_tied = np.zeros(len(cuts), np.int64)
        self.scored = True
        self._seen = np.zeros(test.n_users, dtype=bool)
        self._n_seen = 0
        self._users: list[NDArray[np.int64]] = []
        self._values: dict[str, list[NDArray[np.float64]]] = {}
        self._halves: dict[str, list[Fractions]] = {}
        self._exposure = np.zeros((len(cuts), test.n_items), np.int64)

    def see(self, users: NDArray[np.int64]) -> None:
        """Refuse a user that would count twice in every mean.

        Raises
        ------
        ParameterError
            The first such user is named.
        """
        again = self._seen[users]
        self._seen[users] = True
        self._n_seen += users.size
        if np.count_nonzero(self._seen) < self._n_seen:
            twice = again | (np.bincount(users)[users] > 1)
            user = users[np.argmax(twice)]
            raise ParameterError(f"users: user {user} is given twice; give each user once")

    def add(self, users: NDArray[np.int64], exposure: NDArray[np.int64]) -> None:
        """Add judged users, and how often their lists hold each item by cut-off."""
        self._users.append(users)
        self._exposure += exposure

    def add_values(self, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Add one value per user, by key."""
        for key, column in values.items():
            self._values.setdefault(key, []).append(column)

    def add_halves(self, halves: Mapping[str, Fractions]) -> None:
        """Add numerators and denominators of what is pooled, by key."""
        for key, fractions in halves.items():
            self._halves.setdefault(key, []).append(fractions)

    def evaluation(self) -> Evaluation:
        """Return all of it."""
        columns = [
            key for name in self.names if name not in OF_EXPOSURE for key in keys(name, self.cuts)
        ]
        pooled = [
            key
            for name in self.names
            if name in self._convention.pooled
            for key in keys(name, self.cuts)
        ]
        per_user = {key: _together(self._values.get(key, [])) for key in columns}
        halves = {key: self._halves.get(key, []) for key in pooled}
        fractions = {
            key: Fractions(
                _together([half.over for half in parts]),
                _together([half.under for half in parts]),
            )
            for key, parts in halves.items()
        }
        exposure = dict(zip(self.cuts, self._exposure.copy(), strict=True))
        tied = dict(zip(self.cuts, self.n_tied.tolist(), strict=True))
        return Evaluation(
            summary=summarised(self.names, self.cuts, per_user, fractions, exposure),
            per_user=per_user,
            users=np.concatenate([np.zeros(0, np.int64), *self._users]),
            n_without_test=self.n_without_test,
            k=self.cuts,
            metrics=self.names,
            convention=self._convention,
            n_without_list=self.n_without_list,
            n_tied_at_cut=tied if self.scored else None,
            exposure=exposure,
            pooled=fractions,
        )


def _together(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0), *parts])
