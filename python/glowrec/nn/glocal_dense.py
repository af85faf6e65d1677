"""GLocal-K's products as they are defined, on full matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from glowrec.nn.global_kernel import convolve

if TYPE_CHECKING:
    from glowrec.nn.rating_matrix import RatingMatrix


class DenseProducts:
    """What a model asks of a rating matrix, by full matrices: the definition.

    Parameters
    ----------
    ratings : RatingMatrix
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(self, ratings: RatingMatrix, dtype: torch.dtype, device: torch.device) -> None:
        self.x = ratings.dense(dtype, device)
        self.observed = torch.zeros(ratings.shape, dtype=torch.bool, device=device)
        self.observed[ratings.rows.to(device), ratings.columns.to(device)] = True

    def first(self, weights: Tensor, bias: Tensor) -> Tensor:
        """Return ``X W + b``, shape (n, hidden), of all rows that matter."""
        return torch.addmm(bias, self.x, weights)

    def first_convolved(
        self, kernels: Tensor, weights: Tensor, bias: Tensor, rows: Tensor | None = None
    ) -> Tensor:
        """Return the same of the convolved matrix, or of some of its rows."""
        x = convolve(self.x, kernels)
        return torch.addmm(bias, x if rows is None else x[rows], weights)

    def every(self, values: Tensor) -> Tensor:
        """Return a row for each row of the matrix, of those that matter: all of them."""
        return values

    def row_means(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return the mean of each row of ``hidden W + b``, shape (n_rows,)."""
        return torch.addmm(bias, hidden, weights).mean(1)

    def squared_error(self, hidden: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        """Return half the sum of squared errors of ``hidden W + b`` at the ratings."""
        error = torch.addmm(bias, hidden, weights) - self.x
        return 0.5 * error.masked_fill(~self.observed, 0.0).square().sum()
