"""One optimiser step: propagate, draw, score, go back, move."""

from __future__ import annotations

import math
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from glowrec.nn.closed_form import bpr_gradient, has_closed_form
from glowrec.nn.lightgcn import LightGCN
from glowrec.nn.losses import bpr_triplet_loss
from glowrec.sampling import Hardest
from glowrec.training.contrast import Contrast, mixed
from glowrec.training.graph_settings import GraphSettings
from glowrec.training.objective import Objective, sampler_of
from glowrec.training.ranking import ranking_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from glowrec.interactions import Interactions
    from glowrec.sampling import Triplets
    from glowrec.training.ranking import Ranking
    from glowrec.training.vector_settings import VectorSettings

_TINY = np.finfo(np.float32).tiny


class Trainer:
    """A model, its optimiser and its sampler: the state that steps advance.

    Everything random is a function of the seed, the epoch and the position, so the state after
    an epoch depends only on the state before it.

    Parameters
    ----------
    config : VectorSettings
    train : Interactions
        Without users that have every item.
    device : torch.device

    Attributes
    ----------
    model : glowrec.nn.VectorModel
    optimizer : torch.optim.Adam
    n_batches : int
        Steps per epoch.
    covered : ndarray of bool, shape (n_nodes,)
        Nodes that the last epoch's triplets touched.
    """

    def __init__(self, config: VectorSettings, train: Interactions, device: torch.device) -> None:
        self.config, self.device = config, device
        self.graph = train.graph
        generator = torch.Generator().manual_seed(config.seed)
        self.model = config.module(train.n_users, train.n_items, generator=generator).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.lr, fused=True)
        self.batch_size = min(
            config.batch_size, math.ceil(self.graph.n_edges / config.min_batches)
        )
        self.sampler: Any = sampler_of(config, train, self.batch_size)
        self.n_batches = self.sampler.n_batches
        self.covered = np.zeros(self.graph.n_nodes, dtype=bool)
        self._objective, self._contrast = None, None
        if not config.is_plain_bpr:
            scorer = self.model.scorer
            self._objective = Objective(config, train, self.sampler, device, scorer)
        if isinstance(config, GraphSettings) and config.contrastive:
            self._contrast = Contrast(config, self.model, self.graph)
        plain = config.is_plain_bpr and not (config.amp or config.compile or self._contrast)
        plain = plain and not config.l2_readout
        self._closed_form: LightGCN | None = None
        if plain and isinstance(self.model, LightGCN) and has_closed_form(self.model):
            self._closed_form = self.model
        self._loss = torch.compile(self._loss_of) if config.compile else self._loss_of

    def epoch(self, epoch: int) -> Iterator[float]:
        """Advance by one pass, yielding the loss of each step.

        Parameters
        ----------
        epoch : int
            Counted from 1; names the random numbers.

        Yields
        ------
        float
            Mean loss of the step's batch, without the penalty.
        """
        self.model.train()
        self.covered[:] = False
        hardest = isinstance(getattr(self.sampler, "negatives", None), Hardest)
        # Drawn to its end: an iterator that is dropped waits for its thread in its destructor,
        # where an interruption would be lost.
        batches = repeat(None, self.n_batches) if hardest else self.sampler.epoch(epoch)
        for batch, ahead in enumerate(batches):
            step = (epoch - 1) * self.n_batches + batch
            for group in self.optimizer.param_groups:
                group["lr"] = self.lr(step)
            mask = self._dropout_seed(step)
            readout = self._readout(mask)
            drawn = ahead
            if hardest:
                drawn = self.sampler.batch(epoch, batch, vectors=self._vectors(readout))
            yield self._step(readout, drawn, mask, (epoch, batch))

    def step(self, triplets: Triplets) -> float:
        """Advance by one batch that the caller drew, at the optimiser's current rate.

        Parameters
        ----------
        triplets : Triplets

        Returns
        -------
        float
            As :meth:`epoch` yields.
        """
        return self._step(self._readout(0), triplets, 0, (0, 0))

    def lr(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if self.config.schedule == "constant":
            return self.config.lr
        share = step / (self.config.epochs * self.n_batches)
        return self.config.lr * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))

    def vectors(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the read-out of users and of items, in float32 without dropout."""
        self.model.eval()
        rounded, self.model.gather_dtype = self.model.gather_dtype, None
        with torch.no_grad():
            nodes = self.model.readout(self.graph).float().cpu().numpy()
        self.model.gather_dtype = rounded
        if self.config.similarity == "cosine":
            nodes /= np.maximum(np.linalg.norm(nodes, axis=1, keepdims=True), _TINY)
        return nodes[: self.graph.n_users], nodes[self.graph.n_users :]

    def ranking(self) -> Ranking:
        """Return what items are ranked by: the read-out, or the network over it."""
        return ranking_by(*self.vectors(), self.model.scorer)

    def _readout(self, mask: int) -> Tensor:
        with torch.set_grad_enabled(self._closed_form is None):
            return self.model.readout(self.graph, dropout_seed=mask)

    def _step(self, readout: Tensor, drawn: Any, mask: int, key: tuple[int, int]) -> float:  # noqa: ANN401 - what the sampler draws
        if self._closed_form is not None:
            nodes, n_negatives = self._nodes(drawn)
            value = bpr_gradient(
                self._closed_form,
                self.graph,
                readout,
                nodes,
                n_negatives,
                l2=self.config.l2,
                dropout_seed=mask,
            )
            self.optimizer.step()
            return value
        if self._objective is None:
            total, loss = self._loss(readout, *self._nodes(drawn))
        else:
            total, loss, touched = self._objective(readout, self.model.embedding, drawn, key)
            self.covered[touched] = True
        if self._contrast is not None:
            total = total + self._contrast(drawn[0], drawn[1], key)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(loss)

    def _loss_of(self, readout: Tensor, nodes: Tensor, n_negatives: int) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.amp):
            return bpr_triplet_loss(
                readout,
                self.model.embedding,
                nodes,
                n_negatives,
                l2=self.config.l2,
                l2_readout=self.config.l2_readout,
            )

    def _nodes(self, triplets: Triplets) -> tuple[Tensor, int]:
        """Return the batch's nodes on the device: users, positives, negatives row by row."""
        users, positives, negatives = triplets
        n_users, batch = self.graph.n_users, users.size
        n_negatives = negatives.size // max(batch, 1)
        index = np.empty(users.size + positives.size + negatives.size, dtype=np.int64)
        index[:batch] = users
        np.add(positives, n_users, out=index[batch : 2 * batch])
        np.add(negatives.ravel(), n_users, out=index[2 * batch :])
        self.covered[index] = True
        nodes = torch.from_numpy(index)
        if self.device.type == "cuda":
            nodes = nodes.pin_memory().to(self.device, non_blocking=True)
        return nodes.to(self.device), n_negatives

    def _vectors(self, readout: Tensor) -> np.ndarray[Any, Any]:
        """Return the read-out for the sampler: bfloat16 bits where rows are gathered so."""
        current = readout.detach()
        if self.config.similarity == "cosine":
            current = functional.normalize(current, dim=1)
        if self.config.gather_dtype == "bfloat16":
            return current.to(torch.bfloat16).view(torch.uint16).cpu().numpy()
        return current.float().cpu().numpy()

    def _dropout_seed(self, step: int) -> int:
        """Return the key of a step's masks, mixed so that near seeds share no keys."""
        return mixed(self.config.seed, step) if self.model.drops else 0
