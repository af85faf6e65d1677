"""What `Graph` refuses, in one line that names the place and the value."""

import numpy as np
import pytest
import scipy.sparse as sp

from glowrec import _native
from glowrec.errors import IdError, ParameterError, ShapeError
from glowrec.graph import Graph


def small():
    return Graph.from_edges([0, 1], [0, 2], n_users=2, n_items=3)


@pytest.mark.parametrize(
    ("users", "items", "error", "message"),
    [
        ([0, 2], [0, 0], IdError, r"users\[1\] = 2 is not in 0\.\.2"),
        ([0, 1], [-1, 9], IdError, r"items\[0\] = -1 is not in 0\.\.3"),
        ([0, 1, 5], [0, 7, 7], IdError, r"items\[1\] = 7 is not in 0\.\.3"),
        ([0], [0, 1], ShapeError, r"items: expected length 1, got 2"),
        ([[0]], [0], ShapeError, r"users: expected one dimension, got shape \(1, 1\)"),
        ([0.0], [0], IdError, r"users: ids must be integers, got float64"),
        ([0], ["a"], IdError, r"items: ids must be integers, got <U1"),
        (np.array([2**64 - 1], np.uint64), [0], IdError, r"users\[0\] = \d+ is not in 0\.\.2"),
        ([2**70], [0], IdError, r"users: ids must be integers"),
    ],
)
def test_links_that_are_none(users, items, error, message):
    with pytest.raises(error, match=f"^{message}"):
        Graph.from_edges(users, items, n_users=2, n_items=3)


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ({"n_users": -1, "n_items": 1}, ParameterError, r"n_users = -1 must not be negative"),
        ({"n_users": 1, "n_items": -2}, ParameterError, r"n_items = -2 must not be negative"),
        ({"n_users": 2**32 + 1, "n_items": 1}, IdError, r"n_users = 4294967297 is more than"),
        (
            {"n_users": 1, "n_items": 2**64},
            IdError,
            r"n_items = 18446744073709551616 is more",
        ),
        ({"n_users": 1, "n_items": 2**40}, IdError, r"n_items = 1099511627776 is more than"),
    ],
)
def test_axes_that_cannot_be(sizes, error, message):
    with pytest.raises(error, match=f"^{message}"):
        Graph.from_edges([], [], **sizes)


@pytest.mark.parametrize("matrix", [np.eye(2), sp.coo_array(np.ones(3)), [[1]]])
def test_matrices_that_are_not_sparse_and_two_dimensional(matrix):
    with pytest.raises(ShapeError, match=r"^matrix: expected a two-dimensional SciPy sparse"):
        Graph.from_scipy(matrix)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((4, 2)), r"x: expected shape \(5, dim\), users first, got \(4, 2\)"),
        (np.zeros(5), r"x: expected shape \(5, dim\), users first, got \(5,\)"),
        (np.zeros((2, 5)).tolist(), r"x: expected shape \(5, dim\), users first, got \(2, 5\)"),
    ],
)
def test_tables_of_another_shape(x, message):
    with pytest.raises(ShapeError, match=f"^{message}$"):
        small().propagate(x, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_layers": -1}, r"n_layers = -1 must not be negative"),
        ({"weights": [1.0]}, r"weights: expected 2, one for x and one per layer, got \(1,\)"),
        ({"weights": [[1.0, 0.0]]}, r"weights: expected 2, .*, got \(1, 2\)"),
        ({"weights": [1.0, np.nan]}, r"weights: expected finite numbers, got \[1\.0, nan\]"),
        ({"normalization": "symm"}, r"normalization = 'symm': expected one of sym, left, right"),
        ({"gather_dtype": "float16"}, r"gather_dtype = 'float16': expected None or 'bfloat16'"),
        ({"gather_dtype": "bfloat16"}, r"gather_dtype = 'bfloat16' needs a float32 x"),
        ({"keep_prob": 0.0}, r"keep_prob = 0\.0 is not in \(0, 1\]"),
        ({"keep_prob": np.nan}, r"keep_prob = nan is not in \(0, 1\]"),
        ({"keep_prob": 1.5}, r"keep_prob = 1\.5 is not in \(0, 1\]"),
        ({"dropout_seed": -1}, r"dropout_seed = -1 is not in 0\.\.2\*\*64"),
        ({"dropout_seed": 2**64}, r"dropout_seed = 18446744073709551616 is not in"),
    ],
)
def test_parameters_out_of_range(options, message):
    with pytest.raises(ParameterError, match=f"^{message}"):
        small().propagate(np.zeros((5, 2)), **{"n_layers": 1, **options})


def test_numbers_that_are_not_real():
    with pytest.raises(ParameterError, match=r"^x: expected real numbers, got complex128$"):
        small().propagate(np.zeros((5, 2), complex), 1)


def test_the_adjacency_has_no_steps_and_masks_need_a_normalization():
    with pytest.raises(ParameterError, match=r"expected a slice without a step$"):
        small().adjacency(rows=slice(0, 4, 2))
    with pytest.raises(ParameterError, match=r"^keep_prob: edge dropout needs a normalization"):
        small().to_scipy(keep_prob=0.5)
    with pytest.raises(ParameterError, match=r"^normalization = 'x'"):
        small().to_scipy("x")
    assert [len(part) for part in small().adjacency(rows=slice(4, 2))] == [1, 0, 0]


def test_the_compiled_module_checks_for_itself():
    native = small()._native
    table, weights = np.zeros((5, 2)), np.ones(2)
    with pytest.raises(ShapeError, match=r"^x: expected a C-ordered array$"):
        native.propagate(np.asfortranarray(table), weights, "sym", False, False, 1.0, 0)
    with pytest.raises(ShapeError, match=r"^x: expected length 10, got 8$"):
        native.propagate(table[:4], weights, "sym", False, False, 1.0, 0)
    with pytest.raises(ParameterError, match=r"^weights must not be empty$"):
        native.propagate(table, weights[:0], "sym", False, False, 1.0, 0)
    with pytest.raises(ParameterError, match=r"^normalization: unknown \"a\"$"):
        native.propagate(table, weights, "a", False, False, 1.0, 0)
    with pytest.raises(ParameterError, match=r"^keep_prob = 0 is not in \(0, 1\]$"):
        native.propagate(table, weights, "sym", False, False, 0.0, 0)
    with pytest.raises(IdError, match=r"^rows = 0\.\.6 is not within 0\.\.5$"):
        native.adjacency("sym", False, 1.0, 0, 0, 6)
    with pytest.raises(IdError, match=r"^index\[1\] = 5 is not in 0\.\.5$"):
        _native.scatter_rows(np.array([0, 5]), np.zeros((2, 1)), 5)
    with pytest.raises(ShapeError, match=r"^values: expected length 2, got 1$"):
        _native.scatter_rows(np.array([0, 5]), np.zeros((1, 1)), 5)
