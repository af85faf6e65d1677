"""The settings of each model, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glowrec.errors import ParameterError
from glowrec.training.config import Config
from glowrec.training.glocal_k.settings import GLocalKConfig
from glowrec.training.mf_config import MFConfig
from glowrec.training.ngcf_config import NGCFConfig
from glowrec.training.settings import Settings, from_file, parsed, shown

if TYPE_CHECKING:
    import os

SETTINGS: dict[str, type[Settings]] = {
    kind.model: kind for kind in (Config, NGCFConfig, MFConfig, GLocalKConfig)
}
"""Classes of settings by the name of their model."""


def read_settings(path: str | os.PathLike[str]) -> Settings:
    """Return the settings that a file holds, of whatever model.

    Parameters
    ----------
    path : str or path-like
        As ``config.toml`` of a run; without the key ``model`` it is LightGCN's.

    Returns
    -------
    Settings
        Of the class that :data:`SETTINGS` has for the model.

    Raises
    ------
    DataError
        If there is no such file, or it does not hold settings; the message names it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from glowrec.training import Config, read_settings
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "config.toml")
    ...     _ = path.write_text(Config(dim=8).to_toml())
    ...     read_settings(path).dim
    8
    """
    return from_file(path, _from_toml)


def _from_toml(text: str) -> Settings:
    name = parsed(text).get("model", Config.model)
    if not isinstance(name, str) or name not in SETTINGS:
        raise ParameterError(f"model = {shown(name)}: expected one of {', '.join(SETTINGS)}")
    return SETTINGS[name].from_toml(text)
