"""Interactions: who touched what, with the ids that people use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from glowrec.errors import DataError, IdError, ParameterError, ShapeError
from glowrec.graph import Graph
from glowrec.id_map import MAX_IDS, IdMap, as_ids

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

Duplicates: TypeAlias = Literal["error", "first", "last", "sum", "keep"]
"""What becomes of a (user, item) pair that occurs again; see :meth:`Interactions.from_arrays`."""

_POLICIES: tuple[str, ...] = get_args(Duplicates)


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
        self.users = _frozen(np.asarray(users, dtype=np.int64))
        self.items = _frozen(np.asarray(items, dtype=np.int64))
        self.user_ids, self.item_ids = user_ids, item_ids
        self.values = None if values is None else _frozen(np.asarray(values, dtype=np.float64))
        self.timestamps = None if timestamps is None else _frozen(np.asarray(timestamps))
        n = self.users.size
        for name, column in self._columns().items():
            if column.shape != (n,):
                raise ShapeError(f"{name}: expected shape ({n},) as users, got {column.shape}")
        _check_codes("users", self.users, len(user_ids))
        _check_codes("items", self.items, len(item_ids))

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
        if duplicates not in _POLICIES:
            raise ParameterError(
                f"duplicates = {duplicates!r}: expected one of {', '.join(_POLICIES)}"
            )
        user_codes, user_map = _coded("user", users, n_users, user_ids)
        item_codes, item_map = _coded("item", items, n_items, item_ids)
        if user_codes.size != item_codes.size:
            raise ShapeError(f"items: expected {user_codes.size} as users, got {item_codes.size}")
        weights = None if values is None else _numbers("values", values)
        times = None if timestamps is None else _numbers("timestamps", timestamps)
        for name, column in (("values", weights), ("timestamps", times)):
            if column is not None and column.shape != user_codes.shape:
                raise ShapeError(
                    f"{name}: expected {user_codes.size} as users, got shape {column.shape}"
                )
        if weights is not None:
            weights = weights.astype(np.float64, copy=False)
        made = cls(user_codes, item_codes, user_map, item_map, values=weights, timestamps=times)
        return made if duplicates == "keep" else _merged(made, duplicates)

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

        Examples
        --------
        >>> import scipy.sparse
        >>> from glowrec import Interactions
        >>> Interactions.from_scipy(scipy.sparse.eye_array(3))
        Interactions(3 of 3 users and 3 items)
        """
        if not hasattr(matrix, "tocsr") or len(matrix.shape) != 2:  # noqa: PLR2004 - an axis each
            raise ShapeError("matrix: expected a two-dimensional SciPy sparse matrix")
        rows = matrix.tocsr(copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        entries = rows.tocoo()
        values = None if bool((entries.data == 1).all()) else entries.data
        return cls.from_arrays(
            entries.row,
            entries.col,
            values,
            n_users=int(matrix.shape[0]),
            n_items=int(matrix.shape[1]),
            duplicates="keep",
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
        users, items = picked.pop("users"), picked.pop("items")
        return Interactions(users, items, self.user_ids, self.item_ids, **picked)

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

    def _columns(self) -> dict[str, NDArray[Any]]:
        columns: Iterable[tuple[str, NDArray[Any] | None]] = (
            ("users", self.users),
            ("items", self.items),
            ("values", self.values),
            ("timestamps", self.timestamps),
        )
        return {name: column for name, column in columns if column is not None}


def _coded(
    axis: str, ids: ArrayLike, n: int | None, known: IdMap | None
) -> tuple[NDArray[np.int64], IdMap]:
    if n is not None and known is not None:
        raise ParameterError(f"n_{axis}s and {axis}_ids: give one of them, not both")
    if n is not None:
        known = IdMap.range(n)
    if known is not None:
        return known.encode(ids, axis=axis), known
    distinct, codes = np.unique(as_ids(f"{axis}s", ids), return_inverse=True)
    if distinct.size > MAX_IDS:
        raise DataError(f"{axis}s: {distinct.size} distinct ids are more than 32-bit codes name")
    dense = distinct.dtype.kind == "i" and distinct.size and distinct[0] == 0
    if dense and distinct[-1] == distinct.size - 1:
        return codes.astype(np.int64, copy=False), IdMap.range(distinct.size)
    return codes.astype(np.int64, copy=False), IdMap(distinct)


def _numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: expected numbers, got {array.dtype}")
    if array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
        position = int(np.argmin(np.isfinite(array)))
        raise DataError(f"{name}[{position}] = {array[position]}: expected a finite number")
    return array.astype(np.float64 if array.dtype.kind == "f" else np.int64)


def _merged(kept: Interactions, policy: Duplicates) -> Interactions:
    """Apply a policy other than "keep"."""
    pair = kept.users * max(kept.n_items, 1) + kept.items
    if kept.n_users * kept.n_items > np.iinfo(np.int64).max:
        _, pair = np.unique(np.stack([kept.users, kept.items]), axis=1, return_inverse=True)
    keys = (pair,) if kept.timestamps is None else (kept.timestamps, pair)
    order = np.lexsort(keys)
    again = np.zeros(pair.size, dtype=bool)
    again[1:] = pair[order][1:] == pair[order][:-1]
    if not bool(again.any()):
        return kept
    if policy == "error":
        position = int(order[again].min())
        user = kept.user_ids.decode(kept.users[position]).item()
        item = kept.item_ids.decode(kept.items[position]).item()
        raise DataError(
            f"position {position}: user {user!r} and item {item!r} occurred before; "
            "choose duplicates='first', 'last', 'sum' or 'keep'"
        )
    first = np.flatnonzero(~again)
    last = np.append(first[1:], again.size) - 1
    stays = order[first if policy == "first" else last]
    merged = kept.select(np.sort(stays))
    if policy != "sum":
        return merged
    weights = np.ones(pair.size) if kept.values is None else kept.values
    sums = np.add.reduceat(weights[order], first)[np.argsort(stays, kind="stable")]
    return Interactions(
        merged.users,
        merged.items,
        kept.user_ids,
        kept.item_ids,
        values=sums,
        timestamps=merged.timestamps,
    )


def _check_codes(name: str, codes: NDArray[np.int64], n: int) -> None:
    outside = (codes < 0) | (codes >= n)
    if bool(outside.any()):
        position = int(np.argmax(outside))
        raise IdError(f"{name}[{position}] = {codes[position]} is not in 0..{n}")


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view
