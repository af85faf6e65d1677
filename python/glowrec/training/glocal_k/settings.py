"""Everything that a training run of GLocal-K depends on, beside its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch

from glowrec.errors import ParameterError
from glowrec.nn.glocal_k import GLocalK
from glowrec.training.settings import Settings, ranged

if TYPE_CHECKING:
    from glowrec.nn.glocal_k import Stage

_TYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True, slots=True, kw_only=True)
class GLocalKConfig(Settings):
    """A complete, replayable description of how GLocal-K is trained.

    Attributes
    ----------
    hidden, n_hidden, kernel, kernel_dim, kernel_width, kernel_size, n_kernels, dot_scale
        The model; see :class:`glowrec.nn.GLocalK`. ``kernel="none"`` is an auto-encoder without
        local kernels.
    orientation : {"item", "user"}
        What a row of the auto-encoder is; the paper's are items.
    l2, sparsity : float
        λ2 of the squared weights and λs of the squared local kernels.
    local_epochs, local_iterations : int
        Epochs of the first stage, which pre-trains with local kernels alone, and iterations of
        each; every epoch starts without memory. 0 epochs leave the stage out.
    global_epochs, global_iterations : int
        The same of the second stage, which fine-tunes with the global kernel.
    optimizer : {"lbfgs", "scipy", "adam"}
        "lbfgs" is our own L-BFGS, "scipy" SciPy's L-BFGS-B, which walks the same way and takes
        longer; both see all ratings at once. "adam" passes over blocks of `batch_rows` rows once
        per epoch, at the rate `lr`.
    corrections : int
        Pairs that L-BFGS remembers.
    lr, batch_rows
        See `optimizer`.
    protocol : {"validation", "paper"}
        "validation" chooses the epoch on a validation set and scores test once; "paper" takes
        the best test epoch, as published numbers do, and says so in everything it writes.
    validation : float
        Share of each user's ratings that is held out; 0 trains all epochs.
    refit : bool
        Whether to train anew on the whole of train, for the number of epochs that was chosen.
    patience : int
        Epochs of the last stage without a better one before it stops; 0 never stops.
    monitor : {"rmse", "mae", "ndcg"}
        Metric that chooses the epoch of the last stage.
    dtype : {"float32", "float64"}
        Of the parameters and all that is computed from them.
    backend : {"auto", "sparse", "tiled", "dense"}
        Of the products with the ratings.
    preset, seed
        As in :class:`glowrec.training.Settings`.

    Raises
    ------
    ParameterError
        If a value is out of range; the message names it.

    Examples
    --------
    >>> from glowrec.training import GLocalKConfig
    >>> GLocalKConfig(hidden=32).stages
    ('local', 'global')
    """

    model: ClassVar[str] = "glocal-k"
    recommender: ClassVar[str] = "GLocalK"

    hidden: int = ranged(500, at_least=1)
    n_hidden: int = ranged(2, at_least=1, below=1024)
    kernel: Literal["finite", "gaussian", "none"] = "finite"
    kernel_dim: int = ranged(5, at_least=1)
    kernel_width: float = ranged(1.0, above=0)
    kernel_size: int = ranged(3, at_least=1, below=1024)
    n_kernels: int = ranged(1, at_least=1, below=1024)
    dot_scale: float = 1.0
    orientation: Literal["item", "user"] = "item"
    l2: float = ranged(20.0, at_least=0)
    sparsity: float = ranged(0.006, at_least=0)
    local_epochs: int = ranged(30, at_least=0)
    local_iterations: int = ranged(5, at_least=1)
    global_epochs: int = ranged(60, at_least=0)
    global_iterations: int = ranged(5, at_least=1)
    optimizer: Literal["lbfgs", "scipy", "adam"] = "lbfgs"
    corrections: int = ranged(10, at_least=1, below=1024)
    lr: float = ranged(1e-3, above=0)
    batch_rows: int = ranged(256, at_least=1)
    protocol: Literal["validation", "paper"] = "validation"
    validation: float = ranged(0.1, at_least=0, below=1, said="a share from 0, below 1")
    refit: bool = True
    patience: int = ranged(0, at_least=0)
    monitor: Literal["rmse", "mae", "ndcg"] = "rmse"
    dtype: Literal["float32", "float64"] = "float32"
    backend: Literal["auto", "sparse", "tiled", "dense"] = "auto"

    def _check(self) -> None:
        if not self.stages:
            raise ParameterError(
                "local_epochs = 0 and global_epochs = 0: expected at least one epoch"
            )
        if self.kernel_size % 2 == 0:
            raise ParameterError(
                f"kernel_size = {self.kernel_size}: expected an odd number: 1, 3, 5, ..."
            )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that there are, in order; the last one's epochs are chosen from."""
        both: tuple[tuple[Stage, int], ...] = (
            ("local", self.local_epochs),
            ("global", self.global_epochs),
        )
        return tuple(stage for stage, epochs in both if epochs)

    @property
    def monitored(self) -> str:
        """Key of the metric that chooses the epoch."""
        return self.monitor

    def epochs_of(self, stage: Stage) -> int:
        """Return the epochs of a stage."""
        return self.local_epochs if stage == "local" else self.global_epochs

    def iterations_of(self, stage: Stage) -> int:
        """Return the iterations of each epoch of a stage."""
        return self.local_iterations if stage == "local" else self.global_iterations

    def module(
        self, n_users: int, n_items: int, *, generator: torch.Generator | None = None
    ) -> GLocalK:
        """Return a new module as the settings say.

        Parameters
        ----------
        n_users, n_items : int
        generator : torch.Generator, optional
            Source of the initial parameters.

        Returns
        -------
        glowrec.nn.GLocalK

        Examples
        --------
        >>> from glowrec.training import GLocalKConfig
        >>> module = GLocalKConfig(hidden=8).module(3, 4)
        >>> module.n_rows, module.n_columns
        (4, 3)
        """
        by_item = self.orientation == "item"
        n_rows, n_columns = (n_items, n_users) if by_item else (n_users, n_items)
        return GLocalK(
            n_rows,
            n_columns,
            hidden=self.hidden,
            n_hidden=self.n_hidden,
            kernel_dim=self.kernel_dim,
            kernel=None if self.kernel == "none" else self.kernel,
            kernel_width=self.kernel_width,
            kernel_size=self.kernel_size,
            n_kernels=self.n_kernels,
            dot_scale=self.dot_scale,
            l2=self.l2,
            sparsity=self.sparsity,
            dtype=_TYPES[self.dtype],
            generator=generator,
            backend=self.backend,
        )
