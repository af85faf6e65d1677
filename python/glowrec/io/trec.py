"""Files of TREC: runs (what was ranked) and qrels (what is relevant)."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from glowrec.errors import DataError
from glowrec.io.atomic import replacing
from glowrec.io.text import decode_line, read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glowrec.interactions import Interactions
    from glowrec.ranking import TopK

__all__ = ["Qrels", "Run", "read_qrels", "read_run", "write_qrels", "write_run"]

Run: TypeAlias = "dict[str, dict[str, float]]"
"""Scores by query and document."""

Qrels: TypeAlias = "dict[str, dict[str, int]]"
"""Grades by query and document."""


class _Rows(Protocol):
    """What recommenders answer with."""

    def rows(self) -> Iterator[tuple[Any, Any, int, float]]: ...


_BLANKS = re.compile("[ \t]+")
_RUN = ("qid", "Q0", "docid", "rank", "score", "tag")
_QRELS = ("qid", "0", "docid", "rel")


def read_run(path: str | os.PathLike[str]) -> Run:
    r"""Read lines of ``qid Q0 docid rank score tag``.

    Fields stand between blanks; blank lines and Windows line ends are fine. Ids stay strings.
    Ranks and tags are checked for being there, and otherwise left alone, as ``trec_eval`` does:
    the scores rank.

    Parameters
    ----------
    path : str or path-like
        UTF-8 text.

    Returns
    -------
    dict of str to dict of str to float
        Scores by query and document, in file order.

    Raises
    ------
    DataError
        If the file is missing, a folder, empty or not text; or a line has not six fields, its
        score is no number or NaN, its rank is no whole number, or it repeats the document of a
        query. The message names file, line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.io import read_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "run.txt")
    ...     _ = path.write_text("q1 Q0 d7 1 0.9 mine\nq1 Q0 d2 2 0.5 mine\n")
    ...     read_run(path)
    {'q1': {'d7': 0.9, 'd2': 0.5}}
    """
    run: Run = {}
    name = os.fspath(path)
    for number, fields in _lines(path, _RUN):
        query, _, document, rank, score, _ = fields
        if not _is_whole(rank):
            raise DataError(f"{name}:{number}: column 4: rank {shown(rank)} is not a whole number")
        scores = run.setdefault(query, {})
        if document in scores:
            raise DataError(_repeated(name, number, query, document))
        scores[document] = _score(name, number, score)
    return run


def read_qrels(path: str | os.PathLike[str]) -> Qrels:
    r"""Read lines of ``qid 0 docid rel``.

    Fields stand between blanks; blank lines and Windows line ends are fine. Ids stay strings. A
    grade of 0 or below says that a document was judged and is not relevant.

    Parameters
    ----------
    path : str or path-like
        UTF-8 text.

    Returns
    -------
    dict of str to dict of str to int
        Grades by query and document, in file order.

    Raises
    ------
    DataError
        If the file is missing, a folder, empty or not text; or a line has not four fields, its
        grade is no whole number, or it repeats the document of a query. The message names file,
        line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec.io import read_qrels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "qrels.txt")
    ...     _ = path.write_text("q1 0 d7 2\nq1 0 d3 0\n")
    ...     read_qrels(path)
    {'q1': {'d7': 2, 'd3': 0}}
    """
    qrels: Qrels = {}
    name = os.fspath(path)
    for number, fields in _lines(path, _QRELS):
        query, _, document, grade = fields
        if not _is_whole(grade):
            raise DataError(
                f"{name}:{number}: column 4: grade {shown(grade)} is not a whole number"
            )
        grades = qrels.setdefault(query, {})
        if document in grades:
            raise DataError(_repeated(name, number, query, document))
        grades[document] = int(grade)
    return qrels


def write_run(path: str | os.PathLike[str], ranked: TopK | _Rows, tag: str = "glowrec") -> None:
    r"""Write lines of ``qid Q0 docid rank score tag``.

    Parameters
    ----------
    path : str or path-like
        Replaced as a whole or left as it was.
    ranked : TopK or Recommendations
        Of a :class:`glowrec.TopK`, row ``r`` is query ``r``, and items are their own names.
    tag : str, default "glowrec"
        Name of the run, without blanks.

    Raises
    ------
    DataError
        If an id or the tag is empty or holds a blank, which no reader could tell from two fields.
    OSError
        If the file cannot be written.

    Notes
    -----
    Scores are written so that they are read back exactly. ``trec_eval`` breaks ties by its own
    rule, the higher document first, not by rank: equal scores may come back in another order.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec import top_k
    >>> from glowrec.io import write_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "run.txt")
    ...     write_run(path, top_k([[1.0]], [[0.5], [2.0]], 2), "mine")
    ...     path.read_text()
    '0 Q0 1 1 2.0 mine\n0 Q0 0 2 0.5 mine\n'
    """
    _check_name("tag", tag)
    with replacing(path) as file:
        for query, document, rank, score in _ranked(ranked):
            _check_name("query", query)
            _check_name("document", document)
            file.write(f"{query} Q0 {document} {rank} {score!r} {tag}\n")


def write_qrels(path: str | os.PathLike[str], interactions: Interactions) -> None:
    r"""Write lines of ``qid 0 docid rel``, one per interaction.

    Parameters
    ----------
    path : str or path-like
        Replaced as a whole or left as it was.
    interactions : Interactions
        Users are queries, items documents, values grades; 1 without values.

    Raises
    ------
    DataError
        If an id is empty or holds a blank, a value is no whole number, or a pair occurs twice.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from glowrec import Interactions
    >>> from glowrec.io import write_qrels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "qrels.txt")
    ...     write_qrels(path, Interactions.from_arrays(["eve", "ann"], [5, 7], [2, 1]))
    ...     path.read_text()
    'eve 0 5 2\nann 0 7 1\n'
    """
    table = interactions.to_numpy()
    queries, documents = table["user"].tolist(), table["item"].tolist()
    grades = table["value"].tolist() if "value" in table else [1] * len(queries)
    written: set[tuple[object, object]] = set()
    with replacing(path) as file:
        for query, document, grade in zip(queries, documents, grades, strict=True):
            _check_name("query", query)
            _check_name("document", document)
            if grade != int(grade):
                raise DataError(
                    f"{os.fspath(path)}: not written: the value {grade} of user {query!r} and "
                    f"item {document!r} is not a whole number; qrels have whole grades"
                )
            if (query, document) in written:
                raise DataError(
                    f"{os.fspath(path)}: not written: user {query!r} has item {document!r} twice; "
                    "read the interactions with duplicates="
                )
            written.add((query, document))
            file.write(f"{query} 0 {document} {int(grade)}\n")


def _ranked(ranked: TopK | _Rows) -> Iterator[tuple[object, object, int, float]]:
    """Yield query, document, rank from 1 and score."""
    if not isinstance(ranked, tuple):
        yield from ranked.rows()
        return
    for query, (items, scores) in enumerate(
        zip(ranked.items.tolist(), ranked.scores.tolist(), strict=True)
    ):
        for rank, (item, score) in enumerate(zip(items, scores, strict=True), start=1):
            if item >= 0:
                yield query, item, rank, score


def _lines(
    path: str | os.PathLike[str], names: tuple[str, ...]
) -> Iterable[tuple[int, list[str]]]:
    """Yield number and fields of every line that is not blank."""
    content = read_bytes(path)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    name = os.fspath(path)
    for number, line in enumerate(content.split(b"\n"), start=1):
        text = decode_line(name, number, line).strip(" \t")
        if not text:
            continue
        fields = _BLANKS.split(text)
        if len(fields) != len(names):
            raise DataError(
                f"{name}:{number}: expected {len(names)} fields, {' '.join(names)}, "
                f"got {len(fields)}"
            )
        yield number, fields


def _score(name: str, number: int, field: str) -> float:
    place = f"{name}:{number}: column 5: score {shown(field)}"
    try:
        score = float(field) if field.isascii() and "_" not in field else None
    except ValueError:
        score = None
    if score is None:
        raise DataError(f"{place} is not a number")
    if math.isnan(score):
        raise DataError(f"{place} ranks nothing")
    return score


def _is_whole(field: str) -> bool:
    return field.isascii() and field.removeprefix("-").removeprefix("+").isdigit()


def _repeated(name: str, number: int, query: str, document: str) -> str:
    return (
        f"{name}:{number}: column 3: document {shown(document)} comes a second time for query "
        f"{shown(query)}"
    )


def _check_name(what: str, name: object) -> None:
    text = str(name)
    if not text or not text.isprintable() or " " in text:
        raise DataError(f"{what} {shown(text)}: TREC files have no place for blanks in a name")
