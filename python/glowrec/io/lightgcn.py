"""The text format of LightGCN and NGCF: a line ``user item item ...`` per user."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

from glowrec.errors import DataError
from glowrec.id_map import MAX_IDS
from glowrec.interactions import Interactions
from glowrec.io.atomic import replacing
from glowrec.io.text import decode_line, read_bytes, shown
from glowrec.io.whole_numbers import LONGEST, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray


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

    A line may end after its user, who then has no items; blank lines and Windows line ends are
    fine. An item that a user repeats counts once. The ids are the codes: ``n_users`` and
    ``n_items`` are one more than the largest.

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
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    numbers = parse(content)
    if numbers is None or int(numbers.values.max()) >= MAX_IDS:
        _explain(os.fspath(path), content)
    ids = numbers.values
    ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n"))
    after = np.append(np.searchsorted(numbers.starts, ends), ids.size)  # first id of the next line
    counts = np.diff(after, prepend=0)
    named = counts > 0
    first = (after - counts)[named]
    listed = ids[first]
    n_items = counts[named] - 1
    is_item = np.ones(ids.size, dtype=bool)
    is_item[first] = False
    lines = np.flatnonzero(named) + 1
    return Pairs(np.repeat(listed, n_items), ids[is_item], np.repeat(lines, n_items), listed)


def write_lightgcn(interactions: Interactions, path: str | os.PathLike[str]) -> None:
    r"""Write a line ``user item item ...`` per user, those without items included.

    The format knows neither values nor times, and its ids are codes: what ``user_ids`` and
    ``item_ids`` make of them is for the caller to keep.

    Parameters
    ----------
    interactions : Interactions
    path : str or path-like
        Replaced as a whole or left as it was.

    Raises
    ------
    DataError
        If there are no users.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec import Interactions
    >>> from glowrec.io import write_lightgcn
    >>> log = Interactions.from_arrays([0, 0], [2, 1], n_users=2, n_items=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "train.txt")
    ...     write_lightgcn(log, path)
    ...     path.read_text()
    '0 2 1\n1\n'
    """
    if not interactions.n_users:
        raise DataError(f"{os.fspath(path)}: not written, since there are no users")
    order = np.argsort(interactions.users, kind="stable")
    items = interactions.items[order].tolist()
    degrees = np.bincount(interactions.users, minlength=interactions.n_users)
    stops = np.cumsum(degrees).tolist()
    lines = []
    start = 0
    for user, stop in enumerate(stops):
        lines.append(" ".join(map(str, (user, *items[start:stop]))))
        start = stop
    with replacing(path) as file:
        file.write("\n".join(lines) + "\n")


def _explain(name: str, content: bytes) -> NoReturn:
    """Raise the error of the first id that is none; called once something is known to be wrong."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        words = re.split("[ \t]+", decode_line(name, number, line).strip(" \t"))
        for column, word in enumerate(filter(None, words), start=1):
            kind = "a user" if column == 1 else "an item"
            place = f"{name}:{number}: column {column}"
            if not (word.isascii() and word.isdigit()):
                raise DataError(f"{place}: {shown(word)} is not {kind} id, a whole number from 0")
            if len(word) > LONGEST or int(word) >= MAX_IDS:
                raise DataError(
                    f"{place}: {shown(word)} is too large for {kind} id; "
                    f"the largest is {MAX_IDS - 1}"
                )
    raise DataError(f"{name}: not lines of `user item item ...`")
