"""Models as folders that NumPy can read: a description, ids, arrays."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glowrec.errors import DataError, GlowrecError
from glowrec.interactions import Interactions
from glowrec.io.atomic import replacing
from glowrec.io.folders import existing_folder, made_folder, path_of
from glowrec.io.ids import ids_from_json, ids_to_json

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

DESCRIPTION, IDS, ARRAYS = "model.json", "ids.json", "model.npz"
"""Name and settings of a model; what users and items are called; numbers."""


class Stored(NamedTuple):
    """A model as it lies in a folder."""

    name: str
    """Of its class."""
    settings: dict[str, Any]
    """Arguments of its constructor."""
    train: Interactions
    """What it learned from."""
    arrays: dict[str, NDArray[Any]]
    """What it learned."""


def write(folder: str | os.PathLike[str], model: Stored) -> None:
    """Write a model into a folder.

    Parameters
    ----------
    folder : str or path-like
        Made if it does not exist. Each file is written whole or not at all, the arrays last.
    model : Stored
        Of `train`, times are not kept.
    """
    path, train = path_of("folder", folder), model.train
    arrays = {"train.users": train.users, "train.items": train.items, **model.arrays}
    if train.values is not None:
        arrays["train.values"] = train.values
    ids = {"users": ids_to_json(train.user_ids), "items": ids_to_json(train.item_ids)}
    made_folder(path)
    with replacing(path / DESCRIPTION) as file:
        json.dump({"model": model.name, "settings": model.settings}, file, indent=2)
        file.write("\n")
    with replacing(path / IDS) as file:
        json.dump(ids, file)
    with replacing(path / ARRAYS, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read(folder: str | os.PathLike[str]) -> Stored:
    """Read what :func:`write` wrote.

    Parameters
    ----------
    folder : str or path-like

    Returns
    -------
    Stored

    Raises
    ------
    DataError
        If the folder holds no model, or a file of it is damaged; the message names the file.
    """
    path = existing_folder(folder)
    for name in (DESCRIPTION, IDS, ARRAYS):
        if not (path / name).is_file():
            raise DataError(f"{folder}: no {name}, so no saved model")
    described = _json(path / DESCRIPTION, ("model", "settings"))
    ids = _json(path / IDS, ("users", "items"))
    try:
        user_ids, item_ids = (ids_from_json(ids[axis]) for axis in ("users", "items"))
    except (GlowrecError, TypeError) as error:
        raise DataError(f"{path / IDS}: damaged: {error}") from None
    arrays = _numbers(path / ARRAYS)
    try:
        users, items = (arrays.pop(f"train.{axis}") for axis in ("users", "items"))
        values = arrays.pop("train.values", None)
        train = Interactions(users, items, user_ids, item_ids, values=values)
    except (GlowrecError, KeyError) as error:
        raise DataError(f"{path / ARRAYS}: damaged, or not of {path / IDS}: {error}") from None
    return Stored(described["model"], described["settings"], train, arrays)


def check_arrays(arrays: Mapping[str, NDArray[Any]], forms: Mapping[str, Form]) -> None:
    """Refuse arrays that are not what a model consists of.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    forms : mapping of str to (dtype, shape)
        What is expected; an axis that is None may have any length.

    Raises
    ------
    DataError
        Names the first array that is missing, superfluous or of another form.

    Examples
    --------
    >>> import numpy as np
    >>> from glowrec.recommenders.arrays import check_arrays
    >>> check_arrays({"bias": np.zeros(3)}, {"bias": (np.float32, (None,))})
    Traceback (most recent call last):
    glowrec.errors.DataError: bias is float64 of shape (3,), expected float32 of shape (any,)
    """
    if set(arrays) != set(forms):
        name = min(set(arrays) ^ set(forms))
        raise DataError(f"there is {'no' if name in forms else 'an array of no model,'} {name}")
    for name, (dtype, shape) in forms.items():
        found = arrays[name]
        axes = zip(found.shape, shape, strict=False)
        fits = len(found.shape) == len(shape) and all(n in {m, None} for m, n in axes)
        if found.dtype != dtype or not fits:
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise DataError(
                f"{name} is {found.dtype} of shape {found.shape}, expected {np.dtype(dtype)} of "
                f"shape ({wanted}{',' if len(shape) == 1 else ''})"
            )


Form = tuple[type[np.generic], tuple["int | None", ...]]
"""Type and shape of an array; an axis that is None may have any length."""


def _json(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: content[name] for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged: {error}") from None


def _numbers(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return dict(file)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise DataError(f"{path}: damaged: {error}") from None
