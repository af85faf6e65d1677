"""Evaluation by full ranking: metrics of factors, or of lists made elsewhere."""

from glowrec.evaluation.of_factors import evaluate_factors
from glowrec.evaluation.of_rankings import evaluate_rankings
from glowrec.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate_factors", "evaluate_rankings"]
