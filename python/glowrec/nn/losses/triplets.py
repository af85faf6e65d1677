"""BPR and its penalty on triplets of a table, in one compiled kernel where there is one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from glowrec import _native
from glowrec.nn.gather import gather_rows
from glowrec.nn.losses.bpr import bpr_loss
from glowrec.nn.losses.penalty import l2_penalty


def bpr_triplet_loss(
    readout: Tensor,
    embedding: Tensor,
    nodes: Tensor,
    n_negatives: int = 1,
    *,
    l2: float = 0.0,
    l2_readout: float = 0.0,
) -> tuple[Tensor, Tensor]:
    r"""Return :func:`bpr_loss` of a batch of triplets, with :func:`l2_penalty` of its vectors.

    Parameters
    ----------
    readout : Tensor, shape (n_nodes, readout_dim)
        Vectors that score, by inner product.
    embedding : Tensor, shape (n_nodes, dim)
        Vectors before propagation; they may be narrower than the read-out.
    nodes : Tensor of int64, shape (batch * (n_negatives + 2),)
        The batch's users, then its positives, then each triplet's negatives.
    n_negatives : int, default 1
    l2, l2_readout : float, default 0.0
        :math:`\lambda` of the penalty on the embeddings, and on the read-out.

    Returns
    -------
    total : Tensor, scalar
        To be minimised.
    bpr : Tensor, scalar
        The first term, without a gradient.

    Raises
    ------
    IdError
        If a node is none; the message gives its position.

    Notes
    -----
    float32 on the CPU goes through one compiled kernel that makes the loss and both gradients
    and stores no row per triplet; everything else through torch's own operations. On the CPU
    the bits do not depend on the number of threads.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import bpr_triplet_loss
    >>> table = torch.eye(3)
    >>> bpr_triplet_loss(table, table, torch.tensor([0, 1, 2]), l2=2.0)
    (tensor(3.6931), tensor(0.6931))
    """
    tables = (readout, embedding)
    batch = nodes.shape[0] // (n_negatives + 2)
    at = (slice(batch), slice(batch, 2 * batch), slice(2 * batch, None))
    if all(table.device.type == "cpu" and table.dtype == torch.float32 for table in tables):
        if readout.shape == embedding.shape and not l2_readout:
            total, bpr, *_ = _bpr_triplets(readout, embedding, nodes, n_negatives, l2)
            return total, bpr.detach()
        total, bpr, *_ = _bpr_triplets(readout, readout, nodes, n_negatives, l2_readout)
    else:
        rows = gather_rows(readout, nodes)
        users, positives, negatives = (rows[part] for part in at)
        scores = (users * positives).sum(1)  # (batch,)
        each = users.unsqueeze(1) * negatives.view(batch, n_negatives, -1)
        bpr = bpr_loss(scores, each.sum(2))
        total = bpr + l2_readout * l2_penalty(users, positives, negatives) if l2_readout else bpr
    if l2:
        egos = gather_rows(embedding, nodes)
        total = total + l2 * l2_penalty(*(egos[part] for part in at))
    return total, bpr.detach()


@torch.library.custom_op("glowrec::bpr_triplets", mutates_args=())
def _bpr_triplets(
    readout: Tensor, embedding: Tensor, nodes: Tensor, n_negatives: int, l2: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    loss, penalty, by_readout, by_embedding = _native.bpr(
        readout.detach().contiguous().numpy(),
        embedding.detach().contiguous().numpy(),
        nodes.contiguous().numpy(),
        n_negatives,
        l2,
    )
    return (
        torch.tensor(loss + l2 * penalty, dtype=readout.dtype),
        torch.tensor(loss, dtype=readout.dtype),
        torch.from_numpy(by_readout),
        torch.from_numpy(by_embedding),
    )


@_bpr_triplets.register_fake
def _(
    readout: Tensor,
    embedding: Tensor,
    nodes: Tensor,  # noqa: ARG001 - shapes only
    n_negatives: int,  # noqa: ARG001
    l2: float,  # noqa: ARG001
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    tables = (torch.empty_like(table).contiguous() for table in (readout, embedding))
    return readout.new_empty(()), readout.new_empty(()), *tables  # type: ignore[return-value]


def _keep_gradients(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ANN401, ARG001
    ctx.save_for_backward(*output[2:])


def _bpr_backward(ctx: Any, grad: Tensor, *_: Tensor | None) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    by_readout, by_embedding = ctx.saved_tensors
    return by_readout * grad, by_embedding * grad, None, None, None


_bpr_triplets.register_autograd(_bpr_backward, setup_context=_keep_gradients)
