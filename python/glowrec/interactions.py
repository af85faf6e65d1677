"""Interactions: who touched what, with the ids that people use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.columns import check_codes, check_entries, check_sparse, coded, frozen, numbers
from glowrec.duplicates import POLICIES, settled
from glowrec.errors import IdError, ParameterError, ShapeError
from glowrec.graph import Graph

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from glowrec.duplicates import Duplicates
    from glowrec.id_map import IdMap

_COLUMNS = ("users", "items", "values", "timestamps")


class Interactions:
    """A frozen list of (user, item) pairs, optionally with values and timestamps.

    Users and items are held as codes, ``0 .. n - 1``, beside the maps that turn ids into codes
    and back. Users and items without interactions keep their place. Make one with
    :meth:`from_arrays`, :meth:`from_scipy`, :meth:`from_csv` or :meth:`from_lightgcn`.

    Attributes
    ----------
    users, items : ndarray of int64, shape (n_interactions,)
        Codes of both ends of each interaction; read-only.
    values : ndarray of float64, shape (n_interactions,), or None
        Ratings, counts or weights; read-only.
    timestamps : ndarray of int64 or float64, shape (n_interactions,), or None
        Times in the unit of the source; read-only.
    user_ids, item_ids : IdMap
        Between ids and codes.

    Examples
    --------
    >>> import glowrec as gr
    >>> log = gr.Interactions.from_arrays(["eve", "ann", "eve"], ["tea", "tea", "jam"])
    >>> log
    Interactions(3 of 2 users and 2 items)
    >>> log.users, log.user_ids.ids
    (array([1, 0, 1]), array(['ann', 'eve'], dtype='<U3'))
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    values: NDArray[np.float64] | None
    timestamps: NDArray[Any] | None
    user_ids: IdMap
    item_ids: IdMap

    def __init__(
        self,
        users: NDArray[np.int64],
        items: NDArray[np.int64],
        user_ids: IdMap,
        item_ids: IdMap,
        *,
        values: NDArray[np.float64] | None = None,
        timestamps: NDArray[Any] | None = None,
    ) -> None:
        columns = {
            "users": frozen(np.asarray(users, dtype=np.int64)),
            "items": frozen(np.asarray(items, dtype=np.int64)),
            "values": None if values is None else frozen(np.asarray(values, dtype=np.float64)),
            "timestamps": None if timestamps is None else frozen(np.asarray(timestamps)),
        }
        self.__dict__.update(columns, user_ids=user_ids, item_ids=item_ids)
        n = self.users.size
        for name, column in self._columns().items():
            if column.shape != (n,):
                raise ShapeError(f"{name}: expected shape ({n},) as users, got {column.shape}")
        check_codes("users", self.users, len(user_ids))
        check_codes("items", self.items, len(item_ids))

    @classmethod
    def from_arrays(
        cls,
        users: ArrayLike,
        items: ArrayLike,
        values: ArrayLike | None = None,
        timestamps: ArrayLike | None = None,
        *,
        n_users: int | None = None,
        n_items: int | None = None,
        user_ids: IdMap | None = None,
        item_ids: IdMap | None = None,
        duplicates: Duplicates = "error",
    ) -> Interactions:
        """Make interactions from one array per column.

        Parameters
        ----------
        users, items : array_like of str or int, shape (n,)
            Ids of both ends. Without `n_users` and `user_ids` (for items likewise) the distinct
            ids in ascending order become the codes.
        values : array_like of float, shape (n,), optional
            Ratings, counts or weights; finite.
        timestamps : array_like of int or float, shape (n,), optional
            Times, in any unit.
        n_users, n_items : int, optional
            Says that the ids are codes already, below this number.
        user_ids, item_ids : IdMap, optional
            Says which ids there are, as another set's ``user_ids`` do.
        duplicates : {"error", "first", "last", "sum", "keep"}, default "error"
            What becomes of a pair that occurs again: an error that names it; its first or last
            row stays (in time where there are timestamps, else in the order given); its values
            are added up (1 each where there are none) and its last time stays; or all rows stay
            (a graph counts them once).

        Returns
        -------
        Interactions
            In the order given.

        Raises
        ------
        DataError
            If an id is neither a string nor a whole number, a value is not finite, or a pair
            occurs again under ``duplicates="error"``.
        IdError
            If an id is not in `user_ids` or not below `n_users`; for items likewise.
        ShapeError
            If the columns differ in length.
        ParameterError
            If `duplicates` is not a policy, or both `n_users` and `user_ids` are given.

        Examples
        --------
        >>> from glowrec import Interactions
        >>> plays = Interactions.from_arrays([7, 7, 9], [1, 1, 2], [3, 4, 5], duplicates="sum")
        >>> plays.values
        array([7., 5.])
        """
        if duplicates not in POLICIES:
            names = ", ".join(POLICIES)
            raise ParameterError(f"duplicates = {duplicates!r}: expected one of {names}")
        user_codes, user_map = coded("user", users, n_users, user_ids)
        item_codes, item_map = coded("item", items, n_items, item_ids)
        made = cls(
            user_codes,
            item_codes,
            user_map,
            item_map,
            values=None if values is None else numbers("values", values),
            timestamps=None if timestamps is None else numbers("timestamps", timestamps),
        )
        return settled(made, duplicates)

    @classmethod
    def from_scipy(cls, matrix: Any) -> Interactions:  # noqa: ANN401 - any of SciPy's formats
        """Make interactions from a sparse matrix of users by items.

        Parameters
        ----------
        matrix : scipy.sparse array or matrix, shape (n_users, n_items)
            Each stored entry other than zero is an interaction with that value; entries stored
            twice are added up, as SciPy does.

        Returns
        -------
        Interactions
            In row order; `values` is None where all entries are 1.

        Raises
        ------
        ShapeError
            If the matrix is not sparse and two-dimensional.
        DataError
            If it stores a value that is not finite.

        Examples
        --------
        >>> import scipy.sparse
        >>> from glowrec import Interactions
        >>> Interactions.from_scipy(scipy.sparse.eye_array(3))
        Interactions(3 of 3 users and 3 items)
        """
        check_sparse("matrix", matrix)
        rows = matrix.tocsr(copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        entries = rows.tocoo()
        check_entries("matrix", entries)
        values = None if bool((entries.data == 1).all()) else entries.data
        n_users, n_items = map(int, matrix.shape)
        return cls.from_arrays(
            entries.row, entries.col, values, n_users=n_users, n_items=n_items, duplicates="keep"
        )

    @classmethod
    def from_csv(
        cls,
        path: str | os.PathLike[str],
        *,
        user: str | int = "user",
        item: str | int = "item",
        value: str | int | None = None,
        timestamp: str | int | None = None,
        sep: str = ",",
        header: bool = True,
        duplicates: Duplicates = "error",
    ) -> Interactions:
        r"""Read a CSV or TSV file; see :func:`glowrec.io.read_csv`, which this calls.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from glowrec import Interactions
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "log.csv")
        ...     _ = path.write_text("user,item\nann,tea\neve,jam\n")
        ...     Interactions.from_csv(path)
        Interactions(2 of 2 users and 2 items)
        """
        from glowrec.io import read_csv  # noqa: PLC0415 - io stands on this module

        return read_csv(
            path,
            user=user,
            item=item,
            value=value,
            timestamp=timestamp,
            sep=sep,
            header=header,
            duplicates=duplicates,
        )

    @classmethod
    def from_lightgcn(cls, path: str | os.PathLike[str]) -> Interactions:
        r"""Read lines of ``user item item ...``; see :func:`glowrec.io.read_lightgcn`.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from glowrec import Interactions
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "train.txt")
        ...     _ = path.write_text("0 2 1\n1\n2 0\n")
        ...     Interactions.from_lightgcn(path)
        Interactions(3 of 3 users and 3 items)
        """
        from glowrec.io import read_lightgcn  # noqa: PLC0415 - io stands on this module

        return read_lightgcn(path)

    @property
    def n_users(self) -> int:
        """Number of users, those without interactions included."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items, those without interactions included."""
        return len(self.item_ids)

    @property
    def n_interactions(self) -> int:
        """Number of interactions."""
        return int(self.users.size)

    @cached_property
    def graph(self) -> Graph:
        """The graph of the distinct pairs, built at the first use."""
        return Graph(self)

    def select(self, where: ArrayLike) -> Interactions:
        """Return some of the interactions, with the same users, items and id maps.

        Parameters
        ----------
        where : array_like of bool, shape (n_interactions,), or of int
            A mask, or the positions to take.

        Returns
        -------
        Interactions

        Raises
        ------
        IdError
            If the mask has another length or a position does not exist.

        Examples
        --------
        >>> from glowrec import Interactions
        >>> log = Interactions.from_arrays([0, 1, 1], [0, 0, 1])
        >>> log.select(log.users == 1)
        Interactions(2 of 2 users and 2 items)
        """
        index = np.asarray(where)
        if index.size == 0 and index.dtype != bool:
            index = index.astype(np.int64)
        try:
            picked = {name: column[index] for name, column in self._columns().items()}
        except IndexError as error:
            raise IdError(f"where: {error}") from None
        return Interactions(user_ids=self.user_ids, item_ids=self.item_ids, **picked)

    def to_scipy(self) -> csr_array:
        """Return the matrix of users by items: values, or 1 where there are none.

        Returns
        -------
        scipy.sparse.csr_array of float64, shape (n_users, n_items)
            Kept duplicates are added up.

        Examples
        --------
        >>> from glowrec import Interactions
        >>> Interactions.from_arrays([0, 1], [1, 0]).to_scipy().toarray()
        array([[0., 1.],
               [1., 0.]])
        """
        from scipy.sparse import csr_array  # noqa: PLC0415 - half of the time of `import glowrec`

        values = np.ones(self.n_interactions) if self.values is None else self.values
        return csr_array((values, (self.users, self.items)), shape=(self.n_users, self.n_items))

    def to_numpy(self) -> dict[str, NDArray[Any]]:
        """Return the columns as people see them: ids, and values and timestamps if there are any.

        Returns
        -------
        dict of str to ndarray, each of shape (n_interactions,)
            ``user``, ``item`` and, where present, ``value`` and ``timestamp``.

        Examples
        --------
        >>> from glowrec import Interactions
        >>> Interactions.from_arrays(["eve"], [5]).to_numpy()
        {'user': array(['eve'], dtype='<U3'), 'item': array([5])}
        """
        columns = {
            "user": self.user_ids.decode(self.users),
            "item": self.item_ids.decode(self.items),
        }
        if self.values is not None:
            columns["value"] = self.values
        if self.timestamps is not None:
            columns["timestamp"] = self.timestamps
        return columns

    def encode_users(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Return the codes of user ids; an IdError names the first unknown one."""
        return self.user_ids.encode(ids, axis="user")

    def encode_items(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Return the codes of item ids; an IdError names the first unknown one."""
        return self.item_ids.encode(ids, axis="item")

    def decode_users(self, codes: ArrayLike) -> NDArray[Any]:
        """Return the ids of user codes; an IdError names the first that is out of range."""
        return self.user_ids.decode(codes)

    def decode_items(self, codes: ArrayLike) -> NDArray[Any]:
        """Return the ids of item codes; an IdError names the first that is out of range."""
        return self.item_ids.decode(codes)

    def __len__(self) -> int:
        return self.n_interactions

    def __repr__(self) -> str:
        return f"Interactions({len(self):,} of {self.n_users:,} users and {self.n_items:,} items)"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"interactions are frozen, so {name} cannot be set; make new ones")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the columns and maps; a graph is built again when it is asked for."""
        return _unpickled, (self._columns(), self.user_ids, self.item_ids)

    def _columns(self) -> dict[str, NDArray[Any]]:
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return {name: column for name, column in columns.items() if column is not None}


def _unpickled(columns: dict[str, NDArray[Any]], user_ids: IdMap, item_ids: IdMap) -> Interactions:
    return Interactions(user_ids=user_ids, item_ids=item_ids, **columns)
