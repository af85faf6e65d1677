"""What a person sees while a model trains."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from types import TracebackType


_SHOWN = ("precision", "recall", "ndcg", "rmse", "mae")


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind."""

    def stage(self, name: str, n_steps: int, done: int) -> None:
        """Begin a stage of `n_steps` steps, of which `done` were made before."""

    def step(self, loss: float) -> None:
        """Count a step."""

    def epoch(self, record: dict[str, Any]) -> None:
        """Show the record of an epoch."""


class Live(Silent):
    """A bar on a terminal, a line per evaluation elsewhere; both on standard error.

    Shown are the epoch, the loss, the main metrics of the last evaluation, the share of users and
    items that the epoch's triplets touched, where there are triplets, and the time left.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            refresh_per_second=4,
        )
        self._task = self._bar.add_task("", total=None, figures="", visible=False)
        self._metrics = ""
        self._shown = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def stage(self, name: str, n_steps: int, done: int) -> None:
        """Show a new bar."""
        self._metrics = ""
        self._bar.reset(self._task, total=n_steps, completed=done, visible=True)
        self._bar.update(self._task, description=name)

    def step(self, loss: float) -> None:
        """Move the bar."""
        self._bar.advance(self._task)
        now = time.monotonic()
        if now - self._shown > 0.2:  # noqa: PLR2004 - five times a second is enough to read
            self._shown = now
            self._bar.update(self._task, figures=f"loss {loss:.4f} {self._metrics}")

    def epoch(self, record: dict[str, Any]) -> None:
        """Show the figures beside the bar, or as a line."""
        shown = [
            f"{name} {value:.4f}"
            for name, value in record.items()
            if name.partition("@")[0] in _SHOWN
        ]
        if "coverage_users" in record:
            coverage = f"nodes {record['coverage_users']:.0%}/{record['coverage_items']:.0%}"
            self._metrics = " ".join([*shown, coverage])
        else:
            self._metrics = " ".join(shown)
        line = f"epoch {record['epoch']} loss {record['loss']:.4f} {self._metrics}"
        self._bar.update(self._task, figures=line)
        if not self._console.is_terminal and shown:
            self._console.print(f"{record['stage']}: {line}", highlight=False, soft_wrap=True)
