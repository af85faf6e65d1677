"""What a sampler is asked to draw, checked, in the words of the compiled core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from glowrec.arguments import bounded
from glowrec.columns import check_codes
from glowrec.errors import ParameterError, SaturatedError, ShapeError
from glowrec.factors import core, linked, saturated, whole
from glowrec.interactions import Interactions
from glowrec.sampling.strategies import Hardest, InBatch, Mixed, Popularity, Strategy, Uniform

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from glowrec import _native
    from glowrec.factors import Links
    from glowrec.graph import Graph

Order: TypeAlias = Literal["interaction", "user_uniform", "popularity_corrected"]
Saturated: TypeAlias = Literal["error", "skip"]

ORDERS = ("interaction", "user_uniform", "popularity_corrected")
SATURATED = ("error", "skip")


class Plan(NamedTuple):
    """What the core reads, attribute by attribute."""

    order: str
    seed: int
    parts: list[tuple[str, float, float]]
    """Name, parameter and weight of each strategy."""
    n_negatives: int
    replacement: bool
    skip: bool
    exclude: _native.Graph | None
    allow: _native.Graph | None
    blocked: NDArray[np.int64]


class Limits(NamedTuple):
    """What may not be drawn besides a user's own items, checked against `train`."""

    exclude: Graph | None
    allow: Graph | None
    blocked: NDArray[np.int64] | None


def limits(
    graph: Graph, exclude: Links | None, allow: Links | None, blocked: ArrayLike | None
) -> Limits:
    """Check what limits the negatives of a graph.

    Parameters
    ----------
    graph : Graph
    exclude, allow : Interactions, Graph or SciPy sparse matrix, optional
    blocked : array_like of int64, optional

    Returns
    -------
    Limits

    Raises
    ------
    ShapeError
        If one has another shape than the graph.
    IdError
        If `blocked` holds what is no item.
    ParameterError
        If one is no set of links.

    Examples
    --------
    >>> from glowrec import Graph
    >>> graph = Graph.from_edges([0], [0], n_users=1, n_items=3)
    >>> limits(graph, None, None, [2]).blocked
    array([2])
    """
    found: list[Graph | None] = []
    for name, links in (("exclude", exclude), ("allow", allow)):
        other = None if links is None else linked(name, links)
        shapes = [(one.n_users, one.n_items) for one in (graph, other or graph)]
        if shapes[0] != shapes[1]:
            raise ShapeError(
                f"{name}: expected {shapes[0][0]} users and {shapes[0][1]} items as train, got "
                f"{shapes[1][0]} and {shapes[1][1]}; build both with the same n_users=, n_items="
            )
        found.append(other)
    items = None
    if blocked is not None:
        items = codes("blocked", blocked, graph.n_items)
    return Limits(found[0], found[1], items)


def plan(
    order: str,
    seed: int,
    negatives: Strategy,
    n_negatives: int,
    limited: Limits,
    *,
    batch_size: int = 1,
    replacement: bool = True,
    skip: bool = False,
) -> Plan:
    """Put checked arguments into the words of the core.

    Parameters
    ----------
    order, seed, negatives, n_negatives, replacement, skip
        As in :class:`glowrec.TripletSampler`.
    limited : Limits
    batch_size : int
        Of :class:`InBatch`.

    Returns
    -------
    Plan

    Raises
    ------
    ParameterError
        If `negatives` is no strategy, or cannot draw without replacement.

    Examples
    --------
    >>> plan("interaction", 0, Popularity(), 1, Limits(None, None, None)).parts
    [('popularity', 0.75, 1.0)]
    """
    if isinstance(negatives, Hardest) and negatives.of > 1 and not replacement:
        raise ParameterError(
            "replacement = False: Hardest chooses each negative by itself; draw with replacement, "
            "or choose another strategy"
        )
    blocked = np.empty(0, dtype=np.int64) if limited.blocked is None else limited.blocked
    return Plan(
        order,
        seed,
        _parts(negatives, batch_size),
        n_negatives,
        replacement,
        skip,
        None if limited.exclude is None else core(limited.exclude),
        None if limited.allow is None else core(limited.allow),
        blocked,
    )


def _parts(strategy: Strategy, batch_size: int) -> list[tuple[str, float, float]]:
    match strategy:
        case Uniform():
            return [("uniform", 0.0, 1.0)]
        case Popularity():
            return [("popularity", strategy.beta, 1.0)]
        case InBatch():
            return [("in_batch", batch_size, 1.0)]
        case Hardest():
            return [("hardest", strategy.of, 1.0)]
        case Mixed():
            return [(*_parts(part, batch_size)[0][:2], weight) for part, weight in strategy.parts]
    raise ParameterError(
        f"negatives = {strategy!r}: expected Uniform(), Popularity(), InBatch(), Mixed() or "
        "Hardest()"
    )


def chosen(name: str, value: Any, choices: tuple[str, ...]) -> str:  # noqa: ANN401 - may be any
    """Return one of some words.

    Examples
    --------
    >>> chosen("order", "interaction", ORDERS)
    'interaction'
    """
    if not isinstance(value, str) or value not in choices:  # an array is compared cell by cell
        told = repr(value) if isinstance(value, str | int | None) else f"a {type(value).__name__}"
        raise ParameterError(f"{name} = {told}: expected one of {', '.join(choices)}")
    return str(value)


def seeded(seed: int) -> int:
    """Return a seed in ``0..2**64``.

    Examples
    --------
    >>> seeded(7)
    7
    """
    return bounded("seed", seed, 0, 64)


def codes(name: str, values: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return codes in ``0..n``, checked.

    Examples
    --------
    >>> codes("users", [2, 0], 3)
    array([2, 0])
    """
    found = whole(name, values, 1)
    check_codes(name, found, n)
    return found


def user_items(
    graph: Graph, users: ArrayLike, items: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return codes of users and of one item each, checked.

    Examples
    --------
    >>> from glowrec import Graph
    >>> user_items(Graph.from_edges([0], [0], n_users=1, n_items=3), [0, 0], [2, 1])
    (array([0, 0]), array([2, 1]))
    """
    of, wanted = codes("users", users, graph.n_users), codes("items", items, graph.n_items)
    if len(of) != len(wanted):
        raise ShapeError(f"items: expected {len(of)}, one per user, got {len(wanted)}")
    return of, wanted


def too_few(error: SaturatedError, train: Links, graph: Graph, *, skip: bool) -> SaturatedError:
    """Return the core's error with the user's own id and a remedy.

    Parameters
    ----------
    error : SaturatedError
        Of the core: a message that begins with the number of the user, and the number.
    train : Interactions, Graph or SciPy sparse matrix
        Knows the id.
    graph : Graph
        Of `train`.
    skip : bool
        Whether ``saturated="skip"`` is a remedy.

    Returns
    -------
    SaturatedError
    """
    message, user = error.args
    if "is linked to all" in message:
        told = saturated(train, graph)
        return SaturatedError(f'{told}, or pass saturated="skip"') if skip else told
    name = train.decode_users([user])[0] if isinstance(train, Interactions) else user
    rest = str(message).removeprefix(f"user {user} ")
    remedy = '; lower n_negatives, widen the limits, or pass saturated="skip"' if skip else ""
    if skip and "of any popularity" in rest:  # which ends with a remedy
        remedy = ', or pass saturated="skip"'
    return SaturatedError(f"user {name!s} {rest}{remedy}")
