"""The examples of README and guide run as they stand, and their promises hold."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")
GUIDE = README.parent / "docs" / "guide.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def run(example, folder):
    command = [sys.executable, "-W", "error", "-c", example]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_there_are_two_examples_and_the_first_is_short():
    assert len(EXAMPLES) == 2
    code = [line for line in EXAMPLES[0].splitlines() if line.strip()]
    assert len(code) <= 15
    assert len(TEXT.splitlines()) < 150


def test_the_evaluators_example_runs(tmp_path):
    done = run(EXAMPLES[1], tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_first_example_runs(tmp_path):
    pytest.importorskip("torch", reason="the example trains a model")
    done = run(EXAMPLES[0], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "@20" in done.stdout
    assert (tmp_path / "run").is_dir()


def test_what_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) >= 5
    missing = [link for link in links if not (README.parent / link).exists()]
    assert missing == []


def test_the_guides_examples_run_one_after_another(tmp_path):
    pytest.importorskip("torch", reason="the guide trains a model")
    text = GUIDE.read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) >= 5
    done = run("\n".join(examples), tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_guides_contents_are_its_headings():
    text = GUIDE.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert re.findall(r"^- \[(.*)\]\(#", text, re.MULTILINE) == headings
