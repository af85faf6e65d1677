"""`Interactions` and its readers against definitions in plain Python, and there and back."""

from collections import defaultdict

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from glowrec import IdMap, Interactions
from glowrec.errors import DataError
from glowrec.io import read_csv, read_lightgcn, write_csv, write_lightgcn
from glowrec.splitting import hold_out

# Few distinct ids, so that pairs repeat; -0.0 and 0.0, so that signs of zero are met.
WORDS = st.sampled_from(["a", "b", "ä", "zz", "Z", " x", "7"])
WHOLE = st.sampled_from([-(2**62), -1, 0, 1, 2, 10, 2**40])
IDS = st.sampled_from([WORDS, WHOLE])
VALUES = st.sampled_from([-1.5, -0.0, 0.0, 1.0, 2.0, 2.0**40])
TIMES = st.integers(-2, 2)


@st.composite
def logs(draw, *, distinct=False):
    """Rows of (user, item, value, time); ids of one kind per side."""
    users, items = draw(IDS), draw(IDS)
    row = st.tuples(users, items, VALUES, TIMES)
    unique_by = (lambda row: row[:2]) if distinct else None
    return draw(st.lists(row, max_size=12, unique_by=unique_by))


def columns(rows):
    return [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]


def pairs(log):
    table = log.to_numpy()
    return list(zip(table["user"].tolist(), table["item"].tolist(), strict=True))


@given(rows=logs())
def test_columns_come_back_as_they_went_in(rows):
    users, items, values, times = columns(rows)
    log = Interactions.from_arrays(users, items, values, times, duplicates="keep")
    assert pairs(log) == [row[:2] for row in rows]
    assert log.to_numpy()["value"].tolist() == values
    assert log.to_numpy()["timestamp"].tolist() == times
    assert log.user_ids.ids.tolist() == sorted(set(users))
    assert log.item_ids.ids.tolist() == sorted(set(items))
    assert log.encode_users(users).tolist() == log.users.tolist() or not rows
    assert log.graph.n_edges == len({row[:2] for row in rows})


def expected(rows, policy):
    """What a policy leaves, by its definition: kept rows in the order given."""
    groups = defaultdict(list)
    for position, row in enumerate(rows):
        groups[row[:2]].append((row[3], position))
    kept = []
    for group in groups.values():
        position = (min if policy == "first" else max)(group)[1]
        user, item, value, time = rows[position]
        if policy == "sum":
            value = sum(rows[p][2] for _, p in sorted(group))
        kept.append((position, (user, item, value, time)))
    return [row for _, row in sorted(kept)]


@given(rows=logs(), policy=st.sampled_from(["first", "last", "sum"]))
def test_duplicates_are_settled_as_the_policy_says(rows, policy):
    log = Interactions.from_arrays(*columns(rows), duplicates=policy)
    table = log.to_numpy()
    found = list(zip(*(table[name].tolist() for name in table), strict=True))
    assert found == expected(rows, policy)
    assert log.n_users == len({row[0] for row in rows})


@given(rows=logs())
def test_the_error_names_the_first_position_that_repeats(rows):
    seen, again = set(), None
    for position, row in enumerate(rows):
        if row[:2] in seen:
            again = position
            break
        seen.add(row[:2])
    if again is None:
        assert len(Interactions.from_arrays(*columns(rows))) == len(rows)
    else:
        with pytest.raises(DataError, match=rf"^position {again}: .* occurred before"):
            Interactions.from_arrays(*columns(rows))


@given(
    edges=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=20),
    fortran=st.booleans(),
)
def test_scipy_there_and_back(edges, fortran):
    users, items = columns([(*edge, 0, 0) for edge in edges])[:2]
    log = Interactions.from_arrays(users, items, n_users=5, n_items=7, duplicates="sum")
    matrix = log.to_scipy()
    assert matrix.shape == (5, 7)
    assert matrix.sum() == len(edges)
    back = Interactions.from_scipy(matrix.tocsc() if fortran else matrix)
    assert (back.n_users, back.n_items) == (5, 7)
    assert (back.to_scipy() != matrix).nnz == 0
    assert pairs(back) == sorted(set(edges))


@given(edges=st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1))
def test_lightgcn_text_there_and_back(edges, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "train.txt"
    users, items = columns([(*edge, 0, 0) for edge in edges])[:2]
    log = Interactions.from_arrays(users, items, n_users=max(users) + 1, n_items=max(items) + 1)
    write_lightgcn(log, path)
    back = read_lightgcn(path)
    assert (back.n_users, back.n_items) == (log.n_users, log.n_items)
    assert sorted(pairs(back)) == sorted(edges)


@given(rows=logs(distinct=True).filter(bool), sep=st.sampled_from(",\t;"))
def test_csv_there_and_back(rows, sep, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "log.csv"
    log = Interactions.from_arrays(*columns(rows))
    write_csv(log, path, sep=sep)
    back = read_csv(path, value="value", timestamp="timestamp", sep=sep)
    # A column of strings that all look like whole numbers comes back as numbers.
    kept = [[str(field) for field in pair] for pair in pairs(log)]
    assert [[str(field) for field in pair] for pair in pairs(back)] == kept
    assert back.values.tolist() == log.values.tolist()
    assert back.timestamps.tolist() == log.timestamps.tolist()


LINE = st.lists(st.integers(0, 30), max_size=5)


@given(
    table=st.lists(LINE, min_size=1, max_size=6).filter(any),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \n"]),
    last=st.booleans(),
    bom=st.booleans(),
)
def test_lightgcn_text_is_read_as_it_is_written(table, end, last, bom, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "train.txt"
    text = end.join(" ".join(map(str, line)) for line in table) + end * last
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    listed = [line for line in table if line]
    log = read_lightgcn(path)
    assert pairs(log) == list(dict.fromkeys((u, i) for u, *items in listed for i in items))
    assert log.n_users == max(line[0] for line in listed) + 1


def refusal(read, path):
    try:
        read(path)
    except DataError as error:
        return str(error)
    return None


@given(content=st.binary(max_size=30) | st.text("0129 \t\r\n-x", max_size=30).map(str.encode))
def test_any_bytes_are_read_or_refused_in_one_line(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "any.txt"
    path.write_bytes(content)
    for read in (
        read_lightgcn,
        lambda path: read_csv(path, user=0, item=1, header=False),
    ):
        message = refusal(read, path)
        assert message is None or message.startswith(str(path))
        assert message is None or "\n" not in message


@given(ids=st.sets(WORDS) | st.sets(WHOLE), data=st.data())
def test_encode_undoes_decode(ids, data):
    known = IdMap(sorted(ids))
    codes = data.draw(st.lists(st.integers(0, len(ids) - 1))) if ids else []
    assert known.encode(known.decode(codes)).tolist() == codes
    strangers = IdMap.range(len(ids))
    assert strangers.encode(strangers.decode(codes)).tolist() == codes


@given(
    degrees=st.lists(st.integers(0, 9), max_size=8),
    fraction=st.floats(0, 0.99),
    seed=st.integers(0, 2**64 - 1),
)
def test_held_out_parts_are_a_partition_and_no_user_is_emptied(degrees, fraction, seed):
    users = np.repeat(np.arange(len(degrees)), degrees)
    items = np.concatenate([np.arange(degree) for degree in degrees] or [[]]).astype(np.int64)
    log = Interactions.from_arrays(users, items, n_users=len(degrees), n_items=9)
    train, held = hold_out(log, fraction, seed)
    assert sorted(pairs(train) + pairs(held)) == sorted(pairs(log))
    left = np.bincount(train.users, minlength=len(degrees))
    assert all(left[user] >= 1 for user, degree in enumerate(degrees) if degree)
    quota = fraction * np.array(degrees)
    out = np.bincount(held.users, minlength=len(degrees))
    assert all((out <= np.ceil(quota)) & ((out >= np.floor(quota)) | (left == 1)))
    assert (train.n_users, train.n_items) == (held.n_users, held.n_items) == (len(degrees), 9)
    assert pairs(hold_out(log, fraction, seed).train) == pairs(train)
