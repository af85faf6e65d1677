"""Which data a run was trained on, so that other commands need not be told again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from glowrec import datasets
from glowrec.errors import DataError, ShapeError
from glowrec.io.atomic import replacing

if TYPE_CHECKING:
    from glowrec.datasets import Dataset
    from glowrec.recommenders import LightGCN

NAME = "source.json"


def remember(run: Path, data: str) -> None:
    """Write the name of a data set, or the full path of its folder, into a run.

    Parameters
    ----------
    run : Path
        Folder of the run.
    data : str
        As ``--data`` had it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from glowrec.cli import source
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source.remember(Path(folder), "gowalla")
    ...     source.recall(Path(folder))
    'gowalla'
    """
    place = Path(data)
    folder = place.is_dir() and data not in datasets.names()
    known = str(place.resolve()) if folder else data
    with replacing(run / NAME) as file:
        json.dump({"data": known}, file)


def recall(run: Path) -> str:
    """Return what :func:`remember` wrote.

    Parameters
    ----------
    run : Path
        Folder of the run.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If the run has no such record.
    """
    path = run / NAME
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["data"])
    except FileNotFoundError:
        raise DataError(f"{run}: does not say what it was trained on; name it: --data") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged: {error}") from None


def trained_on(run: Path, sets: "Dataset") -> "LightGCN":
    """Load the model of a run whose users and items are those of a data set.

    Parameters
    ----------
    run : Path
        Folder of the run.
    sets : Dataset

    Returns
    -------
    LightGCN

    Raises
    ------
    ShapeError
        If the run knows other users or items.
    """
    from glowrec.recommenders import load  # noqa: PLC0415 - torch is slow to start

    model = load(run)
    for axis in ("user", "item"):
        known, found = (getattr(part, f"{axis}_ids") for part in (model.train_, sets.train))
        if known != found:
            raise ShapeError(
                f"{sets.name} has {len(found):,} {axis}s that are not the {len(known):,} of "
                f"{run}: it was trained on other data"
            )
    return model
