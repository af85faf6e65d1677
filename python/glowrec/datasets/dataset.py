"""What a data set is: a name, interactions to learn from and interactions to judge by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glowrec.interactions import Interactions


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named set in two parts over the same users and items.

    Attributes
    ----------
    name : str
        What it is called in reports.
    train, test : Interactions
        Over the same ids.
    source : mapping of str to str, or None
        Arguments of :func:`glowrec.datasets.load` that give the set again, if it came from there.

    Raises
    ------
    ShapeError
        If the parts differ in their users or items.

    Examples
    --------
    >>> from glowrec import datasets
    >>> print(datasets.synthetic(n_users=50, n_items=80, seed=1).name)
    synthetic
    """

    name: str
    train: Interactions
    test: Interactions
    source: Mapping[str, str] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        for axis in ("user", "item"):
            ids = getattr(self.train, f"{axis}_ids"), getattr(self.test, f"{axis}_ids")
            if ids[0] != ids[1]:
                raise ShapeError(f"train and test differ in their {axis}s: {ids[0]}, {ids[1]}")

    @property
    def n_repeated(self) -> int:
        """How many test pairs are in train too: never ranked, so that every model misses them."""
        train, test = (part.users * part.n_items + part.items for part in (self.train, self.test))
        return int(np.isin(test, train).sum())

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.train.n_users:,} users, {self.train.n_items:,} items, "
            f"{len(self.train):,} train and {len(self.test):,} test interactions"
        )
