"""What a training may start from, and what it says of anything else."""

import numpy as np
import pytest
import torch

import glowrec as gr
from glowrec.errors import DataError, ParameterError, ShapeError
from glowrec.training import preset, train

DATA = gr.datasets.synthetic(60, 80, n_groups=3, mean_degree=12)
USERS, ITEMS = np.ones((60, 4)), np.ones((80, 4))


def spoiled(table, value):
    wrong = table.copy()
    wrong[7, 2] = value
    return wrong


@pytest.mark.parametrize(
    ("pretrained", "error", "message"),
    [
        ("x", ParameterError, r"pretrained: expected a pair of tables, of users .*, got 'x'"),
        (3, ParameterError, r"pretrained: expected a pair of tables, of users .*, got int"),
        ((USERS,), ParameterError, r"pretrained: expected a pair of tables, .*, got tuple"),
        (("x", ITEMS), ParameterError, r"pretrained users: expected real numbers, got <U1"),
        ((USERS[:-1], ITEMS), ShapeError, r"pretrained users: expected shape \(60, 4\)"),
        ((USERS, ITEMS[:, :3]), ShapeError, r"pretrained items: expected shape \(80, 4\)"),
        (
            (spoiled(USERS, np.nan), ITEMS),
            DataError,
            r"pretrained users\[7, 2\] = nan: expected a finite number$",
        ),
        ((USERS, spoiled(ITEMS, np.inf)), DataError, r"pretrained items\[7, 2\] = inf: expected"),
        ((USERS, spoiled(ITEMS, 1e40)), DataError, r"pretrained items\[7, 2\] = 1e\+40: too"),
    ],
)
def test_what_is_no_start_is_named(pretrained, error, message, tmp_path):
    with pytest.raises(error, match=f"^{message}"):
        gr.LightGCN(dim=4, epochs=1).fit(DATA.train, pretrained=pretrained, out=tmp_path / "run")
    with pytest.raises(error, match=f"^{message}"):
        train(preset("mf-fast", dim=4, epochs=1), DATA, pretrained=pretrained)
    assert not (tmp_path / "run").exists()


def test_arrays_and_tensors_of_any_precision_start_the_same():
    starts = [
        (USERS, ITEMS),
        (USERS.astype(np.float32), ITEMS.tolist()),
        (torch.nn.Parameter(torch.from_numpy(USERS)), torch.ones(80, 4, dtype=torch.bfloat16)),
    ]
    config = preset("mf-fast", dim=4, epochs=1)
    first, *others = (train(config, DATA, pretrained=start).learned for start in starts)
    for other in others:
        assert np.array_equal(first.user_factors, other.user_factors)
        assert np.array_equal(first.item_factors, other.item_factors)
    assert USERS.min() == USERS.max() == 1


@pytest.mark.parametrize("name", ["resume", "progress", "tensorboard"])
def test_flags_are_truth_values(name, tmp_path):
    with pytest.raises(ParameterError, match=f"^{name} = 'no': expected True or False$"):
        gr.LightGCN(dim=4).fit(DATA.train, out=tmp_path, **{name: "no"})
    ratings = gr.Interactions.from_arrays([0, 0, 1], [0, 1, 1], [5, 3, 4])
    with pytest.raises(ParameterError, match=f"^{name} = 1: expected True or False$"):
        gr.GLocalK(hidden=4).fit(ratings, out=tmp_path, **{name: 1})
