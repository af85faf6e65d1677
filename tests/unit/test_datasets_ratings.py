"""The published sets of ratings: their splits, their order of ids, and folders like them."""

import os
from pathlib import Path

import numpy as np
import pytest

from glowrec import datasets
from glowrec.datasets.ratings import ml_1m, ml_100k
from glowrec.errors import DataError


def test_ml_100k_knows_the_ids_of_both_parts_in_numeric_order(tmp_path):
    (tmp_path / "u1.base").write_text("2\t30\t5\t1\n10\t7\t3\t2\n")
    (tmp_path / "u1.test").write_text("9\t30\t1\t3\n2\t100\t4\t4\n")
    data = ml_100k(tmp_path)
    assert data.train.user_ids.ids.tolist() == [2, 9, 10]
    assert data.train.item_ids.ids.tolist() == [7, 30, 100]
    assert data.train.users.tolist() == [0, 2]
    assert data.test.items.tolist() == [1, 2]
    assert data.test.values.tolist() == [1, 4]
    assert data.test.timestamps.tolist() == [3, 4]


@pytest.mark.parametrize(("name", "sep"), [("ratings.dat", "::"), ("ratings.csv", ",")])
def test_ml_1m_is_split_by_the_legacy_shuffle_in_file_order(name, sep, tmp_path):
    rows = [(9 - place // 5, place % 7, 1 + place % 5) for place in range(35)]
    (tmp_path / name).write_text("".join(sep.join(map(str, row)) + "\n" for row in rows))
    data = ml_1m(tmp_path)
    order = np.arange(35)
    np.random.RandomState(1234).shuffle(order)
    test = sorted(order[:3].tolist())
    columns = data.test.to_numpy()
    assert list(zip(*(column.tolist() for column in columns.values()), strict=True)) == [
        rows[place] for place in test
    ]
    assert len(data.train) == 32
    assert data.n_repeated == 0


def test_ml_1m_without_its_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no ratings.dat and no ratings.csv"):
        ml_1m(tmp_path)


@pytest.mark.data
@pytest.mark.skipif("GLOWREC_DATA" not in os.environ, reason="GLOWREC_DATA is not set")
@pytest.mark.parametrize(
    ("name", "ratings"), [("ml-100k", (1, 5)), ("ml-1m", (1, 5)), ("douban", (1, 5))]
)
def test_published_sets_of_ratings(name, ratings):
    if not Path(os.environ["GLOWREC_DATA"], name).is_dir():
        pytest.skip(f"GLOWREC_DATA holds no {name}")
    data = datasets.load(name)
    for part in (data.train, data.test):
        assert (part.values.min(), part.values.max()) == ratings
    assert data.n_repeated == 0
    ids = data.train.item_ids.ids
    assert bool((ids[1:] > ids[:-1]).all())
