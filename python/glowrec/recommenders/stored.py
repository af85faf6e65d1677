"""Recommenders that were saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from glowrec.errors import DataError, MissingExtraError
from glowrec.io.folders import existing_folder
from glowrec.recommenders.models import MODELS, recommender_class

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from glowrec.recommenders.recommender import Recommender

DESCRIPTION = "model.json"
"""Names the model of a folder that NumPy can read."""

TENSORS = "model.safetensors"
"""Names its model in its metadata."""


def load(folder: str | os.PathLike[str]) -> Recommender:
    """Read a recommender that was saved, or the one that a run left behind.

    Parameters
    ----------
    folder : str or path-like
        Of a recommender's ``save`` or of ``glowrec train --out``.

    Returns
    -------
    Recommender
        Fitted, and of the class that was saved.

    Raises
    ------
    DataError
        If the folder holds no model, or a file of it is damaged; the message names the file.
    ParameterError
        If `folder` is no path.
    MissingExtraError
        If what the model needs is not installed.

    Examples
    --------
    >>> import glowrec as gr
    >>> gr.load("nowhere")
    Traceback (most recent call last):
    glowrec.errors.DataError: nowhere: no such folder
    """
    return recommender_class(saved_model(folder)).load(folder)


def saved_model(folder: str | os.PathLike[str]) -> str:
    """Return the name of the recommender that a folder holds.

    Parameters
    ----------
    folder : str or path-like

    Returns
    -------
    str
        One of :data:`glowrec.recommenders.models.MODELS`.

    Raises
    ------
    DataError
        If the folder holds no model, or one that this version does not know.
    ParameterError
        If `folder` is no path.
    MissingExtraError
        If the model was made with torch and its weights cannot be read.
    """
    path = existing_folder(folder)
    if (path / DESCRIPTION).is_file():
        file, name = path / DESCRIPTION, _described(path / DESCRIPTION)
    elif (path / TENSORS).is_file():
        file, name = path / TENSORS, _in_metadata(path / TENSORS)
    else:
        begun = (path / "config.toml").exists()
        missing = f"{TENSORS}, so no finished model; resume its training" if begun else "model"
        raise DataError(f"{folder}: no {missing}")
    if name not in MODELS:
        raise DataError(f"{file}: holds a model {name!r}, expected one of {', '.join(MODELS)}")
    return name


def _described(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["model"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged: {error}") from None


def _in_metadata(path: Path) -> str:
    try:
        import safetensors  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{path}: reading it needs safetensors: pip install glowrec[train]"
        ) from error
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except safetensors.SafetensorError as error:
        raise DataError(f"{path}: damaged: {error}") from None
    try:
        return str(metadata["model"])
    except KeyError:
        raise DataError(f"{path}: does not say whose weights it holds") from None
