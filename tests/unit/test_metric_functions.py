"""The functions of one ranked list: golden numbers, and what they refuse."""

import pytest

from glowrec import metrics
from glowrec.conventions import CONVENTIONS, Convention
from glowrec.errors import ParameterError, ScoreError, ShapeError

HITS = [0, 1, 0, 0, 1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("metric", "choice", "value"),
    [
        (metrics.ndcg, {"ideal": "min"}, 0.4473),
        (metrics.ndcg, {"ideal": "hits"}, 0.6189),
        (metrics.ndcg, {"ideal": "k"}, 0.2903),
        (metrics.average_precision, {"average_precision": "relevant"}, 0.2467),
        (metrics.average_precision, {"average_precision": "hits"}, 0.4111),
        (metrics.average_precision, {"average_precision": "k"}, 0.1233),
    ],
)
def test_hits_at_2_5_and_9_of_five_relevant(metric, choice, value):
    found = metric(HITS, 5, 10, convention=Convention(**choice))
    assert round(found, 4) == value


def test_reciprocal_ranks_of_them():
    assert metrics.reciprocal_rank(HITS, 10) == 0.5
    summed = metrics.reciprocal_rank(HITS, 10, convention=Convention(reciprocal_rank="sum"))
    assert round(summed, 4) == 0.8111


def test_grades_are_gains_where_the_convention_says_so():
    linear, exponential = (Convention(gain=gain) for gain in ("linear", "exponential"))
    assert metrics.dcg([3, 0, 2], 3) == 1.5
    assert metrics.dcg([3, 0, 2], 3, convention=linear) == 4.0
    assert metrics.dcg([3, 0, 2], 3, convention=exponential) == 8.5
    assert metrics.ndcg([2, 1], 3, 1, convention=linear, grades=[1, 4, 2]) == 0.5
    assert metrics.ndcg([2], 2, 1, convention=exponential, grades=[2, 3]) == 3 / 7
    # What is not listed has grade 1 by default, as links without values have.
    assert metrics.ndcg([0, 1], 2, 1, convention=linear) == 0.0
    assert metrics.ndcg([1, 0], 2, 2, convention="ranx") == metrics.ndcg([1, 0], 2, 2)


def test_every_named_convention_has_a_value_for_every_function():
    for name in CONVENTIONS:
        for function in (metrics.recall, metrics.precision, metrics.f1, metrics.average_precision):
            assert 0 < function(HITS, 5, 10, convention=name) <= 1


def test_nothing_relevant_is_zero():
    assert metrics.recall([0, 0], 0, 2) == metrics.ndcg([], 0, 2) == 0.0
    assert metrics.r_precision([0], 0) == metrics.auc([1.0], [False]) == 0.0
    assert metrics.auc([1.0, 2.0], [True, True]) == 0.5


def test_what_is_refused():
    with pytest.raises(ParameterError, match="n_relevant = 1: fewer than the 3 hits"):
        metrics.recall(HITS, 1, 10)
    with pytest.raises(ParameterError, match=r"hits\[1\] = -1"):
        metrics.hit([0, -1], 2)
    with pytest.raises(ParameterError, match=r"hits\[0\] = nan"):
        metrics.dcg([float("nan")], 2)
    with pytest.raises(ParameterError, match="hits: expected numbers"):
        metrics.hit(["yes"], 2)
    with pytest.raises(ShapeError, match="hits: expected one dimension"):
        metrics.hit([[1, 0]], 2)
    with pytest.raises(ParameterError, match="k = 0"):
        metrics.recall(HITS, 5, 0)
    with pytest.raises(ParameterError, match="convention = 'mine'"):
        metrics.recall(HITS, 5, 1, convention="mine")
    linear = Convention(gain="linear")
    with pytest.raises(ParameterError, match=r"grades: expected one .*n_relevant = 2, got 1"):
        metrics.ndcg([2], 2, 1, convention=linear, grades=[2])
    with pytest.raises(ParameterError, match="grades: 2 occurs in hits more often than in grades"):
        metrics.ndcg([2], 2, 1, convention=linear, grades=[1, 3])
    with pytest.raises(ShapeError, match="relevant: expected one per score"):
        metrics.auc([1.0, 2.0], [True])
    with pytest.raises(ScoreError, match=r"scores\[1\] is NaN"):
        metrics.average_rank([1.0, float("nan")], [True, False])
