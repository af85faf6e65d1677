"""A folder with ``train.txt`` and ``test.txt`` in LightGCN's format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glowrec.datasets.dataset import Dataset
from glowrec.errors import DataError
from glowrec.interactions import Interactions
from glowrec.io.lightgcn import read_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.io.lightgcn import Pairs


def load_folder(folder: str | os.PathLike[str]) -> Dataset:
    r"""Read a folder's ``train.txt`` and ``test.txt``, lines of ``user item item ...``.

    A test user or item that train does not know cannot be learnt and would only lower every
    model's score, so it is an error.

    Parameters
    ----------
    folder : str or path-like

    Returns
    -------
    Dataset
        Named as the folder; the users and items are those up to the largest of train.

    Raises
    ------
    DataError
        If a file is missing or wrong (see :func:`glowrec.io.read_lightgcn`), or a test user or
        item is unknown in train; the message names file, line and id.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.datasets import load_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "train.txt").write_text("0 0 1\n1 1\n")
    ...     _ = pathlib.Path(folder, "test.txt").write_text("1 0\n")
    ...     data = load_folder(folder)
    >>> data.test.n_users, data.test.n_items
    (2, 2)
    """
    root = Path(folder)
    for name in ("train.txt", "test.txt"):
        if not (root / name).exists():
            raise DataError(f"{os.fspath(folder)}: no {name}; expected train.txt and test.txt")
    train, test = read_pairs(root / "train.txt"), read_pairs(root / "test.txt")
    if not train.items.size:
        raise DataError(f"{root / 'train.txt'}: holds no interaction")
    require_known("user", train.users, test.users, test, str(root / "test.txt"))
    require_known("item", train.items, test.items, test, str(root / "test.txt"))
    n_users = int(train.listed_users.max()) + 1
    n_items = int(train.items.max()) + 1
    parts = (
        Interactions.from_arrays(
            part.users, part.items, n_users=n_users, n_items=n_items, duplicates="first"
        )
        for part in (train, test)
    )
    return Dataset(root.resolve().name, *parts)


def require_known(
    axis: str,
    train_ids: NDArray[np.int64],
    test_ids: NDArray[np.int64],
    test: Pairs,
    name: str,
) -> None:
    """Check that train knows every id of the test file.

    Parameters
    ----------
    axis : str
        ``"user"`` or ``"item"``, for the message.
    train_ids, test_ids : ndarray of int64
        Ids of both parts.
    test : Pairs
        Gives the line of each test id.
    name : str
        The test file, for the message.

    Raises
    ------
    DataError
        If an id of test does not occur in train; the message names the first one's line.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.datasets.folder import require_known
    >>> from glowrec.io.lightgcn import Pairs
    >>> one = np.array([1])
    >>> require_known("item", one, one + 6, Pairs(one, one + 6, one + 2, one), "test.txt")
    Traceback (most recent call last):
    glowrec.errors.DataError: test.txt:3: item 7 does not occur in train; remove it from test
    """
    known = np.isin(test_ids, train_ids)
    if not bool(known.all()):
        first = int(np.argmin(known))
        raise DataError(
            f"{name}:{test.lines[first]}: {axis} {test_ids[first]} does not occur in train; "
            "remove it from test"
        )
