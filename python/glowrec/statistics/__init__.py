"""Statistics over the per-user values of evaluations: is one model better than another."""

from glowrec.statistics.compare import compare
from glowrec.statistics.comparison import Comparison, PairedDifference

__all__ = ["Comparison", "PairedDifference", "compare"]
