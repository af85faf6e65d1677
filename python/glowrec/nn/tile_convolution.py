"""The convolution of some rows of a matrix, and its gradient by the kernels: two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from glowrec.nn.global_kernel import convolve

if TYPE_CHECKING:
    from torch import Tensor


class ByTorch:
    """The convolution by torch's ``conv2d``, for any device.

    Parameters
    ----------
    cells : Tensor, shape (n_cells_rows, n_columns)
        The rows and, as far as they exist, those within reach of the kernels.
    above : int
        How many of them lie above the rows.
    n_rows : int
    kernels : Tensor, shape (n_kernels, size, size)
    """

    def __init__(self, cells: Tensor, above: int, n_rows: int, kernels: Tensor) -> None:
        with torch.enable_grad():
            self._kernels = kernels.detach().requires_grad_()
            self._rows = convolve(cells, self._kernels)[above : above + n_rows]

    @property
    def rows(self) -> Tensor:
        """The rows of :func:`glowrec.nn.global_kernel.convolve`, shape (n_rows, n_columns)."""
        return self._rows.detach()

    def by_kernels(self, slope: Tensor) -> Tensor:
        """Return the gradient by the kernels, from that by :attr:`rows`."""
        return torch.autograd.grad(self._rows, self._kernels, slope)[0]


class ByShifts:
    """The same on the CPU, where ``conv2d`` of one channel is slow: sums of shifted cells.

    Cells lie row after row between margins of zeros, so that a step of the kernel is a step in
    memory: each of its weights costs one pass over contiguous numbers, forth and back.

    Parameters
    ----------
    cells, above, n_rows, kernels
        As in :class:`ByTorch`.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.tile_convolution import ByShifts
    >>> ByShifts(torch.eye(3), 1, 2, torch.ones(1, 3, 3)).rows
    tensor([[2., 3., 2.],
            [1., 2., 2.]])
    """

    def __init__(self, cells: Tensor, above: int, n_rows: int, kernels: Tensor) -> None:
        self._size = kernels.shape[-1]
        margin = self._size // 2
        self._n_columns = cells.shape[1]
        self._width = self._n_columns + 2 * margin
        self._padded = cells.new_zeros((n_rows + 2 * margin) * self._width + 2 * margin)
        inside = self._padded[: (n_rows + 2 * margin) * self._width].view(-1, self._width)
        first = margin - above
        inside[first : first + len(cells), margin : margin + self._n_columns] = cells
        self._maps = [self._map(kernel, n_rows) for kernel in kernels.detach()]

    @property
    def rows(self) -> Tensor:
        """The rows of :func:`glowrec.nn.global_kernel.convolve`, shape (n_rows, n_columns)."""
        first, *rest = self._maps
        mean = torch.stack(self._maps).mean(0) if rest else first
        return mean.view(-1, self._width)[:, : self._n_columns]

    def by_kernels(self, slope: Tensor) -> Tensor:
        """Return the gradient by the kernels, from that by :attr:`rows`."""
        wide = slope.new_zeros((len(slope), self._width))
        torch.div(slope, len(self._maps), out=wide[:, : self._n_columns])
        found = []
        for map_ in self._maps:
            steep = wide.view(-1) * map_.gt(0)
            found.append([torch.dot(steep, cells) for cells in self._shifts(len(slope))])
        return torch.tensor(found, dtype=slope.dtype).view(-1, self._size, self._size)

    def _map(self, kernel: Tensor, n_rows: int) -> Tensor:
        total = self._padded.new_zeros(n_rows * self._width)
        for cells, weight in zip(self._shifts(n_rows), kernel.flatten().tolist(), strict=True):
            total.add_(cells, alpha=weight)
        return total.relu_()

    def _shifts(self, n_rows: int) -> list[Tensor]:
        """Return the cells as each weight of a kernel meets them, in the kernel's order."""
        steps = range(self._size)
        starts = [down * self._width + right for down in steps for right in steps]
        return [self._padded[start : start + n_rows * self._width] for start in starts]
