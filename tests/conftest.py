"""Shared by all tests: how hard hypothesis works, and what is left out where torch is missing."""

import importlib.util
import os
import re
from pathlib import Path

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
    r"^\s*(?:import|from)\s+(?:torch|glowrec\.(?:nn|training|recommenders|cli|report))\b"
    r"|^from glowrec import (?:.*\b)?(?:nn|training|recommenders|cli|report|LightGCN)\b",
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


def pytest_terminal_summary(terminalreporter):
    if left_out:
        names = ", ".join(sorted(left_out))
        terminalreporter.write_line(f"torch is not installed, so these were left out: {names}")
