"""Recommendations from the nearest items, or from the nearest users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from glowrec.arguments import flag, real_number, whole_number
from glowrec.errors import DataError, ParameterError
from glowrec.neighbors import check_neighbors, nearest_items, nearest_users, values_of
from glowrec.ranking import TopK
from glowrec.recommenders.baseline import Baseline
from glowrec.recommenders.recommender import checked_k
from glowrec.recommenders.scores import ScoreRecommender
from glowrec.recommenders.sparse_products import SparseProducts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from glowrec.interactions import Interactions
    from glowrec.neighbors import NeighborSimilarity
    from glowrec.recommenders.arrays import Form
    from glowrec.recommenders.recommendations import Recommendations

Aggregate: TypeAlias = Literal["deviation", "mean", "sum"]
"""How the similarities of neighbours become a score."""


class _Neighborhood(Baseline, ScoreRecommender):
    """Lists of neighbours, and scores that are sparse products with them."""

    _products: SparseProducts

    def __init__(
        self, n_neighbors: int, similarity: NeighborSimilarity, shrinkage: float, *, weighted: bool
    ) -> None:
        check_neighbors(n_neighbors, similarity, shrinkage)
        self.n_neighbors, self.similarity = whole_number("n_neighbors", n_neighbors), similarity
        self.shrinkage = real_number("shrinkage", shrinkage)
        self.weighted = flag("weighted", weighted)

    def score(self, users: NDArray[np.int64], /) -> NDArray[np.float32]:
        """Return the scores of all items for users by code, shape (n, n_items)."""
        self.train_  # noqa: B018 - raises before it was fitted
        return self._products.scores(users)

    def _best(self, users: NDArray[np.int64], k: int, exclude: Interactions | None) -> TopK:
        return self._products.top_k(users, k, exclude)

    def _learn(self, train: Interactions) -> dict[str, NDArray[Any]]:
        nearest = nearest_items if isinstance(self, ItemKNN) else nearest_users
        found = nearest(
            train,
            self.n_neighbors,
            similarity=self.similarity,
            shrinkage=self.shrinkage,
            weighted=self.weighted,
        )
        starts, columns = (part.astype(np.int64) for part in (found.indptr, found.indices))
        return {"starts": starts, "neighbors": columns, "similarities": found.data}

    def _forms(self, train: Interactions) -> dict[str, Form]:
        n = train.n_items if isinstance(self, ItemKNN) else train.n_users
        return {
            "starts": (np.int64, (n + 1,)),
            "neighbors": (np.int64, (None,)),
            "similarities": (np.float32, (None,)),
        }

    def _history(self) -> csr_array[np.float64, tuple[int, int]]:
        """Return what users touched: values if they count, else ones."""
        return values_of(self.train_) if self.weighted else self.train_.graph.to_scipy()

    def _lists(self) -> csr_array[np.float32, tuple[int, int]]:
        from scipy.sparse import csr_array  # noqa: PLC0415 - too slow for `import glowrec`

        starts = self._array("starts")
        arrays = self._array("similarities"), self._array("neighbors"), starts
        try:
            lists = csr_array(arrays, shape=(len(starts) - 1,) * 2)
            lists.check_format(full_check=True)  # SciPy's kernels trust what they are given
        except ValueError as error:
            raise DataError(f"lists of neighbours: {error}") from None
        return lists


class ItemKNN(_Neighborhood):
    r"""Recommend what is like the items that a user has.

    With the neighbours :math:`N(i)` of item i, their similarities :math:`s_{ij}`, and what users
    have, :math:`r_{uj}` (0 of what they have not), whose mean over all users is :math:`\mu_j`:

    ========= ==========================================================================
    deviation :math:`\mu_i + \sum_{j \in N(i)} s_{ij} (r_{uj} - \mu_j) / \sum_{j \in N(i)} s_{ij}`
    mean      :math:`\sum_{j \in N(i)} s_{ij} r_{uj} / \sum_{j \in N(i)} s_{ij}`
    sum       :math:`\sum_{j \in N(i)} s_{ij} r_{uj}`
    ========= ==========================================================================

    Parameters
    ----------
    n_neighbors : int, default 100
        Neighbours of an item, at least 0.
    similarity : {"cosine", "pearson", "jaccard"}, default "cosine"
        See :mod:`glowrec.neighbors` for the formulas.
    shrinkage : float, default 0.0
        Makes similarities that rest on few users smaller; at least 0.
    aggregate : {"deviation", "mean", "sum"}, default "deviation"
        The score. Published tables of "ItemKNN" differ in it more than in the similarity.
    weighted : bool, default False
        Whether the values of `train` count, in similarities and in scores, or every pair as 1.

    Raises
    ------
    ParameterError
        If a setting is out of range; when fitting, if values should count and there are none.

    References
    ----------
    Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001.
    Deshpande and Karypis, "Item-based top-N recommendation algorithms", TOIS 22(1), 2004.

    Examples
    --------
    >>> import glowrec as gr
    >>> data = gr.datasets.synthetic(200, 300, n_groups=4, mean_degree=30)
    >>> model = gr.ItemKNN(n_neighbors=20, shrinkage=10).fit(data.train)
    >>> model.recommend([3, 14], k=5).items.shape
    (2, 5)
    """

    def __init__(
        self,
        n_neighbors: int = 100,
        *,
        similarity: NeighborSimilarity = "cosine",
        shrinkage: float = 0.0,
        aggregate: Aggregate = "deviation",
        weighted: bool = False,
    ) -> None:
        super().__init__(n_neighbors, similarity, shrinkage, weighted=weighted)
        if aggregate not in get_args(Aggregate):
            raise ParameterError(
                f"aggregate = {aggregate!r}: choose from {', '.join(get_args(Aggregate))}"
            )
        self.aggregate = aggregate

    def _prepare(self) -> None:
        history, lists = self._history(), self._lists()
        bias = None
        if self.aggregate != "sum":
            totals = np.asarray(lists.sum(axis=1, dtype=np.float64))
            lists.data = lists.data / np.repeat(totals, np.diff(lists.indptr))
        if self.aggregate == "deviation":
            means = np.asarray(history.sum(axis=0)) / max(history.shape[0], 1)
            bias = means - lists @ means
        self._products = SparseProducts(history, lists.T.tocsr(), bias)

    def similar_items(self, items: ArrayLike, k: int = 20) -> Recommendations:
        """Return the `k` items most like each item, by the similarity of the model.

        Parameters
        ----------
        items : array_like of str or int, shape (n,)
            Item ids.
        k : int, default 20
            Items per item, at least 0; more than ``n_neighbors`` are not known.

        Returns
        -------
        Recommendations
            Scores are similarities, all above 0.

        Raises
        ------
        IdError
            If an item is unknown; the message names the first.
        ParameterError
            If `k` is negative.
        NotFittedError
            Before :meth:`fit`.

        Examples
        --------
        >>> import glowrec as gr
        >>> log = gr.Interactions.from_arrays([0, 0, 1, 1], ["tea", "jam", "tea", "rye"])
        >>> gr.ItemKNN().fit(log).similar_items(["jam"], k=2).items.tolist()
        [['tea', '']]
        """
        train = self.train_
        codes = train.encode_items(np.atleast_1d(np.asarray(items)))
        shape = (len(codes), checked_k(k))
        best = TopK(np.full(shape, -1), np.full(shape, -np.inf, dtype=np.float32))
        starts = self._array("starts")
        for row, code in enumerate(codes.tolist()):
            known = slice(starts[code], min(starts[code + 1], starts[code] + shape[1]))
            n = known.stop - known.start
            best.items[row, :n] = self._array("neighbors")[known]
            best.scores[row, :n] = self._array("similarities")[known]
        return self._named(train.decode_items(codes), best)


class UserKNN(_Neighborhood):
    r"""Recommend what similar users have.

    .. math:: \hat{y}_{ui} = \sum_{v \in N(u)} s_{uv} r_{vi}

    With the neighbours :math:`N(u)` of user u, their similarities and what they have.

    Parameters
    ----------
    n_neighbors : int, default 100
        Neighbours of a user, at least 0.
    similarity, shrinkage, weighted
        As of :class:`glowrec.ItemKNN`, between users.

    Raises
    ------
    ParameterError
        If a setting is out of range; when fitting, if values should count and there are none.

    References
    ----------
    Resnick et al., "GroupLens: an open architecture for collaborative filtering of netnews",
    CSCW 1994.

    Examples
    --------
    >>> import glowrec as gr
    >>> log = gr.Interactions.from_arrays([0, 0, 1, 1, 2], ["tea", "jam", "tea", "rye", "fig"])
    >>> gr.UserKNN().fit(log).recommend([0], k=1).items.tolist()
    [['rye']]
    """

    def __init__(
        self,
        n_neighbors: int = 100,
        *,
        similarity: NeighborSimilarity = "cosine",
        shrinkage: float = 0.0,
        weighted: bool = False,
    ) -> None:
        super().__init__(n_neighbors, similarity, shrinkage, weighted=weighted)

    def _prepare(self) -> None:
        self._products = SparseProducts(self._lists(), self._history())
