"""Other libraries' samplers of negatives, driven by their own code on our pairs."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np

import measure


class LensKit:
    """The compiled sampler behind ``MatrixRelationshipSet.sample_negatives``; one thread.

    Draws up to ten times and then returns what came last, a positive or not.
    """

    def __init__(self, pairs: measure.Pairs) -> None:
        import pyarrow as pa
        from lenskit.data import DatasetBuilder

        builder = DatasetBuilder()
        builder.add_entities("user", np.arange(pairs.n_users))
        builder.add_entities("item", np.arange(pairs.n_items))
        columns = {"user_id": pairs.users, "item_id": pairs.items}
        builder.add_interactions("click", pa.table(columns), entities=["user", "item"])
        self.matrix = builder.build().interactions("click").matrix()
        self.rng = np.random.default_rng(0)

    def negatives(
        self, users: np.ndarray, size: int, weighting: str = "uniform"
    ) -> list[np.ndarray]:
        draw = self.matrix.sample_negatives
        return [
            draw(users[start : start + size], weighting=weighting, rng=self.rng)
            for start in range(0, len(users), size)
        ]


class RecBole:
    """``recbole.sampler.Sampler``, asked for batches as its loaders do; one thread.

    The package's data sets do not load on current NumPy and pandas, but its sampler does and asks
    little of one: two columns, whose item ids begin at 1.
    """

    def __init__(self, pairs: measure.Pairs) -> None:
        import torch
        from recbole.sampler import Sampler

        columns = torch.from_numpy(pairs.users), torch.from_numpy(pairs.items + 1)
        train = SimpleNamespace(
            uid_field="user",
            iid_field="item",
            user_num=pairs.n_users,
            item_num=pairs.n_items + 1,
            inter_feat=dict(zip(("user", "item"), columns, strict=True)),
        )
        self.sampler = Sampler("train", train).set_phase("train")

    def negatives(self, users: np.ndarray, size: int) -> list[np.ndarray]:
        np.random.seed(0)  # noqa: NPY002 - the generator that it draws from
        draw = self.sampler.sample_by_user_ids
        return [
            draw(users[start : start + size], None, 1).numpy() - 1
            for start in range(0, len(users), size)
        ]


def available(pairs: measure.Pairs, wanted: tuple[type, ...]) -> dict[str, object]:
    """Those that are installed, by name; the others are said to be missing."""
    found = {}
    for rival in wanted:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[rival.__name__] = rival(pairs)
        except ImportError as error:
            print(f"{rival.__name__} is left out: {error} (see the extra 'peers')")
    return found
