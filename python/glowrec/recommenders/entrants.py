"""Models that are compared with each other, under short names and with default settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glowrec.errors import ParameterError
from glowrec.recommenders.models import recommender_class

if TYPE_CHECKING:
    from glowrec.recommenders.recommender import Recommender


class Entrant(NamedTuple):
    """A model as it enters a comparison."""

    model: str
    """Name of its class, one of :data:`glowrec.recommenders.models.MODELS`."""
    seeded: bool = False
    """Whether it takes a seed."""


ENTRANTS: dict[str, Entrant] = {
    "popular": Entrant("Popular"),
    "random": Entrant("Random", seeded=True),
    "item-knn": Entrant("ItemKNN"),
    "user-knn": Entrant("UserKNN"),
    "pure-svd": Entrant("PureSVD", seeded=True),
    "ease": Entrant("EASE"),
    "gf-cf": Entrant("GFCF", seeded=True),
    "implicit-als": Entrant("ImplicitALS", seeded=True),
    "implicit-bpr": Entrant("ImplicitBPR", seeded=True),
    "mf": Entrant("MatrixFactorization", seeded=True),
    "ngcf": Entrant("NGCF", seeded=True),
    "lightgcn": Entrant("LightGCN", seeded=True),
}
"""Short names of all that can enter; a new model joins by one line."""


def entrant(name: str, seed: int) -> Recommender:
    """Return a model that is not fitted yet.

    Parameters
    ----------
    name : str
        One of :data:`ENTRANTS`.
    seed : int
        Of everything random.

    Returns
    -------
    Recommender

    Raises
    ------
    ParameterError
        If there is no such model.
    MissingExtraError
        If what it stands on is not installed.

    Examples
    --------
    >>> from glowrec.recommenders.entrants import entrant
    >>> entrant("random", seed=3)
    Random(seed=3; not fitted)
    """
    check_entrant(name)
    found = ENTRANTS[name]
    made = recommender_class(found.model)
    return made(seed=seed) if found.seeded else made()  # type: ignore[call-arg]  # by its entry


def check_entrant(name: str) -> None:
    """Refuse a name that is none.

    Examples
    --------
    >>> from glowrec.recommenders.entrants import check_entrant
    >>> check_entrant("ease")
    """
    if name not in ENTRANTS:
        raise ParameterError(f"model {name!r}: choose from {', '.join(ENTRANTS)}")
