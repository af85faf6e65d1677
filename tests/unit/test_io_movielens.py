"""Ratings files of every MovieLens release: one reader, ids in numeric order, errors by line."""

import re

import numpy as np
import pytest

from glowrec.errors import DataError
from glowrec.io import read_movielens

ROWS = [(10, 7, 4.5, 100), (2, 30, 0.5, 90), (2, 7, 3.0, 95)]
FORMATS = {
    "u.data": "\n".join("\t".join(map(str, row)) for row in ROWS) + "\n",
    "ratings.dat": "\r\n".join("::".join(map(str, row)) for row in ROWS),
    "ratings.csv": "userId,movieId,rating,timestamp\n"
    + "\n".join(",".join(map(str, row)) for row in ROWS),
    "shuffled.csv": "timestamp,rating,item,user\n"
    + "\n".join(",".join(map(str, row[::-1])) for row in ROWS),
}


@pytest.fixture
def text(tmp_path):
    def write(content, name="ratings.dat"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_the_same_ratings_in_file_order(name, text):
    ratings = read_movielens(text(FORMATS[name], name))
    assert [tuple(row) for row in np.stack(list(ratings.to_numpy().values()), axis=1)] == ROWS
    # 10 comes after 2: by number, and not as text.
    assert ratings.user_ids.ids.tolist() == [2, 10]
    assert ratings.item_ids.ids.tolist() == [7, 30]
    assert ratings.users.tolist() == [1, 0, 0]
    assert ratings.items.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "content", ["1,5,3\n2,5,4\n", "1\t5\t3\n2\t5\t4\n", "user,item,rating\n1,5,3\n2,5,4\n"]
)
def test_timestamps_may_be_missing(content, text):
    ratings = read_movielens(text(content))
    assert ratings.timestamps is None
    assert ratings.values.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1::2::3\n1::x::3\n", r"ratings.dat:2: item 'x' is not a whole number"),
        ("1::2::3\nann::2::3\n", r"ratings.dat:2: user 'ann' is not a whole number"),
        ("1::2::3\n1::007::3\n", r"ratings.dat:2: item '007' is not a whole number"),
        ("1::2::3\n1::4::nan\n", r"ratings.dat:2: value 'nan' is not a finite number"),
        ("1::2::3\n1::4\n", r"ratings.dat:2: expected 3 columns, got 2"),
        ("1::2::3\n1::2::4\n", r"ratings.dat:2: user 1 and item 2 occurred before"),
        ("1::2\n", r"ratings.dat:1: expected user, item and rating, got 2 columns"),
        ("1 2 3\n", r"ratings.dat:1: '1 2 3': expected user, item and rating between tabs"),
        ("userId,film,rating\n1,2,3\n", r"ratings.dat:1: no column item or movieId .* film, rat"),
        ("userId,movieId\n1,2\n", r"ratings.dat:1: no column rating or value"),
        ("userId,movieId,rating\n", r"ratings.dat: holds no row below the header"),
        ("", r"ratings.dat: is empty"),
    ],
)
def test_what_is_wrong_is_named_by_line(content, message, text):
    with pytest.raises(DataError, match=message):
        read_movielens(text(content))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=f"{re.escape(str(tmp_path / 'no'))}: no such file"):
        read_movielens(tmp_path / "no")
