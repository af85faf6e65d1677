r"""Beyond accuracy: how much of the catalogue is shown, how evenly, how new and how diverse.

Three measures describe the whole catalogue, from how often each item was listed
(:func:`exposure`): :func:`coverage`, :func:`gini` and :func:`entropy`. Exposures of parts of the
users add up, so evaluations of shards can be merged exactly. Three describe each list:
:func:`novelty`, :func:`popularity` and :func:`diversity`; they are NaN for a list that is too
short to have a value, so that no mean counts it silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from glowrec.errors import DataError, IdError, ParameterError, ScoreError, ShapeError
from glowrec.factors import whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["coverage", "diversity", "entropy", "exposure", "gini", "novelty", "popularity"]

_ENTRIES = 2**18  # of a block of vectors, lists by places by coordinates: 2 MiB of float64
_PAIR = 2  # items that can differ


def exposure(lists: ArrayLike, n_items: int) -> NDArray[np.int64]:
    """Count how often each item is listed.

    Parameters
    ----------
    lists : array_like of int64, shape (n_rows, k)
        Items, -1 where there is none.
    n_items : int

    Returns
    -------
    ndarray of int64, shape (n_items,)

    Raises
    ------
    ShapeError
        If `lists` is not two-dimensional.
    IdError
        If an entry is neither an item nor -1: its row and position are named.

    Examples
    --------
    >>> exposure([[0, 2], [2, -1]], n_items=4)
    array([1, 0, 2, 0])
    """
    items = _lists(lists, n_items)
    return np.bincount(items[items >= 0], minlength=n_items).astype(np.int64)


def coverage(exposure: ArrayLike) -> float:
    r"""Return the share of items that are listed at least once.

    Catalogue coverage :math:`|\bigcup_u L_u| / n` (Ge, Delgado-Battenfeld and Jannach, "Beyond
    Accuracy: Evaluating Recommender Systems by Coverage and Serendipity", RecSys 2010).

    Parameters
    ----------
    exposure : array_like of int64, shape (n_items,)
        How often each item is listed: :func:`exposure`.

    Returns
    -------
    float
        NaN if there are no items.

    Raises
    ------
    ShapeError, DataError
        If `exposure` is not a row of counts.

    Examples
    --------
    >>> coverage([1, 0, 2, 0])
    0.5
    """
    counts = _counts("exposure", exposure)
    return float(np.count_nonzero(counts) / counts.size) if counts.size else float("nan")


def gini(exposure: ArrayLike) -> float:
    r"""Return the Gini index of the exposure: 0 if it is equal, towards 1 if one item has it all.

    .. math:: G = \frac{\sum_{i=1}^{n} (2i - n - 1) \, x_{(i)}}{n \sum_i x_i}

    for exposures :math:`x_{(1)} \le \dots \le x_{(n)}`, items with none included; at most
    :math:`(n - 1) / n`. The sums are exact. Source: Gunawardana and Shani, "Evaluating Recommender
    Systems", Recommender Systems Handbook, 2015, whose formula divides by :math:`n - 1` in place
    of :math:`n`.

    Parameters
    ----------
    exposure : array_like of int64, shape (n_items,)
        How often each item is listed: :func:`exposure`.

    Returns
    -------
    float
        NaN if no item is listed.

    Raises
    ------
    ShapeError, DataError
        If `exposure` is not a row of counts.

    Examples
    --------
    >>> gini([3, 3, 3, 3]), gini([0, 0, 0, 12])
    (0.0, 0.75)
    """
    counts = np.sort(_counts("exposure", exposure))
    n, total = counts.size, sum(counts.tolist())
    if not total:
        return float("nan")
    # Python's whole numbers where 64 bits might not hold the sum.
    kind = np.int64 if n * total < 2**63 else object
    weights = np.arange(1 - n, n, 2).astype(kind)
    return float(int(weights @ counts.astype(kind)) / (n * total))


def entropy(exposure: ArrayLike, *, normalized: bool = False) -> float:
    r"""Return the Shannon entropy of the exposure in bits: :math:`-\sum_i p_i \log_2 p_i`.

    :math:`p_i` is the share of all listings that item `i` has; 0 if one item has it all,
    :math:`\log_2 n` if all have the same. Source: Gunawardana and Shani, "Evaluating Recommender
    Systems", Recommender Systems Handbook, 2015.

    Parameters
    ----------
    exposure : array_like of int64, shape (n_items,)
        How often each item is listed: :func:`exposure`.
    normalized : bool, default False
        Divide by :math:`\log_2 n`, so that 1 means equal exposure (0 for a single item).

    Returns
    -------
    float
        NaN if no item is listed.

    Raises
    ------
    ShapeError, DataError
        If `exposure` is not a row of counts.

    Examples
    --------
    >>> entropy([1, 1, 1, 1]), entropy([2, 2, 0, 0], normalized=True), entropy([4, 0])
    (2.0, 0.5, 0.0)
    """
    counts = _counts("exposure", exposure)
    listed = counts[counts > 0].astype(np.float64)
    if not listed.size:
        return float("nan")
    shares = listed / listed.sum()
    bits = float(shares @ -np.log2(shares)) + 0.0  # never -0.0
    return bits / max(1.0, float(np.log2(counts.size))) if normalized else bits


def novelty(lists: ArrayLike, item_counts: ArrayLike, n_users: int) -> NDArray[np.float64]:
    r"""Return the mean self-information of the items of each list, in bits.

    .. math:: \frac{1}{|L|} \sum_{i \in L} -\log_2 \frac{\max(c_i, 1)}{n}

    for item `i` linked to :math:`c_i` of :math:`n` users in train: 0 for one that everybody has,
    :math:`\log_2 n` for one that one user has, and the same, which is finite, for one that nobody
    has. Source: Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender
    systems", PNAS 2010, self-information.

    Parameters
    ----------
    lists : array_like of int64, shape (n_rows, k)
        Items, -1 where there is none.
    item_counts : array_like of int64, shape (n_items,)
        Train users of each item, such as ``train.graph.item_degrees``.
    n_users : int
        Users of train.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        NaN for an empty list.

    Raises
    ------
    ShapeError, IdError, DataError
        If `lists` or `item_counts` are not what they should be: the place is named.
    ParameterError
        If `n_users` is below 1 or below a count.

    Examples
    --------
    >>> novelty([[0, 1], [2, -1], [-1, -1]], [4, 2, 0], n_users=4)
    array([0.5, 2. , nan])
    """
    counts = _counts("item_counts", item_counts)
    if n_users < max(1, int(counts.max(initial=0))):
        raise ParameterError(
            f"n_users = {n_users} must be at least 1 and the largest count, "
            f"{counts.max(initial=0)}: count each user of an item once"
        )
    return _means(lists, -np.log2(np.maximum(counts, 1) / n_users))


def popularity(lists: ArrayLike, item_counts: ArrayLike) -> NDArray[np.float64]:
    r"""Return the mean number of train interactions of the items of each list.

    :math:`\frac{1}{|L|} \sum_{i \in L} c_i`: average recommendation popularity (Yin et al.,
    "Challenging the Long Tail Recommendation", VLDB 2012).

    Parameters
    ----------
    lists : array_like of int64, shape (n_rows, k)
        Items, -1 where there is none.
    item_counts : array_like of int64, shape (n_items,)
        Train interactions of each item.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        NaN for an empty list.

    Raises
    ------
    ShapeError, IdError, DataError
        If an input is not what it should be: the place is named.

    Examples
    --------
    >>> popularity([[0, 1], [2, -1], [-1, -1]], [4, 2, 0])
    array([ 3.,  0., nan])
    """
    return _means(lists, _counts("item_counts", item_counts).astype(np.float64))


def diversity(lists: ArrayLike, item_vectors: ArrayLike) -> NDArray[np.float64]:
    r"""Return the mean cosine distance of the pairs of items of each list.

    .. math:: \frac{2}{m (m - 1)} \sum_{i < j} (1 - \cos(v_i, v_j))
              = 1 - \frac{|\sum_i \hat v_i|^2 - \sum_i |\hat v_i|^2}{m (m - 1)}

    for a list of `m` items and :math:`\hat v = v / |v|`: intra-list diversity (Ziegler et al.,
    "Improving Recommendation Lists Through Topic Diversification", WWW 2005, whose intra-list
    similarity is the sum of similarities). The right side takes ``O(n_rows * k * dim)`` time
    instead of ``k * k``. A zero vector has distance 1 to everything.

    Parameters
    ----------
    lists : array_like of int64, shape (n_rows, k)
        Items, -1 where there is none.
    item_vectors : array_like of float, shape (n_items, dim)
        Whatever makes items alike: factors, genres, embeddings of text.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Between 0 and 2; NaN for a list of fewer than two items, which has no pair.

    Raises
    ------
    ShapeError, IdError
        If an input is not what it should be: the place is named.
    ScoreError
        If a vector of a listed item is not finite: the item is named.

    Examples
    --------
    >>> vectors = [[1, 0], [0, 3], [2, 0], [0, 0]]
    >>> diversity([[0, 1], [0, 2], [0, 3], [1, -1]], vectors)
    array([ 1.,  0.,  1., nan])
    """
    table = np.asarray(item_vectors)
    if table.ndim != 2 or table.dtype.kind not in "biuf":  # noqa: PLR2004 - items and coordinates
        raise ShapeError(
            f"item_vectors: expected numbers in rows, one per item, got {table.dtype} "
            f"{table.shape}"
        )
    items = _lists(lists, len(table))
    found = np.full(len(items), np.nan)
    step = max(1, _ENTRIES // max(1, items.shape[1] * table.shape[1]))
    for start in range(0, len(items), step):
        block = items[start : start + step]
        listed = block >= 0
        units = _unit_vectors(table, block[listed])
        # Each list's sum: its items follow one another in `units`.
        n = listed.sum(axis=1)
        several = np.flatnonzero(n >= _PAIR)
        some = np.flatnonzero(n)
        starts = (np.cumsum(n) - n)[some]
        sums = np.zeros((len(block), table.shape[1]))
        squares = np.zeros(len(block))
        if some.size:
            sums[some] = np.add.reduceat(units, starts, axis=0)
            squares[some] = np.add.reduceat((units**2).sum(axis=1), starts)
        pairs = n[several] * (n[several] - 1)
        alike = ((sums[several] ** 2).sum(axis=1) - squares[several]) / pairs
        found[start + several] = np.clip(1 - alike, 0, 2)
    return found


def _unit_vectors(table: NDArray[np.generic], items: NDArray[np.int64]) -> NDArray[np.float64]:
    vectors = table[items].astype(np.float64)
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    bad = np.flatnonzero(~np.isfinite(largest))
    if bad.size:
        raise ScoreError(f"item_vectors: the vector of item {items[bad[0]]} is not finite")
    vectors /= np.where(largest > 0, largest, 1)[:, None]  # squares neither overflow nor vanish
    lengths = np.sqrt((vectors**2).sum(axis=1))
    vectors /= np.where(lengths > 0, lengths, 1)[:, None]
    return vectors


def _means(lists: ArrayLike, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the values of the items of each list."""
    items = _lists(lists, values.size)
    listed = items >= 0
    n = listed.sum(axis=1)
    sums = np.where(listed, np.append(values, 0.0)[items], 0.0).sum(axis=1)
    found: NDArray[np.float64] = np.divide(sums, n, where=n > 0, out=np.full(len(items), np.nan))
    return found


def _lists(lists: ArrayLike, n_items: int) -> NDArray[np.int64]:
    items = whole("lists", lists, 2)
    wrong = (items < -1) | (items >= n_items)
    if wrong.any():
        row, place = np.unravel_index(int(np.argmax(wrong)), items.shape)
        raise IdError(
            f"lists[{row}, {place}] = {items[row, place]} is neither an item, in 0..{n_items}, "
            "nor -1"
        )
    return items


def _counts(name: str, counts: ArrayLike) -> NDArray[np.int64]:
    found = np.asarray(counts)
    if found.ndim != 1:
        raise ShapeError(f"{name}: expected one count per item, got shape {found.shape}")
    if found.dtype.kind not in "iu" and found.size:
        raise DataError(f"{name}: expected whole numbers, got {found.dtype}")
    if found.size and int(found.min()) < 0:
        place = int(np.argmin(found))
        raise DataError(f"{name}[{place}] = {found[place]}: a count is not negative")
    return cast("NDArray[np.int64]", found.astype(np.int64))
