"""The published sets of ratings, in the splits that GLocal-K was measured on.

Codes of users and items follow their numeric ids over the whole set, ascending: GLocal-K's
convolution sees rows and columns in that order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.datasets.dataset import Dataset
from glowrec.errors import DataError
from glowrec.interactions import Interactions
from glowrec.io.monti import read_monti
from glowrec.io.movielens import read_movielens

if TYPE_CHECKING:
    from pathlib import Path

ML_1M_SEED = 1234
"""NumPy's legacy seed of the published split of MovieLens 1M."""
_TEST_SHARE = 10


def ml_100k(folder: Path) -> Dataset:
    """MovieLens 100K, the split ``u1`` that it comes with.

    Parameters
    ----------
    folder : Path
        Holds ``u1.base`` and ``u1.test``.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        As :func:`glowrec.io.read_movielens`.
    """
    parts = [read_movielens(folder / name) for name in ("u1.base", "u1.test")]
    columns = [part.to_numpy() for part in parts]
    both = {
        axis: np.concatenate([column[axis] for column in columns])
        for axis in ("user", "item", "value", "timestamp")
    }
    whole = Interactions.from_arrays(
        both["user"], both["item"], both["value"], both["timestamp"], duplicates="keep"
    )
    n_train = len(parts[0])
    return Dataset(
        "ml-100k",
        whole.select(np.arange(n_train)),
        whole.select(np.arange(n_train, len(whole))),
    )


def ml_1m(folder: Path) -> Dataset:
    """MovieLens 1M: a tenth of the ratings, shuffled by NumPy's legacy generator, is test.

    ``numpy.random.seed(1234)``, a shuffle of the positions in file order, the first tenth.

    Parameters
    ----------
    folder : Path
        Holds ``ratings.dat`` as published, or ``ratings.csv`` with its rows in the same order.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is neither, or as :func:`glowrec.io.read_movielens`.
    """
    names = ("ratings.dat", "ratings.csv")
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise DataError(f"{folder}: no ratings.dat and no ratings.csv")
    whole = read_movielens(path)
    order = np.arange(len(whole))
    np.random.RandomState(ML_1M_SEED).shuffle(order)
    is_test = np.zeros(len(whole), dtype=bool)
    is_test[order[: len(whole) // _TEST_SHARE]] = True
    return Dataset("ml-1m", whole.select(~is_test), whole.select(is_test))


def douban(folder: Path) -> Dataset:
    """Douban as Monti et al. split it: the masks of the file.

    Parameters
    ----------
    folder : Path
        Holds ``training_test_dataset.mat``.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError, MissingExtraError
        As :func:`glowrec.io.read_monti`.
    """
    train, test = read_monti(folder / "training_test_dataset.mat")
    return Dataset("douban", train, test)
