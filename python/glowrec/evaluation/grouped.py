"""The means of an evaluation for each group of users."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glowrec.errors import ParameterError
from glowrec.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from glowrec.evaluation.groups import Groups
    from glowrec.statistics.pairing import PerUser

__all__ = ["GroupMean", "GroupedEvaluation", "group_means"]


class GroupMean(NamedTuple):
    """The mean of a metric over the users of a group."""

    mean: float
    """NaN if the group has no judged user."""
    low: float
    """Lower end of Student's confidence interval of the mean; NaN below two users."""
    high: float
    """Upper end."""


@dataclass(frozen=True, eq=False, repr=False)
class GroupedEvaluation:
    """An evaluation by group of users; made by :func:`group_means`."""

    means: Mapping[str, Mapping[str, GroupMean]]
    """``means[label][metric]``."""
    n_users: Mapping[str, int]
    """Judged users in each group."""
    n_without_group: int
    """Judged users in no group: counted here, part of no mean."""
    confidence: float
    """Of the intervals."""

    def __str__(self) -> str:
        metrics = next(iter(self.means.values()), {})
        rows = [["", "users", *metrics]]
        rows += [
            [label, f"{self.n_users[label]:,}", *(_cell(found[name]) for name in metrics)]
            for label, found in self.means.items()
        ]
        note = f"{100 * self.confidence:g}% intervals; {self.n_without_group:,} users in no group"
        return f"{aligned(rows)}\n{note}"

    def __repr__(self) -> str:
        sizes = ", ".join(f"{label}: {size:,}" for label, size in self.n_users.items())
        return f"GroupedEvaluation({sizes})"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, ready for JSON.

        Returns
        -------
        dict
            ``groups``, which has ``n_users`` and ``metrics`` by label, ``n_without_group`` and
            ``confidence``. A mean or an end that does not exist is None.

        Examples
        --------
        >>> import glowrec as gr
        >>> from glowrec.evaluation.grouped import group_means
        >>> from glowrec.evaluation.groups import by_column
        >>> test = gr.Graph.from_edges([0, 1], [0, 1], n_users=2, n_items=2)
        >>> result = gr.evaluate_rankings([[0], [0]], test, k=1, metrics="hit")
        >>> found = group_means(result, by_column([0, 1], ["new", "old"])).to_dict()
        >>> found["groups"]["old"]
        {'n_users': 1, 'metrics': {'hit@1': {'mean': 0.0, 'low': None, 'high': None}}}
        """
        return {
            "groups": {
                label: {
                    "n_users": self.n_users[label],
                    "metrics": {
                        name: {
                            end: value if isfinite(value) else None
                            for end, value in each._asdict().items()
                        }
                        for name, each in found.items()
                    },
                }
                for label, found in self.means.items()
            },
            "n_without_group": self.n_without_group,
            "confidence": self.confidence,
        }


def group_means(result: PerUser, groups: Groups, *, confidence: float = 0.95) -> GroupedEvaluation:
    r"""Return the means of an evaluation for each group of users.

    The interval is Student's, :math:`\bar x \pm t_{n-1} s / \sqrt n`.

    Parameters
    ----------
    result : Evaluation
        Or anything with ``users`` and ``per_user``.
    groups : Groups
    confidence : float, default 0.95
        Of the intervals.

    Returns
    -------
    GroupedEvaluation
        Every group, with the number of judged users in it, which may be 0.

    Raises
    ------
    ParameterError
        If `confidence` is not between 0 and 1.

    Examples
    --------
    >>> import glowrec as gr
    >>> from glowrec.evaluation.grouped import group_means
    >>> from glowrec.evaluation.groups import by_activity
    >>> train = gr.Graph.from_edges([0, 1, 1, 2, 2], [0, 0, 1, 1, 2], n_users=3, n_items=4)
    >>> test = gr.Graph.from_edges([0, 1, 2], [3, 3, 3], n_users=3, n_items=4)
    >>> result = gr.evaluate_rankings([[3], [3], [1]], test, k=1, metrics=("hit", "mrr"))
    >>> print(group_means(result, by_activity(train, [1, 2])))
               users                     hit@1                     mrr@1
    1              1                    1.0000                    1.0000
    2 or more      2  0.5000 [-5.8531, 6.8531]  0.5000 [-5.8531, 6.8531]
    95% intervals; 0 users in no group
    """
    if not (isfinite(confidence) and 0 < confidence < 1):
        raise ParameterError(f"confidence = {confidence!r} must lie between 0 and 1, such as 0.95")
    place = np.searchsorted(groups.users, result.users)
    place[place == len(groups.users)] = 0  # any place will do: the user there is another one
    grouped = np.zeros(len(result.users), dtype=bool)
    if len(groups.users):
        grouped = groups.users[place] == result.users
    codes = np.full(len(result.users), -1)
    codes[grouped] = groups.codes[place[grouped]]
    members = [np.flatnonzero(codes == code) for code in range(len(groups.labels))]
    return GroupedEvaluation(
        means={
            label: {
                name: _mean(values[inside], confidence) for name, values in result.per_user.items()
            }
            for label, inside in zip(groups.labels, members, strict=True)
        },
        n_users={label: len(inside) for label, inside in zip(groups.labels, members, strict=True)},
        n_without_group=int((~grouped).sum()),
        confidence=float(confidence),
    )


def _mean(values: NDArray[np.float64], confidence: float) -> GroupMean:
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to import

    n = values.size
    if not n:
        return GroupMean(float("nan"), float("nan"), float("nan"))
    mean = fsum(values) / n
    if n == 1:
        return GroupMean(mean, float("nan"), float("nan"))
    error = (fsum((values - mean) ** 2) / (n - 1) / n) ** 0.5
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * error
    return GroupMean(mean, mean - reach, mean + reach)


def _cell(found: GroupMean) -> str:
    if not isfinite(found.mean):
        return "-"
    if not isfinite(found.low):
        return f"{found.mean:.4f}"
    return f"{found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]"
