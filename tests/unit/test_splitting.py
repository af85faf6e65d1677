import numpy as np
import pytest

from glowrec import Interactions
from glowrec.datasets import synthetic
from glowrec.errors import ParameterError
from glowrec.splitting import hold_out


def test_the_share_is_met_on_average_for_users_of_any_activity():
    users = np.repeat(np.arange(3000), np.tile([2, 5, 40], 1000))
    items = np.concatenate([np.arange(degree) for degree in np.tile([2, 5, 40], 1000)])
    log = Interactions.from_arrays(users, items, n_users=3000, n_items=40)
    _, held = hold_out(log, 0.1, seed=5)
    out = np.bincount(held.users, minlength=3000).reshape(1000, 3).mean(axis=0)
    # Five standard errors of a mean of 1,000 fair coins at most.
    assert np.abs(out - [0.2, 0.5, 4.0]).max() < 5 * 0.5 / np.sqrt(1000)
    positions = np.bincount(held.items[np.isin(held.users, np.arange(2, 3000, 3))], minlength=40)
    assert np.abs(positions - 100).max() < 5 * 10  # each position equally likely


def test_columns_maps_and_order_stay():
    log = Interactions.from_arrays(["a"] * 9 + ["b"], range(10), range(10), range(10, 20))
    train, held = hold_out(log, 0.5, seed=1)
    assert train.user_ids is held.user_ids is log.user_ids
    for part in (train, held):
        assert part.values.tolist() == part.items.tolist() == (part.timestamps - 10).tolist()
        assert part.items.tolist() == sorted(part.items.tolist())
    assert 1 in train.users.tolist()
    assert len(train) + len(held) == 10


def test_seeds_differ_and_nothing_can_be_held_out():
    train = synthetic(100, 100).train
    assert hold_out(train, seed=1).validation.items.tolist() != (
        hold_out(train, seed=2).validation.items.tolist()
    )
    whole = hold_out(train, 0)
    assert (len(whole.train), len(whole.validation)) == (len(train), 0)
    empty = hold_out(Interactions.from_arrays([], []))
    assert (len(empty.train), len(empty.validation)) == (0, 0)


@pytest.mark.parametrize("fraction", [-0.1, 1, float("nan")])
def test_a_fraction_is_below_one(fraction):
    with pytest.raises(ParameterError, match=r"fraction = .*: expected a share in \[0, 1\)"):
        hold_out(Interactions.from_arrays([0], [0]), fraction)


def test_a_seed_is_not_negative():
    with pytest.raises(ParameterError, match="seed = -1"):
        hold_out(Interactions.from_arrays([0], [0]), seed=-1)
