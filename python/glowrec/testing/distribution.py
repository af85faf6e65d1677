"""Whether a sampler of negatives, given as a function, draws from the distribution it claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.arguments import bounded
from glowrec.errors import ParameterError, SaturatedError, ShapeError
from glowrec.factors import linked, real, whole
from glowrec.testing.frequencies import check_frequencies
from glowrec.testing.negatives import check_negatives, count_draws, excluded_links, links

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from glowrec.factors import Links
    from glowrec.graph import Graph
    from glowrec.testing.negatives import Excluded

_MOST_USERS = 16  # that are tested, unless the caller names some


def complement_probabilities(
    train: Links,
    users: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    exclude: Excluded | None = None,
) -> NDArray[np.float64]:
    r"""Return the probability of each item as a negative of some users.

    :math:`P(j \mid u) = w_j / \sum_{l \notin N_u} w_l` for items that the user is not linked to,
    and that are not excluded, and 0 for others.

    Parameters
    ----------
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        The positives.
    users : array_like of int, shape (n_rows,)
        As codes.
    weights : array_like of float, shape (n_items,), optional
        How likely items are in proportion to each other, such as the number of their users in
        `train` to the power of 0.75; all alike by default.
    exclude : links of the same shape, or array_like of int, optional
        Further items that may not be drawn, as of :func:`check_negatives`.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_items)
        Rows sum to 1.

    Raises
    ------
    ShapeError
        If the weights are not one per item, or the exclusions do not fit `train`.
    IdError
        If a user is not in `train`.
    ParameterError
        If a weight is no number, negative or not finite.
    SaturatedError
        If no item with a weight is left for a user; the message names the user.

    Examples
    --------
    >>> import glowrec as gr
    >>> from glowrec.testing import complement_probabilities
    >>> train = gr.Graph.from_edges([0, 1, 1], [2, 2, 0], n_users=2, n_items=4)
    >>> complement_probabilities(train, [0, 1], weights=[1, 1, 1, 2])
    array([[0.25      , 0.25      , 0.        , 0.5       ],
           [0.        , 0.33333333, 0.        , 0.66666667]])
    """
    graph, of = linked("train", train), whole("users", users, 1)
    each = np.ones(graph.n_items) if weights is None else real("weights", weights)
    if each.shape != (graph.n_items,):
        raise ShapeError(f"weights: expected {graph.n_items}, one per item, got {each.shape}")
    if not bool((np.isfinite(each) & (each >= 0)).all()):
        raise ParameterError("weights: expected finite numbers, none of them negative")
    # Rows are looked up in what is forbidden, user by user, so that only these rows are dense.
    table: NDArray[np.float64] = np.tile(each.astype(np.float64), (of.size, 1))
    for keys in (links(graph), None if exclude is None else excluded_links(exclude, graph)):
        if keys is not None:
            _forbid(table, keys, of, graph)
    sums = table.sum(axis=1)
    if not bool((sums > 0).all()):
        user = of[int(np.argmin(sums))]
        raise SaturatedError(f"user {user} has no item left that could be a negative")
    table /= sums[:, None]
    return table


def check_distribution(
    sample: Callable[[NDArray[np.int64], int], ArrayLike],
    train: Links,
    weights: ArrayLike | None,
    *,
    exclude: Excluded | None = None,
    users: ArrayLike | None = None,
    n_draws: int = 400_000,
    seed: int = 0,
    alpha: float = 1e-6,
) -> None:
    """Check a sampler of negatives: what it draws, and how often.

    Every draw is held against :func:`check_negatives`, and how often items come for each user
    against :func:`complement_probabilities` by :func:`check_frequencies`.

    Parameters
    ----------
    sample : callable
        ``sample(users, seed)`` returns one negative for each user of an int64 array of shape
        (B,), or several, shape (B, n), drawn independently of each other.
    train : Interactions, Graph or SciPy sparse matrix, shape (n_users, n_items)
        The positives.
    weights : array_like of float, shape (n_items,), or None
        What the sampler claims, as of :func:`complement_probabilities`.
    exclude : links of the same shape, or array_like of int, optional
        Further items that may not be drawn.
    users : array_like of int, shape (n_rows,), optional
        The users to draw for; by default up to 16 who can be drawn for, among them those with
        the fewest and the most items.
    n_draws : int, default 400_000
        Draws for all users together, at least; :func:`draws_to_detect` says how many a user needs.
    seed : int, default 0
        What `sample` is given. With a fixed seed a test that passes once always does.
    alpha : float, default 1e-6
        How often the check may fail though the sampler is right.

    Raises
    ------
    AssertionError
        If a draw is no negative, or items come too often or too seldom.
    ShapeError, IdError, ParameterError, SaturatedError
        As of the functions above.

    Examples
    --------
    A sampler that chooses among the other items of everybody, by popularity:

    >>> import numpy as np
    >>> import glowrec as gr
    >>> from glowrec.testing import check_distribution
    >>> train = gr.Graph.from_edges([0, 1, 1, 2], [2, 2, 0, 1], n_users=3, n_items=5)
    >>> weights = (train.item_degrees + 1) ** 0.75
    >>> def sample(users, seed):
    ...     rng, linked = np.random.default_rng(seed), train.to_scipy().toarray() > 0
    ...     chances = np.where(linked, 0, weights)[users].cumsum(axis=1)
    ...     return (chances < rng.random((len(users), 1)) * chances[:, -1:]).sum(axis=1)
    >>> check_distribution(sample, train, weights)
    >>> check_distribution(sample, train, train.item_degrees + 1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: user 2: cell 2 was drawn 51034 times of 133334, expected 57143.1: p < ...
    """
    graph = linked("train", train)
    tested = whole("users", _some(graph, exclude) if users is None else users, 1)
    if not tested.size:
        raise ParameterError("users: there is nobody to draw for")
    chances = complement_probabilities(graph, tested, weights, exclude=exclude)
    each = -(-bounded("n_draws", n_draws, 1, 40) // tested.size)
    places = np.repeat(np.arange(tested.size), each)
    drawn = whole_items(sample(tested[places], seed))
    check_negatives(tested[places], drawn, graph, exclude)
    counts = count_draws(places, drawn, n_users=tested.size, n_items=graph.n_items)
    check_frequencies(counts, chances, alpha, users=tested)


def check_uniform(
    sample: Callable[[NDArray[np.int64], int], ArrayLike],
    train: Links,
    *,
    exclude: Excluded | None = None,
    users: ArrayLike | None = None,
    n_draws: int = 400_000,
    seed: int = 0,
    alpha: float = 1e-6,
) -> None:
    """Check that a sampler draws uniformly among the items that a user is not linked to.

    Parameters
    ----------
    sample, train, exclude, users, n_draws, seed, alpha
        As of :func:`check_distribution`.

    Raises
    ------
    AssertionError
        If a draw is no negative, or items come too often or too seldom.
    ShapeError, IdError, ParameterError, SaturatedError
        As of :func:`check_distribution`.

    Examples
    --------
    >>> import numpy as np
    >>> import glowrec as gr
    >>> from glowrec.testing import check_uniform
    >>> train = gr.Graph.from_edges([0, 1, 1], [2, 2, 0], n_users=2, n_items=4)
    >>> def ten_tries(users, seed):  # and then whatever came last
    ...     rng, linked = np.random.default_rng(seed), train.to_scipy().toarray() > 0
    ...     drawn = rng.integers(0, 4, len(users))
    ...     for _ in range(10):
    ...         drawn = np.where(linked[users, drawn], rng.integers(0, 4, len(users)), drawn)
    ...     return drawn
    >>> check_uniform(ten_tries, train)
    Traceback (most recent call last):
    AssertionError: position 201785: item 2 is a positive of user 1
    """
    check_distribution(
        sample,
        train,
        None,
        exclude=exclude,
        users=users,
        n_draws=n_draws,
        seed=seed,
        alpha=alpha,
    )


def whole_items(drawn: ArrayLike) -> NDArray[np.int64]:
    """Return what a sampler drew, as an array of one or two dimensions.

    Examples
    --------
    >>> whole_items([[1, 2]]).shape
    (1, 2)
    """
    found = np.asarray(drawn)
    return whole("negatives", found, 2 if found.ndim == 2 else 1)  # noqa: PLR2004 - several each


def _forbid(
    table: NDArray[np.float64], keys: NDArray[np.int64], of: NDArray[np.int64], graph: Graph
) -> None:
    bounds = np.searchsorted(keys, np.stack([of, of + 1]) * graph.n_items)
    for row, (begin, end) in enumerate(bounds.T):
        table[row, keys[begin:end] - of[row] * graph.n_items] = 0


def _some(graph: Graph, exclude: Excluded | None) -> NDArray[np.int64]:
    """Users who have a negative, spread evenly over the order of their numbers of items."""
    keys = links(graph)
    if exclude is not None:
        keys = np.union1d(keys, excluded_links(exclude, graph))
    taken = np.bincount(keys // max(graph.n_items, 1), minlength=graph.n_users)
    order = np.argsort(taken, kind="stable")
    order = order[taken[order] < graph.n_items]
    places = np.linspace(0, order.size - 1, min(_MOST_USERS, order.size)).round()
    return order[places.astype(np.int64)]
