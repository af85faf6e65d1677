"""What the compiled kernels run on: how many threads, and how wide vectors."""

from __future__ import annotations

from glowrec import _native
from glowrec.arguments import whole_number
from glowrec.errors import ParameterError


def num_threads() -> int:
    """Return the number of threads that kernels run on.

    It is one per core, or what the environment variable ``GLOWREC_NUM_THREADS`` or
    :func:`set_num_threads` says. No result depends on it.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If the environment variable is set to what is no number of threads.

    Examples
    --------
    >>> from glowrec.threads import num_threads
    >>> num_threads() >= 1
    True
    """
    return _native.num_threads()


def set_num_threads(n: int) -> None:
    """Let later kernels run on `n` threads.

    Parameters
    ----------
    n : int
        From 0 to 1024; 0 means one per core.

    Raises
    ------
    ParameterError
        If `n` is out of range or no whole number.

    Examples
    --------
    >>> from glowrec.threads import num_threads, set_num_threads
    >>> set_num_threads(2)
    >>> num_threads()
    2
    >>> set_num_threads(0)
    """
    if not 0 <= whole_number("n", n) <= _native.MOST_THREADS:
        raise ParameterError(
            f"n = {n}: expected a number of threads up to {_native.MOST_THREADS}, or 0 for one "
            "per core"
        )
    _native.set_num_threads(n)


def simd_level() -> str:
    """Return the vector instructions that kernels use.

    They are the widest that this machine has, or narrower ones that the environment variable
    ``GLOWREC_SIMD`` names. No result depends on it.

    Returns
    -------
    str
        ``"avx512"``, ``"avx2"`` or ``"baseline"``.

    Raises
    ------
    ParameterError
        If the environment variable names none of these.

    Examples
    --------
    >>> from glowrec.threads import simd_level
    >>> simd_level() != ""
    True
    """
    return _native.simd_level()
