"""The published sets of ratings: their splits, their order of ids, and folders like them."""

import importlib.util

import numpy as np
import pytest

from glowrec import datasets
from glowrec.datasets.ratings import ml_1m, ml_100k
from glowrec.errors import DataError

# Douban is a MATLAB file, which needs an extra to be read.
SETS = ["ml-100k", "ml-1m", *(["douban"] if importlib.util.find_spec("h5py") else [])]


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
@pytest.mark.parametrize("name", SETS)
def test_published_sets_of_ratings(name):
    data = datasets.load(name)
    for part in (data.train, data.test):
        assert (part.values.min(), part.values.max()) == (1, 5)
    assert data.n_repeated == 0
    ids = data.train.item_ids.ids
    assert bool((ids[1:] > ids[:-1]).all())


def rated(root, train, test=None):
    head = "user,item,rating\n"
    root.mkdir(exist_ok=True)
    (root / "train.csv").write_text(head + train)
    if test is not None:
        (root / "test.csv").write_text(head + test)
    return root


def test_a_folder_of_ratings(tmp_path):
    data = datasets.load(rated(tmp_path / "mine", "10,7,5\n2,30,0.5\n", "2,7,3\n"))
    assert str(data) == "mine: 2 users, 2 items, 2 train and 1 test interactions"
    assert data.train.user_ids.ids.tolist() == [2, 10]  # by number
    assert data.train.values.tolist() == [5, 0.5]
    assert data.test.values.tolist() == [3]
    assert len(datasets.load(rated(tmp_path / "untested", "a,b,1\n")).test) == 0


def test_what_train_does_not_know_of_ratings(tmp_path):
    root = rated(tmp_path / "mine", "1,1,5\n2,2,3\n", "1,2,4\n1,9,4\n8,1,2\n")
    with pytest.raises(DataError, match=r"test.csv: item 9 does not occur in train; remove it"):
        datasets.load(root)
    assert len(datasets.load(root, unknown="drop").test) == 1
    kept = datasets.load(root, unknown="keep")
    assert (kept.train.n_users, kept.train.n_items, len(kept.test)) == (3, 3, 3)
    mixed = rated(tmp_path / "mixed", "1,1,5\n", "ann,1,4\n")
    with pytest.raises(DataError, match=r"test.csv: users are of another kind than in train.csv"):
        datasets.load(mixed)
    (tmp_path / "mixed" / "train.csv").write_text("user,item,stars\n1,1,5\n")
    with pytest.raises(DataError, match=r"train.csv:1: no column 'rating' for value"):
        datasets.load(mixed)
