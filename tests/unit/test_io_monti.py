"""MATLAB v7.3 files of rating matrices: users are MATLAB's rows, masks say what is what."""

import sys

import numpy as np
import pytest

from glowrec.errors import DataError, MissingExtraError
from glowrec.io import read_monti

h5py = pytest.importorskip("h5py")

M = np.array([[5.0, 3.0, 0.5], [0.0, 4.0, 2.0]])
TRAIN = np.array([[1, 0, 1], [0, 1, 0]])
TEST = np.array([[0, 1, 0], [0, 0, 1]])


@pytest.fixture
def stored(tmp_path):
    def write(**changes):
        path = tmp_path / "split.mat"
        with h5py.File(path, "w") as file:
            for key, matrix in {"M": M, "Otraining": TRAIN, "Otest": TEST, **changes}.items():
                if matrix is not None:
                    file[key] = np.asarray(matrix).T  # MATLAB stores columns first
        return path

    return write


def test_users_are_the_rows_that_matlab_shows(stored):
    train, test = read_monti(stored())
    assert (train.n_users, train.n_items) == (2, 3) == (test.n_users, test.n_items)
    np.testing.assert_array_equal(train.to_scipy().toarray(), M * TRAIN)
    np.testing.assert_array_equal(test.to_scipy().toarray(), M * TEST)
    assert train.user_ids.is_range


def test_a_rating_of_zero_under_a_mask_is_a_rating(stored):
    train, _ = read_monti(stored(Otraining=[[0, 0, 0], [1, 1, 0]]))
    assert train.values.tolist() == [0, 4]


def test_masks_of_any_number_type(stored):
    train, _ = read_monti(stored(Otraining=TRAIN.astype(np.uint8), Otest=TEST.astype(bool) * 1.0))
    assert len(train) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Otest": None}, r"split.mat: no matrix Otest; there are M, Otraining"),
        ({"Otest": TEST[:, :2]}, r"split.mat: Otest has shape \(2, 2\), M \(2, 3\)"),
        ({"Otest": TRAIN}, r"split.mat: user 0 and item 0 are in Otraining and in Otest"),
        ({"M": np.where(TRAIN, np.nan, M)}, r"split.mat: M of user 0 and item 0 is nan"),
        ({"M": M[0]}, r"split.mat: M is not a full matrix of numbers; save it as full\(M\)"),
    ],
)
def test_what_is_wrong_is_named(changes, message, stored):
    with pytest.raises(DataError, match=message):
        read_monti(stored(**changes))


def test_sparse_matrices_of_matlab_are_refused(stored):
    path = stored(M=None)
    with h5py.File(path, "a") as file:
        file.create_group("M")["data"] = [1.0]
    with pytest.raises(DataError, match="M is not a full matrix"):
        read_monti(path)


def test_other_files_are_refused_in_a_line(tmp_path):
    old = tmp_path / "old.mat"
    old.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(600))
    with pytest.raises(DataError, match=r"old.mat: not a MATLAB v7.3 file; save it with '-v7.3'"):
        read_monti(old)
    with pytest.raises(DataError, match=r"none.mat: no such file"):
        read_monti(tmp_path / "none.mat")
    with pytest.raises(DataError, match="Is a directory"):
        read_monti(tmp_path)


def test_a_missing_library_names_the_extra(stored, monkeypatch):
    path = stored()
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"need h5py: pip install glowrec\[io\]"):
        read_monti(path)
