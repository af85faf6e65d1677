"""Adam over blocks of rows, for sets that outgrow memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from glowrec.nn.glocal_rows import block_loss, row_means
from glowrec.training.glocal_k.minimizers import Epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from glowrec.nn.glocal_k import GLocalK, Stage
    from glowrec.nn.rating_matrix import RatingMatrix
    from glowrec.training.glocal_k.settings import GLocalKConfig


class BlockAdam:
    """Passes over all rows once per epoch, some at a time, in an order of its own.

    In the second stage the row means that mix the global kernel are taken once, at the start of
    each epoch, and carry no gradient: they depend on every row, so that a step that followed them
    would cost as much as all rows. Everything else is the objective's own part of the block.

    Parameters
    ----------
    model : GLocalK
    ratings : RatingMatrix
    stage : {"local", "global"}
    config : GLocalKConfig
        For `lr`, `batch_rows` and `seed`; the order of rows is a function of the latter, the
        stage and the epoch.
    """

    def __init__(
        self, model: GLocalK, ratings: RatingMatrix, stage: Stage, config: GLocalKConfig
    ) -> None:
        self._model, self._ratings, self._stage, self._config = model, ratings, stage, config
        parameters = model.local_parameters() if stage == "local" else model.parameters()
        self._adam = torch.optim.Adam(parameters, lr=config.lr)

    @property
    def n_batches(self) -> int:
        """Steps of an epoch."""
        return -(-self._ratings.shape[0] // self._config.batch_rows)

    def epoch(self, number: int, after_iteration: Callable[[float], None]) -> Epoch:
        """Pass over all rows."""
        n_rows, is_global = self._ratings.shape[0], self._stage == "global"
        rng = np.random.default_rng([self._config.seed, int(is_global), number])
        order = rng.permutation(n_rows)
        means = row_means(self._model, self._ratings) if is_global else None
        total = 0.0
        for rows in np.array_split(order, self.n_batches):
            kernels = None if means is None else self._model.global_kernel(means)
            loss = block_loss(self._model, self._ratings, rows, kernels)
            self._adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # of torch
            self._adam.step()
            part = float(loss.detach())
            total += part
            after_iteration(part * n_rows / len(rows))
        return Epoch(total, self.n_batches, self.n_batches)

    def tensors(self) -> dict[str, Tensor]:
        """Return Adam's state."""
        return {
            f"{place}.{name}": value
            for place, slots in self._adam.state_dict()["state"].items()
            for name, value in slots.items()
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Go on with the state that :meth:`tensors` returned."""
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            place, _, slot = name.partition(".")
            state.setdefault(int(place), {})[slot] = value
        groups = self._adam.state_dict()["param_groups"]
        self._adam.load_state_dict({"state": state, "param_groups": groups})
