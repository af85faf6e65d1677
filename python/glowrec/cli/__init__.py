"""The command line: options in, tables out, one line for every expected error.

Exit codes: 0 done, 1 the demo did not beat its baseline, 2 the request cannot be carried out
as it stands (an option, a file, the data), 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from glowrec.errors import GlowrecError

if TYPE_CHECKING:
    from collections.abc import Sequence

REFUSED = 2
INTERRUPTED = 130
_PLAIN = (
    ("Invalid value for ", ""),
    ("Value error, ", ""),
    (
        "Input should be a valid integer, unable to parse string as an integer",
        "not a whole number",
    ),
    ("Input should be a valid number, unable to parse string as a number", "not a number"),
    ("Input should be greater than or equal to", "expected at least"),
    ("Input should be", "expected"),
)
# What `pip install glowrec[train]` brings and the commands import.
EXTRA = ("typer", "rich", "torch", "safetensors", "tomli_w", "filelock")


def main() -> None:
    """Run the command line and exit; the entry point ``glowrec``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code.

    Parameters
    ----------
    arguments : sequence of str
        What stands after ``glowrec`` on the command line.

    Returns
    -------
    int
        See the module's docstring. Expected errors are one line on standard error.

    Examples
    --------
    >>> from glowrec.cli import run
    >>> run(["train", "no-such-model"])
    2
    """
    try:
        return _invoke(arguments)
    except KeyboardInterrupt:
        return _refuse("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has had enough; nothing is left to be flushed into it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRA:
            raise
        return _refuse(f"{error.name} is not installed: pip install glowrec[train]")
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        return _refuse(f"{place}{error.strerror or error}")
    except (GlowrecError, MemoryError) as error:
        return _refuse(str(error) or "out of memory")


def _invoke(arguments: Sequence[str]) -> int:
    import typer  # noqa: PLC0415  # an extra; its absence is answered by `run`

    from glowrec.cli.app import app  # noqa: PLC0415

    command = typer.main.get_command(app)
    try:
        code = command.main(
            list(arguments) or ["--help"], prog_name="glowrec", standalone_mode=False
        )
    except typer.Abort:
        return _refuse("interrupted", INTERRUPTED)
    except typer.TyperException as error:
        return _refuse(_plain(error.format_message()), error.exit_code)
    if code == INTERRUPTED:
        return _refuse("interrupted", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _plain(message: str) -> str:
    """Return a message of the options' validator as this package says such things."""
    for words, plain in _PLAIN:
        message = message.replace(words, plain)
    return message


def _refuse(message: str, code: int = REFUSED) -> int:
    sys.stderr.write(f"glowrec: {' '.join(message.split())}\n")
    return code
