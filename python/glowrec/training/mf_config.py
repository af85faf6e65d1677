"""Everything that a training run of matrix factorisation depends on, beside its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from glowrec.nn.matrix_factorization import MatrixFactorization
from glowrec.training.vector_settings import VectorSettings

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class MFConfig(VectorSettings):
    """A complete, replayable description of how matrix factorisation is trained.

    Attributes
    ----------
    fields
        As in :class:`Config`, without those of the propagation.

    Raises
    ------
    ParameterError
        If a value is out of range; the message names it.

    Examples
    --------
    >>> from glowrec.training import MFConfig
    >>> MFConfig(dim=32).model
    'mf'
    """

    model: ClassVar[str] = "mf"
    recommender: ClassVar[str] = "MatrixFactorization"

    def _embedded(
        self, n_users: int, n_items: int, generator: torch.Generator | None
    ) -> MatrixFactorization:
        return MatrixFactorization(
            n_users,
            n_items,
            self.dim,
            init=self.init,
            init_std=self.init_std,
            gather_dtype=self.gather_dtype,
            generator=generator,
        )
