"""The base of all settings: typed fields with their ranges, and TOML to keep them in."""

from __future__ import annotations

import dataclasses
import math
import operator
import os
import reprlib
import tomllib
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeVar

import numpy as np
import tomli_w
import torch

from glowrec.errors import DataError, ParameterError
from glowrec.io.text import read_bytes

T = TypeVar("T")

_UNIONS = (types.UnionType, typing.Union)
_WANTED = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    str: "text",
}


class _Range(NamedTuple):
    at_least: float | None
    above: float | None
    at_most: float | None
    below: float | None
    said: str | None
    """In words, where they are clearer than the bounds."""


def ranged(
    default: T,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    said: str | None = None,
) -> T:
    """Return a field of :class:`Settings` with a range.

    Parameters
    ----------
    default : object
    at_least, above, at_most, below : float, optional
        Bounds of a number, or of each number of a tuple. Whole numbers are below ``2**31`` where
        nothing else is said, as the kernels count.
    said : str, optional
        What messages say is expected, where the bounds alone are not plain.

    Returns
    -------
    dataclasses.Field
        Annotated as what the field will hold, for type checkers.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from glowrec.training.settings import Settings, ranged
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Mine(Settings):
    ...     model = "mine"
    ...     width: int = ranged(8, at_least=1)
    >>> Mine(width=0)
    Traceback (most recent call last):
    glowrec.errors.ParameterError: width = 0: expected at least 1
    """
    bounds = _Range(at_least, above, at_most, below, said)
    return dataclasses.field(default=default, metadata={"range": bounds})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A complete, replayable description of how a model is trained: what each one has in common.

    A field's annotation says what it may hold (whole and finite numbers, truth values, text,
    a ``Literal``, a tuple of numbers, each of them ``| None``), :func:`ranged` from where to
    where; both are checked whenever settings are made.

    Attributes
    ----------
    model, recommender : str
        Name of the model, and of the class of :mod:`glowrec.recommenders` that it makes, the
        same for all settings of a class.
    preset : str
        Name of the preset it started from.
    seed : int
        Of everything random, in ``0..2**63``.

    Raises
    ------
    ParameterError
        If a value is of another type or out of range; the message names it.

    Examples
    --------
    >>> from glowrec.training import Config
    >>> Config(dim=32).dim
    32
    """

    model: ClassVar[str]
    recommender: ClassVar[str]

    preset: str = "custom"
    seed: int = ranged(0, at_least=0, below=2**63, said="2**63")

    def __post_init__(self) -> None:
        for name, kind, bounds in _fields(type(self)):
            value = _of_its_type(name, getattr(self, name), kind)
            object.__setattr__(self, name, value)
            for one in value if isinstance(value, tuple) else (value,):
                _check_range(name, one, bounds)
        self._check()

    def _check(self) -> None:
        """Refuse fields that do not go together; for subclasses."""

    @property
    def monitored(self) -> str:
        """Key of the metric that chooses the epoch."""
        raise NotImplementedError

    def module(
        self, n_users: int, n_items: int, *, generator: torch.Generator | None = None
    ) -> Any:  # noqa: ANN401 - a module of torch that says its `readout_dim`
        """Return a new module as the settings say.

        Parameters
        ----------
        n_users, n_items : int
        generator : torch.Generator, optional
            Source of the initial parameters.

        Returns
        -------
        nn.Module
            Its ``readout_dim`` is the length of the vectors that it reads out.
        """
        raise NotImplementedError

    def n_parameters(self, n_users: int, n_items: int) -> int:
        """Return how many numbers a module learns, without making it.

        Parameters
        ----------
        n_users, n_items : int

        Returns
        -------
        int

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config(dim=8).n_parameters(3, 4)
        56
        """
        with torch.device("meta"):  # shapes, without memory
            module = self.module(n_users, n_items)
        return sum(int(value.numel()) for value in module.parameters())

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401 - any field
        """Return a copy with other values.

        Parameters
        ----------
        **changes
            Fields by name.

        Returns
        -------
        Settings
            Of the same class.

        Raises
        ------
        ParameterError
            If a name is no field or a value is out of range.

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config().replace(lr=0.01).lr
        0.01
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise ParameterError(f"{name}: no such setting; there are {', '.join(known)}")
        return dataclasses.replace(self, **changes)

    def to_toml(self) -> str:
        """Return the settings as TOML, the model's name first; those that are None are left out.

        Returns
        -------
        str

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config.from_toml(Config(dim=8).to_toml()) == Config(dim=8)
        True
        """
        fields = {"model": self.model, **dataclasses.asdict(self)}
        return tomli_w.dumps({name: value for name, value in fields.items() if value is not None})

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Return the settings that TOML text holds.

        Parameters
        ----------
        text : str
            As :meth:`to_toml` writes it. The key ``model`` may be left out.

        Returns
        -------
        Settings

        Raises
        ------
        ParameterError
            If the text is not TOML or of another model, a name is unknown or a value out of
            range.

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config.from_toml("lr = 0.5").lr
        0.5
        """
        values = parsed(text)
        name = values.pop("model", cls.model)
        if name != cls.model:
            raise ParameterError(f"model = {shown(name)}: these are settings of {cls.model!r}")
        return cls().replace(**values)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Return the settings that a file holds, as ``config.toml`` of a run.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        Settings

        Raises
        ------
        DataError
            If there is no such file, or it does not hold settings; the message names it.

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config.from_file("nowhere.toml")
        Traceback (most recent call last):
        glowrec.errors.DataError: nowhere.toml: no such file
        """
        return from_file(path, cls.from_toml)


S = TypeVar("S", bound=Settings)


def from_file(path: str | os.PathLike[str], read: typing.Callable[[str], S]) -> S:
    """Return what `read` makes of a file's text; its errors name the file."""
    name, content = os.fspath(path), read_bytes(path)
    try:
        return read(content.decode("utf-8"))
    except (UnicodeDecodeError, ParameterError) as error:
        raise DataError(f"{name}: {error}") from None


def parsed(text: str) -> dict[str, Any]:
    """Return what TOML text holds, or raise :class:`~glowrec.errors.ParameterError`."""
    try:
        return tomllib.loads(text)
    except ValueError as error:  # of TOML, or of a number with thousands of digits
        raise ParameterError(f"config: {error}") from None


def shown(value: object) -> str:
    """Return a value as messages show it, cut where it is long."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python does not write out numbers of thousands of digits
        return "a number of thousands of digits"


def _fields(kind: type[Settings]) -> list[tuple[str, Any, _Range]]:
    """Return name, type and range of each field."""
    hints = typing.get_type_hints(kind)
    nothing = _Range(None, None, None, None, None)
    return [
        (field.name, hints[field.name], field.metadata.get("range", nothing))
        for field in dataclasses.fields(kind)
    ]


def _of_its_type(name: str, value: object, kind: Any) -> object:  # noqa: ANN401 - an annotation
    """Return `value` as the type that the field's annotation says."""
    choices = _choices(kind)
    if choices:
        for choice in choices:
            if value is choice or (isinstance(value, type(choice)) and value == choice):
                return choice  # itself, where an enumeration of the command line equals it
        listed = ", ".join(map(repr, choices))
        raise ParameterError(f"{name} = {shown(value)}: expected one of {listed}")
    parts = typing.get_args(kind) if typing.get_origin(kind) in _UNIONS else (kind,)
    if value is None and type(None) in parts:
        return None
    found = parts[0]
    try:
        if typing.get_origin(found) is tuple:
            each = typing.get_args(found)[0]
            return tuple(_plain(one, each) for one in value)  # type: ignore[attr-defined]
        return _plain(value, found)
    except (TypeError, OverflowError):
        pass
    wanted = _WANTED.get(found, "numbers, one for each layer")
    raise ParameterError(f"{name} = {shown(value)}: expected {wanted}")


def _choices(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - an annotation
    """Return what a ``Literal``, or ``Literal | None``, may be; nothing for other annotations."""
    if typing.get_origin(kind) is Literal:
        return typing.get_args(kind)
    if typing.get_origin(kind) in _UNIONS:
        first, *rest = typing.get_args(kind)
        if typing.get_origin(first) is Literal:
            return (*typing.get_args(first), *(None for one in rest if one is type(None)))
    return ()


def _plain(value: Any, kind: type) -> object:  # noqa: ANN401 - anything
    """Return a value as a number, a truth value or text; raise TypeError if it is not."""
    if kind in (int, float) and isinstance(value, bool):
        raise TypeError
    if kind is int:
        return operator.index(value)  # refuses what is no integer
    if kind is float:
        if isinstance(value, str) or not math.isfinite(value):
            raise TypeError
        return float(value)
    if kind is bool and isinstance(value, np.bool_):
        return bool(value)
    if not isinstance(value, kind):
        raise TypeError
    return value


def _check_range(name: str, value: object, bounds: _Range) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    at_least, above, at_most, below, said = bounds
    if isinstance(value, int):
        below, said = (2**31, "2**31") if below is None else (below, said or str(below))
        if at_least is not None and value < at_least:
            raise ParameterError(f"{name} = {shown(value)}: expected at least {at_least}")
        if value >= below:
            raise ParameterError(f"{name} = {shown(value)}: expected a number below {said}")
        return
    for bound, wrong, words in (
        (at_least, operator.lt, "at least"),
        (above, operator.le, "a number above"),
        (at_most, operator.gt, "at most"),
        (below, operator.ge, "a number below"),
    ):
        if bound is not None and wrong(value, bound):
            raise ParameterError(f"{name} = {value}: expected {said or f'{words} {bound}'}")
