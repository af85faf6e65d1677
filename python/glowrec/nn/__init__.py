"""PyTorch modules and losses on the compiled graph kernels."""

from glowrec.nn.gather import gather_rows
from glowrec.nn.global_kernel import GlobalKernel
from glowrec.nn.glocal_k import GLocalK
from glowrec.nn.kernel_layer import KernelLayer
from glowrec.nn.layer_attention import LayerAttention
from glowrec.nn.lightgcn import LightGCN
from glowrec.nn.losses import bpr_loss, bpr_triplet_loss
from glowrec.nn.matrix_factorization import MatrixFactorization
from glowrec.nn.mlp_scorer import MLPScorer
from glowrec.nn.mlp_scores import MLPScores
from glowrec.nn.ngcf import NGCF
from glowrec.nn.propagation import propagate
from glowrec.nn.ranking import TensorTopK, top_k
from glowrec.nn.rating_matrix import RatingMatrix
from glowrec.nn.vector_model import VectorModel

__all__ = [
    "NGCF",
    "GLocalK",
    "GlobalKernel",
    "KernelLayer",
    "LayerAttention",
    "LightGCN",
    "MLPScorer",
    "MLPScores",
    "MatrixFactorization",
    "RatingMatrix",
    "TensorTopK",
    "VectorModel",
    "bpr_loss",
    "bpr_triplet_loss",
    "gather_rows",
    "propagate",
    "top_k",
]
