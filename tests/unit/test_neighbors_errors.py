"""Neighbours: what is refused, by name."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import glowrec as gr
from glowrec import _native
from glowrec.errors import DataError, IdError, ParameterError, ScoreError, ShapeError
from glowrec.neighbors import nearest_items, nearest_users

LOG = gr.Interactions.from_arrays([0, 0, 1, 2], [0, 1, 1, 2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": -1}, "n_neighbors = -1 must be at least 0"),
        ({"n": 2.5}, "n_neighbors = 2.5: expected a whole number"),
        ({"similarity": "euclid"}, "similarity = 'euclid': choose from cosine, pearson, jaccard"),
        ({"shrinkage": -1}, "shrinkage = -1: expected a finite number, at least 0"),
        ({"shrinkage": np.nan}, "shrinkage = nan: expected a finite number, at least 0"),
        ({"shrinkage": "10"}, "shrinkage = '10': expected a number"),
        ({"weighted": True}, "weighted = True: the log has no values"),
    ],
)
@pytest.mark.parametrize("find", [nearest_items, nearest_users])
def test_settings_out_of_range_are_named(find, arguments, message):
    with pytest.raises(ParameterError, match=f"^{message}$"):
        find(LOG, **arguments)


def test_what_is_no_log_is_refused():
    with pytest.raises(ParameterError, match="log: expected Interactions, a Graph or a SciPy"):
        nearest_items([[0, 1]])
    with pytest.raises(ParameterError, match="weighted = True: the log has no values"):
        nearest_items(LOG.graph, weighted=True)


def test_squares_that_overflow_are_refused():
    log = gr.Interactions.from_arrays([0, 1], [0, 0], [1e200, 1.0])
    with pytest.raises(DataError, match="values are so large that their squares are infinite"):
        nearest_users(log, weighted=True)


def test_a_matrix_counts_its_values_and_not_its_stored_zeros():
    matrix = csr_array(([3.0, 0.0, 1.0, 2.0], ([0, 0, 1, 1], [0, 1, 0, 1])), shape=(2, 2))
    found = nearest_items(matrix, weighted=True).toarray()
    assert found[0, 1] == np.float32(2 / (np.sqrt(10) * 2))
    assert matrix.nnz == 4  # the caller's is left as it was


def rows(n_columns, starts, columns, values):
    return _native.SparseRows(
        n_columns, np.array(starts, np.int64), np.array(columns, np.int64), np.array(values, "f4")
    )


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match=r"row starts: .*; see entry 0"):
        rows(3, [-1, 0], [], [])
    with pytest.raises(DataError, match=r"row starts: .*; see entry 2"):
        rows(3, [0, 2, 1], [0, 1], [1, 1])
    with pytest.raises(IdError, match=r"columns\[1\] = 3 is not in 0..3"):
        rows(3, [0, 2], [0, 3], [1, 1])
    with pytest.raises(ShapeError, match="values: expected length 2, got 1"):
        rows(3, [0, 2], [0, 1], [1])
    left, right = rows(2, [0, 1], [1], [1]), rows(3, [0, 0, 1], [2], [1])
    asked = np.array([0], np.int64)
    assert left.scores(right, None, asked).tolist() == [[0, 0, 1]]
    with pytest.raises(ShapeError, match="rows of right: expected length 3, got 2"):
        right.scores(right, None, asked)
    with pytest.raises(ShapeError, match="bias: expected length 3, got 2"):
        left.scores(right, np.zeros(2, np.float32), asked)
    with pytest.raises(IdError, match=r"users\[0\] = 1 is not in 0..1"):
        left.top_k(right, None, None, np.array([1]), 1)
    other = gr.Graph.from_edges([0], [0], n_users=1, n_items=2)
    with pytest.raises(ShapeError, match="items of exclude: expected length 3, got 2"):
        left.top_k(right, None, other._native, asked, 1)
    with pytest.raises(ScoreError, match="user 0 and item 2 is NaN"):
        left.top_k(rows(3, [0, 0, 1], [2], [np.nan]), None, None, asked, 1)
