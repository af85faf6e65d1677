"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: str | os.PathLike[str], mode: Literal["w", "wb"] = "w") -> Iterator[IO[Any]]:
    """Open a temporary file that takes the place of `path` when the block ends well.

    Parameters
    ----------
    path : path-like
        The file to write; its folder must exist.
    mode : {"w", "wb"}, default "w"
        Text is UTF-8 with unchanged line ends.

    Yields
    ------
    file object
        Lies in the same folder. At the end of the block it is flushed to the disk and renamed;
        if the block raises, it is removed, and `path` stays what it was. A process that is
        killed leaves `path` untouched, too, and perhaps a file that ends in ``.tmp``.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written, or the disk is full; it names `path`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from glowrec.io.atomic import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "a.txt")) as file:
    ...         _ = file.write("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(21, "is a folder, not a file to write", str(target))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    text = {} if mode == "wb" else {"encoding": "utf-8", "newline": ""}
    try:
        file = temporary.open(mode.replace("w", "x"), **text)  # type: ignore[call-overload]
    except OSError as error:  # name the file that was asked for
        raise type(error)(error.errno, error.strerror, str(target)) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.filename is not None:
            raise
        raise type(error)(error.errno, error.strerror, str(target)) from error  # a full disk, say
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, where folders can be opened."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
