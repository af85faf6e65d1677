"""Ranking of tensors on the device where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from glowrec.columns import check_codes
from glowrec.errors import ParameterError, ScoreError, ShapeError
from glowrec.factors import check_items, linked, too_large, user_of_each_row
from glowrec.nn.best import best_of, merged
from glowrec.nn.excluded import Excluded
from glowrec.ranking import length
from glowrec.similarity import check_similarity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.similarity import Similarity

__all__ = ["BLOCK_BYTES", "TensorTopK", "top_k"]

BLOCK_BYTES = 256 << 20
"""Bytes of the scores of one block of users and items."""

_FEWEST_ROWS = 256
"""Users of a block; a block of fewer would be cut by items instead."""


class TensorTopK(NamedTuple):
    """The answer of :func:`top_k`; both tensors have shape ``(n_rows, k)``."""

    items: Tensor
    """Item ids, int64, best first, padded with -1."""
    scores: Tensor
    """Their scores, float32, padded with -inf."""


@torch.no_grad()
def top_k(
    user_factors: Tensor,
    item_factors: Tensor,
    k: int,
    exclude: Links | None = None,
    *,
    users: ArrayLike | Tensor | None = None,
    similarity: Similarity = "dot",
    user_bias: ArrayLike | Tensor | None = None,
    item_bias: ArrayLike | Tensor | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> TensorTopK:
    """Return the `k` items with the highest scores of each user, best first, on their device.

    What :func:`glowrec.top_k` does for arrays, by torch's matrix product: block by block of
    users and items, never all scores at once.

    Parameters
    ----------
    user_factors : Tensor of float, shape (n_rows, dim)
        On any device; other precisions are converted to float32.
    item_factors : Tensor of float, shape (n_items, dim)
        On the same device.
    k : int
        Items per row, at least 0.
    exclude : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items), optional
        Items linked to a user here are never returned for that user.
    users : array_like or Tensor of int64, shape (n_rows,), optional
        User of each row; repeats are allowed. By default row ``r`` is user ``r``.
    similarity : {"dot", "cosine"}, default "dot"
        As :func:`glowrec.top_k`.
    user_bias : array_like or Tensor of float, shape (n_rows,), optional
        Added to the scores that are returned; it changes no ranking.
    item_bias : array_like or Tensor of float, shape (n_items,), optional
        Added to the scores of each item, before anything is compared.
    block_bytes : int, default 256 MiB
        Bytes of the scores of one block. To select from it takes about as much again, and twice
        as much where many users have equal scores at the cut.

    Returns
    -------
    TensorTopK
        On the device of the factors.

    Raises
    ------
    ShapeError
        If the factors differ in their number of columns, or do not fit `exclude`, `users` or a
        bias.
    IdError
        If an entry of `users` is not a user of `exclude`.
    ScoreError
        If the score of an eligible item is NaN: the first user and item are named.
    ParameterError
        If `k` is negative or no whole number, `similarity` is unknown, or a tensor lies on
        another device or holds no real numbers.
    DataError
        If a finite factor or bias is too large for float32: named by its row and column.

    Notes
    -----
    Ties go to the lower item id, which ``torch.topk`` alone does not promise; both zeros are
    equal, infinities are scores. The sums are those of the device's matrix product: their last
    bits may differ from those of :func:`glowrec.top_k`, and follow torch's own settings, such as
    that of TF32. No gradient is recorded.

    Examples
    --------
    >>> import torch
    >>> from glowrec import Graph
    >>> from glowrec.nn.ranking import top_k
    >>> seen = Graph.from_edges([0], [2], n_users=1, n_items=4)
    >>> items = torch.tensor([[0.1, 0], [0.5, 1], [0.9, 1], [0.5, 0]])
    >>> top_k(torch.tensor([[1.0, 0.0]]), items, 2, seen).items
    tensor([[1, 3]])
    """
    check_similarity(similarity)
    rows, columns = _tables(user_factors, item_factors)
    device, n_items = rows.device, len(columns)
    if similarity == "cosine":
        rows, columns = _directions(rows), _directions(columns)
    check_fits("user_factors", rows)
    check_fits("item_factors", columns)
    graph = None if exclude is None else linked("exclude", exclude)
    links = None if graph is None else ("exclude", graph)
    if links is not None:
        check_items("item_factors", n_items, links)
    if isinstance(users, Tensor):
        users = users.cpu().numpy()
    ids = user_of_each_row("user_factors", len(rows), users, links)
    if graph is not None:
        check_codes("users", ids, graph.n_users)
    added = _bias("user_bias", user_bias, len(rows), device)
    blocks = _Blocks(
        rows=rows,
        columns=columns.float(),
        shift=_bias("item_bias", item_bias, n_items, device),
        excluded=None if graph is None else Excluded(graph, ids, device),
        ids=ids,
        k=length(k),
        bytes=block_bytes,
    )
    if added is not None and not bool(added.isfinite().all()):
        wrong = int(added.isfinite().logical_not().nonzero()[0, 0])
        raise ParameterError(f"user_bias[{wrong}] = {added[wrong]}: expected a finite number")
    items, scores = blocks.rank()
    if added is not None:
        scores += added[:, None]  # padding stays -inf
    return TensorTopK(items, scores)


@dataclass(frozen=True, kw_only=True)
class _Blocks:
    """All that is ranked, checked; cut by users, and by items where those alone are too many."""

    rows: Tensor
    columns: Tensor
    shift: Tensor | None
    excluded: Excluded | None
    ids: NDArray[np.int64]
    k: int
    bytes: int

    def rank(self) -> tuple[Tensor, Tensor]:
        n_rows, n_items = len(self.rows), len(self.columns)
        shape = (n_rows, self.k)
        items = torch.full(shape, -1, dtype=torch.int64, device=self.rows.device)
        scores = torch.full(shape, -torch.inf, device=self.rows.device)
        if self.k and n_items:
            cells = max(self.bytes // 4, 1)
            width = min(n_items, max(cells // _FEWEST_ROWS, 1))
            height = max(cells // width, 1)
            for start in range(0, n_rows, height):
                block = slice(start, min(start + height, n_rows))
                items[block], scores[block] = self._ranked(block, width)
        return items, scores

    def _ranked(self, block: slice, width: int) -> tuple[Tensor, Tensor]:
        """Rank all items for some users."""
        rows = self.rows[block].float()
        best: tuple[Tensor, Tensor] | None = None
        failed: tuple[int, int] | None = None
        for first in range(0, len(self.columns), width):
            panel = slice(first, min(first + width, len(self.columns)))
            scores = rows @ self.columns[panel].T  # (users of the block, items of the panel)
            if self.shift is not None:
                scores += self.shift[panel]
            out = None if self.excluded is None else self.excluded.within(block, panel)
            if out is not None:
                scores[out] = -torch.inf
            wrong = _first_nan(scores)
            if wrong is not None and (failed is None or wrong[0] < failed[0]):
                failed = (wrong[0], first + wrong[1])
            items, values = best_of(scores, out, self.k)
            items = torch.where(items < 0, items, items + first)
            best = (items, values) if best is None else merged(best, (items, values), self.k)
        if failed is not None:
            user = self.ids[block][failed[0]]
            raise ScoreError(f"the score of user {user} and item {failed[1]} is NaN")
        assert best is not None, "there are items"  # noqa: S101 - for the type checker
        missing = (0, self.k - best[0].shape[1])
        return pad(best[0], missing, value=-1), pad(best[1], missing, value=-torch.inf)


def _first_nan(scores: Tensor) -> tuple[int, int] | None:
    """Return the first row with NaN, and its first column with NaN."""
    wrong = scores.amax(dim=1).isnan()  # the largest of numbers and NaN is NaN
    if not bool(wrong.any()):
        return None
    row = int(wrong.nonzero()[0, 0])
    return row, int(scores[row].isnan().nonzero()[0, 0])


def _tables(users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
    for name, table in (("user_factors", users), ("item_factors", items)):
        if not isinstance(table, Tensor):
            raise ParameterError(
                f"{name}: expected a tensor, got {type(table).__name__}; give both factors as "
                "tensors on one device, or both as arrays"
            )
        if table.dim() != 2:  # noqa: PLR2004 - rows and coordinates
            raise ShapeError(
                f"{name}: expected two dimensions, one row per vector, got shape "
                f"{tuple(table.shape)}"
            )
        if table.is_complex() or table.dtype == torch.bool:
            raise ParameterError(f"{name}: expected real numbers, got {table.dtype}; convert it")
    if users.device != items.device:
        raise ParameterError(
            f"item_factors: expected a tensor on {users.device} as user_factors, "
            f"got one on {items.device}; move it there"
        )
    if users.shape[1] != items.shape[1]:
        raise ShapeError(
            f"item_factors: expected {users.shape[1]} columns as user_factors, "
            f"got {items.shape[1]}"
        )
    return users, items


def _directions(table: Tensor) -> Tensor:
    """Return vectors of length 1, or 0 where they were 0."""
    precision = torch.float32 if table.device.type == "mps" else torch.float64
    wide = table.to(precision)
    largest = (
        wide.abs().amax(dim=1, keepdim=True) if wide.shape[1] else wide.new_ones(len(wide), 1)
    )
    wide = wide / torch.where(largest == 0, 1.0, largest)  # no square overflows or vanishes
    norms = wide.norm(dim=1, keepdim=True)
    return (wide / torch.where(norms == 0, 1.0, norms)).float()


def _bias(
    name: str, bias: ArrayLike | Tensor | None, n: int, device: torch.device
) -> Tensor | None:
    if bias is None:
        return None
    found = torch.as_tensor(bias, device=device)
    if found.shape != (n,):
        raise ShapeError(f"{name}: expected shape ({n},), got {tuple(found.shape)}")
    check_fits(name, found)
    return found.float()


def check_fits(name: str, table: Tensor) -> None:
    """Refuse float64 numbers that are infinite in float32: they would tie.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.ranking import check_fits
    >>> check_fits("item_bias", torch.tensor([1.0, 1e300], dtype=torch.float64))
    Traceback (most recent call last):
    glowrec.errors.DataError: item_bias[1] = 1e+300: too large for float32; scale all down
    """
    if table.dtype == torch.float64:
        lost = table.float().isinf() & table.isfinite()
        if bool(lost.any()):
            place = lost.nonzero()[0].tolist()
            raise too_large(name, place, float(table[tuple(place)]))
