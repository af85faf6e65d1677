"""The examples of the page on testing run as they stand, and its numbers are those of the code."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glowrec import testing

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run_one_after_another(tmp_path):
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(examples) == 2
    command = [sys.executable, "-W", "error", "-c", "\n".join(examples)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_contents_are_the_headings():
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert re.findall(r"^- \[(.*)\]\(#", TEXT, re.MULTILINE) == headings


def test_every_check_is_listed():
    checks = {name for name in testing.__all__ if name.startswith("check_")}
    assert len(checks) == 7
    assert checks == set(re.findall(r"`(check_\w+)\(", TEXT))


@pytest.mark.parametrize(
    ("start", "biased"),
    [
        ("| gives 2 %", lambda k: 0.98 / k + 0.02 * np.eye(k)[0]),
        ("| never draws", lambda k: (1 - np.eye(k)[0]) / (k - 1)),
        ("| draws half", lambda k: np.where(np.arange(k) % 2, 1.02, 0.98) / k),
    ],
)
def test_the_numbers_of_draws_are_those_computed(start, biased):
    (line,) = (line for line in TEXT.splitlines() if line.startswith(start))
    stated = [int(cell.replace(",", "")) for cell in line.split("|")[2:-1]]
    sizes = (10, 100, 1000)
    computed = [testing.draws_to_detect(np.full(k, 1 / k), biased(k)) for k in sizes]
    assert stated == computed
