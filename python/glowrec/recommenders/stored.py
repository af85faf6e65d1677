"""Recommenders on disk: ``config.toml``, ``ids.json`` and ``model.safetensors``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy

from glowrec.errors import DataError
from glowrec.id_map import IdMap
from glowrec.interactions import Interactions
from glowrec.io.atomic import replacing
from glowrec.recommenders.lightgcn import LightGCN
from glowrec.training.config import Config

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

MODEL, IDS, CONFIG = "model.safetensors", "ids.json", "config.toml"


def save(model: LightGCN, folder: str | os.PathLike[str]) -> None:
    """Write a fitted recommender; see :meth:`glowrec.LightGCN.save`, which calls this.

    Parameters
    ----------
    model : LightGCN
    folder : str or path-like
        Made if it does not exist.
    """
    path = Path(folder)
    train = model.train_
    tensors: dict[str, NDArray[Any]] = {
        "user_factors": model.user_factors,
        "item_factors": model.item_factors,
        "train.users": train.users,
        "train.items": train.items,
        **{f"module.{name}": value for name, value in model.embeddings.items()},
    }
    tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    path.mkdir(parents=True, exist_ok=True)
    ids = {"users": _ids_out(train.user_ids), "items": _ids_out(train.item_ids)}
    with replacing(path / CONFIG) as file:
        file.write(model.config.to_toml())
    with replacing(path / IDS) as file:
        json.dump(ids, file)
    with replacing(path / MODEL, "wb") as file:
        file.write(safetensors.numpy.save(tensors, {"model": "LightGCN"}))


def load(folder: str | os.PathLike[str]) -> LightGCN:
    """Read a recommender that was saved, or the one that a run left behind.

    Parameters
    ----------
    folder : str or path-like
        Of :meth:`glowrec.LightGCN.save` or of ``glowrec train --out``.

    Returns
    -------
    LightGCN
        Fitted.

    Raises
    ------
    DataError
        If the folder holds no model, or a file of it is damaged; the message names the file.

    Examples
    --------
    >>> import glowrec as gr
    >>> gr.load("nowhere")
    Traceback (most recent call last):
    glowrec.errors.DataError: nowhere: no such folder
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
    module = {
        name.removeprefix("module."): value
        for name, value in tensors.items()
        if name.startswith("module.")
    }
    train = Interactions(users, items, user_ids, item_ids)
    return LightGCN.from_arrays(config, train, *factors, module)


def _ids_out(ids: IdMap) -> int | list[Any]:
    return len(ids) if ids.is_range else ids.ids.tolist()


def _ids_in(stored: int | list[Any]) -> IdMap:
    return IdMap.range(stored) if isinstance(stored, int) else IdMap(stored)
