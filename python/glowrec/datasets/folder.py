"""A folder with ``train.txt`` and ``test.txt`` in LightGCN's format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from glowrec.datasets.dataset import Dataset
from glowrec.datasets.rated_folder import TRAIN, load_rated_folder
from glowrec.errors import DataError, ParameterError
from glowrec.interactions import Interactions
from glowrec.io.lightgcn import Pairs, read_pairs

Unknown: TypeAlias = Literal["error", "drop", "keep"]
"""What becomes of test rows whose user or item train does not know."""


def load_folder(folder: str | os.PathLike[str], *, unknown: Unknown = "error") -> Dataset:
    r"""Read a folder's ``train.txt`` and ``test.txt``, lines of ``user item item ...``.

    A test user or item that train does not know cannot be learnt and only lowers every model's
    score, so it is an error unless `unknown` says otherwise. A user with a line in ``train.txt``
    is known, even where the line is empty. Without ``test.txt``, or with an empty one, there are
    no test interactions.

    Without ``train.txt``, a folder may hold ratings instead: ``train.csv`` and ``test.csv``, rows
    of user, item and rating below a header that says so. Ids may be strings then.

    Parameters
    ----------
    folder : str or path-like
    unknown : {"error", "drop", "keep"}, default "error"
        What becomes of a test row whose user or item train does not know: an error that names
        it, the row is left out, or it stays.

    Returns
    -------
    Dataset
        Named as the folder. Users and items are those up to the largest id of train, or of both
        files under ``unknown="keep"``.

    Raises
    ------
    DataError
        If ``train.txt`` is missing, a file is wrong (see :func:`glowrec.io.read_lightgcn`), or a
        test user or item is unknown in train; the message names file, line and id.
    ParameterError
        If `unknown` is none of the three.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.datasets import load_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "train.txt").write_text("0 0 1\n1 1\n")
    ...     _ = pathlib.Path(folder, "test.txt").write_text("1 0 7\n")
    ...     data = load_folder(folder, unknown="drop")
    >>> data.test.n_users, data.test.n_items, len(data.test)
    (2, 2, 1)
    """
    if unknown not in get_args(Unknown):
        raise ParameterError(f"unknown = {unknown!r}: expected 'error', 'drop' or 'keep'")
    root = Path(folder)
    if not (root / "train.txt").exists():
        if (root / TRAIN).is_file():
            return load_rated_folder(root, unknown)
        raise DataError(
            f"{os.fspath(folder)}: no train.txt; expected train.txt and, to be scored, test.txt "
            "(of ratings: train.csv and test.csv)"
        )
    train, test = read_pairs(root / "train.txt"), _test_pairs(root / "test.txt")
    if not train.items.size:
        raise DataError(f"{root / 'train.txt'}: holds no interaction")
    kept = np.ones(test.items.size, dtype=bool)
    if unknown != "keep":
        kept = np.isin(test.users, train.listed_users) & np.isin(test.items, train.items)
    if unknown == "error" and not bool(kept.all()):
        raise DataError(f"{root / 'test.txt'}:{_first_unknown(train, test, int(np.argmin(kept)))}")
    users, items = test.users[kept], test.items[kept]
    n_users = 1 + int(max(train.listed_users.max(), users.max(initial=0)))
    n_items = 1 + int(max(train.items.max(), items.max(initial=0)))
    learned, judged = (
        Interactions.from_arrays(u, i, n_users=n_users, n_items=n_items, duplicates="first")
        for u, i in ((train.users, train.items), (users, items))
    )
    return Dataset(root.resolve().name, learned, judged)


def _test_pairs(path: Path) -> Pairs:
    if path.is_dir() or (path.is_file() and path.stat().st_size):
        return read_pairs(path)
    none = np.zeros(0, dtype=np.int64)
    return Pairs(none, none, none, none)


def _first_unknown(train: Pairs, test: Pairs, position: int) -> str:
    """Return what to say of the test row at `position`, from its line on."""
    user, item = test.users[position], test.items[position]
    what = f"item {item}" if user in train.listed_users else f"user {user}"
    return (
        f"{test.lines[position]}: {what} does not occur in train; "
        "remove it, or load with unknown='drop' or 'keep'"
    )
