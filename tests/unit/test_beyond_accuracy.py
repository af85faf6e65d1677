"""Beyond-accuracy measures: what they refuse, and numbers that are hard to hold."""

import numpy as np
import pytest

from glowrec import beyond
from glowrec.errors import DataError, IdError, ParameterError, ScoreError, ShapeError

LISTS = [[0, 1, -1], [2, -1, -1]]


def test_gini_is_exact_where_64_bits_are_too_few():
    counts = np.zeros(4, dtype=np.int64)
    counts[2] = 2**62
    assert beyond.gini(counts) == 0.75
    assert beyond.gini([2**62, 2**62, 0, 0]) == 0.5


def test_exposures_of_shards_add_up():
    lists = np.random.default_rng(0).integers(-1, 20, (50, 5))
    parts = beyond.exposure(lists[:17], 20) + beyond.exposure(lists[17:], 20)
    assert beyond.gini(parts) == beyond.gini(beyond.exposure(lists, 20))


def test_one_item_has_neither_spread_nor_entropy():
    assert beyond.gini([5]) == 0
    assert beyond.entropy([5], normalized=True) == 0
    assert str(beyond.entropy([5])) == "0.0"  # not -0.0
    assert beyond.coverage([5]) == 1


def test_a_new_item_is_as_novel_as_one_that_a_single_user_has():
    assert beyond.novelty([[0], [1]], [0, 1], 8).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: beyond.exposure(LISTS, 2), IdError, r"lists\[1, 0\] = 2 is neither an item"),
        (lambda: beyond.exposure([[0, -2]], 2), IdError, r"lists\[0, 1\] = -2"),
        (lambda: beyond.exposure([0, 1], 2), ShapeError, "lists: expected 2 dimension"),
        (lambda: beyond.exposure([[0.5]], 2), IdError, "lists: expected whole numbers"),
        (lambda: beyond.gini([1, -2]), DataError, r"exposure\[1\] = -2"),
        (lambda: beyond.gini([1.0]), DataError, "exposure: expected whole numbers, got float64"),
        (lambda: beyond.coverage([[1]]), ShapeError, r"exposure: .* shape \(1, 1\)"),
        (lambda: beyond.popularity(LISTS, [1, 2]), IdError, r"lists\[1, 0\] = 2"),
        (lambda: beyond.novelty(LISTS, [1, 9, 2], 8), ParameterError, "the largest count, 9"),
        (lambda: beyond.novelty([], [], 0), ParameterError, "n_users = 0"),
        (lambda: beyond.diversity(LISTS, [1, 2, 3]), ShapeError, "item_vectors: expected numbers"),
        (lambda: beyond.diversity(LISTS, [["a"]] * 3), ShapeError, "item_vectors: expected num"),
        (
            lambda: beyond.diversity(LISTS, [[0.0], [np.nan], [1.0]]),
            ScoreError,
            "the vector of item 1 is not finite",
        ),
    ],
)
def test_refusals_name_the_place(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_vector_that_is_not_listed_may_be_anything():
    assert beyond.diversity([[0, 2]], [[1.0], [np.inf], [1.0]]).tolist() == [0.0]
