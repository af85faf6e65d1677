"""Conventions: which of the formulas that share a metric's name is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CONVENTIONS", "Convention"]


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Every choice that two libraries can make differently, in one frozen record.

    Let ``R`` be the number of relevant items of a user and ``k`` the cut-off. The defaults are
    the formulas of the LightGCN paper's code, and of this package.

    Examples
    --------
    >>> from glowrec.conventions import CONVENTIONS
    >>> CONVENTIONS["lightgcn"].average_precision
    'min'
    """

    name: str = "custom"
    """What reports print."""
    gain: Literal["binary", "linear", "exponential"] = "binary"
    """Gain of a hit: 1, its grade, or ``2**grade - 1``."""
    discount: Literal["log2", "ln"] = "log2"
    """Discount of rank r: ``log2(r + 1)`` or ``ln(r + 1)``; only DCG itself shows the base."""
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
    """Order of equal scores: by item id, the mean over all orders, relevant items first or last."""
    without_test: Literal["skip", "zero"] = "skip"
    """Users without relevant items: part of no mean, or of every mean with 0."""
    without_list: Literal["zero", "skip", "error"] = "zero"
    """Users with relevant items but no list."""
    duplicates: Literal["error", "first", "keep"] = "error"
    """An item that a list repeats: an error, dropped after its first place, or counted again."""


CONVENTIONS: dict[str, Convention] = {"lightgcn": Convention(name="lightgcn")}
"""The named conventions."""
