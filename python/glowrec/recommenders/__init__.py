"""What most people touch: fit, recommend, save, load."""

from glowrec.recommenders.lightgcn import LightGCN
from glowrec.recommenders.recommendations import Recommendations
from glowrec.recommenders.stored import load

__all__ = ["LightGCN", "Recommendations", "load"]
