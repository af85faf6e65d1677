"""Evaluation by full ranking: of models, factors, lists made elsewhere, and TREC runs."""

from glowrec.evaluation.evaluate import evaluate
from glowrec.evaluation.of_factors import evaluate_factors
from glowrec.evaluation.of_rankings import evaluate_rankings
from glowrec.evaluation.of_runs import evaluate_run
from glowrec.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate", "evaluate_factors", "evaluate_rankings", "evaluate_run"]
