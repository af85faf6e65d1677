"""CSV and TSV files: one interaction per row."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.errors import DataError, ParameterError
from glowrec.interactions import Duplicates, Interactions
from glowrec.io.text import decode_line, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


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

    Ids are integers where every one of a column is a whole number, strings otherwise.

    Parameters
    ----------
    path : str or path-like
        UTF-8 text; quoted fields and Windows line ends are understood.
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
    if len(sep) != 1:
        raise ParameterError(f"sep = {sep!r}: expected one character")
    name = os.fspath(path)
    wanted = {"user": user, "item": item, "value": value, "timestamp": timestamp}
    rows = _rows(name, read_bytes(path), sep)
    width, places = _places(name, next(rows) if header else None, wanted)
    fields: dict[str, list[str]] = {role: [] for role in places}
    lines: list[int] = []
    for number, row in rows:
        width = width or len(row)
        if len(row) != width:
            raise DataError(f"{name}:{number}: expected {width} columns, got {len(row)}")
        for role, place in places.items():
            if place >= width:
                raise DataError(
                    f"{name}:{number}: no column {place} for {role!r}; the row has {width}, from 0"
                )
            fields[role].append(row[place])
        lines.append(number)
    ids = {role: _ids(name, role, fields[role], lines) for role in ("user", "item")}
    numbers = {
        role: _numbers(name, role, fields[role], lines) if role in fields else None
        for role in ("value", "timestamp")
    }
    try:
        return Interactions.from_arrays(
            ids["user"], ids["item"], numbers["value"], numbers["timestamp"], duplicates=duplicates
        )
    except DataError as error:
        raise DataError(f"{name}: {_with_line(str(error), lines)}") from None


def _rows(name: str, content: bytes, sep: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of each row that is not blank."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    text = (
        decode_line(name, number, line)
        for number, line in enumerate(content.splitlines(keepends=True), start=1)
    )
    reader = csv.reader(text, delimiter=sep, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"{name}:{reader.line_num}: {error}") from None


def _places(
    name: str, first: tuple[int, list[str]] | None, wanted: dict[str, str | int | None]
) -> tuple[int, dict[str, int]]:
    """Return the number of columns (0: not known yet) and the position of each role's."""
    titles = None if first is None else [title.strip() for title in first[1]]
    places = {}
    for role, column in wanted.items():
        if column is None:
            continue
        if isinstance(column, int):
            if column < 0:
                raise ParameterError(f"{role} = {column}: positions of columns start at 0")
            places[role] = column
        elif titles is None:
            raise ParameterError(
                f"{role} = {column!r}: without a header give the column's position, from 0"
            )
        elif column not in titles:
            raise DataError(
                f"{name}:1: no column {column!r} for {role}; the columns are {', '.join(titles)}"
            )
        else:
            places[role] = titles.index(column)
    return (len(titles) if titles else 0), places


def _ids(name: str, role: str, fields: list[str], lines: list[int]) -> NDArray[Any]:
    for field, number in zip(fields, lines, strict=True):
        if not field.strip():
            raise DataError(f"{name}:{number}: the {role} is empty")
    texts = np.array(fields, dtype=np.str_)
    # Only numbers in their one usual spelling, so that '007' and '7' stay two ids.
    try:
        codes = texts.astype(np.int64)
    except (ValueError, OverflowError):
        return texts
    return codes if bool((codes.astype(np.str_) == texts).all()) else texts


def _numbers(name: str, role: str, fields: list[str], lines: list[int]) -> NDArray[Any]:
    texts = np.array(fields, dtype=np.str_)
    for kind in (np.int64, np.float64) if role == "timestamp" else (np.float64,):
        try:
            numbers = texts.astype(kind)
        except (ValueError, OverflowError):
            continue
        if bool(np.isfinite(numbers).all()):
            return numbers
    for field, number in zip(fields, lines, strict=True):
        try:
            finite = bool(np.isfinite(float(field)))
        except ValueError:
            finite = False
        if not finite:
            raise DataError(f"{name}:{number}: {role} {field!r} is not a finite number")
    raise DataError(f"{name}: column {role!r} does not hold numbers")


def _with_line(message: str, lines: list[int]) -> str:
    """Turn the position that begins a message into the line it came from."""
    head, colon, rest = message.partition(":")
    word, _, number = head.partition(" ")
    if colon and word == "position" and number.isdigit():
        return f"line {lines[int(number)]}:{rest}"
    return message
