"""Hypothesis strategies for interactions and graphs: every edge that samplers trip over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from glowrec.arguments import whole_number
from glowrec.errors import MissingExtraError, ParameterError
from glowrec.graph import Graph
from glowrec.id_map import IdMap
from glowrec.interactions import Interactions

try:
    import hypothesis.strategies as st
except ModuleNotFoundError as error:
    raise MissingExtraError(
        "the strategies of glowrec.testing need hypothesis: pip install glowrec[test]"
    ) from error

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Ids: TypeAlias = Literal["codes", "integers", "strings", "any"]

_KINDS = ("codes", "integers", "strings")
# Few distinct values of each kind, so that ties occur; both zeros, and a number float32 rounds.
_VALUES = st.sampled_from([1.0, 0.0, -0.0, 2.0, -1.5, 0.1, 2.0**40])
_TIMES = st.integers(-2, 2)


def interactions(
    *,
    min_users: int = 1,
    max_users: int = 6,
    min_items: int = 1,
    max_items: int = 8,
    min_interactions: int = 0,
    min_negatives: int = 0,
    repeats: bool = False,
    values: bool | SearchStrategy[float] = False,
    timestamps: bool | SearchStrategy[int] = False,
    ids: Ids = "codes",
) -> SearchStrategy[Interactions]:
    """Generate interactions of any density.

    Every user is drawn on its own, as the few items that it has or as the few that it lacks, so
    isolated users and items, users with all items, and users with one or two negatives left are
    common at any size. A failing example shrinks to few users and items, users without items
    first, in order of user and item.

    Parameters
    ----------
    min_users, max_users, min_items, max_items : int
        How many there are, those without interactions included; ``1 <= min_users <= max_users``,
        for items likewise.
    min_interactions : int, default 0
        Distinct pairs, at least.
    min_negatives : int, default 0
        Items that each user is not linked to, at least: with 1 nobody is saturated.
    repeats : bool, default False
        Whether pairs may occur more than once.
    values : bool or strategy of float, default False
        Whether interactions have values; True stands for a few that tie, both zeros among them.
    timestamps : bool or strategy of int, default False
        Whether interactions have times; True stands for a few that tie.
    ids : {"codes", "integers", "strings", "any"}, default "codes"
        What users and items are called: ``0 .. n - 1``, other whole numbers, texts, or one of
        these for each side.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of Interactions

    Raises
    ------
    MissingExtraError
        At the import, if Hypothesis is not installed: ``pip install glowrec[test]``.
    ParameterError
        If the bounds contradict each other, or `ids` is unknown.

    Examples
    --------
    >>> from hypothesis import given
    >>> from glowrec.testing import interactions
    >>> @given(log=interactions(ids="any", repeats=True))
    ... def test_that_a_graph_counts_pairs_once(log):
    ...     assert log.graph.n_edges == len(set(zip(log.users.tolist(), log.items.tolist())))
    >>> test_that_a_graph_counts_pairs_once()
    """
    if ids not in {*_KINDS, "any"}:
        raise ParameterError(f"ids = {ids!r}: expected one of {', '.join(_KINDS)}, any")
    users = _range("users", min_users, max_users)
    items = _range("items", min_items, max_items)
    negatives = _least("min_negatives", min_negatives)
    least = _least("min_interactions", min_interactions)
    if negatives > items[0]:
        raise ParameterError(
            f"min_negatives = {negatives} exceeds min_items = {items[0]}: raise min_items"
        )
    room = users[1] * (items[1] - negatives)
    if least > room:
        raise ParameterError(
            f"min_interactions = {least} exceeds the {room} pairs of {users[1]} users who each "
            f"lack {negatives} of {items[1]} items: raise max_users or max_items"
        )
    return _interactions(
        users,
        items,
        least=least,
        negatives=negatives,
        kinds=_KINDS if ids == "any" else (ids,),
        columns=(_column(values, _VALUES), _column(timestamps, _TIMES)),
        repeats=repeats,
    )


def graphs(
    *,
    min_users: int = 1,
    max_users: int = 6,
    min_items: int = 1,
    max_items: int = 8,
    min_interactions: int = 0,
    min_negatives: int = 0,
) -> SearchStrategy[Graph]:
    """Generate graphs, as :func:`interactions` generates interactions.

    Parameters
    ----------
    min_users, max_users, min_items, max_items, min_interactions, min_negatives : int
        As of :func:`interactions`; what a sampler of negatives accepts are graphs with
        ``min_interactions=1, min_negatives=1``.

    Returns
    -------
    hypothesis.strategies.SearchStrategy of Graph

    Raises
    ------
    MissingExtraError, ParameterError
        As of :func:`interactions`.

    Examples
    --------
    >>> from hypothesis import given
    >>> from glowrec import TripletSampler
    >>> from glowrec.testing import check_negatives, graphs
    >>> @given(graph=graphs(min_interactions=1, min_negatives=1))
    ... def test_that_negatives_are_none_of_the_users_items(graph):
    ...     for users, _, negatives in TripletSampler(graph).epoch(0):
    ...         check_negatives(users, negatives, graph)
    >>> test_that_negatives_are_none_of_the_users_items()
    """
    return interactions(
        min_users=min_users,
        max_users=max_users,
        min_items=min_items,
        max_items=max_items,
        min_interactions=min_interactions,
        min_negatives=min_negatives,
    ).map(Graph)


@st.composite
def _interactions(
    draw: DrawFn,
    users: tuple[int, int],
    items: tuple[int, int],
    *,
    least: int,
    negatives: int,
    kinds: tuple[str, ...],
    columns: tuple[SearchStrategy[Any] | None, SearchStrategy[Any] | None],
    repeats: bool,
) -> Interactions:
    # Sizes at which the pairs asked for exist.
    n_items = draw(st.integers(max(items[0], -(-least // users[1]) + negatives), items[1]))
    most = n_items - negatives
    n_needed = -(-least // most) if most else 0
    # One list of rows rather than a number of users: a shrink removes users from anywhere.
    row = _items_of_one(n_items, negatives)
    rows = draw(st.lists(row, min_size=max(users[0], n_needed), max_size=users[1]))
    n_users = len(rows)
    _fill(rows, n_items, least, most)
    pairs = [(user, item) for user, of_user in enumerate(rows) for item in sorted(of_user)]
    if repeats and pairs:
        pairs += draw(st.lists(st.sampled_from(pairs), max_size=4))
    pairs = draw(st.permutations(pairs))
    extra = [
        None
        if column is None
        else draw(st.lists(column, min_size=len(pairs), max_size=len(pairs)))
        for column in columns
    ]
    codes = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    maps = [draw(_id_map(n, draw(st.sampled_from(kinds)))) for n in (n_users, n_items)]
    return Interactions(
        codes[:, 0],
        codes[:, 1],
        *maps,
        values=None if extra[0] is None else np.array(extra[0], dtype=np.float64),
        timestamps=None if extra[1] is None else np.array(extra[1], dtype=np.int64),
    )


def _items_of_one(n_items: int, negatives: int) -> SearchStrategy[set[int]]:
    """Few items, or any, or all but few; the first of these that fits is the simplest."""
    item, most = st.integers(0, n_items - 1), n_items - negatives
    few = st.sets(item, max_size=min(2, most))
    any_number = st.sets(item, max_size=most)
    lacking = st.sets(item, min_size=negatives, max_size=min(negatives + 2, n_items))
    # Counted from the end, so that a shrink leaves the first items.
    all_but_few = lacking.map(lambda last: set(range(n_items)) - {n_items - 1 - i for i in last})
    return st.one_of(few, any_number, all_but_few)


def _fill(rows: list[set[int]], n_items: int, least: int, most: int) -> None:
    """Add the first pairs that are missing until there are `least`, at most `most` per row."""
    owed = least - sum(map(len, rows))
    for row in rows:
        missing = [item for item in range(n_items) if item not in row]
        added = missing[: max(0, min(owed, most - len(row)))]
        row.update(added)
        owed -= len(added)


def _id_map(n: int, kind: str) -> SearchStrategy[IdMap]:
    if kind == "codes":
        return st.just(IdMap.range(n))
    whole = st.integers(-(2**62), 2**62)
    # No NUL at the end, which NumPy's texts cannot hold, and no half of a surrogate pair.
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
    one: SearchStrategy[Any] = whole if kind == "integers" else text
    distinct = st.lists(one, min_size=n, max_size=n, unique=True)
    return distinct.map(lambda ids: IdMap(np.array(sorted(ids))))


def _range(name: str, least: int, most: int) -> tuple[int, int]:
    low, high = whole_number(f"min_{name}", least), whole_number(f"max_{name}", most)
    if not 1 <= low <= high:
        raise ParameterError(
            f"min_{name} = {low} and max_{name} = {high}: expected 1 <= min_{name} <= max_{name}"
        )
    return low, high


def _least(name: str, value: int) -> int:
    whole = whole_number(name, value)
    if whole < 0:
        raise ParameterError(f"{name} = {whole} must not be negative")
    return whole


def _column(
    wanted: bool | SearchStrategy[Any],  # noqa: FBT001 - what the caller was given by name
    usual: SearchStrategy[Any],
) -> SearchStrategy[Any] | None:
    if isinstance(wanted, bool):
        return usual if wanted else None
    return wanted
