"""A run is a folder: settings, metrics, checkpoint; each file whole at any moment."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import safetensors
import safetensors.torch
import torch

from glowrec.errors import DataError, ParameterError
from glowrec.io.atomic import replacing
from glowrec.training.config import Config

if TYPE_CHECKING:
    import os

    from torch import Tensor

    from glowrec.datasets import Dataset
    from glowrec.interactions import Interactions

CONFIG, DATA, METRICS, CHECKPOINT, RESULT = (
    "config.toml",
    "data.json",
    "metrics.jsonl",
    "checkpoint.safetensors",
    "result.json",
)


class Checkpoint(NamedTuple):
    """All that training needs to go on."""

    tensors: dict[str, Tensor]
    """By name, on the CPU."""
    state: dict[str, Any]
    """Plain values: stage, epoch, history and the like."""


class RunFolder:
    """The folder of a run.

    Parameters
    ----------
    path : str or path-like
    config : Config
    data : Dataset
        Its name, sizes and fingerprint are kept in ``data.json``, so that a run is never resumed
        on other data.
    *further : Interactions or Tensor
        Whatever else the run starts from; part of the fingerprint.
    resume : bool, default False
        Whether to go on where a run in the folder stopped.

    Raises
    ------
    ParameterError
        If the folder holds a run and `resume` is False, or one with other settings or data.

    Examples
    --------
    >>> import tempfile
    >>> from glowrec import datasets
    >>> from glowrec.training import Config, RunFolder
    >>> data = datasets.synthetic(50, 60, seed=1)
    >>> with tempfile.TemporaryDirectory() as path:
    ...     folder = RunFolder(path, Config(dim=4), data)
    ...     folder.checkpoint() is None
    True
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        config: Config,
        data: Dataset,
        *further: Interactions | Tensor,
        resume: bool = False,
    ) -> None:
        self.path, self._config = Path(path), config
        self._known = {
            "name": data.name,
            "n_users": data.train.n_users,
            "n_items": data.train.n_items,
            "n_train": len(data.train),
            "n_test": len(data.test),
            "fingerprint": _fingerprint([data.train, data.test, *further]),
        }
        if self.path.exists() and not self.path.is_dir():
            raise ParameterError(f"{path}: is a file, expected a folder for the run")
        if (self.path / CONFIG).exists():
            if not resume:
                raise ParameterError(
                    f"{path}: holds a run already; resume it, or choose another folder"
                )
            self._check_same(config, self._known["fingerprint"])

    def begin(self) -> None:
        """Make the folder and say what its run is, if that is not done yet.

        Apart from the constructor, so that a run that cannot begin leaves nothing behind.
        """
        if not (self.path / CONFIG).exists():
            self.path.mkdir(parents=True, exist_ok=True)
            self._write(DATA, json.dumps(self._known, indent=2) + "\n")
            self._write(CONFIG, self._config.to_toml())  # the last one: now it holds a run

    def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint, or None before the first.

        Raises
        ------
        DataError
            If the file is not one of ours.
        """
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state = json.loads(metadata["state"])
        except (safetensors.SafetensorError, KeyError, ValueError) as error:
            raise DataError(f"{path}: not a checkpoint of a run: {error}") from None
        return Checkpoint(tensors, state)

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint, and the metrics with those it knows.

        Parameters
        ----------
        checkpoint : Checkpoint
        """
        metadata = {"state": json.dumps(checkpoint.state)}
        content = safetensors.torch.save(checkpoint.tensors, metadata)
        with replacing(self.path / CHECKPOINT, "wb") as file:
            file.write(content)
        self.write_metrics(checkpoint.state["history"])

    def write_metrics(self, history: list[dict[str, Any]]) -> None:
        """Replace ``metrics.jsonl``, a JSON object per epoch.

        Parameters
        ----------
        history : list of dict
        """
        lines = "".join(json.dumps(record) + "\n" for record in history)
        self._write(METRICS, lines)

    def write_result(self, result: dict[str, Any]) -> None:
        """Write ``result.json``, the last file of a run.

        Parameters
        ----------
        result : dict
        """
        self._write(RESULT, json.dumps(result, indent=2) + "\n")

    def _write(self, name: str, text: str) -> None:
        with replacing(self.path / name) as file:
            file.write(text)

    def _check_same(self, config: Config, fingerprint: object) -> None:
        try:
            old = Config.from_toml((self.path / CONFIG).read_text(encoding="utf-8"))
            known = json.loads((self.path / DATA).read_text(encoding="utf-8"))["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self.path}: cannot resume, its files are damaged: {error}"
            ) from None
        for name in Config.__dataclass_fields__:
            before, now = getattr(old, name), getattr(config, name)
            if before != now:
                raise ParameterError(
                    f"{self.path}: cannot resume with {name} = {now!r}, the run has {before!r}"
                )
        if known != fingerprint:
            raise ParameterError(f"{self.path}: the run learned from other data; cannot resume")


def _fingerprint(parts: list[Interactions | Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, torch.Tensor):
            arrays, shape = [part.detach().cpu().contiguous().numpy()], tuple(part.shape)
        else:
            arrays, shape = [part.users, part.items], (part.n_users, part.n_items, len(part))
        digest.update(repr((type(part).__name__, shape)).encode())
        for array in arrays:
            digest.update(array.tobytes())
    return digest.hexdigest()
