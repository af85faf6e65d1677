"""Everything that can be wrong with a TREC file, by file, line and column."""

import numpy as np
import pytest

from glowrec import Interactions, TopK, top_k
from glowrec.errors import DataError
from glowrec.io import read_qrels, read_run, write_qrels, write_run

RUN = b"q1 Q0 d7 1 0.9 mine\nq1 Q0 d2 2 0.5 mine\nq2 Q0 d7 1 -3 mine\n"
QRELS = b"q1 0 d7 2\nq1 0 d3 0\nq2 0 d7 -1\n"


@pytest.fixture
def text(tmp_path):
    def write(content):
        path = tmp_path / "file.txt"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        RUN,
        RUN.replace(b"\n", b"\r\n"),
        RUN.replace(b"\n", b"\r"),
        RUN.rstrip(b"\n"),
        RUN.replace(b" ", b"\t"),
        RUN.replace(b" ", b"  \t ").replace(b"\n", b" \n\n \n"),
        b"\xef\xbb\xbf" + RUN,
        RUN.replace(b"0.9", b"9e-1").replace(b" 1 ", b" 01 ").replace(b" 2 ", b" 0 "),
        RUN.replace(b"Q0", b"whatever").replace(b"mine", b"\xc3\xa9"),
    ],
)
def test_every_way_to_write_a_run_reads_the_same(text, content):
    run = read_run(text(content))
    assert run == {"q1": {"d7": 0.9, "d2": 0.5}, "q2": {"d7": -3.0}}
    assert list(run["q1"]) == ["d7", "d2"]


@pytest.mark.parametrize("content", [QRELS, QRELS.replace(b"\n", b"\r\n"), QRELS.rstrip(b"\n")])
def test_every_way_to_write_qrels_reads_the_same(text, content):
    assert read_qrels(text(content)) == {"q1": {"d7": 2, "d3": 0}, "q2": {"d7": -1}}


def test_infinite_scores_and_ids_that_look_like_numbers_stay_what_they_are(text):
    run = read_run(text(b"007 Q0 1e3 1 inf t\n007 Q0 -1 2 -inf t\n7 Q0 1e3 1 0 t\n"))
    assert run == {"007": {"1e3": np.inf, "-1": -np.inf}, "7": {"1e3": 0.0}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"q1 Q0 d7 1 0.9\n", "1: expected 6 fields, qid Q0 docid rank score tag, got 5"),
        (RUN + b"q3 Q0 d1 1 0.5 my run\n", "4: expected 6 fields, .*, got 7"),
        (RUN + b"q3 Q0 d1", "4: expected 6 fields, .*, got 3"),
        (RUN + b"q3 Q0 d1 1 high mine\n", "4: column 5: score 'high' is not a number"),
        (RUN + b"q3 Q0 d1 1 1_0 mine\n", "4: column 5: score '1_0' is not a number"),
        (RUN + "q3 Q0 d1 1 ٣ mine\n".encode(), "4: column 5: score '٣' is not a number"),
        (RUN + b"q3 Q0 d1 1 nan mine\n", "4: column 5: score 'nan' ranks nothing"),
        (RUN + b"q3 Q0 d1 1 -NaN mine\n", "4: column 5: score '-NaN' ranks nothing"),
        (RUN + b"q3 Q0 d1 first 1 mine\n", "4: column 4: rank 'first' is not a whole number"),
        (
            RUN + b"\n\nq1 Q0 d7 3 0.1 mine\n",
            "6: column 3: document 'd7' comes a second time for ",
        ),
        (RUN + b"q3 Q0 d\xff 1 1 mine\n", r"4: byte 8 \(0xff\) is not UTF-8"),
        (RUN + b"q3 Q0 d\x00 1 1 mine\n", "4: byte 8 is NUL"),
        ("q Q0 d 1 1 t\n".encode("utf-16"), r"1: byte 1 \(0xff\) is not UTF-8"),
        (
            RUN + b"q3 Q0 d 1 " + b"x" * 999 + b" t",
            "4: column 5: score 'x{40}...' is not a number",
        ),
    ],
)
def test_the_first_wrong_place_of_a_run_is_named(text, content, message):
    path = text(content)
    with pytest.raises(DataError, match=rf"file.txt:{message}") as caught:
        read_run(path)
    assert str(caught.value).startswith(f"{path}:")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 120


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"q1 0 d7\n", "1: expected 4 fields, qid 0 docid rel, got 3"),
        (QRELS + b"q1 0 d9 1 x\n", "4: expected 4 fields, .*, got 5"),
        (QRELS + b"q1 0 d9 1.0\n", "4: column 4: grade '1.0' is not a whole number"),
        (QRELS + b"q1 0 d9 good\n", "4: column 4: grade 'good' is not a whole number"),
        (QRELS + "q1 0 d9 ²\n".encode(), "4: column 4: grade '²' is not a whole number"),
        (QRELS + b"q1 0 d9 -\n", "4: column 4: grade '-' is not a whole number"),
        (QRELS + b"q1 0 d3 1\n", "4: column 3: document 'd3' comes a second time for query 'q1'"),
        (QRELS + b"q1 0 \xff 1\n", r"4: byte 6 \(0xff\) is not UTF-8"),
    ],
)
def test_the_first_wrong_place_of_qrels_is_named(text, content, message):
    with pytest.raises(DataError, match=rf"file.txt:{message}"):
        read_qrels(text(content))


@pytest.mark.parametrize("read", [read_run, read_qrels])
def test_a_file_that_is_none_is_named(tmp_path, text, read):
    for content in (b"", b"\n \r\n", b"\xef\xbb\xbf"):
        with pytest.raises(DataError, match=r"file.txt: is empty$"):
            read(text(content))
    with pytest.raises(DataError, match="is a folder, expected a file"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"nowhere.txt: no such file"):
        read(tmp_path / "nowhere.txt")


@pytest.mark.parametrize(("read", "whole"), [(read_run, RUN), (read_qrels, QRELS)])
def test_a_file_cut_anywhere_is_read_in_part_or_refused_in_one_line(text, read, whole):
    everything = {(q, d) for q, entries in read(text(whole)).items() for d in entries}
    for length in range(1, len(whole)):
        try:
            found = read(text(whole[:length]))
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017 - some lengths are read
        else:
            assert {(q, d) for q, entries in found.items() for d in entries} <= everything


def test_a_written_run_reads_back_bit_by_bit(tmp_path):
    rng = np.random.default_rng(0)
    best = top_k(rng.standard_normal((5, 4)), rng.standard_normal((9, 4)), 12)
    write_run(tmp_path / "run.txt", best)
    back = read_run(tmp_path / "run.txt")
    assert list(back) == ["0", "1", "2", "3", "4"]
    for row, scores in enumerate(back.values()):
        assert list(scores) == [str(item) for item in best.items[row] if item >= 0]
        assert list(scores.values()) == best.scores[row, :9].tolist()
    assert (tmp_path / "run.txt").read_text().splitlines()[1].split()[3:] == [
        "2",
        repr(float(best.scores[0, 1])),
        "glowrec",
    ]


def test_recommendations_are_written_by_their_ids(tmp_path):
    class Recommended:
        def rows(self):
            yield "eve", "tea", 1, 0.5
            yield "eve", "jam", 2, 0.25

    write_run(tmp_path / "run.txt", Recommended(), "mine")
    assert read_run(tmp_path / "run.txt") == {"eve": {"tea": 0.5, "jam": 0.25}}


def test_written_qrels_read_back(tmp_path):
    path = tmp_path / "qrels.txt"
    write_qrels(path, Interactions.from_arrays(["eve", "ann"], ["tea", "jam"], [3, -1]))
    assert read_qrels(path) == {"eve": {"tea": 3}, "ann": {"jam": -1}}
    write_qrels(path, Interactions.from_arrays([1, 0], [0, 2], n_users=2, n_items=3))
    assert path.read_text() == "1 0 0 1\n0 0 2 1\n"


def test_what_no_reader_could_tell_apart_is_not_written(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    one = TopK(np.array([[1]]), np.array([[1.0]]))
    with pytest.raises(DataError, match="tag 'my run': TREC files have no place for blanks"):
        write_run(path, one, "my run")
    for tag in ("", "a\tb", "a\nb"):
        with pytest.raises(DataError, match="tag"):
            write_run(path, one, tag)
    with pytest.raises(DataError, match="document 'green tea'"):
        write_qrels(path, Interactions.from_arrays(["a", "b"], ["tea", "green tea"]))
    with pytest.raises(DataError, match="query 'a b'"):
        write_qrels(path, Interactions.from_arrays(["a b"], ["tea"]))
    with pytest.raises(DataError, match=r"value 0.5 of user 'b' and item 'jam' is not a whole"):
        write_qrels(path, Interactions.from_arrays(["a", "b"], ["tea", "jam"], [1, 0.5]))
    twice = Interactions.from_arrays(["a", "a"], ["tea", "tea"], duplicates="keep")
    with pytest.raises(DataError, match="user 'a' has item 'tea' twice"):
        write_qrels(path, twice)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.txt"]
