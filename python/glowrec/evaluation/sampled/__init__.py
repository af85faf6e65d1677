"""Sampled evaluation, for comparisons with papers that used it; full ranking is the better way."""

from glowrec.evaluation.sampled.evaluate import evaluate_sampled, evaluate_sampled_pairs
from glowrec.evaluation.sampled.mapping import full_cut_off, rank_shape
from glowrec.evaluation.sampled.result import SampledEvaluation

__all__ = [
    "SampledEvaluation",
    "evaluate_sampled",
    "evaluate_sampled_pairs",
    "full_cut_off",
    "rank_shape",
]
