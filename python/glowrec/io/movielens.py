"""Ratings as MovieLens and its kin are published: tab-separated, ``::`` or CSV."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from glowrec.errors import DataError
from glowrec.io.delimited import interactions_of
from glowrec.io.rows import first_row
from glowrec.io.text import read_bytes, shown

if TYPE_CHECKING:
    from glowrec.interactions import Interactions

_TITLES = {
    "user": ("user", "userId", "user_id"),
    "item": ("item", "movieId", "item_id", "movie_id"),
    "value": ("rating", "value"),
    "timestamp": ("timestamp",),
}
_PLACES = {"user": 0, "item": 1, "value": 2}
_SEPARATORS = (b"::", b"\t", b",")


def read_movielens(path: str | os.PathLike[str]) -> Interactions:
    r"""Read ``user, item, rating`` and, where it is there, ``timestamp``, in file order.

    The separator is that of the first line: ``::`` (``ratings.dat`` of MovieLens 1M and 10M), a
    tab (``u.data`` of 100K) or a comma (``ratings.csv`` of all later sets). A first line of names
    is a header; without one the columns stand in the order above.

    Codes of users and items follow their numeric ids, ascending, which is the order of rows and
    columns that GLocal-K's convolution sees.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Interactions
        ``values`` are the ratings.

    Raises
    ------
    DataError
        If the file is missing, empty or not of these formats, an id is not a whole number, a
        rating or a time is no finite number, or a pair occurs twice; the message names file and
        line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.io import read_movielens
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "ratings.dat")
    ...     _ = path.write_text("1::1193::5::978300760\n1::661::3::978302109\n")
    ...     ratings = read_movielens(path)
    >>> ratings.items, ratings.values
    (array([1, 0]), array([5., 3.]))
    """
    name, content = os.fspath(path), read_bytes(path)
    line = content.lstrip().partition(b"\n")[0]
    sep = next((sep for sep in _SEPARATORS if sep in line), None)
    if sep is None:
        raise DataError(
            f"{name}:1: {shown(line.decode('utf-8', 'replace'))}: expected user, item and rating "
            "between tabs, commas or ::"
        )
    if sep == b"::":
        content = content.replace(b"\t", b" ").replace(b"::", b"\t")
        sep = b"\t"
    titles = first_row(name, content, sep.decode())
    header = not titles[0].lstrip("-").isdigit()
    columns: dict[str, str | int | None]
    if header:
        columns = {role: _title(name, titles, role) for role in _TITLES}
    else:
        if len(titles) <= max(_PLACES.values()):
            raise DataError(f"{name}:1: expected user, item and rating, got {len(titles)} columns")
        columns = {**_PLACES, "timestamp": 3 if len(titles) > len(_PLACES) else None}
    return interactions_of(name, content, columns, sep=sep.decode(), header=header, whole_ids=True)


def _title(name: str, titles: list[str], role: str) -> str | None:
    """Return the title of a column that is there under one of its names."""
    found = next((title for title in _TITLES[role] if title in titles), None)
    if found is None and role != "timestamp":
        wanted = " or ".join(_TITLES[role])
        raise DataError(f"{name}:1: no column {wanted}; the columns are {', '.join(titles)}")
    return found
