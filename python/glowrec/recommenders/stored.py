"""Recommenders that were saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glowrec.recommenders.lightgcn import LightGCN
from glowrec.training.learned import Learned

if TYPE_CHECKING:
    import os


def load(folder: str | os.PathLike[str]) -> LightGCN:
    """Read a recommender that was saved, or the one that a run left behind.

    Parameters
    ----------
    folder : str or path-like
        Of :meth:`glowrec.LightGCN.save` or of ``glowrec train --out``.

    Returns
    -------
    LightGCN
        Fitted.

    Raises
    ------
    DataError
        If the folder holds no model, or a file of it is damaged; the message names the file.

    Examples
    --------
    >>> import glowrec as gr
    >>> gr.load("nowhere")
    Traceback (most recent call last):
    glowrec.errors.DataError: nowhere: no such folder
    """
    return LightGCN.from_learned(Learned.load(folder))
