"""What a training run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowrec.training.learned import Learned
    from glowrec.training.settings import Settings

SENTENCES = {
    "validation": (
        "The epoch was chosen on a validation set cut from train; "
        "test was scored once, at the end."
    ),
    "paper": (
        "protocol 'paper': the best of the epochs scored on TEST is reported, as published "
        "numbers do; it is too optimistic."
    ),
    "fixed": "The number of epochs was fixed beforehand; test was scored once, at the end.",
}
"""What each way of choosing the epoch means, for every output."""


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """The outcome of :func:`glowrec.training.train`.

    Attributes
    ----------
    config : Settings
        The settings.
    history : list of dict
        One record per epoch, as in ``metrics.jsonl``.
    best_epoch : int
        The epoch whose embeddings were kept (in the refit: how many there were).
    protocol : {"validation", "paper", "fixed"}
        How that epoch was chosen.
    validation, test : dict of str to float, or None
        Metrics of the kept embeddings, such as ``"ndcg@20"``.
    seconds : dict of str to float
        ``"selection"``, ``"refit"`` and ``"evaluation"`` (which is part of neither).
    learned : Learned
        The kept embeddings, with all that a recommender needs.
    """

    config: Settings
    history: list[dict[str, Any]]
    best_epoch: int
    protocol: str
    validation: dict[str, float] | None
    test: dict[str, float] | None
    seconds: dict[str, float]
    learned: Learned

    @property
    def protocol_sentence(self) -> str:
        """How the epoch was chosen, in a sentence."""
        return SENTENCES[self.protocol]

    def __repr__(self) -> str:
        monitor = self.config.monitored
        parts = [f"protocol={self.protocol!r}", f"best_epoch={self.best_epoch}"]
        for name, metrics in (("validation", self.validation), ("test", self.test)):
            if metrics is not None:
                parts.append(f"{name} {monitor} {metrics[monitor]:.4f}")
        return f"Result({', '.join(parts)})"

    def to_dict(self) -> dict[str, Any]:
        """Return what ``result.json`` holds: everything but the model and the history."""
        return {
            "preset": self.config.preset,
            "protocol": self.protocol,
            "protocol_sentence": self.protocol_sentence,
            "best_epoch": self.best_epoch,
            "validation": self.validation,
            "test": self.test,
            "seconds": self.seconds,
        }
