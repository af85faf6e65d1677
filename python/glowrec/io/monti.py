"""Ratings as Monti, Bronstein and Bresson published them: matrices in a MATLAB v7.3 file."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glowrec.errors import DataError, MissingExtraError
from glowrec.interactions import Interactions

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

RATINGS, TRAIN, TEST = "M", "Otraining", "Otest"
_SIGNATURE = b"\x89HDF"
_SIGNATURE_PLACES = (0, 512)
_AXES = 2


class RatingSplit(NamedTuple):
    """Ratings to learn from and ratings to judge by, over the same users and items."""

    train: Interactions
    test: Interactions


def read_monti(path: str | os.PathLike[str]) -> RatingSplit:
    """Read ``M`` (users x items) and the masks ``Otraining`` and ``Otest`` of a MATLAB v7.3 file.

    Such are Douban, Flixster and YahooMusic of "Geometric Matrix Completion with Recurrent
    Multi-Graph Neural Networks" (NIPS 2017). Rows and columns keep their order: user and item
    ids are their positions, from 0. Needs h5py.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    RatingSplit
        By user, and by item within a user; ``values`` are the ratings.

    Raises
    ------
    DataError
        If the file is missing, not a MATLAB v7.3 file or lacks a matrix, the shapes differ, a
        cell is in both masks, or a rating under a mask is not finite; the message names the file
        and the matrix.
    MissingExtraError
        If h5py is not installed.

    Examples
    --------
    >>> import h5py, numpy as np, os, tempfile
    >>> from glowrec.io import read_monti
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "split.mat")
    ...     with h5py.File(path, "w") as file:  # MATLAB stores columns first
    ...         file["M"] = np.array([[5.0, 3.0, 1.0], [0.0, 4.0, 2.0]]).T
    ...         file["Otraining"] = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).T
    ...         file["Otest"] = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).T
    ...     train, test = read_monti(path)
    >>> train.users, train.items, train.values, test.values
    (array([0, 0, 1]), array([0, 2, 1]), array([5., 1., 4.]), array([3., 2.]))
    """
    name = os.fspath(path)
    _check_file(name)
    with _h5py().File(name, "r") as file:
        ratings, train, test = (_matrix(name, file, key) for key in (RATINGS, TRAIN, TEST))
    for key, mask in ((TRAIN, train), (TEST, test)):
        if mask.shape != ratings.shape:
            raise DataError(f"{name}: {key} has shape {mask.shape}, {RATINGS} {ratings.shape}")
    both = np.argwhere((train != 0) & (test != 0))
    if both.size:
        user, item = both[0].tolist()
        raise DataError(f"{name}: user {user} and item {item} are in {TRAIN} and in {TEST}")
    return RatingSplit(*(_under(name, ratings, mask) for mask in (train, test)))


def _under(name: str, ratings: NDArray[Any], mask: NDArray[Any]) -> Interactions:
    users, items = np.nonzero(mask)
    values = ratings[users, items]
    finite = np.isfinite(values)
    if not bool(finite.all()):
        place = int(np.argmin(finite))
        raise DataError(
            f"{name}: {RATINGS} of user {users[place]} and item {items[place]} is "
            f"{values[place]}: expected a finite number"
        )
    n_users, n_items = ratings.shape
    return Interactions.from_arrays(users, items, values, n_users=n_users, n_items=n_items)


def _matrix(name: str, file: Any, key: str) -> NDArray[np.float64]:  # noqa: ANN401 - h5py's
    """Return a matrix as MATLAB sees it, users first."""
    if key not in file:
        raise DataError(f"{name}: no matrix {key}; there are {', '.join(sorted(file)) or 'none'}")
    found = file[key]
    if not hasattr(found, "shape") or len(found.shape) != _AXES or found.dtype.kind not in "biuf":
        raise DataError(f"{name}: {key} is not a full matrix of numbers; save it as full({key})")
    return np.asarray(found, dtype=np.float64).T


def _check_file(name: str) -> None:
    """Say in a line what is wrong with a file that h5py would answer with a stack."""
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - as h5py opens it
            head = file.read(max(_SIGNATURE_PLACES) + len(_SIGNATURE))
    except FileNotFoundError:
        raise DataError(f"{name}: no such file") from None
    except OSError as error:
        raise DataError(f"{name}: {error.strerror or error}") from None
    if not any(head[place:].startswith(_SIGNATURE) for place in _SIGNATURE_PLACES):
        raise DataError(f"{name}: not a MATLAB v7.3 file; save it with '-v7.3'")


def _h5py() -> ModuleType:
    try:
        return import_module("h5py")  # an extra, and untyped
    except ModuleNotFoundError as error:
        raise MissingExtraError("MATLAB v7.3 files need h5py: pip install glowrec[io]") from error
