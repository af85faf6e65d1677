"""`evaluate`: every kind of model, and what is refused of each."""

import numpy as np
import pytest

from glowrec import Graph, evaluate, evaluate_factors
from glowrec.errors import IdError, ParameterError, ScoreError, ShapeError
from glowrec.evaluation.factor_source import FactorSource
from glowrec.evaluation.of_scores import ScoreSource

RNG = np.random.default_rng(4)
USERS = RNG.integers(-2, 3, (30, 3)).astype(np.float32)
ITEMS = RNG.integers(-2, 3, (50, 3)).astype(np.float32)
SCORES = USERS @ ITEMS.T
PAIRS = RNG.permutation(1500)
TRAIN = Graph.from_edges(PAIRS[:300] // 50, PAIRS[:300] % 50, n_users=30, n_items=50)
TEST = Graph.from_edges(PAIRS[300:360] // 50, PAIRS[300:360] % 50, n_users=30, n_items=50)
METRICS = ("recall", "ndcg", "auc", "average_rank")


class Factored:
    user_factors, item_factors = USERS, ITEMS


class Scoring:
    def __init__(self, dtype=np.float32):
        self.dtype, self.asked = dtype, []

    def score(self, users):
        self.asked.append(users)
        return SCORES[users].astype(self.dtype)


def same(result, other):
    assert result.users.tolist() == other.users.tolist()
    assert result.n_without_test == other.n_without_test
    assert result.per_user.keys() == other.per_user.keys()
    for name, values in result.per_user.items():
        assert values.tolist() == other.per_user[name].tolist()


@pytest.mark.parametrize("ties", ["lower_id", "expected", "optimistic", "pessimistic"])
def test_every_kind_of_model_gives_the_same_numbers(ties):
    expected = evaluate_factors(USERS, ITEMS, TRAIN, TEST, (3, 10), METRICS, ties=ties)
    assert expected.users.size > 10
    assert expected.n_without_test > 0
    for dtype in (np.float16, np.float32, np.float64):
        scoring = Scoring(dtype)
        for model in (Factored(), scoring.score, scoring):
            for batch_size in (None, 1, 7):
                result = evaluate(
                    model, TRAIN, TEST, (3, 10), METRICS, ties=ties, batch_size=batch_size
                )
                same(result, expected)


def test_factors_come_before_a_call_and_a_call_before_a_score():
    class All(Factored):
        def __call__(self, _):
            raise AssertionError

        score = __call__

    same(evaluate(All(), TRAIN, TEST), evaluate(Factored(), TRAIN, TEST))

    class Both:
        def __call__(self, users):
            return SCORES[users]

        def score(self, _):
            raise AssertionError

    same(evaluate(Both(), TRAIN, TEST), evaluate(Factored(), TRAIN, TEST))


def test_only_users_that_count_are_asked_about_in_batches():
    scoring = Scoring()
    result = evaluate(scoring, TRAIN, TEST, batch_size=4)
    asked = np.concatenate(scoring.asked)
    assert asked.dtype == np.int64
    assert asked.tolist() == np.flatnonzero(TEST.user_degrees).tolist() == result.users.tolist()
    assert max(map(len, scoring.asked)) == 4
    scoring = Scoring()
    some = evaluate(scoring, TRAIN, TEST, users=[9, 3, 20])
    assert set(np.concatenate(scoring.asked).tolist()) == set(some.users.tolist()) <= {9, 3, 20}
    assert some.users.size + some.n_without_test == 3


def test_a_scorer_may_change_what_it_is_handed():
    def rude(users):
        scores = SCORES[users]
        users[:] = 0
        return scores

    same(evaluate(rude, TRAIN, TEST, batch_size=5), evaluate(Factored(), TRAIN, TEST))


def test_a_block_of_scores_is_bounded():
    def scorer(users):
        sizes.append(len(users))
        return np.zeros((len(users), 1_000_000), np.float32)

    sizes = []
    source = ScoreSource(scorer, None, 1_000_000)
    next(source.blocks(np.arange(40)))
    assert sizes == [16]  # 64 MB
    assert ScoreSource(scorer, None, 10).batch_size == 8192
    assert ScoreSource(scorer, None, 100_000_000).batch_size == 1
    assert ScoreSource(scorer, None, 0).batch_size == 8192


def answers(answer):
    return lambda users: answer(SCORES[users])


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (
            lambda s: s[:, :-1],
            ShapeError,
            r"users 0 to 3: expected shape \(4, 50\), got \(4, 49\)",
        ),
        (lambda s: s[:-1], ShapeError, r"users 0 to 3: expected shape \(4, 50\), got \(3, 50\)"),
        (lambda s: s.ravel(), ShapeError, r"users 0 to 3: expected shape \(4, 50\), got \(200,\)"),
        (lambda s: s.T, ShapeError, r"users 0 to 3: expected shape \(4, 50\), got \(50, 4\)"),
        (lambda _: [[1.0], [2.0, 3.0]], ShapeError, r"users 0 to 3: rows of unequal length"),
        (lambda _: None, ParameterError, r"users 0 to 3: expected real numbers, got object"),
        (lambda s: s.astype(complex), ParameterError, r"users 0 to 3: expected real numbers"),
        (
            lambda s: s.astype(np.int64),
            ParameterError,
            r"users 0 to 3: expected float32 or float64",
        ),
        (lambda s: s > 0, ParameterError, r"users 0 to 3: expected real numbers, got bool"),
    ],
)
def test_an_answer_of_another_form_is_refused_by_its_users(answer, error, message):
    with pytest.raises(error, match=rf"^scores of {message}") as caught:
        evaluate(answers(answer), TRAIN, TEST, users=[0, 1, 2, 3], convention="lenskit")
    assert "\n" not in str(caught.value)
    with pytest.raises(error, match=r"^scores of user 5: "):
        evaluate(answers(answer), TRAIN, TEST, users=[5], convention="lenskit")


def test_nan_is_named_unless_it_is_no_candidate():
    user = int(np.flatnonzero(TEST.user_degrees)[3])
    scores = SCORES.copy()
    seen = int(PAIRS[:300][PAIRS[:300] // 50 == user][0] % 50)
    scores[user, seen] = np.nan
    same(evaluate(lambda users: scores[users], TRAIN, TEST), evaluate(Factored(), TRAIN, TEST))
    free = next(item for item in range(50) if user * 50 + item not in PAIRS[:300].tolist())
    scores[user, free] = np.nan
    with pytest.raises(ScoreError, match=f"user {user} and item {free} is NaN"):
        evaluate(lambda users: scores[users], TRAIN, TEST)


def test_what_a_scorer_raises_passes_through():
    class OwnError(Exception):
        pass

    error = OwnError("mine")

    def scorer(_):
        raise error

    with pytest.raises(OwnError) as caught:
        evaluate(scorer, TRAIN, TEST)
    assert caught.value is error


def test_refusals_name_the_parameter():
    with pytest.raises(ParameterError, match=r"model: expected an object with .*, got int"):
        evaluate(3, TRAIN, TEST)
    with pytest.raises(ParameterError, match=r"scorer: expected a callable .*, got int"):
        ScoreSource(3, None, 2)
    for batch_size in (0, -1, 1.5, "3"):
        with pytest.raises(ParameterError, match="batch_size = "):
            evaluate(Scoring(), TRAIN, TEST, batch_size=batch_size)
    other = Graph.from_edges([0], [0], n_users=30, n_items=51)
    with pytest.raises(ShapeError, match=r"train: expected 50 items.*, got 51"):
        evaluate(Scoring(), other, TEST)
    with pytest.raises(ShapeError, match=r"train: expected 50 items.*, got 51"):
        evaluate(Factored(), other, TEST)
    with pytest.raises(ShapeError, match="test: expected 50 items as item_factors, got 51"):
        evaluate(Factored(), None, other)
    few = Graph.from_edges([0], [0], n_users=29, n_items=50)
    with pytest.raises(ShapeError, match="test: expected 30 users as train, got 29"):
        evaluate(Scoring(), TRAIN, few)
    with pytest.raises(ShapeError, match="user_factors: expected 29 rows, one per user of test"):
        evaluate(Factored(), None, few)
    with pytest.raises(IdError, match=r"users\[1\] = 30 is not in 0..30"):
        evaluate(Scoring(), TRAIN, TEST, users=[2, 30])
    with pytest.raises(ParameterError, match="user 2 is given twice"):
        evaluate(Scoring(), TRAIN, TEST, users=[2, 3, 2])
    with pytest.raises(ShapeError, match="users: expected 1 dimension"):
        evaluate(Scoring(), TRAIN, TEST, users=[[2]])
    with pytest.raises(ParameterError, match="user 1 is given twice"):
        FactorSource(USERS[:3], ITEMS, None, users=[0, 1, 1])
    with pytest.raises(IdError, match=r"users\[0\] = 31 is not in 0..30"):
        FactorSource(USERS[:1], ITEMS, TRAIN, users=[31])
    with pytest.raises(IdError, match="user 30 has no row in user_factors"):
        next(FactorSource(USERS, ITEMS).blocks(np.array([3, 30])))
    with pytest.raises(IdError, match="user -1 has no row in user_factors"):
        next(FactorSource(USERS, ITEMS).blocks(np.array([-1])))


def test_biases_and_cosines_reach_the_evaluation():
    bias = np.linspace(-3, 3, 50).astype(np.float32)
    by_factors = evaluate_factors(USERS, ITEMS, TRAIN, TEST, 5, METRICS, item_bias=bias)
    same(by_factors, evaluate(lambda users: SCORES[users] + bias, TRAIN, TEST, 5, METRICS))
    assert by_factors.summary != evaluate(Factored(), TRAIN, TEST, 5, METRICS).summary
    moved = evaluate_factors(USERS, ITEMS, TRAIN, TEST, 5, METRICS, user_bias=np.arange(30))
    same(moved, evaluate(Factored(), TRAIN, TEST, 5, METRICS))
    cosine = evaluate_factors(USERS, ITEMS, TRAIN, TEST, 5, METRICS, similarity="cosine")
    lengths = np.linalg.norm(ITEMS, axis=1)
    assert len(set(lengths.tolist())) > 2
    assert cosine.summary != evaluate(Factored(), TRAIN, TEST, 5, METRICS).summary
