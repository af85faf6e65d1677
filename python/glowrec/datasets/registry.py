"""The sets known by name, and where they are looked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glowrec.datasets.dataset import Dataset
from glowrec.datasets.folder import load_folder
from glowrec.datasets.synthetic import synthetic
from glowrec.errors import DataError
from glowrec.interactions import Interactions
from glowrec.io.delimited import read_csv

if TYPE_CHECKING:
    from collections.abc import Callable


def _lastfm(folder: Path) -> Dataset:
    """HetRec 2011 Last.fm as LightGCN-PyTorch splits it: one-based ``user item plays`` rows.

    The published split leaves some test users without any train row; they keep their place.
    """
    parts = [
        read_csv(
            folder / name,
            user=0,
            item=1,
            value=2,
            sep="\t",
            header=False,
            duplicates="first",
        )
        for name in ("data1.txt", "test1.txt")
    ]
    columns = [part.to_numpy() for part in parts]
    sizes = {axis: max(int(column[axis].max()) for column in columns) for axis in ("user", "item")}
    train, test = (
        Interactions.from_arrays(
            column["user"] - 1,
            column["item"] - 1,
            np.asarray(column["value"]),
            n_users=sizes["user"],
            n_items=sizes["item"],
            duplicates="first",
        )
        for column in columns
    )
    return Dataset("lastfm", train, test)


_READERS: dict[str, Callable[[Path], Dataset]] = {"gowalla": load_folder, "lastfm": _lastfm}


def names() -> tuple[str, ...]:
    """Return the names that :func:`load` knows.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from glowrec import datasets
    >>> datasets.names()
    ('gowalla', 'lastfm', 'synthetic')
    """
    return (*sorted(_READERS), "synthetic")


def load(name_or_folder: str | os.PathLike[str]) -> Dataset:
    """Load a set by name, or from a folder with ``train.txt`` and ``test.txt``.

    Parameters
    ----------
    name_or_folder : str or path-like
        One of :func:`names`, looked up below the folder that the environment variable
        ``GLOWREC_DATA`` names, or a folder, or the name of a folder in ``GLOWREC_DATA``.
        ``"synthetic"`` is made on the spot.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the set cannot be found, or its files are wrong.

    Examples
    --------
    >>> from glowrec import datasets
    >>> print(datasets.load("synthetic"))
    synthetic: 2,000 users, 3,000 items, 77,356 train and 18,353 test interactions
    """
    name = os.fspath(name_or_folder)
    if name == "synthetic":
        return synthetic()
    home = os.environ.get("GLOWREC_DATA")
    if home and name in _READERS and not Path(name).is_dir():
        if not (Path(home) / name).is_dir():
            raise DataError(f"{name}: no such folder in GLOWREC_DATA ({home})")
        return _READERS[name](Path(home) / name)
    if Path(name).is_dir():
        return load_folder(name)
    if home and (Path(home) / name).is_dir():
        return load_folder(Path(home) / name)
    if Path(name).exists():
        raise DataError(f"{name}: is a file, expected a folder with train.txt and test.txt")
    where = f"not in GLOWREC_DATA ({home})" if home else "GLOWREC_DATA, their folder, is not set"
    raise DataError(
        f"{name}: neither a folder nor a set that can be found; known sets are "
        f"{', '.join(names())}, and {where}"
    )
