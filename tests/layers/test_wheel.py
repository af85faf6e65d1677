"""The wheel alone, as an evaluator gets it: NumPy and SciPy, no torch, no Rust."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

QUICK_START = """
import sys
import numpy as np
import glowrec as gr

assert "torch" not in sys.modules
train = gr.Interactions.from_arrays([0, 0, 1, 2], [0, 1, 1, 2], n_users=3, n_items=5)
test = gr.Interactions.from_arrays([0, 1, 2], [2, 3, 4], n_users=3, n_items=5)
rng = np.random.default_rng(0)
users, items = rng.normal(size=(3, 8)).astype("f4"), rng.normal(size=(5, 8)).astype("f4")
best = gr.top_k(users, items, k=3, exclude=train)
assert best.items.shape == (3, 3)
by_factors = gr.evaluate_factors(users, items, train, test, k=3).summary
by_lists = gr.evaluate_rankings(best.items, test, k=3).summary
assert by_factors == by_lists and 0 <= by_factors["recall@3"] <= 1
try:
    gr.LightGCN
except ImportError as error:
    assert "pip install glowrec[train]" in str(error), error
else:
    sys.exit("LightGCN must name the extra it needs")
print("quick start:", by_factors)
"""


def wheel():
    named = os.environ.get("GLOWREC_WHEEL")
    if not named:
        pytest.skip("GLOWREC_WHEEL names no wheel; `make test` builds one and sets it")
    return Path(named)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A fresh environment with the wheel and what it requires."""
    built = wheel()
    folder = tmp_path_factory.mktemp("wheel") / "venv"
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", built], check=True)
    return folder


def run(home, *arguments):
    """Run a program of `home` where neither cargo nor the source tree is to be found."""
    environment = {"PATH": str(home / "bin"), "HOME": str(home)}
    return subprocess.run(
        [home / "bin" / arguments[0], *arguments[1:]],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_evaluators_quick_start_needs_numpy_and_scipy_only(home):
    listed = run(home, "python", "-m", "pip", "list", "--format=freeze").stdout.lower()
    assert "numpy==" in listed
    assert "scipy==" in listed
    assert "torch" not in listed
    assert (
        run(home, "python", "-c", "import shutil; assert not shutil.which('cargo')").stderr == ""
    )
    done = run(home, "python", "-W", "error", "-c", QUICK_START)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("quick start:")


@pytest.mark.slow
def test_the_command_line_names_the_extra_in_one_line(home):
    done = run(home, "glowrec", "demo")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "pip install glowrec[train]" in done.stderr


@pytest.mark.slow
def test_the_wheel_serves_every_supported_interpreter(home):
    assert home.exists()
    assert "-cp311-abi3-" in wheel().name
    assert sys.version_info >= (3, 11)
