"""Delimited text: the same by the fast and by the general way, and every refusal by its place."""

import numpy as np
import pytest

from glowrec import Interactions
from glowrec.errors import DataError, ParameterError
from glowrec.io import read_csv, rows, write_csv


@pytest.fixture
def text(tmp_path):
    def write(content):
        path = tmp_path / "log.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def table(log):
    return {name: column.tolist() for name, column in log.to_numpy().items()}


EXPECTED = {
    "user": ["ann", "eve"],
    "item": [7, 10],
    "value": [1.5, -2.0],
    "timestamp": [20, 10],
}


@pytest.mark.parametrize(
    "content",
    [
        "user,item,value,timestamp\nann,7,1.5,20\neve,10,-2,10\n",
        "user,item,value,timestamp\r\nann,7,1.5,20\r\neve,10,-2,10\r\n",
        "user,item,value,timestamp\nann,7,1.5,20\neve,10,-2,10",
        "\n user , item,value,timestamp\n\nann,7,1.5,20\n\neve,10,-2,10\n\n",
        '"user","item","value","timestamp"\n"ann",7,1.5,20\neve,"10","-2",10\n',
        "\ufeffuser,item,value,timestamp\nann,7,1.5,20\neve,10,-2,10\n",
        "value,x,item,timestamp,user\n1.5,,7,20,ann\n-2,ä,10,10,eve\n",
    ],
)
def test_every_way_to_write_it_reads_the_same(text, content):
    log = read_csv(text(content), value="value", timestamp="timestamp")
    assert table(log) == EXPECTED
    assert log.timestamps.dtype == np.int64


def test_columns_by_position_without_a_header(text):
    path = text("196\t242\t3\t881250949\n186\t302\t3\t891717742\n")
    columns = {"user": 0, "item": 1, "value": 2, "timestamp": 3}
    log = Interactions.from_csv(path, **columns, sep="\t", header=False)
    assert table(log)["user"] == [196, 186]
    assert log.user_ids.ids.tolist() == [186, 196]


def test_quotes_may_hold_separators_and_line_ends(text):
    content = 'user,item\n"a,b","c\nd"\n"say ""hi""",x\n'
    log = read_csv(text(content))
    assert table(log) == {"user": ["a,b", 'say "hi"'], "item": ["c\nd", "x"]}


def test_both_ways_of_splitting_agree(text, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [f"{u},{i},{v:.3f},é" for u, i, v in rng.uniform(0, 50, (300, 3)).round(2)]
    path = text("user,item,value,note\n" + "\n".join(lines))
    fast = read_csv(path, value="value", duplicates="keep")
    assert rows._split_plain(path.read_bytes(), ",", {"user": 0}, 4) is not None
    monkeypatch.setattr(rows, "_split_plain", lambda *_: None)
    assert table(read_csv(path, value="value", duplicates="keep")) == table(fast)


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (["1", "2"], [1, 2]),
        (["-1", "2"], [-1, 2]),
        (["0", "10"], [0, 10]),
        (["007", "7"], ["007", "7"]),
        (["+7", "7"], ["+7", "7"]),
        ([" 7", "7"], [" 7", "7"]),
        (["1_0", "10"], ["1_0", "10"]),
        (["1", "a"], ["1", "a"]),
        (["9" * 18, "1"], [10**18 - 1, 1]),
        (["9" * 25, "1"], ["9" * 25, "1"]),
        (["-9223372036854775808", "1"], [-(2**63), 1]),
    ],
)
def test_only_numbers_in_their_usual_spelling_are_numbers(text, ids, kept):
    log = read_csv(text("user,item\n" + "".join(f"{user},x\n" for user in ids)))
    assert table(log)["user"] == kept


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("user,item,value\na,b,1\nc,d\n", ":3: expected 3 columns, got 2"),
        ("user,item,value\na,b,1\nc,d,1,9\n", ":3: expected 3 columns, got 4"),
        ("user,item,value\na,b,1,c\nd,1\n", ":2: expected 3 columns, got 4"),
        ("user,item,value\na,b\nc,d,1,2\n", ":2: expected 3 columns, got 2"),
        ("user,item,value\na,b,1\nc,d,x\n", ":3: value 'x' is not a finite number"),
        ("user,item,value\na,b,1\nc,d,nan\n", ":3: value 'nan' is not a finite number"),
        ("user,item,value\na,b,1\nc,d,inf\n", ":3: value 'inf' is not a finite number"),
        ("user,item,value\na,b,1\nc,d,\n", ":3: value '' is not a finite number"),
        ("user,item,value\na,b,1\nc,d,1_0\n", ":3: value '1_0' is not a finite number"),
        ("user,item,value\na,b,1\n,d,1\n", ":3: the user is empty"),
        ("user,item,value\na,b,1\nc, ,1\n", ":3: the item is empty"),
        ("user,item,value\na,b,1\n\na,b,2\n", ":4: user 'a' and item 'b' occurred before; choose"),
        ("u,item,value\na,b,1\n", ":1: no column 'user' for user; the columns are u, item, value"),
        ("user,item,item,value\na,b,c,1\n", ":1: two columns 'item' for item; the columns are"),
        ('user,item,value\na,"b,1\n', ":2: unexpected end of data"),
        (b"user,item,value\na,b,1\nc,\xe4,1\n", ":3: byte 3 (0xe4) is not UTF-8; convert"),
        (b"user,item,value\na,b,1\nc,\x00,1\n", ":3: byte 3 is NUL; is this a text file?"),
        ("user,item,value\nc,d,1\na,b,1,", ":3: expected 3 columns, got 4"),
        ("user,item,value\nc,d,1\na,b", ":3: expected 3 columns, got 2"),
        ("", ": is empty"),
        ("user,item,value\n", ": holds no row below the header"),
    ],
)
def test_the_first_wrong_place_is_named(text, content, message):
    path = text(content)
    with pytest.raises(DataError) as caught:
        read_csv(path, value="value")
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


def test_a_column_by_position_must_exist(text):
    path = text("a,b\nc,d\n")
    with pytest.raises(DataError, match=r"log.csv:1: no column 5 for item; there are 2, from 0"):
        read_csv(path, user=0, item=5, header=False)
    with pytest.raises(ParameterError, match="user = -1: positions of columns start at 0"):
        read_csv(path, user=-1, item=1, header=False)
    with pytest.raises(ParameterError, match="user = 'user': without a header give the position"):
        read_csv(path, header=False)


@pytest.mark.parametrize("sep", ["", "::", '"', "\n"])
def test_a_separator_is_one_character(text, sep):
    path = text("user,item\na,b\n")
    with pytest.raises(ParameterError, match=r"sep = .*: expected one character"):
        read_csv(path, sep=sep)
    with pytest.raises(ParameterError, match=r"sep = .*: expected one character"):
        write_csv(Interactions.from_arrays(["a"], ["b"]), path, sep=sep)
    assert path.read_text() == "user,item\na,b\n"


def test_a_folder_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(DataError, match="is a folder, expected a file"):
        read_csv(tmp_path)
    with pytest.raises(DataError, match=r"nowhere.csv: no such file"):
        read_csv(tmp_path / "nowhere.csv")


def test_a_policy_for_duplicates_is_passed_on(text):
    path = text("user,item,value\na,b,1\na,b,2\n")
    assert table(read_csv(path, value="value", duplicates="sum"))["value"] == [3.0]


def test_writing_quotes_what_needs_it_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "out.csv"
    log = Interactions.from_arrays(['a,"b', "c\nd"], [1, 2], timestamps=[0.5, 1.0])
    write_csv(log, path)
    assert table(read_csv(path, timestamp="timestamp")) == table(log)
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]
