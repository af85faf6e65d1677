"""Evaluations of shards, put together, against one pass over everybody."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import Evaluation, Graph, evaluate, evaluate_rankings
from glowrec.conventions import Convention
from glowrec.errors import ParameterError
from glowrec.metrics import ALL_METRICS

N_ITEMS = 12


@given(
    seed=st.integers(0, 2**32 - 1),
    n_users=st.integers(1, 25),
    n_parts=st.integers(1, 5),
    pooled=st.sampled_from([(), ("precision", "auc", "map")]),
    ties=st.sampled_from(["lower_id", "expected"]),
)
def test_shards_give_the_numbers_of_one_pass_to_the_bit(seed, n_users, n_parts, pooled, ties):
    rng = np.random.default_rng(seed)
    shape = (n_users, N_ITEMS)
    train, test = (
        Graph.from_edges(*np.nonzero(rng.random(shape) < 0.3), n_users=n_users, n_items=N_ITEMS)
        for _ in range(2)
    )
    scores = rng.integers(0, 6, shape).astype(np.float32)
    options = {
        "metrics": ALL_METRICS,
        "convention": Convention(pooled=pooled, ties=ties),
        "item_vectors": rng.standard_normal((N_ITEMS, 3)),
    }

    def judged(users):
        return evaluate(lambda u: scores[u], train, test, (2, 5), users=users, **options)

    whole = judged(None)
    part_of = rng.integers(0, n_parts, n_users)
    parts = [judged(rng.permutation(np.flatnonzero(part_of == p))) for p in range(n_parts)]
    merged = Evaluation.merge(parts)
    np.testing.assert_equal(merged.to_dict(), whole.to_dict())
    assert [*map(float.hex, merged.summary.values())] == [*map(float.hex, whole.summary.values())]
    assert merged.users.tolist() == whole.users.tolist()
    assert merged.per_user.keys() == whole.per_user.keys()
    for key, values in whole.per_user.items():
        assert merged.per_user[key].tobytes() == values.tobytes()
    for k, counts in whole.exposure.items():
        assert merged.exposure[k].tolist() == counts.tolist()
    reordered = judged(rng.permutation(n_users)).summary  # sums are rounded once
    assert [*map(float.hex, reordered.values())] == [*map(float.hex, whole.summary.values())]
    again = Evaluation.merge([merged])
    np.testing.assert_equal(again.summary, whole.summary)


def test_parts_that_differ_or_overlap_are_refused():
    test = Graph.from_edges([0, 1], [1, 0], n_users=2, n_items=2)

    def part(user, k=1, metrics="hit", links=test, **options):
        return evaluate_rankings([[1]], links, k, metrics, users=[user], **options)

    first = part(0)
    wide = Graph.from_edges([0, 1], [1, 0], n_users=2, n_items=3)
    scored = evaluate(lambda u: np.ones((len(u), 2), np.float32), None, test, 1, "hit", users=[1])
    for other, name in [
        (part(1, k=(1,), metrics="recall"), "metrics"),
        (evaluate_rankings(np.array([[1, 0]]), test, 2, "hit", users=[1]), "k"),
        (part(1, convention="ranx"), "convention"),
        (part(1, links=wide), "items"),
        (scored, "known scores"),
    ]:
        with pytest.raises(ParameterError, match=rf"parts\[1\] differs from parts\[0\] in {name}"):
            Evaluation.merge([first, other])
    with pytest.raises(ParameterError, match=r"parts\[0\] and parts\[2\] share user 0"):
        Evaluation.merge([first, part(1), part(0)])
    with pytest.raises(ParameterError, match="at least one"):
        Evaluation.merge([])
