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
"""The row of the data set at hand, with the paper's protocol: see :func:`paper_preset`."""


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


def paper_preset(data: str) -> GLocalKConfig:
    """Return the paper's settings and protocol for one of its data sets.

    Parameters
    ----------
    data : {"ml-100k", "ml-1m", "douban"}

    Returns
    -------
    GLocalKConfig
        With ``protocol="paper"``.

    Raises
    ------
    ParameterError
        If the paper has no settings for the set.

    Examples
    --------
    >>> from glowrec.training.glocal_k.presets import paper_preset
    >>> paper_preset("ml-1m").l2
    70.0
    """
    if data not in _ROWS:
        raise ParameterError(
            f"preset {PAPER!r}: has settings for {', '.join(_ROWS)}, not for {data!r}"
        )
    return GLOCAL_K_PRESETS[row_for(data)].replace(preset=PAPER, protocol="paper")
