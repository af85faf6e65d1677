"""The best entries of rows of scores, ties to the lower index, on any device."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["best_of", "merged"]

_WORST = torch.iinfo(torch.int64).min
"""The key of what is no candidate."""

Pairs = tuple[Tensor, Tensor]


def best_of(scores: Tensor, out: Pairs | None, k: int) -> Pairs:
    """Return the best `k` columns of each row, best first, and their scores.

    Parameters
    ----------
    scores : Tensor of float32, shape (n_rows, n_columns)
        Without NaN; -inf at every pair of `out`.
    out : pair of Tensor of int64, or None
        Rows and columns of what is no candidate.
    k : int
        At least 1.

    Returns
    -------
    items : Tensor of int64, shape (n_rows, min(k, n_columns))
        Ties go to the lower column, both zeros are equal; -1 where no candidate is left.
    scores : Tensor of float32, likewise
        -inf where no candidate is left.

    Notes
    -----
    ``torch.topk`` promises no order of equal scores, but it does find the scores themselves: if
    the next one is lower than the last one taken, it has found the right columns, too. The other
    rows are looked at again, with keys that are all different.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.best import best_of
    >>> best_of(torch.tensor([[1.0, 3.0, 3.0, 3.0]]), None, 2)[0]
    tensor([[1, 2]])
    """
    n_columns = scores.shape[1]
    take = min(k, n_columns)
    values, items = scores.topk(min(k + 1, n_columns), dim=1)
    last = values[:, take - 1]
    unsure = (
        values[:, take] == last if take < n_columns else torch.zeros_like(last, dtype=torch.bool)
    )
    if out is not None:  # what is out scores -inf, as candidates may
        unsure |= last == -torch.inf
    values, items = values[:, :take].contiguous(), items[:, :take].contiguous()
    order = _keys(values, items).argsort(dim=1, descending=True)
    values, items = values.gather(1, order), items.gather(1, order)
    again = unsure.nonzero()[:, 0]
    if again.numel():
        out_of = None
        if out is not None:
            out_of = torch.zeros_like(scores, dtype=torch.bool)
            out_of[out] = True
        columns = torch.arange(n_columns, device=scores.device)
        for part in torch.split(again, max(1, len(scores) // 8)):  # keys take more memory
            keys = _keys(scores[part], columns)
            if out_of is not None:
                keys.masked_fill_(out_of[part], _WORST)
            items[part], values[part] = _first(keys, columns.expand_as(keys), scores[part], take)
    return items, values + 0.0  # -0.0 + 0.0 is 0.0


def merged(first: Pairs, second: Pairs, k: int) -> Pairs:
    """Return the best `k` of two lists per row, both as :func:`best_of` returns them.

    Parameters
    ----------
    first, second : pair of Tensor
        Items and scores; the items of a row are all different.
    k : int

    Returns
    -------
    pair of Tensor

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.best import merged
    >>> one = (torch.tensor([[4, -1]]), torch.tensor([[2.0, -torch.inf]]))
    >>> two = (torch.tensor([[7, 9]]), torch.tensor([[2.0, -torch.inf]]))
    >>> merged(one, two, 3)[0]
    tensor([[4, 7, 9]])
    """
    items, scores = torch.cat([first[0], second[0]], 1), torch.cat([first[1], second[1]], 1)
    keys = _keys(scores, items).masked_fill_(items < 0, _WORST)
    return _first(keys, items, scores, min(k, keys.shape[1]))


def _first(keys: Tensor, items: Tensor, scores: Tensor, take: int) -> Pairs:
    keys, order = keys.topk(take, dim=1)
    none = keys == _WORST
    return (
        items.gather(1, order).masked_fill(none, -1),
        scores.gather(1, order).masked_fill(none, -torch.inf),
    )


def _keys(scores: Tensor, items: Tensor) -> Tensor:
    """Return integers that are higher for higher scores, and for lower items among equals."""
    bits = (scores + 0.0).view(torch.int32)  # -0.0 + 0.0 is 0.0
    ascending = torch.where(bits < 0, bits ^ 0x7FFF_FFFF, bits).long()
    return ascending * 2**32 + (2**32 - 1 - items)
