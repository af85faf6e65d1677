"""The text format of LightGCN and NGCF: a line ``user item item ...`` per user."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec.errors import DataError
from glowrec.id_map import MAX_IDS
from glowrec.interactions import Interactions
from glowrec.io.text import decode_line, read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INTEGER_TEXT = np.zeros(256, dtype=bool)
_INTEGER_TEXT[list(b"0123456789 \t\r\n")] = True


class Pairs(NamedTuple):
    """The pairs of a file, and where each stands."""

    users: NDArray[np.int64]
    """User of each pair, shape (n_pairs,)."""
    items: NDArray[np.int64]
    """Item of each pair, shape (n_pairs,)."""
    lines: NDArray[np.int64]
    """Line of each pair, counted from 1, shape (n_pairs,)."""
    listed_users: NDArray[np.int64]
    """User of each line that names one, with items or without, in file order."""


def read_lightgcn(path: str | os.PathLike[str]) -> Interactions:
    r"""Read lines of ``user item item ...``, whole numbers from 0.

    A user's line may be empty after the user; blank lines and Windows line ends are fine. An
    item that a user repeats counts once. The ids are the codes: ``n_users`` and ``n_items`` are
    one more than the largest.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Interactions
        In file order.

    Raises
    ------
    DataError
        If the file is missing, a folder, empty or not text, or an id is no whole number from 0
        to 2**32 - 1; the message names file, line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.io import read_lightgcn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "train.txt")
    ...     _ = path.write_text("0 2 1\n1\n")
    ...     read_lightgcn(path).items
    array([2, 1])
    """
    pairs = read_pairs(path)
    return Interactions.from_arrays(
        pairs.users,
        pairs.items,
        n_users=int(pairs.listed_users.max()) + 1,
        n_items=int(pairs.items.max()) + 1 if pairs.items.size else 0,
        duplicates="first",
    )


def read_pairs(path: str | os.PathLike[str]) -> Pairs:
    """Read the pairs of a file with their lines, for readers that check them further.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Pairs

    Raises
    ------
    DataError
        As :func:`read_lightgcn`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.io.lightgcn import read_pairs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "train.txt")
    ...     _ = path.write_text("0 2 1")
    ...     read_pairs(path).lines
    array([1, 1])
    """
    content = read_bytes(path)
    name = os.fspath(path)
    raw = np.frombuffer(content, dtype=np.uint8)
    if not bool(_INTEGER_TEXT[raw].all()):
        _explain(name, content)
    lines = content.split(b"\n")
    counts = np.fromiter((len(line.split()) for line in lines), np.int64, len(lines))
    try:
        ids = np.array(content.split(), dtype=np.int64)
    except (OverflowError, ValueError):
        _explain(name, content)
    if int(ids.max()) >= MAX_IDS:
        _explain(name, content)
    line_of_id = np.repeat(np.arange(1, len(lines) + 1), counts)
    named = counts > 0
    first = (np.cumsum(counts) - counts)[named]
    listed = ids[first]
    is_item = np.ones(ids.size, dtype=bool)
    is_item[first] = False
    users = np.repeat(listed, counts[named] - 1)
    return Pairs(users, ids[is_item], line_of_id[is_item], listed)


def _explain(name: str, content: bytes) -> None:
    """Raise the error of the first id that is none; called once something is known to be wrong."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        text = decode_line(name, number, line)
        for column, word in enumerate(text.split(), start=1):
            kind = "a user" if column == 1 else "an item"
            if not (word.isascii() and word.isdigit()):
                raise DataError(
                    f"{name}:{number}: column {column}: {word!r} is not {kind} id, "
                    "a whole number from 0"
                )
            if int(word) >= MAX_IDS:
                raise DataError(
                    f"{name}:{number}: column {column}: {word} is too large for {kind} id; "
                    f"the largest is {MAX_IDS - 1}"
                )
    raise DataError(f"{name}: not lines of `user item item ...`")
