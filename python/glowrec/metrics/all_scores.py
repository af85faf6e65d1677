"""Metrics of the scores of all candidates of one user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glowrec.errors import ScoreError, ShapeError
from glowrec.metrics.ranks import of_ranks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from glowrec.evaluation.source import Targets


def auc(scores: ArrayLike, relevant: ArrayLike) -> float:
    r"""Return the chance that a relevant item scores higher than another candidate.

    .. math:: \frac{1}{|T| \, |C \setminus T|} \sum_{i \in T} \sum_{j \in C \setminus T}
              [s_i > s_j] + \tfrac{1}{2} [s_i = s_j]

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates,)
        Scores of all candidates :math:`C`.
    relevant : array_like of bool, shape (n_candidates,)
        Which of them are relevant, :math:`T`.

    Returns
    -------
    float
        0 if nothing is relevant, 0.5 if everything is.

    Raises
    ------
    ShapeError
        If the arrays are not one-dimensional and equally long.
    ScoreError
        If a score is NaN.

    References
    ----------
    Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009, section
    6.2, whose AUC is the mean over users.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.auc([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    0.875
    """
    return float(of_ranks("auc", _targets(scores, relevant), "lower_id").values[0])


def average_rank(scores: ArrayLike, relevant: ArrayLike) -> float:
    r"""Return the mean rank of the relevant items, the best rank being 1.

    .. math:: \frac{1}{|T|} \sum_{i \in T} 1 + |\{j : s_j > s_i\}|
              + \tfrac{1}{2} |\{j \ne i : s_j = s_i\}|

    Parameters
    ----------
    scores, relevant
        As in :func:`auc`. Tied scores share the mean of their ranks.

    Returns
    -------
    float
        0 if nothing is relevant.

    Raises
    ------
    ShapeError, ScoreError
        As :func:`auc`.

    References
    ----------
    Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008,
    section 5, as a percentage of the candidates.

    Examples
    --------
    >>> from glowrec import metrics
    >>> metrics.average_rank([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    1.75
    """
    return float(of_ranks("average_rank", _targets(scores, relevant), "lower_id").values[0])


def _targets(scores: ArrayLike, relevant: ArrayLike) -> Targets:
    from glowrec.evaluation.source import Targets  # noqa: PLC0415 - evaluation knows metrics

    found, which = np.asarray(scores, dtype=np.float64), np.asarray(relevant, dtype=bool)
    if found.ndim != 1 or found.shape != which.shape:
        raise ShapeError(
            f"relevant: expected one per score, shape {found.shape}, got shape {which.shape}"
        )
    if bool(np.isnan(found).any()):
        raise ScoreError(f"scores[{int(np.argmax(np.isnan(found)))}] is NaN")
    items = np.flatnonzero(which)
    ascending = np.sort(found)
    own = found[items]
    low, high = (np.searchsorted(ascending, own, side=side) for side in ("left", "right"))
    before = [np.count_nonzero(found[:item] == found[item]) for item in items.tolist()]
    return Targets(
        np.array([0, items.size]),
        items,
        own,
        found.size - high,
        np.array(before, dtype=np.int64),
        high - low - 1,
        np.array([found.size]),
    )
