"""A score of a user and an item that is learned: a small network over both vectors."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from glowrec.errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence


class MLPScorer(nn.Module):
    r"""Scores a user and an item by a multi-layer perceptron, in place of the inner product.

    .. math:: s(u, i) = w^T \phi_L(\ldots \phi_1([e_u ; e_i])), \quad
              \phi_l(z) = \mathrm{ReLU}(W_l z + b_l)

    Parameters
    ----------
    dim : int
        Width of the vectors of users and of items.
    hidden : sequence of int, default (64, 32)
        Widths of the :math:`L` hidden layers, one at least.
    generator : torch.Generator, optional
        Source of the initial weights: Xavier-uniform, and biases of 0.

    Raises
    ------
    ParameterError
        If `dim` or a width is below 1, or there is no hidden layer.

    Notes
    -----
    The first layer is a sum, :math:`W_1 [e_u ; e_i] + b_1 = (U e_u + b_1) + V e_i`, so its product
    is taken once per vector (:meth:`of_users`, :meth:`of_items`) and not once per pair. A pair
    costs the other layers, ``hidden[0] * hidden[1] + ...`` multiplications.

    References
    ----------
    He et al., "Neural Collaborative Filtering", WWW 2017, section 3.3, equation 10. Its sigmoid is
    part of the loss here (:class:`glowrec.nn.losses.BCE`), and changes no ranking.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import MLPScorer
    >>> scorer = MLPScorer(4, hidden=(8,))
    >>> scorer(torch.zeros(3, 4), torch.zeros(3, 4)).tolist()
    [0.0, 0.0, 0.0]
    """

    def __init__(
        self,
        dim: int,
        hidden: Sequence[int] = (64, 32),
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if dim < 1:
            raise ParameterError(f"dim = {dim}: expected a number from 1")
        if not hidden or min(hidden) < 1:
            raise ParameterError(f"hidden = {list(hidden)}: expected widths, each at least 1")
        self.dim, self.hidden = dim, tuple(hidden)
        self.first = nn.Linear(2 * dim, hidden[0])
        self.deeper = nn.ModuleList(nn.Linear(*widths) for widths in pairwise(hidden))
        self.out = nn.Linear(hidden[-1], 1, bias=False)
        for layer in (self.first, *self.deeper):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)
        nn.init.xavier_uniform_(self.out.weight, generator=generator)

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        return f"dim={self.dim}, hidden={self.hidden}"

    def of_users(self, vectors: Tensor) -> Tensor:
        """Return the share of users in the first layer, its bias included.

        Parameters
        ----------
        vectors : Tensor, shape (..., dim)

        Returns
        -------
        Tensor, shape (..., hidden[0])

        Raises
        ------
        ShapeError
            If the vectors have another width.
        """
        weight = self.first.weight[:, : self.dim]
        return functional.linear(self._checked("users", vectors), weight, self.first.bias)

    def of_items(self, vectors: Tensor) -> Tensor:
        """Return the share of items in the first layer.

        Parameters
        ----------
        vectors : Tensor, shape (..., dim)

        Returns
        -------
        Tensor, shape (..., hidden[0])

        Raises
        ------
        ShapeError
            If the vectors have another width.
        """
        weight = self.first.weight[:, self.dim :]
        return functional.linear(self._checked("items", vectors), weight)

    def combined(self, users: Tensor, items: Tensor) -> Tensor:
        """Return the scores that two shares of the first layer make together.

        Parameters
        ----------
        users, items : Tensor, shape (..., hidden[0])
            Of :meth:`of_users` and :meth:`of_items`, in shapes that broadcast.

        Returns
        -------
        Tensor, shape (...)
        """
        reached = functional.relu(users + items)
        for layer in self.deeper:
            reached = functional.relu(layer(reached))
        scores: Tensor = self.out(reached)
        return scores.squeeze(-1)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Return the scores of pairs.

        Parameters
        ----------
        users, items : Tensor, shape (..., dim)
            In shapes that broadcast: a user beside many items is looked at once.

        Returns
        -------
        Tensor, shape (...)

        Raises
        ------
        ShapeError
            If the vectors have another width.
        """
        return self.combined(self.of_users(users), self.of_items(items))

    def _checked(self, name: str, vectors: Tensor) -> Tensor:
        if vectors.shape[-1] != self.dim:
            raise ShapeError(
                f"{name}: expected vectors of width {self.dim}, got {vectors.shape[-1]}"
            )
        return vectors
