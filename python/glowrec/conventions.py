"""Conventions: which of the formulas that share a metric's name is meant."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from glowrec.errors import ParameterError

__all__ = ["CONVENTIONS", "Convention", "convention"]

CHOICES: dict[str, dict[str, str]] = {
    "gain": {
        "binary": "1 for a hit",
        "linear": "the grade",
        "exponential": "2**grade - 1",
    },
    "discount": {
        "log2": "log2(r + 1) at rank r",
        "ln": "ln(r + 1) at rank r",
        "clipped": "max(1, log2(r)) at rank r",
    },
    "ideal": {
        "min": "min(R, k) hits",
        "hits": "the hits within k, moved to the top",
        "k": "k hits",
    },
    "recall": {"relevant": "hits / R", "min": "hits / min(R, k)"},
    "precision": {
        "k": "hits / k",
        "list": "hits / length of the list within k",
        "min": "hits / min(R, k)",
    },
    "average_precision": {
        "relevant": "over R",
        "min": "over min(R, k)",
        "hits": "over the hits within k",
        "k": "over k",
    },
    "reciprocal_rank": {
        "first": "1 / rank of the first hit",
        "sum": "sum of 1 / rank of all hits",
    },
    "hit": {"any": "1 if there is a hit", "count": "number of hits"},
    "ties": {
        "lower_id": "by lower id",
        "expected": "mean over all orders",
        "optimistic": "relevant items first",
        "pessimistic": "relevant items last",
    },
    "without_test": {"skip": "in no mean", "zero": "0 in every mean"},
    "without_list": {"zero": "0 in every mean", "skip": "in no mean", "error": "an error"},
    "duplicates": {
        "error": "an error",
        "first": "dropped after the first place",
        "keep": "counted again",
    },
}
"""What each field may say, in words; R is the number of relevant items of a user."""


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Every choice that two libraries can make differently, in one frozen record.

    Let ``R`` be the number of relevant items of a user and ``k`` the cut-off. The defaults are
    the formulas of the LightGCN paper's code, and of this package. ``dataclasses.replace`` makes
    a convention that differs in one choice.

    Raises
    ------
    ParameterError
        If a field has a value that is none of its choices.

    References
    ----------
    The discount ``"clipped"``: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
    techniques", ACM TOIS 20 (4), 2002, section 2.2 with base 2.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from glowrec.conventions import CONVENTIONS
    >>> print(CONVENTIONS["rectools"])
    rectools (ideal=k, average_precision=relevant)
    >>> print(replace(CONVENTIONS["rectools"], name="custom", ideal="min"))
    custom (average_precision=relevant)
    """

    name: str = "custom"
    """What reports print."""
    gain: Literal["binary", "linear", "exponential"] = "binary"
    """Gain of a hit: 1, its grade, or ``2**grade - 1``; a link without a grade has grade 1."""
    discount: Literal["log2", "ln", "clipped"] = "log2"
    """Discount of rank r: ``log2(r + 1)``, ``ln(r + 1)`` (only DCG itself shows the base), or
    ``max(1, log2(r))``, where ranks 1 and 2 count alike."""
    ideal: Literal["min", "hits", "k"] = "min"
    """What ndcg divides by: the DCG of the best ``min(R, k)`` relevant items, of the retrieved
    hits moved to the top, or of k hits."""
    recall: Literal["relevant", "min"] = "relevant"
    """Denominator of recall: ``R`` or ``min(R, k)``."""
    precision: Literal["k", "list", "min"] = "k"
    """Denominator of precision: ``k``, the length of the list within k, or ``min(R, k)``."""
    average_precision: Literal["relevant", "min", "hits", "k"] = "min"
    """Denominator of average precision: ``R``, ``min(R, k)``, the hits within k, or ``k``."""
    reciprocal_rank: Literal["first", "sum"] = "first"
    """1 / rank of the first hit, or the sum of 1 / rank over all hits."""
    hit: Literal["any", "count"] = "any"
    """1 if there is a hit, or the number of hits."""
    pooled: tuple[str, ...] = ()
    """Metrics that are averaged as the sum of numerators over the sum of denominators."""
    ties: Literal["lower_id", "expected", "optimistic", "pessimistic"] = "lower_id"
    """Order of equal scores: by item id, the mean over all orders, relevant ones first or last."""
    without_test: Literal["skip", "zero"] = "skip"
    """Users without relevant items: part of no mean, or of every mean with 0."""
    without_list: Literal["zero", "skip", "error"] = "zero"
    """Users without a list: part of every mean with 0, or of no mean, or an error. A user without
    either is part of no mean where one of the two rules says so."""
    duplicates: Literal["error", "first", "keep"] = "error"
    """An item that a list repeats: an error, dropped after its first place, or counted again."""

    def __post_init__(self) -> None:
        for field, choices in CHOICES.items():
            value = getattr(self, field)
            if not isinstance(value, str) or value not in choices:
                raise ParameterError(f"{field} = {value!r}: choose from {', '.join(choices)}")
        if not isinstance(self.pooled, tuple) or not all(isinstance(m, str) for m in self.pooled):
            raise ParameterError(
                f"pooled = {self.pooled!r}: expected a tuple of names of metrics, "
                "such as ('precision',)"
            )

    def __str__(self) -> str:
        told = [
            f"{field.name}={'+'.join(value) if field.name == 'pooled' else value}"
            for field in fields(self)
            if field.name != "name" and (value := getattr(self, field.name)) != field.default
        ]
        return f"{self.name} ({', '.join(told)})" if told else self.name

    def describe(self) -> str:
        """Return every choice in words, one a line.

        Returns
        -------
        str
            R stands for the number of relevant items of a user, k for the cut-off.

        Examples
        --------
        >>> from glowrec.conventions import convention
        >>> print(convention("implicit").describe())
        implicit
          gain               1 for a hit
          discount           log2(r + 1) at rank r
          ideal              min(R, k) hits
          recall             hits / R
          precision          hits / min(R, k)
          average precision  over min(R, k)
          reciprocal rank    1 / rank of the first hit
          hit                1 if there is a hit
          ties               by lower id
          without test       in no mean
          without list       0 in every mean
          duplicates         an error
          pooled             precision
        """
        told = {field: choices[getattr(self, field)] for field, choices in CHOICES.items()}
        told["pooled"] = ", ".join(self.pooled) or "no metric"
        width = max(map(len, told)) + 2
        lines = [f"  {field.replace('_', ' '):{width}}{words}" for field, words in told.items()]
        return "\n".join([self.name, *lines])


CONVENTIONS: dict[str, Convention] = {
    each.name: each
    for each in (
        Convention(name="lightgcn"),
        Convention(name="recbole"),
        Convention(
            name="trec_eval", gain="linear", average_precision="relevant", without_list="skip"
        ),
        Convention(name="ranx", gain="linear", average_precision="relevant"),
        Convention(name="rectools", ideal="k", average_precision="relevant"),
        Convention(name="implicit", precision="min", pooled=("precision",)),
        Convention(name="recommenders", discount="ln", without_list="skip"),
        Convention(
            name="lenskit",
            discount="clipped",
            recall="min",
            precision="list",
            without_test="zero",
            without_list="skip",
        ),
        Convention(
            name="torchmetrics",
            gain="linear",
            average_precision="hits",
            without_test="zero",
            without_list="skip",
        ),
    )
}
"""The named conventions; docs/conventions.md has their table, and what they do not reproduce."""


def convention(name: str | Convention) -> Convention:
    """Return the convention of that name; a record passes through.

    Parameters
    ----------
    name : str or Convention
        A key of :data:`CONVENTIONS`, or a record of one's own.

    Returns
    -------
    Convention

    Raises
    ------
    ParameterError
        If there is no convention of that name.

    Examples
    --------
    >>> convention("ranx").average_precision
    'relevant'
    >>> convention(Convention(recall="min")).name
    'custom'
    """
    if isinstance(name, Convention):
        return name
    if not isinstance(name, str) or name not in CONVENTIONS:
        raise ParameterError(
            f"convention = {name!r}: choose from {', '.join(CONVENTIONS)}, or pass a Convention"
        )
    return CONVENTIONS[name]
