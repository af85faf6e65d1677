"""Errors of ratings against plain sums, and what they refuse."""

import numpy as np
import pytest

from glowrec.errors import DataError, ShapeError
from glowrec.rating_errors import errors_by_user, mae, ndcg, rmse, summary


def test_both_are_their_formulas():
    rng = np.random.default_rng(0)
    p, o, w = rng.random((3, 50)) * 5
    assert rmse(p, o) == pytest.approx(np.sqrt(((p - o) ** 2).sum() / 50), rel=1e-13)
    assert mae(p, o) == pytest.approx(np.abs(p - o).sum() / 50, rel=1e-13)
    expected = np.sqrt((w * (p - o) ** 2).sum() / w.sum())
    assert rmse(p, o, weights=w) == pytest.approx(expected, rel=1e-13)
    expected = (w * np.abs(p - o)).sum() / w.sum()
    assert mae(p, o, weights=w) == pytest.approx(expected, rel=1e-13)
    # A weight of two is the rating twice.
    assert rmse([1, 5], [2, 2], weights=[2, 1]) == rmse([1, 1, 5], [2, 2, 2])


def test_small_numbers_are_summed_in_float64():
    n = 2**24 + 2  # where float32 sums of ones stop growing
    assert mae(np.ones(n, np.float32), np.zeros(n, np.float32)) == 1.0
    assert rmse(np.full(3, 2**12 + 1, np.float32), np.zeros(3, np.float32)) == 2**12 + 1
    assert mae(np.array([200], np.uint8), np.array([201], np.uint8)) == 1.0


def test_by_user():
    rng = np.random.default_rng(1)
    p, o = rng.random((2, 40))
    users = rng.integers(0, 6, 40)
    found = errors_by_user(p, o, users)
    assert found.users.tolist() == sorted(set(users.tolist()))
    for place, user in enumerate(found.users):
        mine = users == user
        assert found.per_user["rmse"][place] == pytest.approx(rmse(p[mine], o[mine]), rel=1e-12)
        assert found.per_user["mae"][place] == pytest.approx(mae(p[mine], o[mine]), rel=1e-12)


@pytest.mark.parametrize(
    ("inputs", "weights", "error", "message"),
    [
        (([1, 2], [1, 2, 3]), None, ShapeError, r"predicted: expected shape \(3,\) as observed"),
        (([], []), None, DataError, "observed: no ratings"),
        (([1, np.nan], [1, 2]), None, DataError, r"predicted\[1\] = nan"),
        (([[1, 2]], [[1, np.inf]]), None, DataError, r"observed\[0, 1\] = inf"),
        ((["a"], [1]), None, DataError, "predicted: expected numbers"),
        (([1, 2], [1, 2]), [1], ShapeError, r"weights: expected shape \(2,\)"),
        (([1, 2], [1, 2]), [1, -1], DataError, "weights: expected numbers that are not negative"),
        (([1, 2], [1, 2]), [0, 0], DataError, "not all 0"),
    ],
)
@pytest.mark.parametrize("measure", [rmse, mae])
def test_refusals(measure, inputs, weights, error, message):
    with pytest.raises(error, match=message):
        measure(*inputs, weights=weights)


def test_users_of_another_length_are_refused():
    with pytest.raises(ShapeError, match=r"users: expected shape \(2,\), got \(1,\)"):
        errors_by_user([1, 2], [1, 2], [0])


def plain_ndcg(predicted, observed, users, items):
    """The definition, user by user."""
    shares = []
    for user in sorted(set(users)):
        rows = sorted(
            (row for row in zip(predicted, observed, users, items, strict=True) if row[2] == user),
            key=lambda row: (-row[0], row[3]),
        )
        found = sum((2.0 ** row[1] - 1) / np.log2(r + 2) for r, row in enumerate(rows))
        best = sorted((row[1] for row in rows), reverse=True)
        ideal = sum((2.0**rating - 1) / np.log2(r + 2) for r, rating in enumerate(best))
        if len(rows) > 1 and ideal > 0:
            shares.append(found / ideal)
    return float(np.mean(shares)) if shares else float("nan")


@pytest.mark.parametrize("seed", range(5))
def test_ndcg_is_its_definition(seed):
    rng = np.random.default_rng(seed)
    n = 60
    predicted = rng.integers(0, 4, n) / 2  # ties
    observed = rng.choice([0, 0.5, 1, 4, 5], n)
    users, items = rng.integers(0, 12, n), rng.permutation(n)
    expected = plain_ndcg(predicted, observed, users, items)
    assert ndcg(predicted, observed, users, items) == pytest.approx(expected, rel=1e-12)
    order = rng.permutation(n)  # ties go to the item, wherever its row stands
    shuffled = (column[order] for column in (predicted, observed, users, items))
    assert ndcg(*shuffled) == pytest.approx(expected, rel=1e-12)


def test_ndcg_of_users_that_say_nothing():
    assert np.isnan(ndcg([1, 2], [3, 4], users=[0, 1]))  # one rating each
    assert np.isnan(ndcg([1, 2], [0, 0], users=[0, 0]))
    assert ndcg([1, 2, 3, 4], [0, 0, 2, 5], users=[0, 0, 1, 1]) == 1.0
    assert ndcg([1, 1], [1, 5], users=[0, 0]) < ndcg([1, 1], [1, 5], [0, 0], items=[9, 3]) == 1.0


def test_ndcg_of_ratings_whose_gains_no_float_holds():
    assert ndcg([2, 1], [2000, 1999], users=[0, 0]) == 1.0
    expected = (0.5 + 1 / np.log2(3)) / (1 + 0.5 / np.log2(3))
    assert ndcg([1, 2], [2000, 1999], users=[0, 0]) == pytest.approx(expected, rel=1e-12)


def test_the_summary_has_what_has_a_meaning():
    p, o, users, items = [1.0, 3.0, 2.0], [2.0, 4.0, 1.0], [0, 0, 1], [1, 2, 3]
    assert summary(p, o, users, items) == {
        "rmse": rmse(p, o),
        "mae": mae(p, o),
        "ndcg": ndcg(p, o, users, items),
    }
    assert set(summary(p, [-1, 2, 3], users)) == {"rmse", "mae"}
    assert set(summary(p, o, [0, 1, 2])) == {"rmse", "mae"}
    with pytest.raises(DataError, match="no ratings"):
        summary([], [], np.zeros(0, int))


def test_ndcg_refuses():
    with pytest.raises(DataError, match=r"observed\[1\] = -1.0: ndcg needs ratings from 0 on"):
        ndcg([1, 2], [3, -1], users=[0, 0])
    with pytest.raises(ShapeError, match=r"items: expected shape \(2,\), got \(1,\)"):
        ndcg([1, 2], [3, 1], users=[0, 0], items=[1])
    with pytest.raises(ShapeError, match=r"users: expected shape \(2,\), got \(3,\)"):
        ndcg([1, 2], [3, 1], users=[0, 0, 0])
    with pytest.raises(DataError, match=r"predicted\[0\] = nan"):
        ndcg([np.nan, 2], [3, 1], users=[0, 0])
