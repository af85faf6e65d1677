"""What training learned, in memory and on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
import torch

from glowrec.errors import DataError, GlowrecError
from glowrec.interactions import Interactions
from glowrec.io.atomic import replacing
from glowrec.io.folders import existing_folder, made_folder, path_of
from glowrec.io.ids import ids_from_json, ids_to_json
from glowrec.training.ranking import ranking_by
from glowrec.training.registry import read_settings
from glowrec.training.vector_settings import VectorSettings

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray
    from torch import Tensor

    from glowrec.training.ranking import Ranking
    from glowrec.training.settings import Settings

MODEL, IDS, CONFIG = "model.safetensors", "ids.json", "config.toml"
_SCORER = "scorer."


@dataclass(frozen=True, eq=False, repr=False)
class Learned:
    """Everything that a recommender is made of.

    Attributes
    ----------
    config : Settings
        How it was trained.
    train : Interactions
        What it was trained on.
    user_factors, item_factors : ndarray of float32, shape (n, dim)
        The read-out; `ranking` says whether items are ranked by its inner products.
    parameters : dict of str to ndarray
        The module's own state, such as ``embedding`` (n_nodes, dim).

    Examples
    --------
    >>> from glowrec import datasets
    >>> from glowrec.training import preset, train
    >>> data = datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> learned = train(preset("lightgcn-fast", dim=16, epochs=1), data).learned
    >>> learned.parameters["embedding"].shape
    (500, 16)
    """

    config: Settings
    train: Interactions
    user_factors: NDArray[np.float32]
    item_factors: NDArray[np.float32]
    parameters: dict[str, NDArray[Any]]

    def embeddings(self) -> tuple[Tensor, Tensor]:
        """Return the embeddings of users and of items before propagation.

        Returns
        -------
        tuple of Tensor
            What ``pretrained`` of :func:`glowrec.training.train` takes.
        """
        table = torch.from_numpy(self.parameters["embedding"])
        return table[: self.train.n_users], table[self.train.n_users :]

    @cached_property
    def ranking(self) -> Ranking:
        """What items are ranked by: the read-out, or a network over it."""
        scorer = None
        if isinstance(self.config, VectorSettings):
            scorer = self.config.pair_scorer(self.user_factors.shape[1])
        if scorer is not None:
            own = {
                name.removeprefix(_SCORER): torch.tensor(value)
                for name, value in self.parameters.items()
                if name.startswith(_SCORER)
            }
            scorer.load_state_dict(own)
        return ranking_by(self.user_factors, self.item_factors, scorer)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write ``config.toml``, ``ids.json`` and ``model.safetensors``.

        Parameters
        ----------
        folder : str or path-like
            Made if it does not exist. Each file is written whole or not at all, the model last.

        Raises
        ------
        ParameterError
            If it is no path, or that of a file.
        """
        path, train = path_of("folder", folder), self.train
        tensors: dict[str, NDArray[Any]] = {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "train.users": train.users,
            "train.items": train.items,
            **({} if train.values is None else {"train.values": train.values}),
            **{f"module.{name}": value for name, value in self.parameters.items()},
        }
        tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
        ids = {"users": ids_to_json(train.user_ids), "items": ids_to_json(train.item_ids)}
        made_folder(path)
        with replacing(path / CONFIG) as file:
            file.write(self.config.to_toml())
        with replacing(path / IDS) as file:
            json.dump(ids, file)
        with replacing(path / MODEL, "wb") as file:
            file.write(safetensors.numpy.save(tensors, {"model": self.config.recommender}))

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Learned:
        """Read what :meth:`save` or a run wrote.

        Parameters
        ----------
        folder : str or path-like

        Returns
        -------
        Learned

        Raises
        ------
        DataError
            If the folder holds no model, or a file of it is damaged; the message names the file.
        """
        path = existing_folder(folder)
        for name in (CONFIG, IDS, MODEL):
            if not (path / name).is_file():
                remedy = "; resume its training" if (path / CONFIG).exists() else ""
                raise DataError(f"{folder}: no {name}, so no finished model{remedy}")
        config = read_settings(path / CONFIG)
        try:
            ids = json.loads((path / IDS).read_text(encoding="utf-8"))
            user_ids, item_ids = ids_from_json(ids["users"]), ids_from_json(ids["items"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path / IDS}: damaged: {error}") from None
        try:
            tensors = safetensors.numpy.load_file(path / MODEL)
            users, items = (
                _taken(tensors, f"train.{axis}", np.int64) for axis in ("users", "items")
            )
            values = None
            if "train.values" in tensors:
                values = _taken(tensors, "train.values", np.float64)
            train = Interactions(users, items, user_ids, item_ids, values=values)
            with torch.device("meta"):  # shapes, without memory
                module = config.module(train.n_users, train.n_items)
            user_factors, item_factors = (
                _taken(tensors, f"{axis}_factors", np.float32, (n, module.readout_dim))
                for axis, n in (("user", train.n_users), ("item", train.n_items))
            )
            parameters = {
                name: _taken(
                    tensors, f"module.{name}", _numpy_type(value.dtype), tuple(value.shape)
                )
                for name, value in module.state_dict().items()
            }
        except (safetensors.SafetensorError, GlowrecError) as error:
            raise DataError(f"{path / MODEL}: damaged, or not of {path / IDS}: {error}") from None
        return cls(config, train, user_factors, item_factors, parameters)

    def __repr__(self) -> str:
        return f"Learned(dim={self.user_factors.shape[1]}, from {self.train})"


def _taken(
    tensors: dict[str, NDArray[Any]],
    name: str,
    kind: type[np.generic],
    shape: tuple[int, ...] | None = None,
) -> NDArray[Any]:
    """Return a tensor that is there, of a type and, where it is given, a shape."""
    if name not in tensors:
        raise DataError(f"there is no {name}")
    found = tensors[name]
    if found.dtype != kind or (shape is not None and found.shape != shape):
        wanted = f"{np.dtype(kind)}" + ("" if shape is None else f" of shape {shape}")
        raise DataError(f"{name} is {found.dtype} of shape {found.shape}, expected {wanted}")
    return found


def _numpy_type(kind: torch.dtype) -> type[np.generic]:
    return np.float64 if kind == torch.float64 else np.float32
