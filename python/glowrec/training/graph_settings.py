"""Settings of the models that propagate over the graph."""

from __future__ import annotations

from dataclasses import dataclass

from glowrec.errors import ParameterError
from glowrec.layers import MOST_LAYERS
from glowrec.normalization import Normalization  # noqa: TC001 - settings read annotations
from glowrec.training.settings import ranged
from glowrec.training.vector_settings import VectorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings(VectorSettings):
    """How a model of vectors that propagates over the graph is trained, whichever it is.

    Attributes
    ----------
    n_layers : int
        Propagation layers.
    normalization : str
        One of :data:`glowrec.normalization.NORMALIZATIONS`.
    keep_prob : float
        Edge dropout while training; 1 is off, the reference code's value when on is 0.6.
    contrastive : bool
        Whether a term is added that tells each node of a batch from the others in two views of
        the graph; see :func:`glowrec.nn.losses.info_nce`.
    contrastive_weight, contrastive_temperature, contrastive_keep_prob : float
        Of the term, and the share of edges that a view keeps.
    """

    n_layers: int = ranged(3, at_least=0, below=MOST_LAYERS)
    normalization: Normalization = "sym"
    keep_prob: float = ranged(1.0, above=0, at_most=1, said="a share above 0, at most 1")
    contrastive: bool = False
    contrastive_weight: float = ranged(0.5, at_least=0)
    contrastive_temperature: float = ranged(0.5, above=0)
    contrastive_keep_prob: float = ranged(
        0.9, above=0, at_most=1, said="a share above 0, at most 1"
    )

    def _check(self) -> None:
        VectorSettings._check(self)  # noqa: SLF001 - classes with slots know no super()
        if self.contrastive and self.compile:
            raise ParameterError("compile = True: not together with contrastive")
