"""Everything that a training run of LightGCN depends on, beside its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from glowrec.errors import ParameterError
from glowrec.nn.lightgcn import LightGCN
from glowrec.training.graph_settings import GraphSettings
from glowrec.training.settings import ranged

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(GraphSettings):
    """A complete, replayable description of how LightGCN is trained.

    Attributes
    ----------
    layer_weights, learn_layer_weights, layer_attention
        The model, beside `dim`, `n_layers` and `init`; see :class:`glowrec.nn.LightGCN`.
    a_split, a_fold
        Bound the working memory of the propagation by blocks; off by default.
    preset, seed
        As in :class:`glowrec.training.settings.Settings`.
    others
        As in :class:`glowrec.training.graph_settings.GraphSettings` and
        :class:`glowrec.training.vector_settings.VectorSettings`.

    Raises
    ------
    ParameterError
        If a value is out of range; the message names it.

    Examples
    --------
    >>> from glowrec.training import Config
    >>> Config(dim=32).dim
    32
    """

    model: ClassVar[str] = "lightgcn"
    recommender: ClassVar[str] = "LightGCN"

    layer_weights: tuple[float, ...] | None = None
    learn_layer_weights: bool = False
    layer_attention: bool = False
    a_split: bool = False
    a_fold: int = ranged(100, at_least=1)

    def _check(self) -> None:
        GraphSettings._check(self)  # noqa: SLF001 - classes with slots know no super()
        if self.layer_attention and (self.learn_layer_weights or self.layer_weights is not None):
            raise ParameterError(
                "layer_attention = True: leave out layer_weights and learn_layer_weights"
            )
        if self.layer_weights is not None and len(self.layer_weights) != self.n_layers + 1:
            raise ParameterError(
                f"layer_weights: expected {self.n_layers + 1}, one for the embedding and one "
                f"per layer, got {len(self.layer_weights)}"
            )

    def _embedded(self, n_users: int, n_items: int, generator: torch.Generator | None) -> LightGCN:
        return LightGCN(
            n_users,
            n_items,
            self.dim,
            self.n_layers,
            layer_weights=self.layer_weights,
            learn_layer_weights=self.learn_layer_weights,
            layer_attention=self.layer_attention,
            normalization=self.normalization,
            init=self.init,
            init_std=self.init_std,
            keep_prob=self.keep_prob,
            a_fold=self.a_fold if self.a_split else 0,
            backend=self.backend,
            gather_dtype=self.gather_dtype,
            generator=generator,
        )
