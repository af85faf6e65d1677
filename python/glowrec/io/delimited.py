"""CSV and TSV files: one interaction per row."""

from __future__ import annotations

import csv
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.arguments import flag
from glowrec.errors import DataError, ParameterError
from glowrec.interactions import Interactions
from glowrec.io.atomic import replacing
from glowrec.io.rows import first_row, split
from glowrec.io.text import read_bytes, shown
from glowrec.io.whole_numbers import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from glowrec.duplicates import Duplicates

_ROLES = ("user", "item", "value", "timestamp")


def read_csv(
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
    r"""Read one interaction per row, with ids of any kind.

    Ids are integers where every one of a column is a whole number in its usual spelling ('007'
    is not), strings otherwise.

    Parameters
    ----------
    path : str or path-like
        UTF-8 text; quoted fields, blank lines and Windows line ends are understood.
    user, item : str or int, default "user", "item"
        Name of the column, or its position from 0.
    value, timestamp : str or int, optional
        The same for columns of numbers.
    sep : str, default ","
        One character; ``"\t"`` for TSV.
    header : bool, default True
        Whether the first line names the columns; without it they are named by position.
    duplicates : {"error", "first", "last", "sum", "keep"}, default "error"
        See :meth:`glowrec.Interactions.from_arrays`.

    Returns
    -------
    Interactions
        In file order.

    Raises
    ------
    DataError
        If the file is missing, empty or not text, lacks a column, or a row is short, long or
        holds what is no number where one belongs; the message names file, line and column.
    ParameterError
        If `sep` is not one character, or a column is named where there is no header.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.io import read_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "log.tsv")
    ...     _ = path.write_text("196\t242\t3\n186\t302\t5\n")
    ...     read_csv(path, user=0, item=1, value=2, sep="\t", header=False).values
    array([3., 5.])
    """
    _check_sep(sep)
    wanted = dict(zip(_ROLES, (user, item, value, timestamp), strict=True))
    header = flag("header", header)
    return interactions_of(
        os.fspath(path), read_bytes(path), wanted, sep=sep, header=header, duplicates=duplicates
    )


def interactions_of(
    name: str,
    content: bytes,
    columns: Mapping[str, str | int | None],
    *,
    sep: str,
    header: bool,
    duplicates: Duplicates = "error",
    whole_ids: bool = False,
) -> Interactions:
    r"""Return the interactions that delimited text holds, for readers of such formats.

    Parameters
    ----------
    name : str
        The file, for messages.
    content : bytes
    columns : mapping of str to str, int or None
        Name or position of the columns ``user``, ``item``, ``value`` and ``timestamp``.
    sep, header, duplicates
        As in :func:`read_csv`.
    whole_ids : bool, default False
        Whether an id that is no whole number is an error.

    Returns
    -------
    Interactions

    Raises
    ------
    DataError, ParameterError
        As :func:`read_csv`.

    Examples
    --------
    >>> from glowrec.io.delimited import interactions_of
    >>> columns = {"user": 0, "item": 1}
    >>> interactions_of("log", b"1 x\n", columns, sep=" ", header=False, whole_ids=True)
    Traceback (most recent call last):
    glowrec.errors.DataError: log:1: item 'x' is not a whole number
    """
    titles = first_row(name, content, sep)
    places = {
        role: _place(name, titles, role, column, header=header)
        for role, column in columns.items()
        if column is not None
    }
    fields, lines = split(name, content, sep, places, len(titles))
    if header:
        fields, lines = {role: column[1:] for role, column in fields.items()}, lines[1:]
    if not lines:
        raise DataError(f"{name}: holds no row below the header")
    ids = {role: _ids(name, role, fields[role], lines) for role in ("user", "item")}
    for role, found in ids.items():
        if whole_ids and found.dtype.kind == "U":
            place = next(i for i, field in enumerate(fields[role]) if not _is_whole(field))
            raise DataError(
                f"{name}:{lines[place]}: {role} {shown(fields[role][place])} is not a whole number"
            )
    numbers = {
        role: _numbers(name, role, fields[role], lines) if role in fields else None
        for role in ("value", "timestamp")
    }
    try:
        return Interactions.from_arrays(
            ids["user"], ids["item"], numbers["value"], numbers["timestamp"], duplicates=duplicates
        )
    except DataError as error:
        raise DataError(f"{name}:{_with_line(str(error), lines)}") from None


def write_csv(interactions: Interactions, path: str | os.PathLike[str], *, sep: str = ",") -> None:
    r"""Write one row per interaction below a header: ``user,item`` and what else there is.

    Parameters
    ----------
    interactions : Interactions
    path : str or path-like
        Replaced as a whole or left as it was.
    sep : str, default ","
        One character.

    Raises
    ------
    OSError
        If the file cannot be written.
    ParameterError
        If `sep` is not one character.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec import Interactions
    >>> from glowrec.io import write_csv
    >>> log = Interactions.from_arrays(["eve", "ann"], [5, 7], [1, 0.5])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "log.csv")
    ...     write_csv(log, path)
    ...     path.read_text()
    'user,item,value\neve,5,1.0\nann,7,0.5\n'
    """
    _check_sep(sep)
    table = interactions.to_numpy()
    with replacing(path) as file:
        writer = csv.writer(file, delimiter=sep, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))


def _check_sep(sep: str) -> None:
    if not isinstance(sep, str) or len(sep) != 1 or sep in '"\r\n\0':
        raise ParameterError(f"sep = {sep!r}: expected one character, no quote and no line end")


def _place(name: str, titles: list[str], role: str, column: str | int, *, header: bool) -> int:
    """Return the position of a column."""
    if isinstance(column, int):
        if column < 0:
            raise ParameterError(f"{role} = {column}: positions of columns start at 0")
        if column >= len(titles):
            raise DataError(
                f"{name}:1: no column {column} for {role}; there are {len(titles)}, from 0"
            )
        return column
    if not header:
        raise ParameterError(f"{role} = {column!r}: without a header give the position, from 0")
    if titles.count(column) != 1:
        how = "two columns" if column in titles else "no column"
        raise DataError(
            f"{name}:1: {how} {column!r} for {role}; the columns are {', '.join(titles)}"
        )
    return titles.index(column)


def _ids(name: str, role: str, fields: list[str], lines: Sequence[int]) -> NDArray[Any]:
    whole = _whole(fields)
    if whole is not None:
        return whole
    for position, field in enumerate(fields):
        if not field or field.isspace():
            raise DataError(f"{name}:{lines[position]}: the {role} is empty")
    texts = np.array(fields, dtype=np.str_)
    try:  # negative ones, or some other spelling
        codes = texts.astype(np.int64)
    except (ValueError, OverflowError):
        return texts
    return codes if bool((codes.astype(np.str_) == texts).all()) else texts


def _numbers(name: str, role: str, fields: list[str], lines: Sequence[int]) -> NDArray[Any]:
    whole = _whole(fields)
    if whole is not None:
        return whole
    for position, field in enumerate(fields):
        if not _is_number(field):
            place = f"{name}:{lines[position]}"
            raise DataError(f"{place}: {role} {shown(field)} is not a finite number")
    try:
        return np.array([int(field) for field in fields], dtype=np.int64)
    except (ValueError, OverflowError):
        return np.array(fields, dtype=np.str_).astype(np.float64)


def _whole(fields: list[str]) -> NDArray[np.int64] | None:
    """Return the numbers if every field is one in its usual spelling, without sign or point."""
    text = "\n".join(fields)
    if not text.isascii():
        return None
    encoded = text.encode()
    found = parse(encoded)
    if found is None or found.values.size != len(fields):
        return None
    if int(found.lengths.sum()) + len(fields) - 1 != len(encoded):  # a blank in a field
        return None
    begins_with_zero = np.frombuffer(encoded, np.uint8)[found.starts] == ord("0")
    return None if bool((begins_with_zero & (found.lengths > 1)).any()) else found.values


def _is_whole(field: str) -> bool:
    """Return whether a field is a whole number in its usual spelling."""
    try:
        return str(int(field)) == field
    except ValueError:
        return False


def _is_number(field: str) -> bool:
    """Return whether a field is a finite number, without Python's ``1_000``."""
    try:
        return math.isfinite(float(field)) and "_" not in field
    except ValueError:
        return False


def _with_line(message: str, lines: Sequence[int]) -> str:
    """Turn the position that begins a message into the line it came from."""
    head, colon, rest = message.partition(":")
    word, _, number = head.partition(" ")
    if colon and word == "position" and number.isdigit():
        return f"{lines[int(number)]}:{rest}"
    return f" {message}"
