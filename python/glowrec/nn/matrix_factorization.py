"""Matrix factorisation: LightGCN with no layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from glowrec.nn.lightgcn import LightGCN

if TYPE_CHECKING:
    import torch

    from glowrec.nn.vector_model import Init


class MatrixFactorization(LightGCN):
    r"""Users and items embedded, and nothing else: scores are :math:`e_u \cdot e_i`.

    It is :class:`LightGCN` with no layers, and learns through the same compiled kernels.

    Parameters
    ----------
    n_users, n_items, dim, init, init_std, generator
        As in :class:`VectorModel`.
    gather_dtype : {None, "bfloat16"}
        Precision of what samplers score candidates with.

    References
    ----------
    Koren, Bell and Volinsky, "Matrix factorization techniques for recommender systems", Computer
    2009; with the BPR loss, Rendle et al., UAI 2009.

    Examples
    --------
    >>> from glowrec import Graph
    >>> from glowrec.nn import MatrixFactorization
    >>> model = MatrixFactorization(2, 3, dim=4)
    >>> users, _ = model(Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=3))
    >>> bool((users == model.embedding[:2]).all())
    True
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        dim: int = 64,
        *,
        init: Init = "normal",
        init_std: float = 0.1,
        gather_dtype: Literal["bfloat16"] | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(
            n_users,
            n_items,
            dim,
            n_layers=0,
            init=init,
            init_std=init_std,
            gather_dtype=gather_dtype,
            generator=generator,
        )

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        return f"{self.n_users}, {self.n_items}, dim={self.embedding.shape[1]}"
