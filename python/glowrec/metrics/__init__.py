r"""The metrics: what they mean, their names, and each as a function of one ranked list.

Let :math:`T` be the test items of a user, :math:`h_r` say whether the item at rank
:math:`r = 1 \dots k` is one of them, and :math:`g_r` be its gain, 0 without a hit.

=========== =========================================================================
recall      :math:`\sum_r h_r / |T|`
precision   :math:`\sum_r h_r / k`
f1          harmonic mean of recall and precision
ndcg        :math:`\sum_r g_r / \log_2(r + 1)`, over the same of the best ranking
dcg         :math:`\sum_r g_r / \log_2(r + 1)`
hit         1 if any :math:`h_r` is, else 0
mrr         1 / the rank of the first hit, 0 if there is none
map         :math:`\frac{1}{\min(k, |T|)} \sum_r h_r \cdot \frac{1}{r} \sum_{s \le r} h_s`
r_precision :math:`\sum_{r \le |T|} h_r / |T|`; no cut-off
auc         share of the pairs of a test item and another candidate that are ranked
            rightly, ties counting half; no cut-off
average_rank mean rank of the test items among the candidates; no cut-off
=========== =========================================================================

These are the formulas of the convention ``lightgcn``, with gains of 1; a
:class:`glowrec.conventions.Convention` changes each of them. A test item that is no candidate,
since it is in train as well, counts as ranked behind every candidate. A mean is over the users
with at least one test item.

Beyond accuracy, from :mod:`glowrec.beyond`: ``coverage``, ``gini`` and ``entropy`` of how often
each item is listed within k, and the means of ``novelty``, ``popularity`` and ``diversity`` over
the users whose list has a value.
"""

from glowrec.metrics.all_scores import auc, average_rank
from glowrec.metrics.gained import dcg, ndcg
from glowrec.metrics.names import ALL_METRICS, METRICS, Metric, cut_offs, named
from glowrec.metrics.one_list import (
    average_precision,
    f1,
    hit,
    precision,
    r_precision,
    recall,
    reciprocal_rank,
)

__all__ = [
    "ALL_METRICS",
    "METRICS",
    "Metric",
    "auc",
    "average_precision",
    "average_rank",
    "cut_offs",
    "dcg",
    "f1",
    "hit",
    "named",
    "ndcg",
    "precision",
    "r_precision",
    "recall",
    "reciprocal_rank",
]
