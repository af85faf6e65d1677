"""How alike the vectors of users with common items are, and of items with common users."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glowrec.errors import ScoreError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from glowrec.graph import Graph


class Smoothness(NamedTuple):
    """The answer of :func:`smoothness`; lower is smoother."""

    users: float
    items: float


def smoothness(graph: Graph, user_factors: ArrayLike, item_factors: ArrayLike) -> Smoothness:
    r"""Return the smoothness of embeddings over pairs of nodes with common neighbours.

    .. math:: S_U = \sum_{u, v} c_{uv}
              \Bigl\| \frac{e_u}{\|e_u\|^2} - \frac{e_v}{\|e_v\|^2} \Bigr\|^2, \quad
              c_{uv} = \frac{1}{\sqrt{d_u d_v}} \sum_{i \in N_u \cap N_v} \frac{1}{d_i}

    over users, and likewise over items.

    Parameters
    ----------
    graph : Graph
    user_factors, item_factors : array_like of float, shape (n_users, dim) and (n_items, dim)

    Returns
    -------
    Smoothness

    Raises
    ------
    ShapeError
        If there is not a row for each user and item, or widths differ.
    ScoreError
        If the vector of a node that has neighbours is zero or not finite; the message names it.

    Notes
    -----
    :math:`c` is what two layers of the propagation do to nodes of one kind, and symmetric, so that
    with :math:`x_u = e_u / \|e_u\|^2` and row sums :math:`r = c 1`

    .. math:: S_U = 2 \sum_u r_u \|x_u\|^2 - 2 \sum_u x_u \cdot (c\, x)_u

    which is one propagation of ``dim + 1`` columns in float64, and no matrix of all pairs. He et
    al., "LightGCN", SIGIR 2020, equations 14 to 16.

    Examples
    --------
    >>> from glowrec import Graph
    >>> from glowrec.smoothness import smoothness
    >>> graph = Graph.from_edges([0, 1], [0, 0], n_users=2, n_items=1)
    >>> users, items = smoothness(graph, [[1.0], [0.5]], [[3.0]])
    >>> round(users, 6), items
    (1.0, 0.0)
    """
    users, items = (np.asarray(part, dtype=np.float64) for part in (user_factors, item_factors))
    for name, rows, n in (("user", users, graph.n_users), ("item", items, graph.n_items)):
        if rows.ndim != 2 or rows.shape[0] != n or rows.shape[1] != users.shape[-1]:  # noqa: PLR2004 - a matrix
            raise ShapeError(f"{name}_factors: expected ({n}, dim), got {rows.shape}")
    nodes = np.vstack([users, items])
    squares = (nodes * nodes).sum(axis=1)
    linked = np.concatenate([graph.user_degrees, graph.item_degrees]) > 0
    for node in np.flatnonzero(linked & ~((squares > 0) & np.isfinite(squares)))[:1]:
        kind, place = ("user", node) if node < graph.n_users else ("item", node - graph.n_users)
        raise ScoreError(
            f"{kind} {place}: its vector is zero or not finite, so it has no direction"
        )
    scaled = nodes / np.where(linked, squares, 1.0)[:, None]
    columns = np.column_stack([scaled, np.ones(len(nodes))])
    twice = graph.propagate(columns, 2, [0.0, 0.0, 1.0])
    apart = 2 * (
        twice[:, -1] * (scaled * scaled).sum(axis=1) - (scaled * twice[:, :-1]).sum(axis=1)
    )
    apart = np.where(linked, apart, 0.0)
    return Smoothness(
        *(max(0.0, float(part.sum())) for part in (apart[: graph.n_users], apart[graph.n_users :]))
    )
