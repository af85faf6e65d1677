"""Recommendations as files: one row per recommended item, format by the name's ending."""

from __future__ import annotations

import csv
import json
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from glowrec.errors import MissingExtraError, ParameterError
from glowrec.io.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# user, item, rank from 1, score
Row: TypeAlias = "tuple[str | int, str | int, int, float]"
COLUMNS = ("user", "item", "rank", "score")


def write(rows: Iterable[Row], path: Path) -> None:
    """Write recommendations, atomically.

    Parameters
    ----------
    rows : iterable of (user, item, rank, score)
        Best first for each user; ids as the data has them.
    path : Path
        Ends in ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet``, in capitals or not.

    Raises
    ------
    ParameterError
        If the ending is none of these.
    MissingExtraError
        If ``.parquet`` is asked for without Polars.
    OSError
        If the file cannot be written; nothing is left of it then.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from glowrec.cli.export import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write([("ann", "tea", 1, 0.5)], Path(folder, "recs.tsv"))
    ...     print(Path(folder, "recs.tsv").read_text().split())
    ['user', 'item', 'rank', 'score', 'ann', 'tea', '1', '0.5']
    """
    writer = writer_for(path)
    mode: Any = "wb" if writer is _parquet else "w"
    with replacing(path, mode) as file:
        writer(rows, file)


def writer_for(path: Path) -> Callable[[Iterable[Row], IO[Any]], None]:
    """Return what writes the format that `path` ends in; raises as :func:`write` does.

    Examples
    --------
    >>> from pathlib import Path
    >>> from glowrec.cli.export import writer_for
    >>> callable(writer_for(Path("recs.jsonl")))
    True
    """
    try:
        writer = _WRITERS[path.suffix.lower()]
    except KeyError:
        endings = ", ".join(_WRITERS)
        raise ParameterError(
            f"{path}: the name must end in one of {endings}, which choose the format"
        ) from None
    if writer is _parquet:
        _polars()
    return writer


def _csv(rows: Iterable[Row], file: IO[str], delimiter: str = ",") -> None:
    table = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows((user, item, rank, f"{score:.9g}") for user, item, rank, score in rows)


def _tsv(rows: Iterable[Row], file: IO[str]) -> None:
    _csv(rows, file, delimiter="\t")


def _jsonl(rows: Iterable[Row], file: IO[str]) -> None:
    for row in rows:
        file.write(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) + "\n")


def _parquet(rows: Iterable[Row], file: IO[bytes]) -> None:
    frame = _polars().DataFrame(list(rows), schema=list(COLUMNS), orient="row")
    frame.write_parquet(file)


def _polars() -> Any:  # noqa: ANN401 - a module that may be missing
    try:
        import polars as pl  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("Parquet needs Polars: pip install glowrec[io]") from error
    return pl


_WRITERS: dict[str, Callable[[Iterable[Row], IO[Any]], None]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
