"""The core crates know no Python, and no file outgrows one concept."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRATES = ("glowrec-graph", "glowrec-sampling", "glowrec-ranking")


def tree(crate):
    command = ["cargo", "tree", "--offline", "-p", crate, "-e", "normal", "--prefix", "none"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {line.split()[0] for line in done.stdout.splitlines() if line.strip()}


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not on PATH")
@pytest.mark.parametrize("crate", CRATES)
def test_a_core_crate_depends_on_no_python(crate):
    names = tree(crate)
    assert {crate, "rayon"} <= names  # the tree was read
    assert not names & {"pyo3", "numpy", "pyo3-ffi", "arrow"}


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not on PATH")
def test_the_binding_is_the_crate_that_does():
    assert {"pyo3", "numpy"} <= tree("glowrec-binding")


def test_no_source_file_is_longer_than_400_lines():
    folders = ("rust", "python", "benches", "tests")
    files = [
        path
        for folder in folders
        for pattern in ("*.rs", "*.py", "*.pyi")
        for path in (ROOT / folder).rglob(pattern)
    ]
    assert len(files) > 50
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {str(path): n for path, n in lengths.items() if n > 400} == {}
