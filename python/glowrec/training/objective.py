"""What a step minimises where it is not BPR by inner products: any loss, any negatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from torch import Tensor

from glowrec.nn.gather import gather_rows
from glowrec.nn.losses import (
    BCE,
    BPR,
    SampledSoftmax,
    in_batch,
    own_negatives,
    shared_negatives,
)
from glowrec.sampling import (
    Hardest,
    InBatchSampler,
    PairSampler,
    Popularity,
    TripletSampler,
    Uniform,
)
from glowrec.training.hardest import hardest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from glowrec.interactions import Interactions
    from glowrec.nn.losses import Scored
    from glowrec.nn.mlp_scorer import MLPScorer
    from glowrec.sampling import InBatchPairs, Pairs, Triplets
    from glowrec.training.vector_settings import VectorSettings

    Sampler: TypeAlias = TripletSampler | InBatchSampler | PairSampler
    Drawn: TypeAlias = Triplets | InBatchPairs | Pairs


def sampler_of(config: VectorSettings, train: Interactions, batch_size: int) -> Sampler:
    """Return what draws the batches that a loss looks at.

    Parameters
    ----------
    config : VectorSettings
    train : Interactions
    batch_size : int

    Returns
    -------
    TripletSampler, InBatchSampler or PairSampler

    Examples
    --------
    >>> from glowrec import datasets
    >>> from glowrec.training import Config
    >>> from glowrec.training.objective import sampler_of
    >>> train = datasets.synthetic(50, 60, seed=1).train
    >>> type(sampler_of(Config(loss="in_batch_softmax"), train, 16)).__name__
    'InBatchSampler'
    """
    if config.loss == "in_batch_softmax":
        return InBatchSampler(train, batch_size, config.seed, order=config.order)
    if config.shared_negatives:
        return PairSampler(train, batch_size, config.seed, order=config.order)
    of, n_negatives = config.candidates(train.n_items), config.n_negatives
    negatives: Uniform | Popularity | Hardest = Hardest(of) if of > 1 else Uniform()
    if config.scorer == "mlp":  # the objective chooses among candidates, by their scores
        negatives, n_negatives = Uniform(), n_negatives * of
    if config.negatives == "popularity":
        negatives = Popularity(config.beta)
    return TripletSampler(
        train,
        batch_size,
        config.seed,
        order=config.order,
        n_negatives=n_negatives,
        negatives=negatives,
    )


class Objective:
    """Scores the batches of a sampler and makes a loss of the scores.

    Parameters
    ----------
    config : VectorSettings
    train : Interactions
    sampler : TripletSampler, InBatchSampler or PairSampler
        Of :func:`sampler_of`.
    device : torch.device
    scorer : MLPScorer, optional
        What scores pairs, if inner products do not.
    """

    def __init__(
        self,
        config: VectorSettings,
        train: Interactions,
        sampler: Sampler,
        device: torch.device,
        scorer: MLPScorer | None = None,
    ) -> None:
        self._config, self._sampler, self._device = config, sampler, device
        self._scorer = scorer
        self._n_users, self._n_items = train.n_users, train.n_items
        losses: dict[str, Callable[[Scored], Tensor]] = {
            "bpr": BPR(),
            "bce": BCE(),
            "sampled_softmax": SampledSoftmax(config.temperature),
            "in_batch_softmax": SampledSoftmax(config.temperature),
        }
        self._loss = losses[config.loss]
        if config.shared_negatives and config.loss != "in_batch_softmax":
            self._links = train.graph.to_scipy()
            powers = train.graph.item_degrees.astype(np.float64)
            powers = powers**config.beta if config.negatives == "popularity" else powers**0
            self._shares = powers / powers.sum()

    def __call__(
        self, readout: Tensor, embedding: Tensor, drawn: Drawn, key: tuple[int, int]
    ) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
        """Return the loss of a batch.

        Parameters
        ----------
        readout : Tensor, shape (n_nodes, readout_dim)
        embedding : Tensor, shape (n_nodes, dim)
        drawn : Triplets, InBatchPairs or Pairs
        key : pair of int
            Epoch and batch, which name the random numbers of negatives that are shared.

        Returns
        -------
        total : Tensor, scalar
            To be minimised.
        loss : Tensor, scalar
            Without the penalties and without a gradient.
        nodes : ndarray of int64
            Nodes that it touched.
        """
        users, positives = drawn[0], drawn[1] + self._n_users
        negatives = np.empty(0, dtype=np.int64)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.amp):
            rows = self._rows(readout, users), self._rows(readout, positives)
            if self._config.loss == "in_batch_softmax":
                scored = self._in_batch(*rows, drawn)  # type: ignore[arg-type]  # its sampler
            elif self._config.shared_negatives:
                scored, negatives = self._shared(readout, *rows, users, key)
            else:
                scored, negatives = self._own(readout, *rows, drawn)  # type: ignore[arg-type]
            loss = self._loss(scored).float()
        nodes = np.concatenate([users, positives, negatives])
        total = loss
        for factor, table in (
            (self._config.l2, embedding),
            (self._config.l2_readout, readout),
        ):
            if factor:
                total = total + factor * self._penalty(table, nodes, 2 * len(users))
        return total, loss.detach(), nodes

    def _penalty(self, table: Tensor, nodes: NDArray[np.int64], n: int) -> Tensor:
        """As :func:`l2_penalty`, of `n` users and positives and of however many negatives."""
        squares = self._rows(table, nodes).square().sum(1)
        penalty = squares[:n].sum() / n  # negatives count as much as the positives
        return penalty + squares[n:].mean() / 2 if len(nodes) > n else penalty

    def _rows(self, table: Tensor, nodes: NDArray[np.int64]) -> Tensor:
        return gather_rows(table, torch.from_numpy(nodes).to(self._device))

    def _own(
        self, readout: Tensor, users: Tensor, positives: Tensor, drawn: Triplets
    ) -> tuple[Scored, NDArray[np.int64]]:
        items = drawn.negatives.reshape(len(drawn.users), -1)
        if self._scorer is not None and items.shape[1] > self._config.n_negatives:
            candidates = items.reshape(len(items), self._config.n_negatives, -1)
            items = hardest(self._scorer, users, readout[self._n_users :], candidates)
        nodes = items.ravel() + self._n_users
        rows = self._rows(readout, nodes).view(*items.shape, -1)
        by = self._config.similarity if self._scorer is None else self._scorer
        scored = own_negatives(users, positives, rows, by)
        if self._config.loss == "sampled_softmax" and self._config.log_q:
            assert isinstance(self._sampler, TripletSampler)  # noqa: S101 - of sampler_of
            whose = np.repeat(drawn.users, items.shape[1])
            expected = items.shape[1] * self._sampler.probabilities(whose, items.ravel())
            scored = scored._replace(log_q=self._tensor(np.log(expected).reshape(items.shape)))
        return scored, nodes

    def _shared(
        self,
        readout: Tensor,
        users: Tensor,
        positives: Tensor,
        codes: NDArray[np.int64],
        key: tuple[int, int],
    ) -> tuple[Scored, NDArray[np.int64]]:
        epoch, batch = key
        seeds = np.random.SeedSequence((self._config.seed, epoch, batch))
        generator = np.random.Generator(np.random.Philox(seeds))
        n = self._config.shared_negatives
        items = generator.choice(self._n_items, n, p=self._shares).astype(np.int64)
        allowed = np.ones((len(codes), n), dtype=bool)
        allowed[self._links[codes][:, items].nonzero()] = False
        nodes = items + self._n_users
        rows = self._rows(readout, nodes)
        scored = shared_negatives(
            users,
            positives,
            rows,
            torch.from_numpy(allowed).to(self._device),
            self._config.similarity,
        )
        if self._config.loss == "sampled_softmax" and self._config.log_q:
            scored = scored._replace(log_q=self._tensor(np.log(n * self._shares[items])))
        return scored, nodes

    def _in_batch(self, users: Tensor, items: Tensor, drawn: InBatchPairs) -> Scored:
        clashes = torch.from_numpy(drawn.clashes).to(self._device)
        log_q = self._tensor(drawn.log_q) if self._config.log_q else None
        return in_batch(users, items, clashes, log_q, self._config.similarity)

    def _tensor(self, values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values).to(self._device, torch.float32)
