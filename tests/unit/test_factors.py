"""Factors and biases as people hand them over: copied, converted or refused."""

import re

import numpy as np
import pytest

from glowrec import Graph, evaluate_factors, top_k
from glowrec.errors import DataError, ParameterError, ScoreError, ShapeError
from glowrec.factors import real, vectors
from glowrec.similarity import factors_of

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)
GRAPH = Graph.from_edges([0], [1], n_users=4, n_items=4)


def test_float32_rows_are_read_in_place():
    assert np.shares_memory(vectors("t", TABLE), TABLE)
    assert np.shares_memory(real("t", TABLE.astype(np.float64)[::2]), real("t", TABLE)) is False
    found = factors_of(TABLE, TABLE)
    assert np.shares_memory(found.users, TABLE)
    assert np.shares_memory(found.items, TABLE)
    assert found.user_bias is None
    assert not np.shares_memory(vectors("t", np.asfortranarray(TABLE)), TABLE)


def test_half_precision_is_converted_exactly():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)].reshape(-1, 2)
    found = vectors("t", every)
    assert found.dtype == np.float32
    assert (found == every).all()


def test_wider_and_whole_numbers_are_rounded_to_the_nearest():
    assert vectors("t", [[2**24 + 1, 1]]).tolist() == [[2.0**24, 1.0]]
    assert vectors("t", [[0.1]])[0, 0] == np.float32(0.1)
    assert vectors("t", [[np.inf, -np.inf, 3.4e38]])[0, :2].tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("bad", [1e300, -3.5e38])
def test_what_float32_cannot_hold_is_named_not_made_infinite(bad):
    wide = np.ones((4, 3))
    wide[2, 1] = bad
    message = rf"\[2, 1\] = {re.escape(str(bad))}: too large for float32; scale all down$"
    with pytest.raises(DataError, match=f"^user_factors{message}"):
        top_k(wide, TABLE, 1)
    with pytest.raises(DataError, match=f"^item_factors{message}"):
        evaluate_factors(TABLE, np.asfortranarray(wide), None, GRAPH)
    with pytest.raises(DataError, match=r"^item_bias\[1\] = 1e\+39: too large for float32"):
        top_k(TABLE, TABLE, 1, item_bias=[0, 1e39, 0, 0])
    assert top_k(wide, wide, 1, similarity="cosine").scores.max() <= 1


def test_a_tensor_that_records_gradients_gets_a_remedy():
    class Recording:
        requires_grad = True

        def __array__(self, dtype=None, copy=None):
            raise AssertionError

    with pytest.raises(ParameterError, match=r"user_factors: .*pass tensor\.detach\(\)$"):
        top_k(Recording(), TABLE, 1)


def test_zero_rows_have_no_direction_and_stay_zero():
    found = factors_of([[0.0, 0], [3, 4], [1e300, 0]], [[1e-40, 0], [-2, 0]], "cosine")
    assert found.users.tolist() == [[0, 0], [np.float32(0.6), np.float32(0.8)], [1, 0]]
    assert found.items.tolist() == [[1, 0], [-1, 0]]
    assert factors_of(np.zeros((2, 0)), np.zeros((3, 0)), "cosine").items.shape == (3, 0)


def test_a_row_that_is_not_finite_has_no_cosine():
    with pytest.raises(ScoreError, match="user 1 and item 0 is NaN"):
        top_k([[1.0], [np.inf]], [[1.0]], 1, similarity="cosine")


def test_a_bias_is_where_the_sum_begins():
    big = np.float32(2**24)
    best = top_k([[1.0, -big]], [[1.0, 1.0]], 1, item_bias=[big])
    assert best.scores.tolist() == [[0.0]]  # (big + 1) rounds to big, then - big
    best = top_k([[1.0]], [[0.0], [1.0]], 2, item_bias=[np.inf, -np.inf])
    assert best.items.tolist() == [[0, 1]]
    with pytest.raises(ScoreError, match="user 0 and item 1 is NaN"):
        top_k([[1.0]], [[0.0], [1.0]], 2, item_bias=[0.0, np.nan])


def test_padding_stays_what_it_is_under_a_bias():
    seen = Graph.from_edges([0], [0], n_users=2, n_items=2)
    best = top_k([[1.0], [1.0]], [[1.0], [2.0]], 3, seen, user_bias=[10, -10])
    assert best.items.tolist() == [[1, -1, -1], [1, 0, -1]]
    assert best.scores.tolist() == [[12.0, -np.inf, -np.inf], [-8.0, -9.0, -np.inf]]


def test_refusals_name_the_parameter():
    with pytest.raises(ParameterError, match="similarity = 'euclid': choose from dot, cosine"):
        top_k(TABLE, TABLE, 1, similarity="euclid")
    with pytest.raises(
        ShapeError, match=r"item_bias: expected shape \(4,\).*per item, got \(3,\)"
    ):
        top_k(TABLE, TABLE, 1, item_bias=[1, 2, 3])
    with pytest.raises(ShapeError, match=r"user_bias: expected shape \(4,\).*row of user_factors"):
        top_k(TABLE, TABLE, 1, user_bias=[[1, 2, 3, 4]])
    with pytest.raises(ParameterError, match=r"user_bias\[2\] = inf: expected a finite number"):
        top_k(TABLE, TABLE, 1, user_bias=[0, 1, np.inf, 2])
    with pytest.raises(ParameterError, match=r"user_bias\[0\] = nan"):
        top_k(TABLE, TABLE, 1, user_bias=[np.nan, 1, 2, 2])
    with pytest.raises(ParameterError, match="item_bias: expected real numbers, got <U1"):
        top_k(TABLE, TABLE, 1, item_bias=["a", "b", "c", "d"])
    with pytest.raises(ShapeError, match="item_factors: expected 3 columns"):
        top_k(TABLE, TABLE[:, :2], 1, similarity="cosine")
    with pytest.raises(ShapeError, match="user_factors: expected two dimensions"):
        top_k(TABLE[0], TABLE, 1, similarity="cosine")
