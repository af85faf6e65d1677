"""The sets known by name, and where they are looked for."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glowrec.datasets.dataset import Dataset
from glowrec.datasets.folder import load_folder
from glowrec.datasets.ratings import douban, ml_1m, ml_100k
from glowrec.datasets.synthetic import synthetic
from glowrec.errors import DataError, ParameterError
from glowrec.interactions import Interactions
from glowrec.io.delimited import read_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from glowrec.datasets.folder import Unknown


class _Entry(NamedTuple):
    """A published set: how it is read and how large it is."""

    read: Callable[[Path], Dataset]
    n_users: int
    n_items: int
    n_train: int
    n_test: int


def _lastfm(folder: Path) -> Dataset:
    """HetRec 2011 Last.fm as LightGCN-PyTorch splits it: one-based ``user item plays`` rows.

    The published split leaves two test users and 13 test items without a train row; as there,
    they keep their place.
    """
    parts = [
        read_csv(folder / name, user=0, item=1, value=2, sep="\t", header=False)
        for name in ("data1.txt", "test1.txt")
    ]
    columns = [part.to_numpy() for part in parts]
    n_users, n_items = (max(int(c[axis].max()) for c in columns) for axis in ("user", "item"))
    train, test = (
        Interactions.from_arrays(
            c["user"] - 1, c["item"] - 1, c["value"], n_users=n_users, n_items=n_items
        )
        for c in columns
    )
    return Dataset("lastfm", train, test)


_ENTRIES = {
    "douban": _Entry(douban, 3_000, 3_000, 123_202, 13_689),
    "gowalla": _Entry(load_folder, 29_858, 40_981, 810_128, 217_242),
    "lastfm": _Entry(_lastfm, 1_892, 4_489, 42_135, 10_533),
    "ml-100k": _Entry(ml_100k, 943, 1_682, 80_000, 20_000),
    "ml-1m": _Entry(ml_1m, 6_040, 3_706, 900_189, 100_020),
}


def names() -> tuple[str, ...]:
    """Return the names that :func:`load` knows.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from glowrec import datasets
    >>> datasets.names()
    ('douban', 'gowalla', 'lastfm', 'ml-100k', 'ml-1m', 'synthetic')
    """
    return (*sorted(_ENTRIES), "synthetic")


def load(name_or_folder: str | os.PathLike[str], *, unknown: Unknown | None = None) -> Dataset:
    """Load a set by name, or from a folder with ``train.txt`` and ``test.txt``.

    Parameters
    ----------
    name_or_folder : str or path-like
        One of :func:`names`, or a folder, or the name of a folder below the one that the
        environment variable ``GLOWREC_DATA`` names. Published sets are looked for there too and
        must have their published size; ``"synthetic"`` is made on the spot.
    unknown : {"error", "drop", "keep"}, optional
        For a folder: what becomes of test rows whose user or item train does not know, an error
        by default; see :func:`load_folder`. Published sets are as they were published.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the set cannot be found, its files are wrong or are not the published ones.
    ParameterError
        If `unknown` is given for a set of :func:`names`, or none of the three.

    Examples
    --------
    >>> from glowrec import datasets
    >>> print(datasets.load("synthetic"))
    synthetic: 2,000 users, 3,000 items, 77,356 train and 18,353 test interactions
    """
    name = os.fspath(name_or_folder)
    home = os.environ.get("GLOWREC_DATA")
    if name in names():
        if unknown is not None:
            raise ParameterError(f"unknown = {unknown!r}: is for folders; {name} is a known set")
        known = synthetic() if name == "synthetic" else _published(name, home)
        return dataclasses.replace(known, source={"name_or_folder": name})
    for folder in (Path(name), *([Path(home, name)] if home else [])):
        if folder.is_dir():
            policy = {} if unknown is None else {"unknown": unknown}
            source = {"name_or_folder": str(folder.resolve()), **policy}
            return dataclasses.replace(load_folder(folder, **policy), source=source)
    if Path(name).exists():
        raise DataError(f"{name}: is a file, expected a folder with train.txt and test.txt")
    raise DataError(
        f"{name}: no folder of that name{_not_in(home)}; the sets known by name are "
        f"{', '.join(names())}"
    )


def _published(name: str, home: str | None) -> Dataset:
    """Load a set of the registry from the first place that holds it."""
    entry = _ENTRIES[name]
    for folder in (*([Path(home, name)] if home else []), Path(name)):
        if folder.is_dir():
            break
    else:
        raise DataError(
            f"{name}: no folder of that name{_not_in(home)}; put its files into a folder {name} "
            "and let GLOWREC_DATA name the folder that holds it"
        )
    data = entry.read(folder)
    found = (data.train.n_users, data.train.n_items, len(data.train), len(data.test))
    if found != entry[1:]:
        raise DataError(
            f"{folder}: not the published {name}: (users, items, train, test) are {found}, "
            f"expected {entry[1:]}; load another version by its folder, as ./{name}"
        )
    return data


def _not_in(home: str | None) -> str:
    if home:
        return f" here or in GLOWREC_DATA ({home})"
    return " here, and GLOWREC_DATA, the folder of named sets, is not set"
