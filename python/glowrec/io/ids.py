"""Maps of ids as JSON: how many there are, or their list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowrec.id_map import IdMap

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def ids_to_json(ids: IdMap) -> int | list[Any]:
    """Return what stands for a map in a JSON file.

    Examples
    --------
    >>> from glowrec import IdMap
    >>> from glowrec.io.ids import ids_to_json
    >>> ids_to_json(IdMap.range(3)), ids_to_json(IdMap(["a", "b"]))
    (3, ['a', 'b'])
    """
    return len(ids) if ids.is_range else ids.ids.tolist()


def ids_from_json(stored: int | ArrayLike) -> IdMap:
    """Return the map that :func:`ids_to_json` wrote; raises as :class:`glowrec.IdMap` does.

    Examples
    --------
    >>> from glowrec.io.ids import ids_from_json
    >>> ids_from_json(["a", "b"])
    IdMap(2 ids, strings)
    """
    return IdMap.range(stored) if isinstance(stored, int) else IdMap(stored)
