"""Shared by all tests: how hard hypothesis works, and what is left out where it cannot run."""

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow]
settings.register_profile("dev", deadline=None, suppress_health_check=SLOW, max_examples=40)
settings.register_profile(
    "ci", deadline=None, suppress_health_check=SLOW, max_examples=100, derandomize=True
)
settings.register_profile("nightly", deadline=None, suppress_health_check=SLOW, max_examples=2000)
settings.load_profile(
    os.environ.get("GLOWREC_HYPOTHESIS", "ci" if os.environ.get("CI") else "dev")
)

HAS_TORCH = importlib.util.find_spec("torch") is not None
# A file that imports any of these tests the torch layer, or what stands on it.
TORCH_LAYER = re.compile(
    r"^\s*(?:import|from)\s+(?:torch|glowrec\.(?:nn|training|recommenders|cli))\b"
    r"|^from glowrec import (?:.*\b)?(?:nn|training|recommenders|cli|LightGCN)\b",
    re.MULTILINE,
)
left_out = []


def pytest_ignore_collect(collection_path: Path):
    if HAS_TORCH or collection_path.suffix != ".py" or not collection_path.name.startswith("test"):
        return None
    if TORCH_LAYER.search(collection_path.read_text(encoding="utf-8")):
        left_out.append(collection_path.name)
        return True
    return None


def has_accelerator():
    torch = sys.modules.get("torch")  # a test of a device has imported it
    return torch is not None and (torch.cuda.is_available() or torch.backends.mps.is_available())


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu") and not has_accelerator():
        pytest.skip("no CUDA or MPS device")
    if not item.get_closest_marker("data"):
        return
    home = os.environ.get("GLOWREC_DATA")
    if not home:
        pytest.skip("GLOWREC_DATA, the folder of the real sets, is not set")
    if not Path(home).is_dir():
        pytest.fail(f"GLOWREC_DATA names no folder: {home}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Where the real sets are promised, a test of them that skips is a failure."""
    report = yield
    promised = os.environ.get("CI") and os.environ.get("GLOWREC_DATA")
    if promised and report.skipped and item.get_closest_marker("data"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped though GLOWREC_DATA is set"
    return report


def pytest_terminal_summary(terminalreporter):
    if left_out:
        names = ", ".join(sorted(left_out))
        terminalreporter.write_line(f"torch is not installed, so these were left out: {names}")
