"""Whether a table fits into memory, asked before it is made."""

from __future__ import annotations

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
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if "MemAvailable" in line), None)


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
