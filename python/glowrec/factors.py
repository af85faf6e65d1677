"""What rankings are asked about: tables of factors, users, and who is linked to what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from glowrec.columns import sparse_links
from glowrec.errors import DataError, IdError, ParameterError, SaturatedError, ShapeError
from glowrec.graph import Graph
from glowrec.interactions import Interactions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec import _native

Links: TypeAlias = "Interactions | Graph | Any"
"""Interactions, a graph, or a SciPy sparse matrix of users by items."""


def linked(name: str, links: Links) -> Graph:
    """Return the graph of `links`, built if it is a SciPy matrix.

    Examples
    --------
    >>> import scipy.sparse
    >>> linked("test", scipy.sparse.eye_array(3)).n_edges
    3
    """
    if isinstance(links, Graph):
        return links
    if isinstance(links, Interactions):
        return links.graph
    if hasattr(links, "tocoo"):
        users, items = sparse_links(name, links)
        n_users, n_items = links.shape
        return Graph.from_edges(users, items, n_users=n_users, n_items=n_items)
    raise ParameterError(
        f"{name}: expected Interactions, a Graph or a SciPy sparse matrix, "
        f"got {type(links).__name__}"
    )


def core(graph: Graph) -> _native.Graph:
    """Return the compiled half of a graph.

    Examples
    --------
    >>> core(Graph.from_edges([0], [1], n_users=1, n_items=2)).n_edges
    1
    """
    return graph._native  # noqa: SLF001 - the kernels' input


def items_of(
    graph: Graph, users: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the items of some users, one user after another, and where each user's begin.

    Examples
    --------
    >>> graph = Graph.from_edges([0, 2, 2], [1, 0, 2], n_users=3, n_items=4)
    >>> items_of(graph, np.array([2, 1, 0]))
    (array([0, 2, 2, 3]), array([0, 2, 1]))
    """
    starts, items = core(graph).user_csr()
    sizes = starts[users + 1] - starts[users]
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    places = np.repeat(starts[users] - indptr[:-1], sizes) + np.arange(indptr[-1])
    return indptr, items[places].astype(np.int64)


def vectors(name: str, table: ArrayLike) -> NDArray[np.float32]:
    """Return a C-ordered float32 table: `table` itself if it is one, else a copy.

    Examples
    --------
    >>> vectors("item_factors", [[1, 2], [3, 4]]).dtype
    dtype('float32')
    """
    found = real(name, table)
    if found.ndim != 2:  # noqa: PLR2004 - rows and coordinates
        raise ShapeError(
            f"{name}: expected two dimensions, one row per vector, got shape {found.shape}"
        )
    return fitting(name, found)


def real(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return real numbers as an array, without a copy where NumPy can read them in place.

    Examples
    --------
    >>> real("scores", [0.5, 1]).dtype
    dtype('float64')
    """
    if getattr(values, "requires_grad", False):
        raise ParameterError(f"{name}: the tensor records gradients; pass tensor.detach()")
    if str(getattr(values, "dtype", "")) == "torch.bfloat16":  # NumPy has no such numbers
        values = values.float()  # type: ignore[union-attr]  # exact
    try:
        found = np.asarray(values)
    except (TypeError, RuntimeError) as error:  # tensors on a device
        raise ParameterError(
            f"{name}: not readable as an array; pass tensor.detach().cpu() ({error})"
        ) from error
    except ValueError as error:
        raise ShapeError(f"{name}: rows of unequal length; pass a rectangular table") from error
    if found.dtype.name == "bfloat16":  # of the package ml_dtypes
        found = found.astype(np.float32)
    if found.dtype.kind not in "fiu":
        raise ParameterError(f"{name}: expected real numbers, got {found.dtype}; convert it")
    return found


def single(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """Return C-ordered float32 numbers, rounded to the nearest.

    Examples
    --------
    >>> single(np.array([1e300]))
    array([inf], dtype=float32)
    """
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        return np.ascontiguousarray(numbers, dtype=np.float32)


def fitting(name: str, numbers: NDArray[Any]) -> NDArray[np.float32]:
    """Return :func:`single` of numbers that it does not make infinite: those would tie.

    Examples
    --------
    >>> fitting("item_factors", np.array([[1.0, 2.0], [1e300, 3.0]]))
    Traceback (most recent call last):
    glowrec.errors.DataError: item_factors[1, 0] = 1e+300: too large for float32; scale all down
    """
    found = single(numbers)
    if found.dtype != numbers.dtype:
        lost = np.isinf(found)
        if bool(lost.any()):
            lost &= np.isfinite(numbers)
            for place in np.argwhere(lost)[:1].tolist():
                raise too_large(name, place, numbers[tuple(place)])
    return found


def too_large(name: str, place: list[int], value: object) -> DataError:
    """Return the error of a number that float32 cannot hold.

    Examples
    --------
    >>> too_large("item_bias", [3], -1e39)
    DataError('item_bias[3] = -1e+39: too large for float32; scale all down')
    """
    at = ", ".join(map(str, place))
    return DataError(f"{name}[{at}] = {value}: too large for float32; scale all down")


def whole(name: str, values: ArrayLike, n_dims: int) -> NDArray[np.int64]:
    """Return C-ordered int64 whole numbers.

    Examples
    --------
    >>> whole("users", [3, 1], 1)
    array([3, 1])
    """
    try:
        found = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{name}: rows of unequal length; pad them with -1") from error
    if found.ndim != n_dims:
        raise ShapeError(f"{name}: expected {n_dims} dimension(s), got shape {found.shape}")
    if found.dtype.kind not in "iu" and found.size:
        raise IdError(f"{name}: expected whole numbers, got {found.dtype}")
    if found.dtype.kind == "u" and found.size and int(found.max()) > np.iinfo(np.int64).max:
        raise IdError(f"{name}: {found.max()} does not fit 64 bits with a sign")
    return np.ascontiguousarray(found, dtype=np.int64)


def user_of_each_row(
    name: str, n_rows: int, users: ArrayLike | None, links: tuple[str, Graph] | None
) -> NDArray[np.int64]:
    """Return the user that each row of the table `name` stands for.

    Examples
    --------
    >>> user_of_each_row("user_factors", 3, None, None)
    array([0, 1, 2])
    """
    if users is None:
        if links is not None and links[1].n_users != n_rows:
            raise ShapeError(
                f"{name}: expected {links[1].n_users} rows, one per user of {links[0]}, got "
                f"{n_rows}; say with users= whose the rows are"
            )
        return np.arange(n_rows, dtype=np.int64)
    ids = whole("users", users, 1)
    if ids.size != n_rows:
        raise ShapeError(f"users: expected {n_rows} ids, one per row of {name}, got {ids.size}")
    return ids


def check_pair(users: NDArray[np.float32], items: NDArray[np.float32]) -> None:
    """Refuse factors of different lengths.

    Examples
    --------
    >>> check_pair(np.zeros((2, 4), np.float32), np.zeros((5, 4), np.float32))
    """
    if users.shape[1] != items.shape[1]:
        raise ShapeError(
            f"item_factors: expected {users.shape[1]} columns as user_factors, "
            f"got {items.shape[1]}"
        )


def check_items(name: str, n_items: int, links: tuple[str, Graph]) -> None:
    """Refuse links to another number of items.

    Examples
    --------
    >>> graph = Graph.from_edges([0], [1], n_users=1, n_items=2)
    >>> check_items("item_factors", 2, ("exclude", graph))
    """
    if links[1].n_items != n_items:
        raise ShapeError(
            f"{links[0]}: expected {n_items} items as {name}, got {links[1].n_items}; "
            "build it with n_items="
        )


def saturated(links: Links, graph: Graph) -> SaturatedError:
    """Return the error that names the first user linked to every item, by the caller's own id.

    Examples
    --------
    >>> log = Interactions.from_arrays(["ann"], ["tea"])
    >>> saturated(log, log.graph).args[0][:40]
    'user ann is linked to all 1 items, so no'
    """
    user = int(np.flatnonzero(graph.user_degrees == graph.n_items)[0])
    name = links.decode_users([user])[0] if isinstance(links, Interactions) else user
    return SaturatedError(
        f"user {name!s} is linked to all {graph.n_items} items, so no negative exists; "
        "leave such users out of train"
    )
