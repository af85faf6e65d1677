"""A trained GLocal-K as one vector per user and per item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from glowrec.nn.glocal_rows import vectors
from glowrec.training.glocal_k.orientation import rating_matrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from glowrec.interactions import Interactions
    from glowrec.nn.glocal_k import GLocalK
    from glowrec.training.glocal_k.settings import GLocalKConfig
    from glowrec.training.learned import Learned


def read_out(
    config: GLocalKConfig, model: GLocalK, ratings: Interactions
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return vectors of users and of items whose dot products are all predictions.

    The last hidden layer of a row, and a 1; the weights of an output, and its bias.

    Parameters
    ----------
    config : GLocalKConfig
    model : GLocalK
    ratings : Interactions
        What is known.

    Returns
    -------
    tuple of ndarray of float32, shapes (n_users, hidden + 1) and (n_items, hidden + 1)
    """
    matrix = rating_matrix(ratings, config.orientation)
    found = vectors(model, matrix, stage=config.stages[-1])
    rows, columns = _with_one(found.rows), torch.cat([found.columns, found.bias[:, None]], dim=1)
    both = [each.float().cpu().numpy() for each in (rows, columns)]
    items, users = both if config.orientation == "item" else both[::-1]
    return users, items


def new_rows(learned: Learned, known: Interactions, rows: ArrayLike) -> NDArray[np.float32]:
    """Return vectors of rows that the model was not trained on.

    Their ratings pass through the trained network; the global kernel stays that of training.

    Parameters
    ----------
    learned : Learned
        Of GLocal-K.
    known : Interactions
        The ratings of training and of the new rows, in the order of ids.
    rows : array_like of int, shape (n,)
        Codes of the new ones in `known`.

    Returns
    -------
    ndarray of float32, shape (n, hidden + 1)
    """
    config: Any = learned.config
    model = config.module(learned.train.n_users, learned.train.n_items)
    model.load_state_dict({name: torch.tensor(v) for name, v in learned.parameters.items()})
    matrix, stage = rating_matrix(known, config.orientation), config.stages[-1]
    kernels = None
    if stage == "global":
        with torch.no_grad():
            kernels = model.kernels(rating_matrix(learned.train, config.orientation))
    found = vectors(model, matrix, rows, stage=stage, kernels=kernels)
    made: NDArray[np.float32] = _with_one(found.rows).float().numpy()
    return made


def _with_one(rows: torch.Tensor) -> torch.Tensor:
    return torch.cat([rows, rows.new_ones(len(rows), 1)], dim=1)
