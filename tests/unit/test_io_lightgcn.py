"""Everything that can be wrong with a LightGCN text, by file, line and column."""

import numpy as np
import pytest

from glowrec import Interactions
from glowrec.errors import DataError
from glowrec.io import read_lightgcn, write_lightgcn
from glowrec.io.lightgcn import read_pairs


@pytest.fixture
def text(tmp_path):
    def write(content):
        path = tmp_path / "train.txt"
        path.write_bytes(content)
        return path

    return write


def pairs(path):
    log = read_lightgcn(path)
    return list(zip(log.users.tolist(), log.items.tolist(), strict=True))


@pytest.mark.parametrize(
    "content",
    [
        b"0 2 1\n1\n2 0\n",
        b"0 2 1\r\n1\r\n2 0\r\n",
        b"0 2 1\r1\r2 0",
        b"0 2 1\n1\n2 0",
        b"0 2 1 \n\n 1\t\n2  0\n\n",
        b"\xef\xbb\xbf0 2 1\n1\n2 0\n",
        b"00 02 1\n1\n2 0 0\n",
        b"0 2\n1\n2 0\n0 1\n",
    ],
)
def test_every_way_to_write_it_reads_the_same(text, content):
    log = read_lightgcn(text(content))
    assert sorted(zip(log.users.tolist(), log.items.tolist(), strict=True)) == [
        (0, 1),
        (0, 2),
        (2, 0),
    ]
    assert (log.n_users, log.n_items) == (3, 3)


def test_a_last_user_without_items_still_counts(text):
    log = read_lightgcn(text(b"0 1\n4\n"))
    assert (log.n_users, log.n_items, len(log)) == (5, 2, 1)


def test_users_alone_are_a_set_without_interactions(text):
    log = read_lightgcn(text(b"1\n0\n"))
    assert (log.n_users, log.n_items, len(log)) == (2, 0, 0)


def test_the_largest_id_is_read_and_the_next_is_not(text):
    pairs = read_pairs(text(b"0 4294967295\n"))
    assert pairs.items.tolist() == [2**32 - 1]
    with pytest.raises(
        DataError, match=r"train.txt:2: column 3: '4294967296' is too large for an"
    ):
        read_lightgcn(text(b"0 1\n1 2 4294967296\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0 1\n1 2 x7 3\n", "2: column 3: 'x7' is not an item id, a whole number from 0"),
        (b"0 1\nu1 2\n", "2: column 1: 'u1' is not a user id"),
        (b"0 1\n\n1 -2\n", "3: column 2: '-2' is not an item id"),
        (b"0 1\r\n1 2.5\r\n", "2: column 2: '2.5' is not an item id"),
        (b"0,1,2\n", "1: column 1: '0,1,2' is not a user id"),
        (
            b"0 1\n1 9" + b"9" * 5000,
            "2: column 2: '9999999999999999999999999999999999999999...' is",
        ),
        (b"0 1\n9999999999 1\n", "2: column 1: '9999999999' is too large for a user id"),
        ("0 1\n1 ²\n".encode(), "2: column 2: '²' is not an item id"),
        ("0 1\n1 ٣\n".encode(), "2: column 2: '٣' is not an item id"),
        (b"0 1\n1 2\x0b3\n", r"2: column 2: '2\x0b3' is not an item id"),
        (b"0 1\n1 2\n\xff 3\n", "3: byte 1 (0xff) is not UTF-8; convert the file to UTF-8"),
        (b"0 1\n1 \x00\n", "2: byte 3 is NUL; is this a text file?"),
        ("0 1\n".encode("utf-16"), "1: byte 1 (0xff) is not UTF-8"),
    ],
)
def test_the_first_wrong_place_is_named(text, content, message):
    path = text(content)
    with pytest.raises(DataError) as caught:
        read_lightgcn(path)
    assert str(caught.value).startswith(f"{path}:{message}")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 150


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_error(text, content):
    with pytest.raises(DataError, match=r"train.txt: is empty$"):
        read_lightgcn(text(content))


def test_a_folder_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(DataError, match="is a folder, expected a file"):
        read_lightgcn(tmp_path)
    with pytest.raises(DataError, match=r"nowhere.txt: no such file"):
        read_lightgcn(tmp_path / "nowhere.txt")
    with pytest.raises(DataError, match="null"):
        read_lightgcn("a\0b")


def test_a_file_cut_anywhere_is_read_or_refused_in_one_line(text):
    whole = b"0 10 2\n1\n2 3 44\n"
    for length in range(1, len(whole)):
        log = read_lightgcn(text(whole[:length]))
        assert len(log) <= 4
        assert set(zip(log.users.tolist(), log.items.tolist(), strict=True)) <= {
            (u, i) for u, i in [(0, 10), (0, 1), (0, 2), (2, 3), (2, 44), (2, 4)]
        }


def test_pairs_know_their_lines(text):
    found = read_pairs(text(b"5 1 2\n\n\n7\n3 0\n"))
    assert found.users.tolist() == [5, 5, 3]
    assert found.lines.tolist() == [1, 1, 5]
    assert found.listed_users.tolist() == [5, 7, 3]


def test_writing_lists_every_user_and_replaces_the_file_as_a_whole(tmp_path):
    path = tmp_path / "out.txt"
    log = Interactions.from_arrays([2, 0, 2], [1, 3, 0], n_users=4, n_items=4)
    write_lightgcn(log, path)
    assert path.read_bytes() == b"0 3\n1\n2 1 0\n3\n"
    assert pairs(path) == [(0, 3), (2, 1), (2, 0)]
    with pytest.raises(DataError, match="there are no users"):
        write_lightgcn(Interactions.from_arrays([], []), path)
    assert [file.name for file in tmp_path.iterdir()] == ["out.txt"]
    assert path.stat().st_size == 14


def test_large_numbers_of_ids_agree_with_plain_python(text):
    rng = np.random.default_rng(3)
    lines = [rng.integers(0, 10 ** int(rng.integers(1, 10)), 40).tolist() for _ in range(200)]
    content = "\n".join(" ".join(map(str, line)) for line in lines).encode()
    found = read_pairs(text(content))
    assert found.users.tolist() == [line[0] for line in lines for _ in line[1:]]
    assert found.items.tolist() == [item for line in lines for item in line[1:]]
    assert found.lines.tolist() == [n for n, line in enumerate(lines, 1) for _ in line[1:]]


def test_writing_keeps_the_order_of_each_users_items(tmp_path):
    rng = np.random.default_rng(1)
    users = rng.integers(0, 3, 500)
    log = Interactions.from_arrays(users, rng.permutation(500), n_users=3, n_items=500)
    write_lightgcn(log, tmp_path / "out.txt")
    back = read_lightgcn(tmp_path / "out.txt")
    for user in range(3):
        assert back.items[back.users == user].tolist() == log.items[users == user].tolist()
