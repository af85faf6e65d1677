"""Which data a command works on, and what to say of them."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer

from glowrec import datasets
from glowrec.errors import DataError, ShapeError
from glowrec.io.folders import existing_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from glowrec.datasets import Dataset
    from glowrec.interactions import Interactions
    from glowrec.recommenders import Recommender
    from glowrec.recommenders.trained import TrainedRecommender

UNKNOWN_HELP = "Test rows of a folder whose user or item train does not know."


class Unknown(StrEnum):
    """What becomes of test rows whose user or item train does not know."""

    ERROR = "error"
    DROP = "drop"
    KEEP = "keep"


def loaded(data: str | None, unknown: Unknown | None, run: Path) -> "Dataset":
    """Load the data that options name, or those that a run was trained on.

    Parameters
    ----------
    data : str, optional
        Of ``--data``; without it, the run's.
    unknown : Unknown, optional
        Of ``--unknown``; without it as the run had it, or as the loader does by default.
    run : Path
        Folder of a run.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no `data` and the run does not know its own, or they cannot be loaded.

    Examples
    --------
    >>> from pathlib import Path
    >>> from glowrec.cli.source import loaded
    >>> loaded("synthetic", None, Path("unused")).name
    'synthetic'
    """
    source = recall(run) if data is None else {"name_or_folder": data}
    if unknown is not None:
        source["unknown"] = unknown.value
    return datasets.load(**source)  # type: ignore[arg-type]  # load checks the policy


def recall(run: Path) -> dict[str, str]:
    """Return the arguments of :func:`glowrec.datasets.load` that give a run's data again.

    Parameters
    ----------
    run : Path
        Folder of the run.

    Returns
    -------
    dict of str to str

    Raises
    ------
    DataError
        If the run does not say, or its record is damaged.
    """
    path = existing_folder(run) / "data.json"
    try:
        source = json.loads(path.read_text(encoding="utf-8"))["source"]
    except FileNotFoundError:
        source = None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged: {error}") from None
    if source is None:
        raise DataError(f"{run}: does not say what it was trained on; name it: --data")
    if not isinstance(source, dict) or not set(source) <= {"name_or_folder", "unknown"}:
        raise DataError(f"{path}: damaged: source = {source!r}")
    return {str(name): str(value) for name, value in source.items()}


def note(text: str) -> None:
    """Say something on standard error that is no error."""
    typer.echo(f"glowrec: note: {text}", err=True)


def note_of_test(sets: "Dataset") -> None:
    """Say what a person should know of a test set before trusting its numbers."""
    if not len(sets.test):
        note("there are no test interactions, so nothing is scored at the end")
    elif sets.n_repeated:
        note(
            f"{sets.n_repeated:,} of {len(sets.test):,} test interactions are in train too; they "
            "are never recommended and count as missed"
        )


def trained_on(run: Path, sets: "Dataset") -> "TrainedRecommender":
    """Load the trained model of a run whose users and items are those of a data set.

    Parameters
    ----------
    run : Path
        Folder of the run.
    sets : Dataset

    Returns
    -------
    TrainedRecommender

    Raises
    ------
    ShapeError
        If the run knows other users or items.
    DataError
        If its model is another one.
    """
    from glowrec.recommenders.trained import (  # noqa: PLC0415 - torch is slow to start
        TrainedRecommender,
    )

    model = saved(run, sets)
    if not isinstance(model, TrainedRecommender):
        raise DataError(f"{run}: holds {type(model).__name__}, expected a model that was trained")
    return model


def saved(run: Path, sets: "Dataset") -> "Recommender":
    """Load the model of a folder whose users and items are those of a data set.

    Parameters
    ----------
    run : Path
        Folder of a run, or of a saved model.
    sets : Dataset

    Returns
    -------
    Recommender

    Raises
    ------
    ShapeError
        If the model knows other users or items.
    """
    from glowrec.recommenders import load  # noqa: PLC0415 - NumPy's readers of models

    model = load(run)
    for axis in ("user", "item"):
        known, found = (getattr(part, f"{axis}_ids") for part in (model.train_, sets.train))
        if known != found:
            raise ShapeError(
                f"{sets.name} has {len(found):,} {axis}s that are not the {len(known):,} of "
                f"{run}: it was trained on other data"
            )
    return model


def evaluated_on(run: Path, sets: "Dataset") -> "Recommender":
    """Load the model of a folder that learned from the train part of a data set.

    Parameters
    ----------
    run : Path
        Folder of a run, or of a saved model.
    sets : Dataset

    Returns
    -------
    Recommender

    Raises
    ------
    ShapeError
        If the run knows other users or items.
    DataError
        If it learned from other interactions, or there is nothing to evaluate on.
    """
    model = saved(run, sets)
    if not len(sets.test):
        raise DataError(f"{sets.name}: has no test interactions to evaluate on")
    if not np.array_equal(_pairs(model.train_), _pairs(sets.train)):
        raise DataError(f"{sets.name}: train is not what {run} was trained on")
    return model


def _pairs(part: "Interactions") -> "NDArray[np.int64]":
    return np.unique(part.users * part.n_items + part.items)
