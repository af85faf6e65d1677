"""GLocal-K's global kernel: one small convolution, mixed from one kernel per row."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from glowrec.errors import ParameterError, ShapeError

_MOST = 64
"""The compiled kernels keep a kernel's width in one word."""


class GlobalKernel(nn.Module):
    r"""Convolution kernels that are weighted sums of one learned kernel per row.

    .. math:: G = s \sum_i \mu_i C_i

    with :math:`\mu_i` the mean of a row (an item) of the completed matrix.

    Parameters
    ----------
    n_rows : int
    size : int, default 3
        Cells of a kernel's side, odd and below 64.
    n_kernels : int, default 1
        Kernels that are mixed side by side, from parameters of their own.
    dot_scale : float, default 1.0
        :math:`s`.
    dtype : torch.dtype, default torch.float32
    generator : torch.Generator, optional
        Source of the initial values, normal with deviation 0.1, cut at two of these.

    Raises
    ------
    ParameterError
        If a number is less than 1, or `size` even or too large.

    Notes
    -----
    Han et al., CIKM 2021, section 3.2: the pooling and the weighted sum of kernels there.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import GlobalKernel
    >>> GlobalKernel(5)(torch.ones(5)).shape
    torch.Size([1, 3, 3])
    """

    def __init__(
        self,
        n_rows: int,
        *,
        size: int = 3,
        n_kernels: int = 1,
        dot_scale: float = 1.0,
        dtype: torch.dtype = torch.float32,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if n_rows < 1 or n_kernels < 1:
            raise ParameterError(
                f"n_rows = {n_rows}, n_kernels = {n_kernels}: expected at least 1 of each"
            )
        if not 0 < size < _MOST or size % 2 == 0:
            raise ParameterError(f"kernel_size = {size}: expected an odd number below {_MOST}")
        self.size, self.dot_scale = size, dot_scale
        self.weight = nn.Parameter(torch.empty(n_kernels, n_rows, size * size, dtype=dtype))
        nn.init.trunc_normal_(self.weight, std=0.1, a=-0.2, b=0.2, generator=generator)

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        n_kernels, n_rows, _ = self.weight.shape
        return f"{n_rows}, size={self.size}, n_kernels={n_kernels}, dot_scale={self.dot_scale}"

    def forward(self, row_means: Tensor) -> Tensor:
        r"""Return the kernels :math:`G`.

        Parameters
        ----------
        row_means : Tensor, shape (n_rows,)
            :math:`\mu`.

        Returns
        -------
        Tensor, shape (n_kernels, size, size)

        Raises
        ------
        ShapeError
            If there is not one mean per row.
        """
        n_kernels, n_rows, _ = self.weight.shape
        if row_means.shape != (n_rows,):
            raise ShapeError(
                f"ratings: expected {n_rows} rows, one per kernel of the model, "
                f"got {row_means.shape[0]}; hand in `kernels` of the trained matrix for others"
            )
        mixed = self.dot_scale * torch.einsum("r,krc->kc", row_means, self.weight)
        return mixed.view(n_kernels, self.size, self.size)


def convolve(x: Tensor, kernels: Tensor) -> Tensor:
    r"""Return the mean of the rectified convolutions of a matrix.

    .. math:: \hat{X}_{ij} = \frac{1}{m} \sum_{k=1}^{m} \mathrm{ReLU}\Bigl(
              \sum_{a,b=-p}^{p} G^{(k)}_{ab} X_{i+a, j+b} \Bigr)

    Parameters
    ----------
    x : Tensor, shape (n_rows, n_columns)
        Zeros stand around it.
    kernels : Tensor, shape (n_kernels, size, size)
        :math:`G^{(k)}`, `size` odd.

    Returns
    -------
    Tensor, shape (n_rows, n_columns)

    Notes
    -----
    One kernel is the paper's model. Several are rectified before they are averaged: the mean of
    convolutions alone would be one convolution again.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.global_kernel import convolve
    >>> convolve(torch.eye(2), torch.ones(1, 3, 3))
    tensor([[2., 2.],
            [2., 2.]])
    """
    padding = kernels.shape[-1] // 2
    maps = functional.conv2d(x[None, None], kernels.unsqueeze(1), padding=padding)
    return torch.relu(maps[0]).mean(0)
