"""Tables that do not fit into memory, as an error of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from glowrec.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

# torch has a class for devices that are full, and for the CPU these words only.
_FULL = ("DefaultCPUAllocator", "Storage size calculation overflowed", "not enough memory")


@contextmanager
def room_for(n_users: int, n_items: int, dim: int) -> Iterator[None]:
    """Name the size of the model where its block runs out of memory.

    Parameters
    ----------
    n_users, n_items, dim : int
        Size of the tables that the block makes.

    Yields
    ------
    None

    Raises
    ------
    DataError
        In place of whatever says that there is no memory; any other error passes.

    Examples
    --------
    >>> from glowrec.nn.memory import room_for
    >>> with room_for(2, 3, dim=4):
    ...     print("it fits")
    it fits
    """
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError):
        pass
    except RuntimeError as error:
        if not any(words in str(error) for words in _FULL):
            raise
    else:
        return
    table = (n_users + n_items) * dim * 4 / 1e9
    raise DataError(
        f"out of memory with ({n_users:,} users + {n_items:,} items) x dim {dim:,}, {table:,.1f} "
        "GB for each table of embeddings; lower dim, or, if ids are sparse, number them from 0"
    )
