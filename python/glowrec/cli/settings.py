"""What options say about the settings of a run."""

from __future__ import annotations

import dataclasses
import tomllib
from typing import TYPE_CHECKING, Any

from glowrec.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glowrec.training import Settings

# Options that are called otherwise than the field they set.
_OPTIONS = {"n_layers": "--layers", "n_negatives": "--negatives"}


def starting_from(
    model: str, preset: str | None, file: Path | None, resumed: Path | None, *, default: str
) -> Settings:
    """Return the settings that options change.

    Parameters
    ----------
    model : str
        Of the command.
    preset : str, optional
        Its name, where ``--preset`` was given.
    file : Path, optional
        Of ``--config``.
    resumed : Path, optional
        ``config.toml`` of the run to go on with; what it says holds unless one of the others
        was given.
    default : str
        Preset where nothing says otherwise.

    Returns
    -------
    Settings

    Raises
    ------
    ParameterError
        If both a preset and a file are given, or the settings are those of another model.
    DataError
        If the file does not hold settings.

    Examples
    --------
    >>> from glowrec.cli.settings import starting_from
    >>> starting_from("lightgcn", None, None, None, default="lightgcn-reference").preset
    'lightgcn-reference'
    """
    from glowrec import training  # noqa: PLC0415 - torch is slow to start

    if preset is not None and file is not None:
        raise ParameterError("--preset and --config are both given: one is where settings start")
    source = file if file is not None or preset is not None else resumed
    found: Settings = (
        training.preset(preset or default) if source is None else training.read_settings(source)
    )
    if found.model != model:
        raise ParameterError(
            f"{source or preset}: settings of {found.model}; train it by glowrec train "
            f"{found.model}"
        )
    return found


def changed(config: Settings, options: Mapping[str, Any], pairs: list[str]) -> Settings:
    """Return settings with the changes of options and of ``--set``.

    Parameters
    ----------
    config : Settings
    options : mapping
        Fields by name; those that are None were not given.
    pairs : list of str
        ``NAME=VALUE``. A value is TOML or, where it is not, a string; ``none`` turns a field
        off that may be None.

    Returns
    -------
    Settings
        Of the same class.

    Raises
    ------
    ParameterError
        If a pair is none, a field is given twice or unknown, or a value is out of range.

    Examples
    --------
    >>> from glowrec.cli.settings import changed
    >>> from glowrec.training import Config
    >>> made = changed(Config(gather_dtype="bfloat16"), {"dim": 8}, ["gather_dtype=none"])
    >>> made.dim, made.gather_dtype is None
    (8, True)
    """
    changes = {name: value for name, value in options.items() if value is not None}
    by_option = set(changes)
    optional = {
        field.name for field in dataclasses.fields(config) if str(field.type).endswith("| None")
    }
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise ParameterError(f"--set {pair}: expected NAME=VALUE")
        if name in changes:
            first = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
            by = f"by {first} and by --set" if name in by_option else "by --set"
            raise ParameterError(f"{name} is given twice, {by}")
        changes[name] = None if text == "none" and name in optional else _value(text)
    return config.replace(**changes)


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:  # not TOML, or a number with thousands of digits
        return text
