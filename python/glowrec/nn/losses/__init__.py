"""Losses of models that score by vectors, one concept per file."""

from glowrec.nn.losses.bce import BCE
from glowrec.nn.losses.bpr import BPR, bpr_loss
from glowrec.nn.losses.contrastive import info_nce
from glowrec.nn.losses.penalty import l2_penalty
from glowrec.nn.losses.scored import Scored, in_batch, own_negatives, shared_negatives
from glowrec.nn.losses.softmax import SampledSoftmax
from glowrec.nn.losses.triplets import bpr_triplet_loss

__all__ = [
    "BCE",
    "BPR",
    "SampledSoftmax",
    "Scored",
    "bpr_loss",
    "bpr_triplet_loss",
    "in_batch",
    "info_nce",
    "l2_penalty",
    "own_negatives",
    "shared_negatives",
]
