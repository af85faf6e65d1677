"""What training learned, in memory and on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
import torch

from glowrec.errors import DataError
from glowrec.id_map import IdMap
from glowrec.interactions import Interactions
from glowrec.io.atomic import replacing
from glowrec.training.config import Config

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray
    from torch import Tensor

MODEL, IDS, CONFIG = "model.safetensors", "ids.json", "config.toml"


@dataclass(frozen=True, eq=False, slots=True)
class Learned:
    """Everything that a recommender is made of.

    Attributes
    ----------
    config : Config
        How it was trained.
    train : Interactions
        What it was trained on.
    user_factors, item_factors : ndarray of float32, shape (n, dim)
        The read-out.
    parameters : dict of str to ndarray
        The module's own state: ``embedding`` (n_nodes, dim) and ``layer_weights``.

    Examples
    --------
    >>> from glowrec import datasets
    >>> from glowrec.training import preset, train
    >>> data = datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> learned = train(preset("lightgcn-fast", dim=16, epochs=1), data).learned
    >>> learned.parameters["embedding"].shape
    (500, 16)
    """

    config: Config
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

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write ``config.toml``, ``ids.json`` and ``model.safetensors``.

        Parameters
        ----------
        folder : str or path-like
            Made if it does not exist. Each file is written whole or not at all, the model last.
        """
        path, train = Path(folder), self.train
        tensors: dict[str, NDArray[Any]] = {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "train.users": train.users,
            "train.items": train.items,
            **{f"module.{name}": value for name, value in self.parameters.items()},
        }
        tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
        ids = {"users": _ids_out(train.user_ids), "items": _ids_out(train.item_ids)}
        path.mkdir(parents=True, exist_ok=True)
        with replacing(path / CONFIG) as file:
            file.write(self.config.to_toml())
        with replacing(path / IDS) as file:
            json.dump(ids, file)
        with replacing(path / MODEL, "wb") as file:
            file.write(safetensors.numpy.save(tensors, {"model": "LightGCN"}))

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
        path = Path(folder)
        if not path.is_dir():
            raise DataError(f"{folder}: no such folder")
        for name in (CONFIG, IDS, MODEL):
            if not (path / name).is_file():
                remedy = "; resume its training" if (path / CONFIG).exists() else ""
                raise DataError(f"{folder}: no {name}, so no finished model{remedy}")
        config = Config.from_toml((path / CONFIG).read_text(encoding="utf-8"))
        try:
            ids = json.loads((path / IDS).read_text(encoding="utf-8"))
            user_ids, item_ids = _ids_in(ids["users"]), _ids_in(ids["items"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path / IDS}: damaged: {error}") from None
        try:
            tensors = safetensors.numpy.load_file(path / MODEL)
            users, items = tensors["train.users"], tensors["train.items"]
            factors = tensors["user_factors"], tensors["item_factors"]
        except (safetensors.SafetensorError, KeyError) as error:
            raise DataError(f"{path / MODEL}: damaged: {error}") from None
        parameters = {
            name.removeprefix("module."): value
            for name, value in tensors.items()
            if name.startswith("module.")
        }
        return cls(config, Interactions(users, items, user_ids, item_ids), *factors, parameters)


def _ids_out(ids: IdMap) -> int | list[Any]:
    return len(ids) if ids.is_range else ids.ids.tolist()


def _ids_in(stored: int | list[Any]) -> IdMap:
    return IdMap.range(stored) if isinstance(stored, int) else IdMap(stored)
