"""PureSVD: the best approximation of the log by few dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowrec.arguments import bounded, flag
from glowrec.factors import single
from glowrec.neighbors import values_of
from glowrec.recommenders.baseline import dim_of
from glowrec.recommenders.singular import singular
from glowrec.recommenders.vector_baseline import VectorBaseline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.interactions import Interactions


class PureSVD(VectorBaseline):
    r"""Score by the truncated singular value decomposition of the log, zeros included.

    .. math:: R \approx U \Sigma V^T, \quad \hat{y}_{ui} = (U \Sigma)_u \cdot V_i

    Parameters
    ----------
    dim : int, default 64
        Singular vectors, from 1 to one less than there are users or items.
    seed : int, default 0
        Where the iterations start.
    weighted : bool, default False
        Whether the values of `train` count, or every pair as 1.

    Raises
    ------
    ParameterError
        If a setting is out of range; when fitting, if `dim` is more than the log has, or values
        should count and there are none.

    References
    ----------
    Cremonesi, Koren and Turrin, "Performance of recommender algorithms on top-N recommendation
    tasks", RecSys 2010, equation 8.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> gr.PureSVD(dim=16).fit(data.train).item_factors.shape
    (300, 16)
    """

    def __init__(self, dim: int = 64, *, seed: int = 0, weighted: bool = False) -> None:
        self.dim, self.seed = bounded("dim", dim, 1, 32), bounded("seed", seed, 0, 64)
        self.weighted = flag("weighted", weighted)

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        matrix = values_of(train) if self.weighted else train.graph.to_scipy()
        found = singular(matrix, dim_of(self.dim, train), self.seed)
        return {
            "user_factors": single(found.left * found.values),
            "item_factors": single(found.right),
        }
