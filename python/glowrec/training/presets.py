"""Named settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowrec.errors import ParameterError
from glowrec.training.config import Config
from glowrec.training.glocal_k.presets import GLOCAL_K_PRESETS
from glowrec.training.mf_config import MFConfig
from glowrec.training.ngcf_config import NGCFConfig

if TYPE_CHECKING:
    from glowrec.training.settings import Settings

PRESETS: dict[str, Settings] = {
    **GLOCAL_K_PRESETS,
    # The reference code to the letter: users drawn uniformly, one uniform negative, N(0, 0.1²),
    # test scored every ten epochs of a thousand and the best of them reported.
    "lightgcn-reference": Config(
        preset="lightgcn-reference",
        order="user_uniform",
        batch_size=2048,
        epochs=1000,
        lr=1e-3,
        l2=1e-4,
        protocol="paper",
        validation=0.0,
        refit=False,
        eval_every=10,
    ),
    # The same model and loss in a few hundred large steps: each negative is the hardest of many
    # uniform candidates, as many as the size of the catalogue bears, which asks for a stronger L2;
    # rows are gathered in bfloat16.
    "lightgcn-fast": Config(
        preset="lightgcn-fast",
        order="user_uniform",
        batch_size=32_768,
        min_batches=25,
        hardest_of=0,
        epochs=20,
        lr=0.06,
        schedule="cosine",
        l2=8e-3,
        gather_dtype="bfloat16",
        protocol="validation",
        validation=0.1,
        refit=True,
        eval_every=5,
    ),
    # The paper's formula with the official code's settings: users drawn uniformly, one uniform
    # negative, test scored every ten epochs of at most 400 and the best of them reported.
    "ngcf-paper": NGCFConfig(
        preset="ngcf-paper",
        n_layers=3,
        message_dropout=0.1,
        order="user_uniform",
        batch_size=1024,
        epochs=400,
        lr=1e-4,
        l2=0.0,
        l2_readout=1e-5,
        protocol="paper",
        validation=0.0,
        refit=False,
        eval_every=10,
        patience=5,
    ),
    # The paper's formula learned as "lightgcn-fast" learns, the same settings with and without its
    # transformations and activation. Layers that add up score higher than LightGCN's mean, so the
    # embeddings start smaller and are held tighter; what weights make of them is held, too.
    "ngcf-fast": NGCFConfig(
        preset="ngcf-fast",
        n_layers=2,
        init="normal",
        init_std=0.05,
        order="user_uniform",
        batch_size=32_768,
        min_batches=25,
        hardest_of=0,
        epochs=64,
        lr=0.02,
        schedule="cosine",
        l2=0.7,
        l2_readout=0.02,
        gather_dtype="bfloat16",
        eval_every=16,
    ),
    # Matrix factorisation learned as "lightgcn-fast" learns, with its rate and penalty.
    "mf-fast": MFConfig(
        preset="mf-fast",
        order="user_uniform",
        batch_size=32_768,
        min_batches=25,
        hardest_of=0,
        epochs=20,
        lr=0.06,
        schedule="cosine",
        l2=8e-3,
        gather_dtype="bfloat16",
        eval_every=5,
    ),
}
"""Settings by name; :func:`preset` gives them with changes."""


def preset(name: str, **changes: Any) -> Any:  # noqa: ANN401 - the preset's class
    """Return a preset with some settings changed.

    Parameters
    ----------
    name : str
        A key of :data:`PRESETS`.
    **changes
        Fields of the preset's settings.

    Returns
    -------
    Settings
        Of the model that the preset is for: :class:`Config` where that is LightGCN.

    Raises
    ------
    ParameterError
        If the preset or a field is unknown, or a value out of range.

    Examples
    --------
    >>> from glowrec.training import preset
    >>> preset("lightgcn-reference", epochs=5).batch_size
    2048
    """
    if name not in PRESETS:
        raise ParameterError(f"preset = {name!r}: expected one of {', '.join(PRESETS)}")
    return PRESETS[name].replace(**changes)
