"""Everything that a training run depends on, beside its data."""

from __future__ import annotations

import dataclasses
import math
import operator
import os
import reprlib
import tomllib
from dataclasses import dataclass
from typing import Any, Literal

import tomli_w

from glowrec.errors import DataError, ParameterError
from glowrec.io.text import read_bytes
from glowrec.normalization import NORMALIZATIONS

_CHOICES: dict[str, tuple[Any, ...]] = {
    "normalization": NORMALIZATIONS,
    "init": ("normal", "xavier"),
    "order": ("interaction", "user_uniform"),
    "schedule": ("constant", "cosine"),
    "gather_dtype": (None, "bfloat16"),
    "protocol": ("validation", "paper"),
    "backend": ("auto", "rust", "torch"),
    "monitor": ("recall", "precision", "ndcg", "hit", "mrr", "map"),
}
# Whole numbers are below 2**31 where nothing else is said, as the kernels count.
_AT_LEAST: dict[str, float] = {
    "dim": 1,
    "n_layers": 0,
    "init_std": 0,
    "batch_size": 1,
    "min_batches": 1,
    "n_negatives": 1,
    "hardest_of": 0,
    "epochs": 1,
    "l2": 0,
    "a_fold": 1,
    "eval_every": 1,
    "patience": 0,
    "k": 1,
    "seed": 0,
}
_BELOW = {
    "seed": ("2**63", 2**63),
    "n_layers": ("1024", 1024),
    "n_negatives": ("65536", 65536),
    "hardest_of": ("65536", 65536),
}
# Of few items, the hardest of many candidates is often one that the user would have liked.
_ITEMS_PER_CANDIDATE, _MOST_CANDIDATES = 400, 96
_WANTED = {
    "int": "a whole number",
    "float": "a finite number",
    "bool": "true or false",
    "str": "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A complete, replayable description of how LightGCN is trained.

    Attributes
    ----------
    preset : str
        Name of the preset it started from.
    dim, n_layers, layer_weights, learn_layer_weights, normalization, init, init_std
        The model; see :class:`glowrec.nn.LightGCN`.
    order : {"interaction", "user_uniform"}
        Every interaction once per epoch, or users with equal chance and then one of their items.
    batch_size : int
        Triplets per step, or fewer where an epoch would have less than `min_batches` steps.
    min_batches : int
        See `batch_size`.
    n_negatives, hardest_of : int
        Negatives per positive, each the hardest of so many uniform candidates; 0 candidates
        stand for one in every 400 items, at least 1 and at most 96 (see :meth:`candidates`).
    epochs : int
        Passes over as many triplets as there are interactions; the schedule's length.
    lr : float
        Adam's learning rate, at its peak.
    schedule : {"constant", "cosine"}
        Cosine falls to 0 over all steps of `epochs`.
    l2 : float
        λ of half the squared norms of a batch's embeddings.
    keep_prob : float
        Edge dropout while training; 1 is off, the reference code's value when on is 0.6.
    a_split, a_fold
        Bound the working memory of the propagation by blocks; off by default.
    gather_dtype : {None, "bfloat16"}
        Precision of gathered rows, in the compiled kernel while training.
    protocol : {"validation", "paper"}
        "validation" chooses the epoch on a validation set and scores test once; "paper" takes
        the best test epoch, as published numbers do, and says so in everything it writes.
    validation : float
        Share of each user's interactions that is held out; 0 trains all `epochs`.
    refit : bool
        Whether to train anew on the whole of train, for the number of epochs that was chosen.
    eval_every : int
        Epochs between evaluations; the last epoch is always one.
    patience : int
        Evaluations without a better one before training stops; 0 never stops.
    monitor : str
        Metric that chooses the epoch, at the cut-off `k`.
    k : int
        Cut-off of the metrics.
    seed : int
        Of everything random, in ``0..2**63``.
    backend : {"auto", "rust", "torch"}
        Of the propagation.
    amp, compile : bool
        Mixed precision (bfloat16 scores) and ``torch.compile`` of the step.

    Raises
    ------
    ParameterError
        If a value is out of range; the message names it.

    Examples
    --------
    >>> from glowrec.training import Config
    >>> Config(dim=32).dim
    32
    """

    preset: str = "custom"
    dim: int = 64
    n_layers: int = 3
    layer_weights: tuple[float, ...] | None = None
    learn_layer_weights: bool = False
    normalization: str = "sym"
    init: Literal["normal", "xavier"] = "normal"
    init_std: float = 0.1
    order: Literal["interaction", "user_uniform"] = "user_uniform"
    batch_size: int = 2048
    min_batches: int = 1
    n_negatives: int = 1
    hardest_of: int = 1
    epochs: int = 1000
    lr: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    l2: float = 1e-4
    keep_prob: float = 1.0
    a_split: bool = False
    a_fold: int = 100
    gather_dtype: Literal["bfloat16"] | None = None
    protocol: Literal["validation", "paper"] = "validation"
    validation: float = 0.1
    refit: bool = True
    eval_every: int = 10
    patience: int = 0
    monitor: str = "ndcg"
    k: int = 20
    seed: int = 0
    backend: Literal["auto", "rust", "torch"] = "auto"
    amp: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            name, value = field.name, getattr(self, field.name)
            object.__setattr__(self, name, _of_its_type(name, value, str(field.type)))
        for name, least in _AT_LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise ParameterError(f"{name} = {_shown(value)}: expected at least {least}")
            said, bound = _BELOW.get(name, ("2**31", 2**31))
            if isinstance(value, int) and value >= bound:
                raise ParameterError(f"{name} = {_shown(value)}: expected a number below {said}")
        for name, value, ok, wanted in (
            ("lr", self.lr, self.lr > 0, "a number above 0"),
            ("keep_prob", self.keep_prob, 0 < self.keep_prob <= 1, "a share above 0, at most 1"),
            ("validation", self.validation, 0 <= self.validation < 1, "a share from 0, below 1"),
        ):
            if not ok:
                raise ParameterError(f"{name} = {value}: expected {wanted}")
        if self.layer_weights is not None and len(self.layer_weights) != self.n_layers + 1:
            raise ParameterError(
                f"layer_weights: expected {self.n_layers + 1}, one for the embedding and one "
                f"per layer, got {len(self.layer_weights)}"
            )

    def replace(self, **changes: Any) -> Config:  # noqa: ANN401 - any field
        """Return a copy with other values.

        Parameters
        ----------
        **changes
            Fields by name.

        Returns
        -------
        Config

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

    def candidates(self, n_items: int) -> int:
        """Return how many candidates a negative has: `hardest_of`, or what its 0 stands for.

        Parameters
        ----------
        n_items : int
            Size of the catalogue.

        Returns
        -------
        int

        Examples
        --------
        >>> from glowrec.training import Config
        >>> [Config(hardest_of=0).candidates(n) for n in (200, 4489, 40981)]
        [1, 11, 96]
        """
        if self.hardest_of:
            return self.hardest_of
        return max(1, min(_MOST_CANDIDATES, n_items // _ITEMS_PER_CANDIDATE))

    def to_toml(self) -> str:
        """Return the settings as TOML; those that are None are left out.

        Returns
        -------
        str

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config.from_toml(Config(dim=8).to_toml()) == Config(dim=8)
        True
        """
        fields = dataclasses.asdict(self)
        return tomli_w.dumps({name: value for name, value in fields.items() if value is not None})

    @classmethod
    def from_toml(cls, text: str) -> Config:
        """Return the settings that TOML text holds.

        Parameters
        ----------
        text : str
            As :meth:`to_toml` writes it.

        Returns
        -------
        Config

        Raises
        ------
        ParameterError
            If the text is not TOML, a name is unknown or a value out of range.

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config.from_toml("lr = 0.5").lr
        0.5
        """
        try:
            values = tomllib.loads(text)
        except ValueError as error:  # of TOML, or of a number with thousands of digits
            raise ParameterError(f"config: {error}") from None
        return cls().replace(**values)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Config:
        """Return the settings that a file holds, as ``config.toml`` of a run.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        Config

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
        name, content = os.fspath(path), read_bytes(path)
        try:
            return cls.from_toml(content.decode("utf-8"))
        except (UnicodeDecodeError, ParameterError) as error:
            raise DataError(f"{name}: {error}") from None


def _of_its_type(name: str, value: object, kind: str) -> object:
    """Return `value` as the type that the field's annotation says."""
    if name in _CHOICES:
        if not any(value is choice or value == choice for choice in _CHOICES[name]):
            listed = ", ".join(map(repr, _CHOICES[name]))
            raise ParameterError(f"{name} = {_shown(value)}: expected one of {listed}")
        return value
    try:
        if kind == "int" and not isinstance(value, bool):
            return operator.index(value)  # type: ignore[arg-type]  # refuses what is no integer
        if kind == "float":
            return _finite(value)
        if kind.startswith("tuple"):
            return None if value is None else tuple(map(_finite, value))  # type: ignore[call-overload]
        if isinstance(value, {"bool": bool, "str": str}.get(kind, ())):
            return value
    except (TypeError, OverflowError):
        pass
    wanted = _WANTED.get(kind, "a finite number for each layer")
    raise ParameterError(f"{name} = {_shown(value)}: expected {wanted}")


def _shown(value: object) -> str:
    """Return a value as messages show it, cut where it is long."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python does not write out numbers of thousands of digits
        return "a number of thousands of digits"


def _finite(value: object) -> float:
    if isinstance(value, (bool, str)) or not math.isfinite(value):  # type: ignore[arg-type]
        raise TypeError
    return float(value)  # type: ignore[arg-type]
