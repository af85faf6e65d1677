"""The gradient of LightGCN's BPR loss without autograd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from glowrec.graph import Graph
    from glowrec.nn.lightgcn import LightGCN


def has_closed_form(model: LightGCN) -> bool:
    """Return whether :func:`bpr_gradient` serves a model.

    Parameters
    ----------
    model : LightGCN

    Returns
    -------
    bool
        True for float32 on the CPU with fixed layer weights, inner products for scores, no bound
        on the working memory, and the compiled kernel for a backend.

    Examples
    --------
    >>> from glowrec.nn import LightGCN
    >>> from glowrec.nn.closed_form import has_closed_form
    >>> has_closed_form(LightGCN(2, 3)), has_closed_form(LightGCN(2, 3, backend="torch"))
    (True, False)
    """
    table = model.embedding
    return (
        table.device.type == "cpu"
        and table.dtype == torch.float32
        and model.backend != "torch"
        and model.a_fold == 0
        and not model.layer_weights.requires_grad
        and model.attention is None
        and model.scorer is None
    )


def bpr_gradient(
    model: LightGCN,
    graph: Graph,
    readout: Tensor,
    nodes: Tensor,
    n_negatives: int = 1,
    *,
    l2: float = 0.0,
    dropout_seed: int = 0,
) -> float:
    r"""Put the gradient of a batch into ``model.embedding.grad``; return the batch's BPR loss.

    The model is linear, :math:`E = P E^{(0)}`, so the gradient is

    .. math:: P^T \frac{\partial L}{\partial E} + \lambda
              \frac{\partial R}{\partial E^{(0)}}

    and one compiled call makes it: the loss of :func:`glowrec.nn.bpr_triplet_loss`, its gradient
    by the read-out, the transposed propagation and the penalty's share.

    Parameters
    ----------
    model : LightGCN
        One that :func:`has_closed_form` accepts.
    graph : Graph
    readout : Tensor of float32, shape (n_nodes, dim)
        What ``model.readout(graph, dropout_seed=dropout_seed)`` returned.
    nodes : Tensor of int64, shape (batch * (n_negatives + 2),)
        The batch's users, then its positives, then each triplet's negatives.
    n_negatives : int, default 1
    l2 : float, default 0.0
        :math:`\lambda`.
    dropout_seed : int, default 0
        That of the read-out.

    Returns
    -------
    float
        The mean BPR loss, without the penalty.

    Raises
    ------
    IdError
        If a node is none; the message gives its position.

    Examples
    --------
    >>> import torch
    >>> from glowrec import Graph
    >>> from glowrec.nn import LightGCN
    >>> from glowrec.nn.closed_form import bpr_gradient
    >>> graph = Graph.from_edges([0], [0], n_users=1, n_items=2)
    >>> model = LightGCN(1, 2, dim=4)
    >>> loss = bpr_gradient(model, graph, model.readout(graph).detach(), torch.arange(3))
    >>> model.embedding.grad.shape
    torch.Size([3, 4])
    """
    loss, _, gradient = graph._native.bpr_gradient(  # noqa: SLF001 - this package's kernel
        model.embedding.detach().numpy(),
        readout.detach().numpy(),
        nodes.numpy(),
        n_negatives,
        l2,
        model.layer_weights.numpy(),
        model.normalization,
        model.gather_dtype == "bfloat16",
        model.keep_prob if model.training else 1.0,
        dropout_seed,
    )
    model.embedding.grad = torch.from_numpy(gradient)
    return loss
