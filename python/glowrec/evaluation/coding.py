"""Between the users and items of somebody's rankings and the codes of the test set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.columns import check_codes
from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.evaluation.relevance import Relevance
    from glowrec.interactions import Interactions

__all__ = ["UNKNOWN", "Coding"]

UNKNOWN = -1
"""Code of a user that the test set does not know."""


@dataclass(frozen=True)
class Coding:
    """Reads users and items, which are codes or the ids of the test set.

    Columns are arrays of str or int64, as :func:`glowrec.id_map.as_ids` makes them.
    """

    test: Relevance
    ids: bool | None
    """Whether they are ids; None: strings are, whole numbers are codes unless they could be
    either."""

    def of(self, *columns: NDArray[Any] | None) -> Coding:
        """Return the coding of columns that belong together: strings in one make all of them ids.

        Raises
        ------
        ParameterError
            If it is not clear whether the columns are codes or ids, or there are no ids.
        """
        given = [column for column in columns if column is not None and column.size]
        strings = any(column.dtype.kind == "U" for column in given)
        if strings and self.ids is False:
            raise ParameterError("ids = False, but strings are ids; leave it out")
        ids = self.ids or strings
        log = self.test.log
        if ids and log is None:
            raise ParameterError(
                "test: only Interactions know ids; pass these as test, or give codes"
            )
        if self.ids is None and not ids and given and log is not None:
            for name, own in (("user", log.user_ids), ("item", log.item_ids)):
                if not own.is_range and own.ids.dtype.kind != "U":
                    raise ParameterError(
                        "recommended: whole numbers may be codes, as glowrec.top_k returns them, "
                        f"or the {name} ids of test; say ids=False or ids=True"
                    )
        return Coding(self.test, ids)

    def users(self, users: NDArray[Any]) -> NDArray[np.int64]:
        """Return codes, `UNKNOWN` for ids that the test set does not have.

        Raises
        ------
        IdError
            If a code is out of range, or none of the ids is known.
        """
        if not self.ids:
            check_codes("users", users, self.test.graph.n_users)
            return users
        log = self._log
        own = log.user_ids.ids
        alike = (own.dtype.kind == "U") == (users.dtype.kind == "U")
        known = np.isin(users, own) if alike else np.zeros(users.size, dtype=bool)
        if not bool(known.any()):
            return log.encode_users(users)  # names the first: all of them is a mistake
        codes = np.full(users.size, UNKNOWN)
        codes[known] = log.encode_users(users[known])
        return codes

    def items(self, items: NDArray[Any]) -> NDArray[np.int64]:
        """Return codes; what was a code already is not checked.

        Raises
        ------
        IdError
            If the test set does not have an id.
        """
        return self._log.encode_items(items) if self.ids else items

    @property
    def _log(self) -> Interactions:
        log = self.test.log
        assert log is not None, "`of` has seen to it"  # noqa: S101 - for the type checker
        return log
