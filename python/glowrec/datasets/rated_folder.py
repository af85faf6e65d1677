"""A folder with ``train.csv`` and ``test.csv``: rows of user, item and rating."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glowrec.datasets.dataset import Dataset
from glowrec.errors import DataError
from glowrec.interactions import Interactions
from glowrec.io.delimited import read_csv

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TRAIN, TEST = "train.csv", "test.csv"


def load_rated_folder(root: Path, unknown: str) -> Dataset:
    r"""Read a folder's ``train.csv`` and ``test.csv``, with a header ``user,item,rating``.

    Parameters
    ----------
    root : Path
    unknown : {"error", "drop", "keep"}
        What becomes of a test row whose user or item train does not know.

    Returns
    -------
    Dataset
        Named as the folder; ``values`` are the ratings. Codes follow the ids, ascending.

    Raises
    ------
    DataError
        As :func:`glowrec.io.read_csv`, or if a test user or item is unknown in train; the message
        names the file and the id.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.datasets.rated_folder import load_rated_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = pathlib.Path(folder)
    ...     _ = (root / "train.csv").write_text("user,item,rating\n7,1,5\n9,2,3\n")
    ...     _ = (root / "test.csv").write_text("user,item,rating\n7,2,4\n")
    ...     load_rated_folder(root, "error").test.values
    array([4.])
    """
    columns = _columns(root / TRAIN)
    users, items = np.unique(columns["user"]), np.unique(columns["item"])
    known = {"user": users, "item": items}
    judged = _columns(root / TEST) if (root / TEST).is_file() else None
    if judged is not None:
        for axis, ids in known.items():
            if judged[axis].dtype.kind != ids.dtype.kind:
                raise DataError(f"{root / TEST}: {axis}s are of another kind than in {TRAIN}")
        fits = np.isin(judged["user"], users) & np.isin(judged["item"], items)
        if unknown == "error" and not fits.all():
            raise DataError(f"{root / TEST}: {_first_unknown(judged, known, ~fits)}")
        if unknown == "drop":
            judged = {name: column[fits] for name, column in judged.items()}
        columns = {name: np.concatenate([columns[name], judged[name]]) for name in columns}
    n_test = 0 if judged is None else judged["user"].size
    n_train = columns["user"].size - n_test
    whole = Interactions.from_arrays(
        columns["user"], columns["item"], columns["value"], duplicates="keep"
    )
    train, test = np.arange(n_train), np.arange(n_train, n_train + n_test)
    return Dataset(root.resolve().name, whole.select(train), whole.select(test))


def _columns(path: Path) -> dict[str, NDArray[Any]]:
    return read_csv(path, user="user", item="item", value="rating").to_numpy()


def _first_unknown(
    judged: dict[str, NDArray[Any]], known: dict[str, NDArray[Any]], unfit: NDArray[np.bool_]
) -> str:
    place = int(np.argmax(unfit))
    axis = "user" if not np.isin(judged["user"][place], known["user"]) else "item"
    return (
        f"{axis} {judged[axis][place].item()!r} does not occur in train; remove it, or load with "
        "unknown='drop' or 'keep'"
    )
