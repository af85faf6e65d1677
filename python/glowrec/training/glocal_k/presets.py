"""The rows of GLocal-K's published table of settings, by data set."""

from __future__ import annotations

from glowrec.errors import ParameterError
from glowrec.training.glocal_k.settings import GLocalKConfig

_ROWS: dict[str, dict[str, float | int]] = {
    "ml-100k": {
        "l2": 20.0,
        "sparsity": 0.006,
        "local_epochs": 30,
        "local_iterations": 5,
        "global_epochs": 60,
        "global_iterations": 5,
        "dot_scale": 1.0,
    },
    "ml-1m": {
        "l2": 70.0,
        "sparsity": 0.018,
        "local_epochs": 20,
        "local_iterations": 50,
        "global_epochs": 30,
        "global_iterations": 10,
        "dot_scale": 0.5,
    },
    "douban": {
        "l2": 10.0,
        "sparsity": 0.022,
        "local_epochs": 20,
        "local_iterations": 5,
        "global_epochs": 60,
        "global_iterations": 5,
        "dot_scale": 2.0,
    },
}

GLOCAL_K_PRESETS: dict[str, GLocalKConfig] = {
    f"glocal-k-{name}": GLocalKConfig().replace(preset=f"glocal-k-{name}", **row)
    for name, row in _ROWS.items()
}
"""The model and the schedule of the paper; the epoch is chosen on a validation split."""

PAPER = "glocal-k-paper"
"""Of the command line: the row of the data at hand, with the paper's protocol."""


def row_for(data: str | None) -> str:
    """Return the preset for a data set by its name, or that of MovieLens 100K.

    Parameters
    ----------
    data : str, optional
        As :func:`glowrec.datasets.load` takes it.

    Returns
    -------
    str
        A key of :data:`GLOCAL_K_PRESETS`.

    Examples
    --------
    >>> from glowrec.training.glocal_k.presets import row_for
    >>> row_for("douban"), row_for("my/folder")
    ('glocal-k-douban', 'glocal-k-ml-100k')
    """
    return f"glocal-k-{data if data in _ROWS else 'ml-100k'}"


def paper_row(data: str) -> str:
    """Return the preset of one of the paper's data sets, and no other.

    Parameters
    ----------
    data : {"ml-100k", "ml-1m", "douban"}

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        If the paper has no settings for the set.

    Examples
    --------
    >>> from glowrec.training.glocal_k.presets import paper_row
    >>> paper_row("gowalla")
    Traceback (most recent call last):
    glowrec.errors.ParameterError: glocal-k-paper: is for ml-100k, ml-1m, douban, not for 'gowalla'
    """
    if data not in _ROWS:
        raise ParameterError(f"{PAPER}: is for {', '.join(_ROWS)}, not for {data!r}")
    return row_for(data)
