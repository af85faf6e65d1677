"""Evaluation of TREC runs: scores of documents by query, against graded judgements."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from glowrec.conventions import convention as named_convention
from glowrec.errors import DataError, ParameterError, ScoreError
from glowrec.evaluation.of_rankings import evaluate_rankings
from glowrec.interactions import Interactions
from glowrec.io.trec import read_qrels, read_run
from glowrec.metrics.names import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from glowrec.conventions import Convention
    from glowrec.evaluation.judge import Ties
    from glowrec.evaluation.result import Evaluation
    from glowrec.metrics.names import Metric

__all__ = ["evaluate_run"]

_Table: TypeAlias = "Mapping[str, Mapping[str, Any]]"


def evaluate_run(
    run: str | os.PathLike[str] | Mapping[str, Mapping[str, float]],
    qrels: str | os.PathLike[str] | Mapping[str, Mapping[str, int]],
    k: int | Sequence[int] = 20,
    metrics: Metric | Sequence[Metric] = METRICS,
    *,
    convention: str | Convention = "trec_eval",
    ties: Ties | None = None,
) -> Evaluation:
    """Compare a run with judgements of relevance, both in the formats of TREC.

    Parameters
    ----------
    run : path, or mapping of str to mapping of str to float
        A file for :func:`glowrec.io.read_run`, or its content: scores by query and document.
        Documents are ranked by descending score.
    qrels : path, or mapping of str to mapping of str to int
        A file for :func:`glowrec.io.read_qrels`, or its content: grades by query and document.
        Those above 0 are relevant.
    k : int or sequence of int, default 20
        Cut-offs, each at least 1.
    metrics : str or sequence of str
        Names of :data:`glowrec.metrics.ALL_METRICS`, but those that need the scores of all items.
    convention : str or Convention, default "trec_eval"
        Formulas and policies, by a name of :data:`glowrec.conventions.CONVENTIONS` or as a
        record.
    ties : {"lower_id", "expected", "optimistic", "pessimistic"}, optional
        Order of equal scores, in place of the convention's; see the notes for "lower_id".

    Returns
    -------
    Evaluation
        Its ``users`` are the queries, by their names.

    Raises
    ------
    DataError
        If a file is not as it should be (file, line and column are named), a mapping holds no
        mappings, a grade is no whole number, or there are no judgements.
    ScoreError
        If a score is NaN.
    ParameterError
        If a cut-off is below 1, or a name is unknown.

    Notes
    -----
    Under the convention ``trec_eval`` it is as in that program: equal scores are ordered by
    document, the one that sorts last first; the queries that count are those both judged and run,
    one without any relevant document among them, with 0. (Its version 9 compares scores in single
    precision, later ones and this function in double.) Under any other, equal scores are ordered
    by where a document first appears, in `qrels` and then in `run`, and the convention says what
    becomes of queries without relevant documents or without a list.

    Examples
    --------
    >>> from glowrec import evaluate_run
    >>> run = {"q1": {"d2": 0.9, "d7": 0.4}, "q2": {"d1": 0.3}}
    >>> qrels = {"q1": {"d7": 2, "d3": 1, "d2": 0}, "q2": {"d1": 1}}
    >>> result = evaluate_run(run, qrels, k=2, metrics=("recall", "mrr"))
    >>> result.users, result.per_user["mrr@2"]
    (array(['q1', 'q2'], dtype='<U2'), array([0.5, 1. ]))
    """
    record = named_convention(convention)
    as_trec_eval = record.name == "trec_eval"
    judged: Mapping[str, Mapping[str, int]] = _content("qrels", qrels, read_qrels)
    ranked: Mapping[str, Mapping[str, float]] = _content("run", run, read_run)
    if as_trec_eval:
        ranked = {query: scores for query, scores in ranked.items() if query in judged}
        record = replace(record, without_test="zero")
    queries = list(dict.fromkeys((*judged, *ranked)))
    documents = list(dict.fromkeys(_names(judged, ranked)))
    if as_trec_eval:
        documents.sort(reverse=True)  # by code points, which is by bytes of UTF-8
    if not queries:
        raise DataError("qrels: there are no judgements")
    codes = _Codes(queries, documents)
    users, items, grades = codes.columns(judged, _grade)
    relevant = grades > 0
    test = Interactions.from_arrays(
        users[relevant],
        items[relevant],
        grades[relevant].astype(np.int64),
        n_users=len(queries),
        n_items=len(documents),
    )
    table = dict(zip(("user", "item", "score"), codes.columns(ranked, _score), strict=True))
    found = evaluate_rankings(table, test, k, metrics, convention=record, ties=ties)
    names: NDArray[Any] = np.array(queries, np.str_)
    return replace(found, users=names[found.users])


def _content(name: str, source: Any, read: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    if isinstance(source, (str, os.PathLike)):
        return read(source)
    if not isinstance(source, Mapping):
        raise ParameterError(
            f"{name}: expected a path, or a mapping of queries to mappings, "
            f"got {type(source).__name__}"
        )
    for query, entries in source.items():
        if not isinstance(entries, Mapping):
            raise DataError(
                f"{name}[{query!r}]: expected a mapping of documents to numbers, "
                f"got {type(entries).__name__}"
            )
        for each in (query, *entries):
            if not isinstance(each, str):
                raise DataError(
                    f"{name}: {each!r} is no string; name queries and documents by strings"
                )
    return source


def _names(*tables: _Table) -> Iterator[str]:
    for table in tables:
        for entries in table.values():
            yield from entries


class _Codes:
    """The places of queries and documents in their lists."""

    def __init__(self, queries: list[str], documents: list[str]) -> None:
        self._query = {name: code for code, name in enumerate(queries)}
        self._document = {name: code for code, name in enumerate(documents)}

    def columns(
        self, table: _Table, number: Callable[[str, str, Any], float]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return queries, documents and checked numbers of all entries."""
        numbers = [
            number(query, document, each)
            for query, entries in table.items()
            for document, each in entries.items()
        ]
        lengths = [len(entries) for entries in table.values()]
        query = np.array([self._query[name] for name in table], np.int64).repeat(lengths)
        document = [self._document[name] for name in _names(table)]
        return query, np.array(document, np.int64), np.array(numbers, np.float64)


def _grade(query: str, document: str, grade: Any) -> float:  # noqa: ANN401 - somebody's mapping
    if not isinstance(grade, (int, float, np.number)) or grade != np.floor(grade):
        raise DataError(f"qrels[{query!r}][{document!r}] = {grade!r}: expected a whole number")
    return float(grade)


def _score(query: str, document: str, score: Any) -> float:  # noqa: ANN401 - somebody's mapping
    if not isinstance(score, (int, float, np.number)):
        raise DataError(f"run[{query!r}][{document!r}] = {score!r}: expected a number")
    if math.isnan(score):
        raise ScoreError(f"run: the score of query {query!r} and document {document!r} is NaN")
    return float(score)
