"""The examples of the page on statistics run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "evaluation-statistics.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run_one_after_another(tmp_path):
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(examples) == 5
    command = [sys.executable, "-W", "error", "-c", "\n".join(examples)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "BCa bootstrap interval" in done.stdout
    assert "not comparable with full rankings" in done.stdout


def test_the_contents_are_the_headings():
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert re.findall(r"^- \[(.*)\]\(#", TEXT, re.MULTILINE) == headings
