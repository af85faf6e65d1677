"""Curves for TensorBoard, an option of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowrec.errors import MissingExtraError
from glowrec.training.progress import Silent

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Curves(Silent):
    """Writes event files into ``tensorboard/`` of a run's folder.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    MissingExtraError
        If TensorBoard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(
                "tensorboard needs an extra: pip install glowrec[report]"
            ) from error
        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def epoch(self, record: dict[str, Any]) -> None:
        """Write every float of the record as a point of its curve."""
        for name, value in record.items():
            if isinstance(value, float):
                self._writer.add_scalar(
                    f"{record['stage']}/{name}", value, global_step=record["step"]
                )
