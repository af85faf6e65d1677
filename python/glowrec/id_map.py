"""Between the ids that people use and the codes that arrays are indexed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.arguments import whole_number
from glowrec.errors import DataError, IdError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MAX_IDS = 2**32
"""How many ids 32-bit codes can name."""


class IdMap:
    """A frozen one-to-one map of ids (strings or integers) to codes ``0 .. n - 1``.

    Codes follow the sorted order of the ids.

    Parameters
    ----------
    ids : array_like of str or int, shape (n,)
        Distinct ids, sorted.

    Raises
    ------
    DataError
        If the ids are neither strings nor integers, not distinct or not sorted.

    Examples
    --------
    >>> from glowrec import IdMap
    >>> songs = IdMap(["blue", "green", "red"])
    >>> songs.encode(["red", "blue"])
    array([2, 0])
    >>> songs.decode([1])
    array(['green'], dtype='<U5')
    """

    __slots__ = ("_ids", "_n")

    def __init__(self, ids: ArrayLike) -> None:
        array = as_ids("ids", ids)
        if array.size and not bool((array[1:] > array[:-1]).all()):
            raise DataError("ids: expected distinct ids in ascending order; np.unique gives them")
        if np.may_share_memory(array, np.asarray(ids)):
            array = array.copy()
        array.setflags(write=False)
        self._ids: NDArray[Any] | None = array
        self._n = array.size

    @classmethod
    def range(cls, n: int) -> IdMap:
        """Return the identity map of ``0 .. n - 1``, which costs no memory.

        Parameters
        ----------
        n : int
            Number of ids, from 0 to 2**32.

        Returns
        -------
        IdMap

        Raises
        ------
        DataError
            If `n` is negative or more than 32-bit codes can name.
        ParameterError
            If `n` is no whole number.

        Examples
        --------
        >>> from glowrec import IdMap
        >>> IdMap.range(3).encode([2, 0])
        array([2, 0])
        """
        if not 0 <= whole_number("n", n) <= MAX_IDS:
            raise DataError(f"n = {n}: expected a number of ids from 0 to {MAX_IDS}")
        made = cls.__new__(cls)
        made._ids, made._n = None, int(n)  # noqa: SLF001 - its own
        return made

    @property
    def is_range(self) -> bool:
        """Whether every id is its own code."""
        return self._ids is None

    @property
    def ids(self) -> NDArray[Any]:
        """The ids in the order of their codes, shape (n,)."""
        return np.arange(self._n, dtype=np.int64) if self._ids is None else self._ids

    def encode(self, ids: ArrayLike, *, axis: str = "id") -> NDArray[np.int64]:
        """Return the codes of `ids`.

        Parameters
        ----------
        ids : array_like of str or int, shape (m,)
            Ids of this map, repeats allowed.
        axis : str, default "id"
            What an id is called in the message of an error.

        Returns
        -------
        ndarray of int64, shape (m,)

        Raises
        ------
        IdError
            If an id is not in the map; the message names the first one.

        Examples
        --------
        >>> from glowrec import IdMap
        >>> IdMap([10, 20]).encode([20, 10, 20])
        array([1, 0, 1])
        """
        wanted = as_ids(f"{axis}s", ids)
        own = self._ids
        if not wanted.size:
            return np.zeros(0, np.int64)
        if (wanted.dtype.kind == "U") != (own is not None and own.dtype.kind == "U"):
            raise IdError(_unknown(axis, wanted, 0, self))
        if own is None:
            codes: NDArray[np.int64] = wanted
            known = (codes >= 0) & (codes < self._n)
        else:
            codes = np.searchsorted(own, wanted).astype(np.int64, copy=False)
            known = np.zeros(wanted.size, dtype=bool)
            if own.size:
                known = own[np.minimum(codes, own.size - 1)] == wanted
        if not bool(known.all()):
            raise IdError(_unknown(axis, wanted, int(np.argmin(known)), self))
        return codes

    def decode(self, codes: ArrayLike) -> NDArray[Any]:
        """Return the ids of `codes`.

        Parameters
        ----------
        codes : array_like of int, any shape
            Codes of this map.

        Returns
        -------
        ndarray
            The ids, in the shape of `codes`.

        Raises
        ------
        IdError
            If a code is not one of the map, and the message names the first one; or no whole
            number.

        Examples
        --------
        >>> from glowrec import IdMap
        >>> IdMap(["a", "b"]).decode([[1, 0]])
        array([['b', 'a']], dtype='<U1')
        """
        wanted = np.asarray(codes)
        if wanted.size and wanted.dtype.kind not in "iu":
            raise IdError(f"codes: expected whole numbers, got {wanted.dtype}")
        outside = (wanted < 0) | (wanted >= self._n)
        if bool(outside.any()):
            position = int(np.argmax(outside.ravel()))
            raise IdError(f"codes[{position}] = {wanted.ravel()[position]} is not in 0..{self._n}")
        wanted = wanted.astype(np.int64, copy=False)
        return wanted if self._ids is None else self._ids[wanted]

    def __len__(self) -> int:
        return self._n

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IdMap):
            return NotImplemented
        if self._n != other._n:
            return False
        return (self.is_range and other.is_range) or bool(np.array_equal(self.ids, other.ids))

    def __reduce__(self) -> tuple[Any, ...]:
        return (IdMap.range, (self._n,)) if self._ids is None else (IdMap, (self._ids,))

    __hash__ = None  # type: ignore[assignment]  # compared by value over a whole array

    def __repr__(self) -> str:
        kind = "0.." if self.is_range else "strings" if self.ids.dtype.kind == "U" else "integers"
        return f"IdMap({self._n} ids, {kind})"


def as_ids(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as a one-dimensional array of strings or of int64.

    Parameters
    ----------
    name : str
        What the values are called in the message of an error.
    values : array_like of str or int, shape (n,)

    Returns
    -------
    ndarray of str or int64, shape (n,)

    Raises
    ------
    DataError
        If the values are not one-dimensional, or neither strings nor integers, or a string holds
        NUL, which NumPy would leave out at its end.

    Examples
    --------
    >>> from glowrec.id_map import as_ids
    >>> as_ids("users", [3, 1])
    array([3, 1])
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(f"{name}: expected one dimension, got shape {array.shape}")
    if array.size == 0:
        return array if array.dtype.kind == "U" else np.zeros(0, np.int64)
    if array.dtype.kind in "OT" or not hasattr(values, "dtype"):
        # NumPy turns [1, "a"] into two strings and [True, 7] into two numbers: ask each one.
        array = _of_objects(name, array, values)
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "u" and int(array.max()) > np.iinfo(np.int64).max:
        position = int(np.argmax(array))
        raise DataError(f"{name}[{position}] = {array[position]} does not fit 64 bits with a sign")
    if array.dtype.kind in "iu":
        return array.astype(np.int64, copy=False)
    raise DataError(
        f"{name}: expected strings or whole numbers, got {array.dtype}; convert them first"
    )


def _of_objects(name: str, array: NDArray[Any], values: Any) -> NDArray[Any]:  # noqa: ANN401
    """Return objects of one kind, strings or whole numbers, as an array of it."""
    objects = array if array.dtype.kind in "OT" else values
    kinds = {kind: _kind(kind) for kind in set(map(type, objects))}
    wanted = kinds[type(objects[0])]
    if wanted is None or set(kinds.values()) != {wanted}:
        places = enumerate(objects)
        position = next(i for i, v in places if kinds[type(v)] is None or kinds[type(v)] != wanted)
        raise DataError(
            f"{name}[{position}] = {objects[position]!r}: ids must be all strings or all whole "
            "numbers"
        )
    if wanted is str:
        nul = next((i for i, text in enumerate(objects) if "\0" in text), None)
        if nul is not None:
            raise DataError(f"{name}[{nul}] = {objects[nul]!r}: an id must not hold NUL")
    if array.dtype.kind == "T":  # NumPy casts these by way of objects only
        array = array.astype(object)
    try:
        return array.astype(np.str_ if wanted is str else np.int64, copy=False)
    except OverflowError:
        raise DataError(f"{name}: an id does not fit 64 bits with a sign") from None


def _kind(of: type) -> type | None:
    if issubclass(of, str):
        return str
    return int if issubclass(of, (int, np.integer)) and of is not bool else None


def _unknown(axis: str, wanted: NDArray[Any], position: int, known: IdMap) -> str:
    if known.is_range:
        hint = f"they go from 0 to {len(known) - 1}" if len(known) else "there are none"
    else:
        hint = f"the {len(known)} known ones begin with {known.ids[:3].tolist()}"
    return f"unknown {axis} {wanted[position].item()!r} (position {position}); {hint}"
