"""`top_k` against a definition that sorts everything."""

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis.extra.numpy import arrays

from glowrec import Graph, Interactions, threads, top_k
from glowrec.errors import IdError, ParameterError, ScoreError, ShapeError

# Small whole numbers: every sum is exact, ties are the rule. Both zeros, so that -0.0 == 0.0.
EXACT = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 3.0])
DIMS = st.integers(0, 5)
EXTREME = st.sampled_from([-1.0, -0.0, 0.0, 1.0, 2.0, np.inf, -np.inf])


@st.composite
def problems(draw, elements=EXACT, dims=DIMS):
    """Factors, and who has seen what; more items than one panel and more users than one tile."""
    n_users = draw(st.integers(0, 15))
    n_items = draw(st.one_of(st.integers(0, 5), st.integers(25, 70)))
    dim = draw(dims)
    users = draw(arrays(np.float32, (n_users, dim), elements=elements))
    items = draw(arrays(np.float32, (n_items, dim), elements=elements))
    density = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    seen = np.random.default_rng(seed).random((n_users, n_items)) < density
    return users, items, seen


def definition(users, items, seen, k):
    """Python's own sums, sorted; `seen` left out."""
    lists, scores = [], []
    for user, row in zip(users.astype(float), seen, strict=True):
        sums = [sum((a * b for a, b in zip(user, item, strict=True)), 0.0) for item in items]
        order = sorted(np.flatnonzero(~row).tolist(), key=lambda item: (-sums[item], item))[:k]
        lists.append(order + [-1] * (k - len(order)))
        scores.append([sums[item] for item in order] + [-np.inf] * (k - len(order)))
    return lists, scores


def graph_of(seen):
    return Graph.from_edges(*np.nonzero(seen), n_users=seen.shape[0], n_items=seen.shape[1])


@given(problem=problems(), k=st.one_of(st.integers(0, 8), st.integers(20, 90)))
def test_agrees_with_sorting(problem, k):
    users, items, seen = problem
    expected_items, expected_scores = definition(users, items, seen, k)
    best = top_k(users, items, k, graph_of(seen))
    assert best.items.shape == best.scores.shape == (len(users), k)
    assert (best.items.dtype, best.scores.dtype) == (np.int64, np.float32)
    assert best.items.tolist() == expected_items
    assert best.scores.tolist() == expected_scores


@given(problem=problems(EXTREME, st.just(1)), k=st.integers(0, 80))
def test_infinite_scores_are_ordinary(problem, k):
    users, items, seen = problem
    users = np.where(np.isfinite(users) & (users != 0), users, np.float32(1))  # 0 * inf is NaN
    expected_items, expected_scores = definition(users, items, seen, k)
    best = top_k(users, items, k, graph_of(seen))
    assert best.items.tolist() == expected_items
    assert best.scores.tolist() == expected_scores


@given(problem=problems(), k=st.integers(0, 30))
def test_neither_layout_nor_threads_nor_the_kind_of_links_matter(problem, k):
    users, items, seen = problem
    users, items = users / np.float32(3), items / np.float32(7)  # sums now round
    pattern = scipy.sparse.csr_array(seen.astype(np.int8))
    first = top_k(users, items, k, pattern)
    before = threads.num_threads()
    try:
        for n in (1, 2, 7):
            threads.set_num_threads(n)
            for links in (pattern, graph_of(seen), Interactions.from_scipy(pattern)):
                best = top_k(np.asfortranarray(users), items[::1].T.copy().T, k, links)
                assert best.items.tobytes() == first.items.tobytes()
                assert best.scores.tobytes() == first.scores.tobytes()
    finally:
        threads.set_num_threads(before)


@given(problem=problems(), k=st.integers(1, 9), data=st.data())
def test_the_first_nan_is_named_unless_it_is_excluded(problem, k, data):
    users, items, seen = problem
    if not (users.shape[1] and len(users) and len(items)):
        return
    spoilt = data.draw(st.sets(st.integers(0, len(items) - 1), min_size=1, max_size=3))
    items[list(spoilt), 0] = np.nan
    bad = [(u, i) for u in range(len(users)) for i in sorted(spoilt) if not seen[u, i]]
    if bad:
        with pytest.raises(ScoreError, match=rf"user {bad[0][0]} and item {bad[0][1]} is NaN"):
            top_k(users, items, k, graph_of(seen))
    else:
        assert not np.isin(top_k(users, items, k, graph_of(seen)).items, list(spoilt)).any()


@given(problem=problems(), data=st.data())
def test_rows_may_stand_for_any_users_in_any_order(problem, data):
    users, items, seen = problem
    if not len(users):
        return
    ids = data.draw(st.lists(st.integers(0, len(users) - 1), max_size=30))
    whole = top_k(users, items, 4, graph_of(seen))
    some = top_k(users[ids], items, 4, graph_of(seen), users=ids)
    assert some.items.tolist() == whole.items[ids].tolist()


def test_many_survivors_many_panels_and_rows():
    rng = np.random.default_rng(3)
    users = rng.integers(-3, 4, (1500, 3)).astype(np.float32)
    items = rng.integers(-3, 4, (700, 3)).astype(np.float32)
    items = items[np.argsort(items.sum(axis=1))]  # ascending for some users: all survive
    seen = rng.random((1500, 700)) < 0.05
    scores = np.where(seen, -np.inf, users @ items.T)
    for k in (1, 50, 200):
        best = top_k(users, items, k, graph_of(seen))
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(best.items, order)
        np.testing.assert_array_equal(best.scores, np.take_along_axis(scores, order, axis=1))


@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_every_processor_gives_the_same_bits(level):
    import os
    import subprocess
    import sys

    code = (
        "import numpy as np, hashlib, glowrec as gr; rng = np.random.default_rng(0);"
        "best = gr.top_k(rng.standard_normal((50, 33), dtype=np.float32),"
        " rng.standard_normal((211, 33), dtype=np.float32), 10);"
        "print(hashlib.sha256(best.items.tobytes() + best.scores.tobytes()).hexdigest())"
    )

    def digest(name):
        env = {**os.environ, "GLOWREC_SIMD": name}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True
        )
        return done.stdout

    assert digest(level) == digest("")


def test_refusals_name_the_parameter():
    two, three = np.ones((2, 3)), np.ones((3, 3))
    seen = Graph.from_edges([0], [1], n_users=2, n_items=3)
    with pytest.raises(ShapeError, match="item_factors: expected 3 columns"):
        top_k(two, np.ones((3, 4)), 1)
    with pytest.raises(ShapeError, match="exclude: expected 4 items"):
        top_k(two, np.ones((4, 3)), 1, seen)
    with pytest.raises(ShapeError, match=r"user_factors: expected 2 rows.*users="):
        top_k(three, three, 1, seen)
    with pytest.raises(ShapeError, match="users: expected 3 ids"):
        top_k(three, three, 1, seen, users=[0, 1])
    with pytest.raises(IdError, match=r"users.*2"):
        top_k(three, three, 1, seen, users=[0, 1, 2])
    with pytest.raises(ShapeError, match="two dimensions"):
        top_k(np.ones(3), three, 1)
    with pytest.raises(ShapeError, match="unequal length"):
        top_k([[1, 2], [3]], three, 1)
    with pytest.raises(ParameterError, match="k = -1"):
        top_k(two, three, -1)
    with pytest.raises(ParameterError, match=r"k = 1\.5"):
        top_k(two, three, 1.5)
    with pytest.raises(ParameterError, match="user_factors: expected real numbers"):
        top_k(two.astype(complex), three, 1)
    with pytest.raises(ParameterError, match="exclude: expected Interactions"):
        top_k(two, three, 1, [[1]])


def test_tensors_come_in_through_the_array_protocol():
    class Tensor:
        def __init__(self, table):
            self.table = table

        def __array__(self, dtype=None, copy=None):
            if self.table is None:
                raise TypeError("can't convert cuda:0 device type tensor to numpy")
            return self.table

    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert top_k(Tensor(table), table, 1).items.tolist() == [[2], [2], [2]]
    with pytest.raises(ParameterError, match=r"user_factors.*detach\(\)\.cpu\(\)"):
        top_k(Tensor(None), table, 1)
