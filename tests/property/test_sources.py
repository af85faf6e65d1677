"""Sources of rankings against definitions that look at every score."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from glowrec import Graph, threads, top_k
from glowrec.errors import ScoreError
from glowrec.evaluation.factor_source import FactorSource
from glowrec.evaluation.of_scores import ScoreSource

# Few values, so that ties are the rule; both zeros, so that -0.0 == 0.0; infinities are scores.
SCORES = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 1.0, 2.0, np.inf])
WHOLE = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 1.0, 2.0])
DENSITIES = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])


def graph_of(links):
    return Graph.from_edges(*np.nonzero(links), n_users=links.shape[0], n_items=links.shape[1])


@st.composite
def links(draw, n_users, n_items):
    seed, density = draw(st.integers(0, 2**32 - 1)), draw(DENSITIES)
    return np.random.default_rng(seed).random((n_users, n_items)) < density


@st.composite
def shapes(draw):
    return draw(st.integers(0, 9)), draw(st.one_of(st.integers(0, 4), st.integers(28, 70)))


@st.composite
def problems(draw, dtype=None):
    """Scores, who has seen what, and what is looked for."""
    shape = draw(shapes())
    dtype = dtype or draw(st.sampled_from([np.float16, np.float32, np.float64]))
    scores = draw(arrays(dtype, shape, elements=SCORES))
    return scores, draw(links(*shape)), draw(links(*shape))


def definition(scores, seen, wanted, k):
    """Lists, places of what is wanted, and candidates per row, by plain Python."""
    lists, places, left = [], [], []
    for row, out, sought in zip(scores.astype(float), seen, wanted, strict=True):
        candidates = np.flatnonzero(~out).tolist()
        order = sorted(candidates, key=lambda item: (-row[item], item))[:k]
        lists.append(order + [-1] * (k - len(order)))
        left.append(len(candidates))
        for item in np.flatnonzero(sought).tolist():
            if out[item]:
                places.append((item, -1))
                continue
            above = sum(row[other] > row[item] for other in candidates)
            same = [other for other in candidates if row[other] == row[item]]
            before = sum(other < item for other in same)
            places.append((item, above, before, len(same) - 1, row[item]))
    return lists, places, left


def told(targets):
    columns = zip(*(column.tolist() for column in targets[1:-1]), strict=True)
    return [
        (item, above) if above < 0 else (item, above, before, tied, score)
        for item, score, above, before, tied in columns
    ]


def agrees(source, problem, k):
    scores, seen, wanted = problem
    users = np.arange(len(scores))
    lists, places, left = definition(scores, seen, wanted, k)
    found_lists, found_places, found_left, found_users = [], [], [], []
    for block in source.blocks(users):
        best = block.best(k)
        assert best.items.shape == best.scores.shape == (len(block.users), k)
        found_lists += best.items.tolist()
        rows = scores[len(found_users) : len(found_users) + len(block.users)].astype(float)
        of_items = np.take_along_axis(rows, np.maximum(best.items, 0), 1) if rows.size else []
        expected = np.where(best.items >= 0, of_items, -np.inf) if rows.size else best.scores
        np.testing.assert_array_equal(best.scores, expected)
        targets = block.targets(graph_of(wanted))
        assert targets.indptr.tolist() == [0, *np.cumsum(wanted[block.users].sum(1)).tolist()]
        assert np.isnan(targets.scores[targets.above < 0]).all()
        found_places += told(targets)
        found_left += targets.n_candidates.tolist()
        found_users += block.users.tolist()
        if scores.shape[1]:
            asked = rows[:, 0]
            same = ((rows == asked[:, None]) & ~seen[block.users]).sum(axis=1)
            assert block.equal_to(asked).tolist() == same.tolist()
    assert found_users == users.tolist()
    assert (found_lists, found_places, found_left) == (lists, places, left)


@given(problem=problems(), k=st.integers(0, 80), batch=st.integers(1, 10), layout=st.booleans())
def test_given_scores_are_ranked_and_counted_by_definition(problem, k, batch, layout):
    scores, seen, _ = problem
    table = np.asfortranarray(scores) if layout else scores
    source = ScoreSource(lambda users: table[users], graph_of(seen), scores.shape[1], batch)
    before = threads.num_threads()
    try:
        for n in (1, 3):
            threads.set_num_threads(n)
            agrees(source, problem, k)
    finally:
        threads.set_num_threads(before)


@given(problem=problems(np.float32), data=st.data())
def test_the_first_nan_among_candidates_is_named(problem, data):
    scores, seen, wanted = problem
    if not scores.size:
        return
    spoilt = data.draw(arrays(bool, scores.shape, elements=st.sampled_from([False] * 20 + [True])))
    scores[spoilt] = np.nan
    source = ScoreSource(lambda users: scores[users], graph_of(seen), scores.shape[1])
    (block,) = source.blocks(np.arange(len(scores)))
    bad = np.argwhere(spoilt & ~seen).tolist()
    asked = np.zeros(len(scores))
    for ask in (lambda: block.best(3), lambda: block.equal_to(asked)):
        if bad:
            with pytest.raises(ScoreError, match=rf"user {bad[0][0]} and item {bad[0][1]} is NaN"):
                ask()
        else:
            ask()
    placed = (wanted & ~seen).any(axis=1)  # a user without targets is not looked at
    bad = [pair for pair in bad if placed[pair[0]]]
    if bad:
        with pytest.raises(ScoreError, match=rf"user {bad[0][0]} and item {bad[0][1]} is NaN"):
            block.targets(graph_of(wanted))
    else:
        block.targets(graph_of(wanted))


@st.composite
def factors(draw):
    n_users, n_items = draw(shapes())
    dim = draw(st.integers(0, 4))
    users = draw(arrays(np.float32, (n_users, dim), elements=WHOLE))
    items = draw(arrays(np.float32, (n_items, dim), elements=WHOLE))
    return users, items, draw(links(n_users, n_items)), draw(links(n_users, n_items))


@given(problem=factors(), k=st.integers(0, 80), data=st.data())
def test_factors_are_ranked_and_counted_by_definition(problem, k, data):
    users, items, seen, wanted = problem
    bias = data.draw(st.none() | arrays(np.float32, len(items), elements=SCORES))
    scores = users @ items.T + (0 if bias is None else bias)
    source = FactorSource(users, items, graph_of(seen), item_bias=bias)
    agrees(source, (scores, seen, wanted), k)


@given(problem=factors(), data=st.data())
def test_rows_may_stand_for_any_users_and_blocks_for_any_order(problem, data):
    users, items, seen, _ = problem
    if not len(users):
        return
    order = data.draw(st.permutations(range(len(users))))
    source = FactorSource(users[list(order)], items, graph_of(seen), users=order)
    asked = data.draw(st.lists(st.integers(0, len(users) - 1), max_size=12))
    whole = top_k(users, items, 5, graph_of(seen))
    blocks = source.blocks(np.array(asked, np.int64))
    found = [row for block in blocks for row in block.best(5).items.tolist()]
    assert found == whole.items[asked].tolist()


@given(problem=factors(), k=st.integers(0, 9), data=st.data())
def test_biases_and_cosines_are_those_of_their_formulas(problem, k, data):
    users, items, seen, _ = problem
    item_bias = data.draw(arrays(np.float32, len(items), elements=WHOLE))
    user_bias = data.draw(arrays(np.float32, len(users), elements=WHOLE))
    plain = top_k(users, items, k, graph_of(seen), item_bias=item_bias)
    best = top_k(users, items, k, graph_of(seen), item_bias=item_bias, user_bias=user_bias)
    assert best.items.tolist() == plain.items.tolist()
    assert best.scores.tolist() == (plain.scores + user_bias[:, None]).tolist()
    scores = users.astype(float) @ items.T.astype(float) + item_bias
    lists, _, _ = definition(scores, seen, np.zeros_like(seen), k)
    assert plain.items.tolist() == lists

    def directions(table):
        norms = np.linalg.norm(table.astype(np.float64), axis=1, keepdims=True)
        return (table / np.where(norms == 0, 1, norms)).astype(np.float32)

    cosine = top_k(users, items, k, graph_of(seen), similarity="cosine")
    expected = top_k(directions(users), directions(items), k, graph_of(seen))
    np.testing.assert_allclose(cosine.scores, expected.scores, rtol=0, atol=2e-6)
    exact = top_k(users, items, k, graph_of(seen), similarity="cosine", item_bias=item_bias * 8)
    assert (np.abs(exact.scores[exact.items >= 0]) <= 17 + 1e-6).all()


def test_many_targets_are_counted_as_few_are():
    rng = np.random.default_rng(5)
    scores = rng.integers(0, 500, (6, 4000)).astype(np.float32)
    seen = rng.random(scores.shape) < 0.02
    wanted = np.zeros_like(seen)
    for row, n in enumerate((0, 1, 2, 40, 1000, 4000)):
        wanted[row, rng.choice(4000, n, replace=False)] = True
    source = ScoreSource(lambda users: scores[users], graph_of(seen), 4000)
    (block,) = source.blocks(np.arange(6))
    targets = block.targets(graph_of(wanted))
    for row in range(6):
        own = slice(targets.indptr[row], targets.indptr[row + 1])
        for item, above, before, tied in zip(
            *(column[own] for column in (targets.items, *targets[3:6])), strict=True
        ):
            left = np.flatnonzero(~seen[row])
            same = left[scores[row, left] == scores[row, item]]
            expected = (-1, -1, -1)
            if not seen[row, item]:
                higher = np.count_nonzero(scores[row, left] > scores[row, item])
                expected = (higher, np.count_nonzero(same < item), same.size - 1)
            assert (above, before, tied) == expected


def test_a_score_that_float32_does_not_have_is_nobody_s():
    table = np.ones((2, 5), np.float32)
    factors = FactorSource(table[:, :1], table[0][:, None])
    scores = ScoreSource(lambda users: table[users], None, 5)
    for source in (factors, scores):
        (block,) = source.blocks(np.array([0, 1]))
        assert block.equal_to(np.array([1.0, 1.0 + 1e-12])).tolist() == [5, 0]
        assert block.equal_to(np.array([np.nan, np.inf])).tolist() == [0, 0]
