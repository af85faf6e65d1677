"""Everything that a training run of NGCF depends on, beside its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from glowrec.errors import ParameterError
from glowrec.nn.ngcf import NGCF
from glowrec.training.graph_settings import GraphSettings
from glowrec.training.settings import ranged

if TYPE_CHECKING:
    import torch

_SHARE = "a share from 0, below 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NGCFConfig(GraphSettings):
    """A complete, replayable description of how NGCF is trained.

    Attributes
    ----------
    layer_dims, transform, activation, readout, message_dropout, node_dropout
        The model, beside `dim`, `n_layers`, `init` and `keep_prob`; see :class:`glowrec.nn.NGCF`.
    others
        As in :class:`Config`.

    Raises
    ------
    ParameterError
        If a value is out of range; the message names it.

    Examples
    --------
    >>> from glowrec.training import NGCFConfig
    >>> NGCFConfig(transform=False, activation="none").readout
    'concat'
    """

    model: ClassVar[str] = "ngcf"
    recommender: ClassVar[str] = "NGCF"

    init: Literal["normal", "xavier"] = "xavier"
    layer_dims: tuple[int, ...] | None = None
    transform: bool = True
    activation: Literal["sum", "each", "none"] = "sum"
    readout: Literal["concat", "sum"] = "concat"
    message_dropout: float = ranged(0.0, at_least=0, below=1, said=_SHARE)
    node_dropout: float = ranged(0.0, at_least=0, below=1, said=_SHARE)

    def _check(self) -> None:
        GraphSettings._check(self)  # noqa: SLF001 - classes with slots know no super()
        dims = self.layer_dims
        if dims is not None and (len(dims) != self.n_layers or min(dims, default=1) < 1):
            raise ParameterError(
                f"layer_dims = {list(dims)}: expected {self.n_layers} widths, each at least 1"
            )
        if set(dims or ()) - {self.dim} and not (self.transform and self.readout == "concat"):
            raise ParameterError(
                f"layer_dims = {list(dims or ())} with dim = {self.dim}: without a "
                "transformation, or summed up, all layers are as wide as the embedding"
            )

    def _embedded(self, n_users: int, n_items: int, generator: torch.Generator | None) -> NGCF:
        return NGCF(
            n_users,
            n_items,
            self.dim,
            self.n_layers,
            layer_dims=self.layer_dims,
            transform=self.transform,
            activation=self.activation,
            readout=self.readout,
            message_dropout=self.message_dropout,
            node_dropout=self.node_dropout,
            keep_prob=self.keep_prob,
            normalization=self.normalization,
            init=self.init,
            init_std=self.init_std,
            backend=self.backend,
            gather_dtype=self.gather_dtype,
            generator=generator,
        )
