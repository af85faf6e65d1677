"""Folders that people name: paths, folders that must exist, folders that are made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from glowrec.errors import DataError, ParameterError

if TYPE_CHECKING:
    import os


def path_of(name: str, path: str | os.PathLike[str]) -> Path:
    """Return a path, or refuse what is none.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    path : str or path-like

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If it is something else.

    Examples
    --------
    >>> path_of("folder", None)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: folder: expected a path, got NoneType
    """
    try:
        return Path(path)
    except TypeError:
        raise ParameterError(f"{name}: expected a path, got {type(path).__name__}") from None


def made_folder(folder: str | os.PathLike[str]) -> Path:
    """Return the path of a folder, which is made if it does not exist.

    Parameters
    ----------
    folder : str or path-like

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If it, or what it should lie in, is a file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made_folder(Path(folder, "a", "b")).is_dir()
    True
    """
    path = path_of("folder", folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        file = next(part for part in (path, *path.parents) if part.exists())
        raise ParameterError(f"{file}: is a file, expected a folder") from None
    return path


def existing_folder(folder: str | os.PathLike[str]) -> Path:
    """Return the path of a folder that is there.

    Parameters
    ----------
    folder : str or path-like

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If it is no path.
    DataError
        If there is no such folder.

    Examples
    --------
    >>> existing_folder("nowhere")
    Traceback (most recent call last):
    glowrec.errors.DataError: nowhere: no such folder
    """
    path = path_of("folder", folder)
    if not path.is_dir():
        raise DataError(f"{folder}: no such folder")
    return path
