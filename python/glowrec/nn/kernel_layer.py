"""A fully connected layer whose weights are shaped by a kernel over learned vectors."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from glowrec.errors import ParameterError
from glowrec.nn.shaped_weights import shaped_weights

Kernel: TypeAlias = Literal["finite", "gaussian"]


class KernelLayer(nn.Module):
    r"""The map :math:`x \mapsto x (W \circ K) + b`, with one vector per input and per output.

    .. math:: K_{ij} = \max(0, 1 - \|u_i - v_j\|^2)
              \quad\text{or}\quad K_{ij} = e^{-\|u_i - v_j\|^2 / 2 \sigma^2}

    Parameters
    ----------
    n_in, n_out : int
    kernel_dim : int, default 5
        Length of the vectors :math:`u_i` and :math:`v_j`.
    kernel : {"finite", "gaussian", None}, default "finite"
        ``None`` is a plain layer without vectors.
    kernel_width : float, default 1.0
        :math:`\sigma` of the Gaussian kernel; the other one has none.
    dtype : torch.dtype, default torch.float32
    generator : torch.Generator, optional
        Source of the initial values.

    Raises
    ------
    ParameterError
        If a size or the width is not positive, or the kernel unknown.

    Notes
    -----
    Han et al., CIKM 2021, equation 1 and section 3.1, with the initial values of the reference
    code: :math:`W` and :math:`b` Glorot-uniform (a vector of length n counts as n inputs and n
    outputs), :math:`u` and :math:`v` normal with deviation 0.001, cut at two of these.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import KernelLayer
    >>> KernelLayer(3, 2)(torch.ones(4, 3)).shape
    torch.Size([4, 2])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        kernel_dim: int = 5,
        kernel: Kernel | None = "finite",
        kernel_width: float = 1.0,
        dtype: torch.dtype = torch.float32,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        for name, size in (("n_in", n_in), ("n_out", n_out), ("kernel_dim", kernel_dim)):
            if size < 1:
                raise ParameterError(f"{name} = {size}: expected at least 1")
        if kernel not in ("finite", "gaussian", None):
            raise ParameterError(f"kernel = {kernel!r}: expected 'finite', 'gaussian' or None")
        if not 0 < kernel_width < math.inf:
            raise ParameterError(f"kernel_width = {kernel_width}: expected a positive number")
        self.kernel_name, self.kernel_width = kernel, kernel_width
        self.weight = nn.Parameter(torch.empty(n_in, n_out, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(n_out, dtype=dtype))
        nn.init.xavier_uniform_(self.weight, generator=generator)
        limit = math.sqrt(3 / n_out)
        nn.init.uniform_(self.bias, -limit, limit, generator=generator)
        self.u: Tensor | None = None
        self.v: Tensor | None = None
        if kernel is not None:
            self.u = nn.Parameter(torch.empty(n_in, kernel_dim, dtype=dtype))
            self.v = nn.Parameter(torch.empty(n_out, kernel_dim, dtype=dtype))
            for vectors in (self.u, self.v):
                nn.init.trunc_normal_(vectors, std=1e-3, a=-2e-3, b=2e-3, generator=generator)

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        n_in, n_out = self.weight.shape
        return f"{n_in}, {n_out}, kernel={self.kernel_name!r}"

    def kernel(self) -> Tensor | None:
        """Return :math:`K`, shape (n_in, n_out); None for a plain layer."""
        if self.u is None or self.v is None:
            return None
        # Differences, not norms and products: the vectors are close to each other.
        distance = (self.u.unsqueeze(1) - self.v.unsqueeze(0)).square().sum(2)
        if self.kernel_name == "gaussian":
            return torch.exp(distance * (-0.5 / self.kernel_width**2))
        return torch.relu(1 - distance)

    def shaped(self, l2: float, sparsity: float, *, fused: bool = True) -> tuple[Tensor, Tensor]:
        r"""Return the weights that act on an input, and the layer's penalty.

        .. math:: W \circ K, \qquad
                  \frac{\lambda_2}{2} \|W\|^2 + \frac{\lambda_s}{2} \|K\|^2

        Parameters
        ----------
        l2, sparsity : float
            :math:`\lambda_2` and :math:`\lambda_s`.
        fused : bool, default True
            Whether the compiled kernel may make both, on the CPU; torch's operations otherwise.

        Returns
        -------
        weights : Tensor, shape (n_in, n_out)
        penalty : Tensor, scalar

        Examples
        --------
        >>> from glowrec.nn import KernelLayer
        >>> weights, penalty = KernelLayer(3, 2).shaped(20.0, 0.006)
        >>> weights.shape, penalty.shape
        (torch.Size([3, 2]), torch.Size([]))
        """
        weight, u, v = self.weight, self.u, self.v
        compiled = weight.device.type == "cpu" and weight.dtype in (torch.float32, torch.float64)
        if fused and compiled and u is not None and v is not None:
            gaussian = self.kernel_name == "gaussian"
            scale = 0.5 / self.kernel_width**2 if gaussian else None
            return shaped_weights(weight, u, v, scale, l2=l2, sparsity=sparsity)
        penalty = l2 / 2 * weight.square().sum()
        kernel = self.kernel()
        if kernel is None:
            return weight, penalty
        return weight * kernel, penalty + sparsity / 2 * kernel.square().sum()

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, without an activation.

        Parameters
        ----------
        x : Tensor, shape (..., n_in)

        Returns
        -------
        Tensor, shape (..., n_out)
        """
        return x @ self.shaped(0.0, 0.0)[0] + self.bias
