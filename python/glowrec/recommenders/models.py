"""The recommenders by name, each imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from glowrec.errors import MissingExtraError

if TYPE_CHECKING:
    from glowrec.recommenders.recommender import Recommender

MODELS: dict[str, str] = {
    "EASE": "ease",
    "GFCF": "gf_cf",
    "GLocalK": "glocal_k",
    "ImplicitALS": "implicit_models",
    "ImplicitBPR": "implicit_models",
    "ItemKNN": "knn",
    "LightGCN": "lightgcn",
    "MatrixFactorization": "matrix_factorization",
    "NGCF": "ngcf",
    "Popular": "popular",
    "PureSVD": "pure_svd",
    "Random": "random",
    "UserKNN": "knn",
}
"""Name of each recommender's class, and the module of this package that defines it."""


def recommender_class(name: str) -> type[Recommender]:
    """Return the class of a recommender.

    Parameters
    ----------
    name : str
        One of :data:`MODELS`.

    Returns
    -------
    type

    Raises
    ------
    MissingExtraError
        If what the recommender stands on is not installed; the message names the extra.

    Examples
    --------
    >>> from glowrec.recommenders.models import recommender_class
    >>> recommender_class("LightGCN").__name__
    'LightGCN'
    """
    try:
        module = import_module(f"glowrec.recommenders.{MODELS[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "glowrec":
            raise
        raise MissingExtraError(
            f"glowrec.{name} needs {error.name}: pip install glowrec[train]"
        ) from error
    found: type[Recommender] = getattr(module, name)
    return found
