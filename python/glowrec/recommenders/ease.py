"""EASE: the linear autoencoder with a closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glowrec.arguments import real_number
from glowrec.errors import DataError, ParameterError
from glowrec.memory import check_memory
from glowrec.recommenders.baseline import Baseline
from glowrec.recommenders.scores import ScoreRecommender
from glowrec.spd_inverse import BLOCK, invert_in_place

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from glowrec.graph import Floats
    from glowrec.interactions import Interactions
    from glowrec.recommenders.arrays import Form


class EASE(Baseline, ScoreRecommender):
    r"""Embarrassingly shallow autoencoder: score items by the best linear map of a user's items.

    .. math:: \hat{y}_{ui} = \sum_j x_{uj} B_{ji}, \quad
        B_{ij} = -P_{ij} / P_{jj} \;(i \ne j), \; B_{jj} = 0, \quad
        P = (X^T X + \lambda I)^{-1}

    Equations 7 and 8 of the paper; X is 0/1.

    Parameters
    ----------
    l2 : float, default 80.0
        :math:`\lambda`, above 0.
    dtype : {"float32", "float64"}, default "float32"
        What is computed in.

    Raises
    ------
    ParameterError
        If a setting is out of range.
    DataError
        When fitting: if the table of items by items does not fit the memory (the message states
        how much it takes), or `l2` is too small for the precision.

    Notes
    -----
    One table of items by items is held: the blocked Cholesky method inverts it in its place, with
    ``n_items**3`` operations.

    References
    ----------
    Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> gr.EASE(l2=20).fit(data.train).recommend([3, 14], k=5).items.shape
    (2, 5)
    """

    def __init__(
        self, l2: float = 80.0, *, dtype: Literal["float32", "float64"] = "float32"
    ) -> None:
        self.l2 = real_number("l2", l2)
        if not (math.isfinite(self.l2) and self.l2 > 0):
            raise ParameterError(f"l2 = {l2}: expected a finite number above 0")
        if dtype not in {"float32", "float64"}:
            raise ParameterError(f"dtype = {dtype!r}: choose from float32, float64")
        self.dtype = dtype
        # Weights are of the order of 1 / l2**2: beyond this they are no normal numbers, or 0.
        most = 1 / math.sqrt(np.finfo(dtype).tiny)
        if self.l2 > most:
            raise ParameterError(
                f"l2 = {l2}: too large for {dtype}, all weights would vanish; take at most "
                f"{most:.0e}"
            )

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        n, kind = train.n_items, np.dtype(self.dtype)
        remedy = "leave out rare items" + ("" if kind.itemsize == 4 else ", or use float32")  # noqa: PLR2004 - bytes
        check_memory(f"EASE of {n:,} items", n * n * kind.itemsize, remedy)
        weights = _gram(train.graph.to_scipy().astype(kind))
        weights[np.diag_indices(n)] += kind.type(self.l2)
        if not invert_in_place(weights):
            raise DataError(
                f"l2 = {self.l2}: the Gram matrix is not positive definite in {kind}; raise l2"
                + ("" if kind == np.float64 else ', or compute with dtype="float64"')
            )
        diagonal = weights.diagonal().copy()
        for start in range(0, n, BLOCK):
            weights[start : start + BLOCK] /= -diagonal
        np.fill_diagonal(weights, 0)
        return {"weights": weights}

    def _forms(self, train: Interactions) -> dict[str, Form]:
        return {"weights": (np.dtype(self.dtype).type, (train.n_items, train.n_items))}

    def _prepare(self) -> None:
        self._links: Any = self.train_.graph.to_scipy().astype(self.dtype)

    def score(self, users: NDArray[np.int64], /) -> Floats:
        """Return the scores of all items for users by code, shape (n, n_items)."""
        weights = self._array("weights")
        scores: Floats = self._links[users] @ weights
        return scores


def _gram(links: csr_array[Any, tuple[int, int]]) -> NDArray[Any]:
    """Return the dense product of a sparse table's transpose and itself."""
    n = links.shape[1]
    by_item: Any = links.T.tocsr()
    table = np.empty((n, n), dtype=links.dtype)
    for start in range(0, n, BLOCK):
        table[start : start + BLOCK] = (by_item[start : start + BLOCK] @ links).toarray()
    return table
