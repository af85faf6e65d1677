"""Errors of ratings against plain sums, and what they refuse."""

import numpy as np
import pytest

from glowrec.errors import DataError, ShapeError
from glowrec.rating_errors import errors_by_user, mae, rmse


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
