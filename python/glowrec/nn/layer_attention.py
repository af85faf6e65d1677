"""A read-out in which each node weighs its layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LayerAttention(nn.Module):
    r"""Each node's mean of its layers, weighed by a softmax over them.

    .. math:: e_v = \sum_{k=0}^{K} a_{vk} e_v^{(k)}, \quad
              a_{vk} = \frac{\exp(q \cdot e_v^{(k)} + b_k)}
              {\sum_{l=0}^{K} \exp(q \cdot e_v^{(l)} + b_l)}

    The query :math:`q` and the biases :math:`b` are learned and start at 0, where every layer
    counts alike: training begins with LightGCN's own read-out.

    Parameters
    ----------
    dim : int
    n_layers : int
        :math:`K`; there are ``n_layers + 1`` layers, the embedding first.

    Examples
    --------
    >>> import torch
    >>> from glowrec.nn import LayerAttention
    >>> layers = torch.tensor([[[1.0]], [[3.0]]])  # two layers of one node
    >>> LayerAttention(1, n_layers=1)(layers).item()
    2.0
    """

    def __init__(self, dim: int, n_layers: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(dim))
        self.bias = nn.Parameter(torch.zeros(n_layers + 1))

    def forward(self, layers: Tensor) -> Tensor:
        """Return the read-out.

        Parameters
        ----------
        layers : Tensor, shape (n_layers + 1, n_nodes, dim)

        Returns
        -------
        Tensor, shape (n_nodes, dim)
        """
        weights = ((layers * self.query).sum(2) + self.bias.unsqueeze(1)).softmax(0)
        return (layers * weights.unsqueeze(2)).sum(0)
