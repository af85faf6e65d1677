"""The inverse in place, against NumPy's and the definition."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec.spd_inverse import invert_in_place


@given(n=st.integers(1, 23), block=st.integers(1, 9), seed=st.integers(0, 99))
def test_any_blocks_give_the_inverse_and_read_the_lower_triangle_only(n, block, seed):
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((n, n + 3))
    table = half @ half.T + np.eye(n)
    expected = np.linalg.inv(table)
    given = np.tril(table) + np.triu(np.full((n, n), np.nan), 1)
    assert invert_in_place(given, block)
    assert np.allclose(given, expected, rtol=1e-8, atol=1e-9)
    assert np.array_equal(given, given.T)


@pytest.mark.parametrize("bad", [0, 4, 6])
def test_what_is_not_positive_definite_is_said(bad):
    table = np.eye(7, dtype=np.float32)
    table[bad, bad] = -1.0
    assert not invert_in_place(table, 3)
