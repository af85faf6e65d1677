"""What GLocal-K asks of a rating matrix, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import torch

from glowrec.nn.glocal_dense import DenseProducts
from glowrec.nn.glocal_sparse import SparseProducts
from glowrec.nn.glocal_tiled import TiledProducts

if TYPE_CHECKING:
    from torch import Tensor

    from glowrec.nn.rating_matrix import RatingMatrix

Backend: TypeAlias = Literal["auto", "sparse", "tiled", "dense"]


class Products(Protocol):
    """Products with a rating matrix :math:`X`; see :class:`DenseProducts` for the definitions."""

    def first(self, weights: Tensor, bias: Tensor) -> Tensor:
        """Return ``X W + b`` of all rows that matter."""
        ...

    def first_convolved(
        self, kernels: Tensor, weights: Tensor, bias: Tensor, rows: Tensor | None = None
    ) -> Tensor:
        """Return the same of the convolved matrix, or of some of its rows."""
        ...

    def every(self, values: Tensor) -> Tensor:
        """Return a row for each row of the matrix, of those that matter."""
        ...

    def row_means(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return the mean of each row of ``hidden W + b``, shape (n_rows,)."""
        ...

    def squared_error(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return half the sum of squared errors of ``hidden W + b`` at the ratings."""
        ...


_MADE: WeakKeyDictionary[RatingMatrix, dict[tuple[str, torch.dtype, torch.device], Products]] = (
    WeakKeyDictionary()
)


def products_of(
    ratings: RatingMatrix, dtype: torch.dtype, device: torch.device, backend: Backend
) -> Products:
    """Return the products of a matrix, made once for as long as the matrix lives.

    Parameters
    ----------
    ratings : RatingMatrix
    dtype : torch.dtype
    device : torch.device
    backend : {"auto", "sparse", "tiled", "dense"}

    Returns
    -------
    Products
    """
    made = _MADE.setdefault(ratings, {})
    key = (backend, dtype, device)
    if key not in made:
        made[key] = _make(ratings, dtype, device, backend)
    return made[key]


def _make(
    ratings: RatingMatrix, dtype: torch.dtype, device: torch.device, backend: Backend
) -> Products:
    if backend == "dense":
        return DenseProducts(ratings, dtype, device)
    if backend == "sparse":
        return SparseProducts(ratings, dtype, device, tile=False)
    if backend == "auto" and device.type == "cpu" and dtype in (torch.float32, torch.float64):
        return SparseProducts(ratings, dtype, device)
    return TiledProducts(ratings, dtype, device)
