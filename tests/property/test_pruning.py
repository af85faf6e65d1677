"""Rankings by codes against a definition that sorts everything, and against those without."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from glowrec import Graph, _native, threads, top_k
from glowrec.errors import ScoreError

# Small whole numbers: every sum is exact, ties are the rule. Both zeros, so that -0.0 == 0.0.
EXACT = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 3.0])
MODES = ("always", "never", "auto")
UNIT = 2.0**-24


@st.composite
def problems(draw, elements):
    """Factors, perhaps biases, and what is left out; more items than one panel holds."""
    n_users, n_items = draw(st.integers(0, 20)), draw(st.integers(0, 100))
    dim = draw(st.integers(0, 9))
    users = draw(arrays(np.float32, (n_users, dim), elements=elements))
    items = draw(arrays(np.float32, (n_items, dim), elements=elements))
    bias = draw(st.none() | arrays(np.float32, n_items, elements=elements))
    density = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    seen = np.random.default_rng(seed).random((n_users, n_items)) < density
    return users, items, bias, seen


def ranked(mode, problem, k):
    users, items, bias, seen = problem
    n_users, n_items = seen.shape
    exclude = Graph.from_edges(*np.nonzero(seen), n_users=n_users, n_items=n_items)
    ranker = _native.Ranker(items, bias, mode)
    return ranker.top_k(users, k, exclude._native, np.arange(n_users))


def in_float64(users, items, bias):
    scores = users.astype(float) @ items.astype(float).T
    return scores if bias is None else scores + bias.astype(float)


@given(problem=problems(EXACT), k=st.integers(0, 110))
def test_whole_numbers_are_ranked_as_by_sorting(problem, k):
    users, items, bias, seen = problem
    scores = in_float64(users, items, bias)
    scores[seen] = np.nan
    expected = [
        sorted(np.flatnonzero(~np.isnan(row)), key=lambda i, row=row: (-row[i], i))[:k]
        for row in scores
    ]
    before = threads.num_threads()
    try:
        for n_threads in (1, 7):
            threads.set_num_threads(n_threads)
            for mode in MODES:
                found, values = ranked(mode, problem, k)
                assert [row[row >= 0].tolist() for row in found] == expected
                for row, order, value in zip(scores, expected, values, strict=True):
                    assert value[: len(order)].tolist() == row[order].tolist()
                    assert bool(np.isneginf(value[len(order) :]).all())
    finally:
        threads.set_num_threads(before)


@given(
    problem=problems(st.floats(-2, 2, width=32)), k=st.integers(0, 20), order=st.sampled_from("CF")
)
def test_real_numbers_differ_from_float64_only_within_the_rounding_bound(problem, k, order):
    users, items, bias, seen = problem
    users, items = (np.asarray(table, order=order) for table in (users, items))
    exclude = Graph.from_edges(*np.nonzero(seen), n_users=len(users), n_items=len(items))
    best = top_k(users, items, k, exclude, item_bias=bias)
    scores = in_float64(users, items, bias)
    # Higham, eq. 3.5, for a chain of dim + 1 operations, with the sums of absolute values.
    sizes = in_float64(abs(users), abs(items), None if bias is None else abs(bias))
    lost = (users.shape[1] + 1) * UNIT
    bound = sizes * lost / (1 - lost) + 1e-44
    scores[seen] = -np.inf
    ideal = -np.sort(-scores, axis=1)[:, :k]
    errors = bound.max(axis=1, initial=0.0)
    answers = zip(scores, best.items, best.scores, ideal, errors, strict=True)
    for row, found, value, wanted, error in answers:
        listed = found[found >= 0]
        assert abs(row[listed] - wanted[: listed.size]).max(initial=0.0) <= 2 * error
        assert abs(row[listed] - value[: listed.size]).max(initial=0.0) <= error


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-38, 1e-20, 1.0, 1e9, 1e18]))
def test_codes_change_nothing(seed, scale):
    rng = np.random.default_rng(seed)
    n_items, dim = rng.integers(500, 900), rng.integers(8, 40)
    spread = np.exp(rng.choice([0.0, 3.0]) * rng.standard_normal((n_items, 1)))
    items = (spread * rng.standard_normal((n_items, dim)) * scale).astype(np.float32)
    users = rng.standard_normal((64, dim), np.float32)
    users[:8] = rng.integers(-1, 2, (8, 1))  # zeros, and rows of one number
    bias = (scale * rng.standard_normal(n_items)).astype(np.float32)
    seen = rng.random((64, n_items)) < rng.choice([0.0, 0.2])
    for starts in (None, bias):
        problem = users, items, starts, seen
        expected = ranked("never", problem, 20)
        for mode in ("always", "auto"):
            for found, wanted in zip(ranked(mode, problem, 20), expected, strict=True):
                assert found.tobytes() == wanted.tobytes()


def test_large_tables_are_pruned_and_say_what_is_left():
    rng = np.random.default_rng(0)
    users, items = (rng.standard_normal((n, 32), np.float32) for n in (100, 3000))
    ranker = _native.Ranker(items, None, "auto")
    ranker.top_k(users, 10, None, np.arange(100))
    compared, kept, scored, unpruned = ranker.work
    if threads.simd_level() == "baseline":
        assert (compared, unpruned) == (0, 100)
    else:
        assert (compared, unpruned) == (300_000, 0)
        assert scored < 100 * 30
        assert scored <= kept < 100 * 300


@pytest.mark.skipif(threads.simd_level() == "baseline", reason="nothing is pruned there")
def test_guesses_that_were_too_high_change_nothing():
    # Thresholds are guessed from a sample; some of so many rows have a sample that misleads.
    rng = np.random.default_rng(5)
    users, items = (rng.standard_normal((n, 16), np.float32) for n in (2000, 6000))
    ranker, ids = _native.Ranker(items, None, "always"), np.arange(2000)
    found = ranker.top_k(users, 60, None, ids)
    compared, _, _, unpruned = ranker.work
    assert compared > 2000 * 6000  # some rows were compared twice
    assert unpruned == 0
    expected = _native.Ranker(items, None, "never").top_k(users, 60, None, ids)
    for part, wanted in zip(found, expected, strict=True):
        assert part.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_nan_is_named_by_user_and_item(mode):
    rng = np.random.default_rng(1)
    users, items = (rng.standard_normal((n, 8), np.float32) for n in (70, 600))
    users[66, 3] = np.nan
    with pytest.raises(ScoreError, match="user 66 and item 0"):
        ranked(mode, (users, items, None, np.zeros((70, 600), bool)), 5)
    users[66, 3], items[599, 0] = 0.0, np.nan
    with pytest.raises(ScoreError, match="user 0 and item 599"):
        ranked(mode, (users, items, None, np.zeros((70, 600), bool)), 5)
