"""How much memory there is, and how much was used."""

from __future__ import annotations

import sys
from pathlib import Path

from glowrec.errors import DataError

GIGABYTE = 1e9


def available_memory() -> int | None:
    """Return the bytes that a process can still use without swapping; None if nobody says.

    Returns
    -------
    int or None

    Examples
    --------
    >>> from glowrec.memory import available_memory
    >>> available_memory() != 0
    True
    """
    return _kibibytes("/proc/meminfo", "MemAvailable")


def peak_memory() -> int | None:
    """Return the most bytes that this process has had in memory so far; None if nobody says.

    Returns
    -------
    int or None

    Examples
    --------
    >>> from glowrec.memory import peak_memory
    >>> peak_memory() != 0
    True
    """
    # What `getrusage` says on Linux includes the parent, up to the start of this program.
    found = _kibibytes("/proc/self/status", "VmHWM")
    if found is not None or sys.platform == "win32":
        return found
    import resource  # noqa: PLC0415 - not on every platform

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used << 10


def check_memory(what: str, n_bytes: int, remedy: str) -> None:
    """Refuse to make what does not fit.

    Parameters
    ----------
    what : str
        What is to be made.
    n_bytes : int
        Bytes that it needs.
    remedy : str

    Raises
    ------
    DataError
        If less is available; the message states both.

    Examples
    --------
    >>> from glowrec.memory import check_memory
    >>> check_memory("a table", 8, "take less")
    """
    available = available_memory()
    if available is not None and n_bytes > available:
        raise DataError(
            f"{what} needs {n_bytes / GIGABYTE:,.1f} GB of memory, and "
            f"{available / GIGABYTE:,.1f} GB are available; {remedy}"
        )


def _kibibytes(file: str, name: str) -> int | None:
    """Return the bytes of a line ``name: N kB``, where there is such a file."""
    try:
        lines = Path(file).read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(name)), None)
