"""Losses of models that score by inner products."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from glowrec import _native
from glowrec.errors import ShapeError
from glowrec.nn.gather import gather_rows


def bpr_loss(positive_scores: Tensor, negative_scores: Tensor) -> Tensor:
    r"""Return the mean Bayesian personalised ranking loss.

    .. math:: \frac{1}{B m} \sum_{b=1}^{B} \sum_{j=1}^{m}
              \mathrm{softplus}(y_{bj} - y_b) = -\frac{1}{B m} \sum \ln \sigma(y_b - y_{bj})

    Parameters
    ----------
    positive_scores : Tensor, shape (batch,)
        :math:`y_b`.
    negative_scores : Tensor, shape (batch,) or (batch, n_negatives)
        :math:`y_{bj}`.

    Returns
    -------
    Tensor, scalar

    Raises
    ------
    ShapeError
        If the batches differ.

    Notes
    -----
    Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009. With
    one negative it is the first term of He et al., SIGIR 2020, equation 15, per triplet.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import bpr_loss
    >>> bpr_loss(torch.tensor([2.0]), torch.tensor([2.0]))
    tensor(0.6931)
    """
    if negative_scores.shape[:1] != positive_scores.shape:
        raise ShapeError(
            f"negative_scores: expected {tuple(positive_scores.shape)} rows, "
            f"got shape {tuple(negative_scores.shape)}"
        )
    if negative_scores.ndim > 1:
        positive_scores = positive_scores.unsqueeze(1)
    return functional.softplus(negative_scores - positive_scores).mean()


def l2_penalty(user_rows: Tensor, positive_rows: Tensor, negative_rows: Tensor) -> Tensor:
    r"""Return half the mean squared norm of the embeddings that a batch touches.

    .. math:: \frac{1}{2 B} \sum_b \Bigl( \|e_u\|^2 + \|e_i\|^2
              + \frac{1}{m} \sum_{j=1}^{m} \|e_j\|^2 \Bigr)

    Parameters
    ----------
    user_rows, positive_rows : Tensor, shape (batch, dim)
    negative_rows : Tensor, shape (batch * n_negatives, dim)

    Returns
    -------
    Tensor, scalar

    Notes
    -----
    The regulariser of LightGCN's reference code, on the embeddings before propagation.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn.losses import l2_penalty
    >>> ones = torch.ones(2, 4)
    >>> l2_penalty(ones, ones, ones)
    tensor(6.)
    """
    batch = max(user_rows.shape[0], 1)
    n_negatives = max(negative_rows.shape[0] // batch, 1)
    squares = torch.stack(
        [
            user_rows.square().sum(),
            positive_rows.square().sum(),
            negative_rows.square().sum() / n_negatives,
        ]
    )
    return squares.sum() / (2 * batch)


def bpr_triplet_loss(
    readout: Tensor, embedding: Tensor, nodes: Tensor, n_negatives: int = 1, *, l2: float = 0.0
) -> tuple[Tensor, Tensor]:
    r"""Return :func:`bpr_loss` plus `l2` times :func:`l2_penalty` of a batch of triplets.

    Parameters
    ----------
    readout : Tensor, shape (n_nodes, dim)
        Vectors that score, by inner product.
    embedding : Tensor, shape (n_nodes, dim)
        Vectors that the penalty is on.
    nodes : Tensor of int64, shape (batch * (n_negatives + 2),)
        The batch's users, then its positives, then each triplet's negatives.
    n_negatives : int, default 1
    l2 : float, default 0.0
        :math:`\lambda`.

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
    if all(table.device.type == "cpu" and table.dtype == torch.float32 for table in tables):
        total, bpr, *_ = _bpr_triplets(readout, embedding, nodes, n_negatives, l2)
        return total, bpr.detach()
    batch = nodes.shape[0] // (n_negatives + 2)
    at = (slice(batch), slice(batch, 2 * batch), slice(2 * batch, None))
    users, positives, negatives = (gather_rows(readout, nodes)[part] for part in at)
    scores = (users * positives).sum(1)  # (batch,)
    negatives = negatives.view(batch, n_negatives, -1)
    bpr = bpr_loss(scores, (users.unsqueeze(1) * negatives).sum(2))
    egos = gather_rows(embedding, nodes)
    return bpr + l2 * l2_penalty(*(egos[part] for part in at)), bpr.detach()


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
