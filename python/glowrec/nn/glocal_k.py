"""GLocal-K: an auto-encoder of rating rows with local and global kernels."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import torch
from torch import Tensor, nn

from glowrec.errors import IdError, ParameterError, ShapeError
from glowrec.nn.global_kernel import GlobalKernel
from glowrec.nn.glocal_products import products_of
from glowrec.nn.kernel_layer import KernelLayer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from glowrec.nn.glocal_products import Backend, Products
    from glowrec.nn.kernel_layer import Kernel
    from glowrec.nn.rating_matrix import RatingMatrix

Stage: TypeAlias = Literal["local", "global"]

_ROWS_AT_ONCE = 2048
_CELLS_AT_ONCE = 1 << 16


class GLocalK(nn.Module):
    r"""The auto-encoder of Han et al., CIKM 2021, whose cost follows the number of ratings.

    A row of the rating matrix :math:`X` (an item, in the paper's orientation) is encoded and
    decoded by kernelised layers, :math:`AE(x) = f(\ldots f(x K_1 + b_1) \ldots) K_L + b_L` with
    sigmoids between. Stage "local" fits :math:`AE(X)`; stage "global" fits :math:`AE(\hat{X})`
    with the same weights, where :math:`\hat{X}` is :math:`X` convolved with a kernel that the
    row means of :math:`AE(X)` mix (:class:`glowrec.nn.GlobalKernel`).

    Parameters
    ----------
    n_rows, n_columns : int
        Shape of the rating matrix; the auto-encoder reads ``n_columns`` numbers per row. The
        convolution depends on the order of both.
    hidden : int, default 500
        Width of a hidden layer.
    n_hidden : int, default 2
        Hidden layers; the reference code has two, the paper writes one.
    kernel_dim, kernel, kernel_width
        As in :class:`glowrec.nn.KernelLayer`; ``kernel=None`` is a plain auto-encoder.
    kernel_size, n_kernels, dot_scale
        ``size``, ``n_kernels`` and ``dot_scale`` of :class:`glowrec.nn.GlobalKernel`.
    l2, sparsity : float, default 20.0 and 0.006
        :math:`\lambda_2` and :math:`\lambda_s`; see :meth:`glowrec.nn.KernelLayer.shaped`.
    dtype : torch.dtype, default torch.float32
    generator : torch.Generator, optional
        Source of the initial values.
    backend : {"auto", "sparse", "tiled", "dense"}
        How products with the rating matrix are made: by the compiled sparse kernels (CPU only),
        by dense tiles of rows, or by full matrices, which is the definition. "auto" takes the
        sparse kernels on the CPU, unless the convolved matrix is so full that tiles win, and
        tiles elsewhere.

    Raises
    ------
    ParameterError
        If an option is unknown or out of range.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import GLocalK, RatingMatrix
    >>> ratings = RatingMatrix([0, 1, 2], [1, 0, 1], [4.0, 3.0, 5.0], (3, 2))
    >>> model = GLocalK(3, 2, hidden=4, generator=torch.Generator().manual_seed(0))
    >>> model.global_loss(ratings).backward()
    >>> model.predict(ratings, [0, 2], [0, 1]).shape
    torch.Size([2])
    """

    def __init__(
        self,
        n_rows: int,
        n_columns: int,
        *,
        hidden: int = 500,
        n_hidden: int = 2,
        kernel_dim: int = 5,
        kernel: Kernel | None = "finite",
        kernel_width: float = 1.0,
        kernel_size: int = 3,
        n_kernels: int = 1,
        dot_scale: float = 1.0,
        l2: float = 20.0,
        sparsity: float = 0.006,
        dtype: torch.dtype = torch.float32,
        generator: torch.Generator | None = None,
        backend: Backend = "auto",
    ) -> None:
        super().__init__()
        if n_hidden < 1:
            raise ParameterError(f"n_hidden = {n_hidden}: expected at least one hidden layer")
        if not (l2 >= 0 and sparsity >= 0):
            raise ParameterError(f"l2 = {l2}, sparsity = {sparsity}: expected no negative number")
        if backend not in ("auto", "sparse", "tiled", "dense"):
            raise ParameterError(
                f"backend = {backend!r}: expected 'auto', 'sparse', 'tiled' or 'dense'"
            )
        self.n_rows, self.n_columns = n_rows, n_columns
        self.l2, self.sparsity, self.backend = l2, sparsity, backend
        widths = [n_columns, *[hidden] * n_hidden, n_columns]
        self.layers = nn.ModuleList(
            KernelLayer(
                n_in,
                n_out,
                kernel_dim=kernel_dim,
                kernel=kernel,
                kernel_width=kernel_width,
                dtype=dtype,
                generator=generator,
            )
            for n_in, n_out in itertools.pairwise(widths)
        )
        self.global_kernel = GlobalKernel(
            n_rows,
            size=kernel_size,
            n_kernels=n_kernels,
            dot_scale=dot_scale,
            dtype=dtype,
            generator=generator,
        )

    def extra_repr(self) -> str:
        """Return what stands in the module's representation."""
        return f"{self.n_rows}, {self.n_columns}, l2={self.l2}, sparsity={self.sparsity}"

    @property
    def readout_dim(self) -> int:
        """Length of the vectors that predictions are products of: a bias, and a hidden layer."""
        return cast("KernelLayer", self.layers[-1]).weight.shape[0] + 1

    def local_parameters(self) -> Iterator[nn.Parameter]:
        """Return the parameters that stage "local" trains: all but the global kernel's.

        Returns
        -------
        iterator of nn.Parameter

        Examples
        --------
        >>> from glowrec.nn import GLocalK
        >>> len(list(GLocalK(1, 2, hidden=3).local_parameters()))
        12
        """
        return self.layers.parameters()

    def local_loss(self, ratings: RatingMatrix) -> Tensor:
        r"""Return the objective of the first stage.

        .. math:: \frac{1}{2} \sum_{(i,j) \in \Omega} (X_{ij} - AE(X)_{ij})^2 + \sum_l \Bigl(
                  \frac{\lambda_2}{2} \|W_l\|^2 + \frac{\lambda_s}{2} \|K_l\|^2 \Bigr)

        Parameters
        ----------
        ratings : RatingMatrix, shape (any, n_columns)
            Rows do not depend on each other here: any selection of rows will do.

        Returns
        -------
        Tensor, scalar

        Raises
        ------
        ShapeError
            If the ratings have another number of columns.

        Examples
        --------
        >>> from glowrec.nn import GLocalK, RatingMatrix
        >>> ratings = RatingMatrix([0], [1], [4.0], (1, 2))
        >>> GLocalK(1, 2, hidden=3).local_loss(ratings).shape
        torch.Size([])
        """
        products = self._products(ratings)
        shaped, penalty = self._shaped()
        hidden = self._encode(products.first(shaped[0], self._bias(0)), shaped)
        return products.squared_error(hidden, shaped[-1], self._bias(-1)) + penalty

    def global_loss(self, ratings: RatingMatrix, kernels: Tensor | None = None) -> Tensor:
        r"""Return the objective of the second stage.

        It is that of the first with :math:`AE(\hat{X})` in place of :math:`AE(X)`; the row
        means inside :math:`\hat{X}` carry gradient, too.

        Parameters
        ----------
        ratings : RatingMatrix, shape (n_rows, n_columns)
        kernels : Tensor, shape (n_kernels, size, size), optional
            The convolution's kernels, by default :meth:`kernels` of `ratings`.

        Returns
        -------
        Tensor, scalar

        Raises
        ------
        ShapeError
            If the ratings have another shape.

        Examples
        --------
        >>> from glowrec.nn import GLocalK, RatingMatrix
        >>> ratings = RatingMatrix([0], [1], [4.0], (1, 2))
        >>> GLocalK(1, 2, hidden=3).global_loss(ratings).shape
        torch.Size([])
        """
        products = self._products(ratings)
        shaped, penalty = self._shaped()
        if kernels is None:
            kernels = self._kernels(products, shaped)
        first = products.first_convolved(kernels, shaped[0], self._bias(0))
        hidden = self._encode(first, shaped)
        return products.squared_error(hidden, shaped[-1], self._bias(-1)) + penalty

    def kernels(self, ratings: RatingMatrix) -> Tensor:
        """Return the convolution's kernels, mixed by the row means of the completed matrix.

        Parameters
        ----------
        ratings : RatingMatrix, shape (n_rows, n_columns)

        Returns
        -------
        Tensor, shape (n_kernels, size, size)

        Raises
        ------
        ShapeError
            If the ratings have another shape.

        Examples
        --------
        >>> from glowrec.nn import GLocalK, RatingMatrix
        >>> ratings = RatingMatrix([0], [1], [4.0], (1, 2))
        >>> GLocalK(1, 2, hidden=3).kernels(ratings).shape
        torch.Size([1, 3, 3])
        """
        return self._kernels(self._products(ratings), self._shaped()[0])

    @torch.no_grad()
    def predict(
        self,
        ratings: RatingMatrix,
        rows: ArrayLike,
        columns: ArrayLike,
        *,
        stage: Stage = "global",
        kernels: Tensor | None = None,
    ) -> Tensor:
        """Return predictions at some places, neither rounded nor clipped.

        No more than the rows asked for go through the network, a few thousand at a time.

        Parameters
        ----------
        ratings : RatingMatrix
            What is known: the matrix of training, or, with stage "local" or with `kernels`, one
            with other rows (new items, in the item-based orientation).
        rows, columns : array_like of int, shape (n,)
        stage : {"global", "local"}
        kernels : Tensor, shape (n_kernels, size, size), optional
            :meth:`kernels` of the matrix of training, which they are by default taken from.

        Returns
        -------
        Tensor, shape (n,)

        Raises
        ------
        ParameterError
            If the stage is unknown.
        IdError
            If a place lies outside the ratings.
        ShapeError
            If the ratings have another shape, or `rows` and `columns` differ in length.

        Examples
        --------
        >>> from glowrec.nn import GLocalK, RatingMatrix
        >>> model = GLocalK(1, 2, hidden=3)
        >>> new = RatingMatrix([0, 2], [1, 0], [4.0, 5.0], (3, 2))
        >>> model.predict(new, [2, 2], [0, 1], stage="local").shape
        torch.Size([2])
        """
        if stage not in ("global", "local"):
            raise ParameterError(f"stage = {stage!r}: expected 'local' or 'global'")
        device = self._bias(0).device
        row_of, column_of = (torch.as_tensor(places, device=device) for places in (rows, columns))
        if row_of.shape != column_of.shape or row_of.ndim != 1:
            raise ShapeError(
                f"rows and columns: expected one dimension of equal length, got shapes "
                f"{tuple(row_of.shape)} and {tuple(column_of.shape)}"
            )
        for name, ids, bound in zip(
            ("rows", "columns"), (row_of, column_of), ratings.shape, strict=True
        ):
            outside = torch.nonzero((ids < 0) | (ids >= bound))
            if len(outside):
                position = int(outside[0])
                raise IdError(f"{name}[{position}] = {int(ids[position])} is not in 0..{bound}")
        shaped, _ = self._shaped()
        if stage == "global" and kernels is None:
            kernels = self._kernels(self._products(ratings), shaped)
        out = self._bias(-1).new_empty(len(row_of))
        distinct, place_of = torch.unique(row_of, return_inverse=True)
        order = torch.argsort(place_of, stable=True)
        edges = torch.arange(0, len(distinct) + _ROWS_AT_ONCE, _ROWS_AT_ONCE, device=device)
        bounds = torch.searchsorted(place_of[order], edges)
        decoder = shaped[-1].t().contiguous()
        for chunk, some in enumerate(torch.split(distinct, _ROWS_AT_ONCE)):
            hidden = self._hidden(ratings, some, None if stage == "local" else kernels, shaped)
            for at in torch.split(order[bounds[chunk] : bounds[chunk + 1]], _CELLS_AT_ONCE):
                local = place_of[at] - chunk * _ROWS_AT_ONCE
                column = column_of[at]
                out[at] = (hidden[local] * decoder[column]).sum(1) + self._bias(-1)[column]
        return out

    def _hidden(
        self,
        ratings: RatingMatrix,
        rows: Tensor,
        kernels: Tensor | None,
        shaped: list[Tensor],
    ) -> Tensor:
        """Return the last hidden layer of some rows, convolved if there are kernels."""
        if kernels is None:
            part = self._products(ratings.select(rows.cpu().numpy()))
            first = part.every(part.first(shaped[0], self._bias(0)))
        else:
            products = self._products(ratings)
            first = products.first_convolved(kernels, shaped[0], self._bias(0), rows)
        return self._encode(first, shaped)

    def _products(self, ratings: RatingMatrix) -> Products:
        if ratings.shape[1] != self.n_columns:
            raise ShapeError(
                f"ratings: expected {self.n_columns} columns, got shape {ratings.shape}"
            )
        bias = self._bias(0)
        return products_of(ratings, bias.dtype, bias.device, self.backend)

    def _kernels(self, products: Products, shaped: list[Tensor]) -> Tensor:
        hidden = self._encode(products.first(shaped[0], self._bias(0)), shaped)
        means = products.row_means(hidden, shaped[-1], self._bias(-1))
        return cast("Tensor", self.global_kernel(means))

    def _encode(self, first: Tensor, shaped: list[Tensor]) -> Tensor:
        """Return the last hidden layer from the first one before its activation."""
        hidden = torch.sigmoid(first)
        for index, weights in enumerate(shaped[1:-1], start=1):
            hidden = torch.sigmoid(torch.addmm(self._bias(index), hidden, weights))
        return hidden

    def _shaped(self) -> tuple[list[Tensor], Tensor]:
        """Return the weights of all layers and the sum of their penalties."""
        fused = self.backend != "dense"
        layers = (cast("KernelLayer", layer) for layer in self.layers)
        pairs = (layer.shaped(self.l2, self.sparsity, fused=fused) for layer in layers)
        weights, penalties = zip(*pairs, strict=True)
        return list(weights), torch.stack(penalties).sum()

    def _bias(self, index: int) -> Tensor:
        return cast("KernelLayer", self.layers[index]).bias
