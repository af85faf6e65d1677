"""Negative sampling, exact and reproducible, of epochs in batches and of users."""

from glowrec.sampling.candidates import Candidates
from glowrec.sampling.in_batch import InBatchPairs, InBatchSampler
from glowrec.sampling.pairs import Pairs, PairSampler
from glowrec.sampling.pointwise import Pointwise, PointwiseSampler
from glowrec.sampling.strategies import Hardest, InBatch, Mixed, Popularity, Strategy, Uniform
from glowrec.sampling.triplets import Triplets, TripletSampler

__all__ = [
    "Candidates",
    "Hardest",
    "InBatch",
    "InBatchPairs",
    "InBatchSampler",
    "Mixed",
    "PairSampler",
    "Pairs",
    "Pointwise",
    "PointwiseSampler",
    "Popularity",
    "Strategy",
    "TripletSampler",
    "Triplets",
    "Uniform",
]
