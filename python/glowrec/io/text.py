"""What every text reader needs: the bytes of a file, or one line that says why not."""

from __future__ import annotations

import os
from pathlib import Path

from glowrec.errors import DataError

_LONGEST_SHOWN = 40
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file that is to hold text, without a byte order mark.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If there is no such file, it is a folder, it cannot be read, or it is empty.

    Examples
    --------
    >>> from glowrec.io.text import read_bytes
    >>> read_bytes("nowhere.txt")
    Traceback (most recent call last):
    glowrec.errors.DataError: nowhere.txt: no such file
    """
    name = os.fspath(path)
    try:
        content = Path(path).read_bytes().removeprefix(_BYTE_ORDER_MARK)
    except FileNotFoundError:
        raise DataError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{name}: is a folder, expected a file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise DataError(f"{name!r}: {getattr(error, 'strerror', None) or error}") from None
    if not content.strip():
        raise DataError(f"{name}: is empty")
    return content


def decode_line(name: str, number: int, line: bytes) -> str:
    r"""Return a line as text.

    Parameters
    ----------
    name : str
        The file, for the message of an error.
    number : int
        The line, counted from 1, for the same.
    line : bytes

    Returns
    -------
    str

    Raises
    ------
    DataError
        If the line is not UTF-8 or holds a NUL byte; the message names the byte's place.

    Examples
    --------
    >>> from glowrec.io.text import decode_line
    >>> decode_line("log.csv", 3, b"ann,t\xe4")
    Traceback (most recent call last):
    glowrec.errors.DataError: log.csv:3: byte 6 (0xe4) is not UTF-8; convert the file to UTF-8
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}:{number}: byte {error.start + 1} (0x{line[error.start]:02x}) is not UTF-8; "
            "convert the file to UTF-8"
        ) from None
    if 0 in line:
        raise DataError(f"{name}:{number}: byte {line.index(0) + 1} is NUL; is this a text file?")
    return text


def shown(field: str) -> str:
    """Return a field as messages show it: quoted, and cut where it is long.

    Parameters
    ----------
    field : str

    Returns
    -------
    str

    Examples
    --------
    >>> from glowrec.io.text import shown
    >>> shown("x7")
    "'x7'"
    """
    return repr(field if len(field) <= _LONGEST_SHOWN else field[:_LONGEST_SHOWN] + "...")
