"""Settings of every model that reads out a vector per user and item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from glowrec.errors import ParameterError
from glowrec.nn.mlp_scorer import MLPScorer
from glowrec.sampling.strategies import MOST_BETA
from glowrec.training.settings import Settings, ranged

if TYPE_CHECKING:
    import torch

    from glowrec.nn.vector_model import VectorModel

# Of few items, the hardest of many candidates is often one that the user would have liked.
_ITEMS_PER_CANDIDATE, _MOST_CANDIDATES = 400, 96
# Of a positive: candidates for a network, unlike those for the compiled kernel, are in memory.
_MOST_PAIRS = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSettings(Settings):
    """How a model of vectors is trained, whichever it is.

    Attributes
    ----------
    recommender : str
        Class of :mod:`glowrec.recommenders` that the model makes, the same for all settings of a
        class.
    dim : int
        Width of an embedding.
    init : {"normal", "xavier"}
        Of the embeddings, "normal" with the deviation `init_std`.
    order : {"interaction", "user_uniform"}
        Every interaction once per epoch, or users with equal chance and then one of their items.
    batch_size : int
        Triplets per step, or fewer where an epoch would have less than `min_batches` steps.
    min_batches : int
        See `batch_size`.
    n_negatives, hardest_of : int
        Negatives per positive, each the hardest of so many uniform candidates; 0 candidates
        stand for one in every 400 items, at least 1 and at most 96, and for 1 where a network
        scores (see :meth:`candidates`).
    negatives : {"uniform", "popularity"}
        How negatives are drawn; "popularity" in proportion to the power `beta` of it.
    beta : float
        See `negatives`.
    shared_negatives : int
        Negatives that all positives of a batch share, those of the user's own left out; 0 gives
        each positive `n_negatives` of its own.
    loss : {"bpr", "sampled_softmax", "in_batch_softmax", "bce"}
        What is minimised; see :mod:`glowrec.nn.losses`. "in_batch_softmax" takes the positives of
        a batch as negatives of one another.
    similarity : {"dot", "cosine"}
        Of a user and an item, in the loss and, for the cosine, in the vectors that are read out.
    scorer : {"inner", "mlp"}
        What scores a user and an item: the inner product of their vectors, or a network over both
        (see :class:`glowrec.nn.MLPScorer`), which scores given pairs, so that each positive has
        negatives of its own.
    hidden : tuple of int
        Widths of the network's hidden layers.
    temperature : float
        What a softmax divides similarities by.
    log_q : bool
        Whether a softmax corrects scores by the logarithm of how often negatives are drawn.
    epochs : int
        Passes over as many triplets as there are interactions; the schedule's length.
    lr : float
        Adam's learning rate, at its peak.
    schedule : {"constant", "cosine"}
        Cosine falls to 0 over all steps of `epochs`.
    l2 : float
        λ of half the squared norms of a batch's embeddings, before they are propagated, as in
        LightGCN's reference code.
    l2_readout : float
        The same of the vectors that score, as in NGCF's official code, where it binds the weights
        of the layers, too.
    gather_dtype : {None, "bfloat16"}
        Precision of gathered rows, in the compiled kernel while training.
    protocol : {"validation", "paper"}
        "validation" chooses the epoch on a validation set and scores test once; "paper" takes
        the best test epoch, as published numbers do, and says so in everything it writes.
    validation : float
        Share of each user's interactions that is held out; 0 trains all `epochs`.
    refit : bool
        Whether to train anew on the whole of train, for the number of epochs that was chosen.
    eval_every : int
        Epochs between evaluations; the last epoch is always one.
    patience : int
        Evaluations without a better one before training stops; 0 never stops.
    monitor : str
        Metric that chooses the epoch, at the cut-off `k`.
    k : int
        Cut-off of the metrics.
    backend : {"auto", "rust", "torch"}
        Of the propagation.
    amp, compile : bool
        Mixed precision (bfloat16 scores) and ``torch.compile`` of the step.
    """

    recommender: ClassVar[str]

    dim: int = ranged(64, at_least=1)
    init: Literal["normal", "xavier"] = "normal"
    init_std: float = ranged(0.1, at_least=0)
    order: Literal["interaction", "user_uniform"] = "user_uniform"
    batch_size: int = ranged(2048, at_least=1)
    min_batches: int = ranged(1, at_least=1)
    n_negatives: int = ranged(1, at_least=1, below=65536)
    hardest_of: int = ranged(1, at_least=0, below=65536)
    negatives: Literal["uniform", "popularity"] = "uniform"
    beta: float = ranged(0.75, at_least=0, at_most=MOST_BETA)
    shared_negatives: int = ranged(0, at_least=0, below=65536)
    loss: Literal["bpr", "sampled_softmax", "in_batch_softmax", "bce"] = "bpr"
    similarity: Literal["dot", "cosine"] = "dot"
    scorer: Literal["inner", "mlp"] = "inner"
    hidden: tuple[int, ...] = ranged((64, 32), at_least=1, below=65536)
    temperature: float = ranged(1.0, above=0)
    log_q: bool = True
    epochs: int = ranged(1000, at_least=1)
    lr: float = ranged(1e-3, above=0)
    schedule: Literal["constant", "cosine"] = "constant"
    l2: float = ranged(1e-4, at_least=0)
    l2_readout: float = ranged(0.0, at_least=0)
    gather_dtype: Literal["bfloat16"] | None = None
    protocol: Literal["validation", "paper"] = "validation"
    validation: float = ranged(0.1, at_least=0, below=1, said="a share from 0, below 1")
    refit: bool = True
    eval_every: int = ranged(10, at_least=1)
    patience: int = ranged(0, at_least=0)
    monitor: Literal["recall", "precision", "ndcg", "hit", "mrr", "map"] = "ndcg"
    k: int = ranged(20, at_least=1)
    backend: Literal["auto", "rust", "torch"] = "auto"
    amp: bool = False
    compile: bool = False

    def _check(self) -> None:
        hardest = self.hardest_of != 1
        for wrong, words in (
            (
                hardest and self.shares_products,
                "negatives that a batch shares are not chosen among candidates",
            ),
            (hardest and self.negatives != "uniform", "candidates are uniform"),
            (
                hardest and self.loss == "sampled_softmax" and self.log_q,
                "the hardest of candidates have no log_q; or turn that off",
            ),
        ):
            if wrong:
                raise ParameterError(f"hardest_of = {self.hardest_of}: set it to 1, {words}")
        if self.compile and not self.is_plain_bpr:
            raise ParameterError("compile = True: only for BPR by inner products")
        if not self.hidden:
            raise ParameterError("hidden = []: expected one width at least")
        if self.scorer == "mlp":
            self._check_pairs()

    def _check_pairs(self) -> None:
        """Refuse what a network, which scores pair by pair, cannot or should not do."""
        n_pairs = self.n_negatives * max(self.hardest_of, 1)
        for wrong, words in (
            (self.similarity != "dot", "a similarity is of inner products; leave it at 'dot'"),
            (
                self.loss == "in_batch_softmax",
                "a batch has too many pairs for loss = 'in_batch_softmax'; take 'sampled_softmax'",
            ),
            (
                self.shared_negatives > 0,
                "a batch has too many pairs for shared_negatives; take n_negatives",
            ),
            (
                n_pairs > _MOST_PAIRS,
                f"n_negatives times hardest_of is {n_pairs:,}; expected at most {_MOST_PAIRS:,}",
            ),
        ):
            if wrong:
                raise ParameterError(f"scorer = 'mlp': {words}")

    @property
    def monitored(self) -> str:
        """Key of the metric that chooses the epoch."""
        return f"{self.monitor}@{self.k}"

    @property
    def is_plain_bpr(self) -> bool:
        """Whether the loss is BPR by inner products, each positive with negatives of its own."""
        return (
            self.loss == "bpr"
            and self.similarity == "dot"
            and self.scorer == "inner"
            and not self.shared_negatives
        )

    @property
    def shares_products(self) -> bool:
        """Whether a batch is multiplied by negatives that it shares, through torch's product.

        The bits of that may depend on the number of threads, as those of no other loss do.
        """
        return self.loss == "in_batch_softmax" or self.shared_negatives > 0

    def candidates(self, n_items: int) -> int:
        """Return how many candidates a negative has: `hardest_of`, or what its 0 stands for.

        Parameters
        ----------
        n_items : int
            Size of the catalogue.

        Returns
        -------
        int

        Examples
        --------
        >>> from glowrec.training import Config
        >>> [Config(hardest_of=0).candidates(n) for n in (200, 4489, 40981)]
        [1, 11, 96]
        """
        if self.hardest_of:
            return self.hardest_of
        if self.scorer == "mlp":  # fed the hardest from the start, it learns next to nothing
            return 1
        return max(1, min(_MOST_CANDIDATES, n_items // _ITEMS_PER_CANDIDATE))

    def module(
        self, n_users: int, n_items: int, *, generator: torch.Generator | None = None
    ) -> VectorModel:
        """Return a new module as the settings say.

        Parameters
        ----------
        n_users, n_items : int
        generator : torch.Generator, optional
            Source of the initial parameters.

        Returns
        -------
        glowrec.nn.VectorModel

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config(dim=8, n_layers=1).module(3, 4)
        LightGCN(3, 4, dim=8, n_layers=1, normalization='sym')
        """
        model = self._embedded(n_users, n_items, generator)
        model.scorer = self.pair_scorer(model.readout_dim, generator=generator)
        return model

    def pair_scorer(
        self, dim: int, *, generator: torch.Generator | None = None
    ) -> MLPScorer | None:
        """Return a new scorer of vectors, or None where inner products score.

        Parameters
        ----------
        dim : int
            Width of the read-out.
        generator : torch.Generator, optional
            Source of the initial weights.

        Returns
        -------
        glowrec.nn.MLPScorer or None

        Examples
        --------
        >>> from glowrec.training import Config
        >>> Config(scorer="mlp", hidden=(4,)).pair_scorer(8).hidden
        (4,)
        """
        if self.scorer == "inner":
            return None
        return MLPScorer(dim, self.hidden, generator=generator)

    def _embedded(
        self, n_users: int, n_items: int, generator: torch.Generator | None
    ) -> VectorModel:
        """Return the module without what scores its vectors; for subclasses."""
        raise NotImplementedError
