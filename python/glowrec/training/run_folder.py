"""A run is a folder: settings, metrics, checkpoint; each file whole at any moment."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import filelock
import safetensors
import safetensors.torch
import torch

from glowrec.arguments import flag
from glowrec.errors import DataError, ParameterError
from glowrec.io.atomic import replacing
from glowrec.training.registry import read_settings

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray
    from torch import Tensor

    from glowrec.datasets import Dataset
    from glowrec.interactions import Interactions
    from glowrec.training.settings import Settings

CONFIG, DATA, METRICS, CHECKPOINT, RESULT = (
    "config.toml",
    "data.json",
    "metrics.jsonl",
    "checkpoint.safetensors",
    "result.json",
)


LOCK = ".lock"
# Changes with what a checkpoint holds, so that an older one is refused and not misread.
_FORMAT = 1


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
    config : Settings
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
    DataError
        If the files of the run in the folder are damaged.

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
        config: Settings,
        data: Dataset,
        *further: Interactions | Tensor,
        resume: bool = False,
    ) -> None:
        self.path, self._config, self._resume = Path(path), config, resume
        self._lock = filelock.FileLock(self.path / LOCK, timeout=0)
        self._known = {
            "name": data.name,
            "n_users": data.train.n_users,
            "n_items": data.train.n_items,
            "n_train": len(data.train),
            "n_test": len(data.test),
            "fingerprint": _fingerprint([data.train, data.test, *further]),
            "source": None if data.source is None else dict(data.source),
        }
        if self.path.exists() and not self.path.is_dir():
            raise ParameterError(f"{path}: is a file, expected a folder for the run")
        self._check_free()

    @property
    def holds_run(self) -> bool:
        """Whether a run began in the folder."""
        return (self.path / CONFIG).exists()

    def begin(self) -> None:
        """Make the folder and say what its run is, if that is not done yet; keep others out.

        Apart from the constructor, so that a run that cannot begin leaves nothing behind. The
        folder is this run's until :meth:`close`, or the end of the process.

        Raises
        ------
        ParameterError
            If another process writes the folder, or has begun a run there in the meantime.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise ParameterError(
                f"{self.path}: is being written by another process; wait for it, or choose "
                "another folder"
            ) from None
        try:
            self._check_free()
            if not self.holds_run:
                self._write(DATA, json.dumps(self._known, indent=2) + "\n")
                self._write(CONFIG, self._config.to_toml())  # the last one: now it holds a run
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others write the folder."""
        self._lock.release(force=True)

    def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint, or None before the first.

        Raises
        ------
        DataError
            If the file is damaged, or is the checkpoint of another run.
        """
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state, known = metadata["state"], metadata["digest"]
        except (safetensors.SafetensorError, KeyError, ValueError) as error:
            raise DataError(f"{path}: not a checkpoint of a run: {error}") from None
        if known != self._digest(state, tensors):
            raise DataError(
                f"{path}: damaged, or the checkpoint of another run; without it, training "
                "begins anew"
            )
        return Checkpoint(tensors, json.loads(state))

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint, and the metrics with those it knows.

        Parameters
        ----------
        checkpoint : Checkpoint
        """
        state = json.dumps(checkpoint.state)
        metadata = {"state": state, "digest": self._digest(state, checkpoint.tensors)}
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

    def _digest(self, state: str, tensors: dict[str, Tensor]) -> str:
        """Return what tells a whole checkpoint of this run from any other file."""
        digest = hashlib.blake2b(digest_size=16)
        run = [_FORMAT, self._config.to_toml(), self._known["fingerprint"], state]
        digest.update(json.dumps(run).encode())
        for name in sorted(tensors):
            tensor = tensors[name].contiguous()
            digest.update(repr((name, tensor.dtype, tuple(tensor.shape))).encode())
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def _check_free(self) -> None:
        """Refuse a folder with a run that this one may not go on with."""
        if not self.holds_run:
            return
        if not self._resume:
            raise ParameterError(
                f"{self.path}: holds a run already; resume it, or choose another folder"
            )
        try:
            old = read_settings(self.path / CONFIG)
            known = json.loads((self.path / DATA).read_text(encoding="utf-8"))["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self.path}: cannot resume, its files are damaged: {error}"
            ) from None
        for name in ("model", *(field.name for field in dataclasses.fields(self._config))):
            before, now = getattr(old, name, None), getattr(self._config, name)
            if before != now:
                raise ParameterError(
                    f"{self.path}: cannot resume with {name} = {now!r}, the run has {before!r}"
                )
        if known != self._known["fingerprint"]:
            raise ParameterError(f"{self.path}: the run learned from other data; cannot resume")


def _fingerprint(parts: list[Interactions | Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    arrays: list[NDArray[Any]]
    for part in parts:
        if isinstance(part, torch.Tensor):
            arrays, shape = [part.detach().cpu().contiguous().numpy()], tuple(part.shape)
        else:
            arrays, shape = [part.users, part.items], (part.n_users, part.n_items, len(part))
            if part.values is not None:
                arrays.append(part.values)
        digest.update(repr((type(part).__name__, shape)).encode())
        for array in arrays:
            digest.update(array.tobytes())
    return digest.hexdigest()


def run_flags(
    out: str | os.PathLike[str] | None, *, resume: bool, progress: bool, tensorboard: bool
) -> tuple[bool, bool, bool]:
    """Return the flags of a training, checked.

    Raises
    ------
    ParameterError
        If one is no bool, or `resume` or `tensorboard` comes without `out`.

    Examples
    --------
    >>> from glowrec.training.run_folder import run_flags
    >>> run_flags(None, resume=False, progress=True, tensorboard=False)
    (False, True, False)
    """
    flags = {"resume": resume, "progress": progress, "tensorboard": tensorboard}
    resume, progress, tensorboard = (flag(name, value) for name, value in flags.items())
    if out is None and (resume or tensorboard):
        raise ParameterError("resume and tensorboard need out, the folder of the run")
    return resume, progress, tensorboard
