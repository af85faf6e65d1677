"""The markers `data` and `gpu`, in a session of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.data
def test_reads():
    assert True

@pytest.mark.data
def test_skips():
    pytest.skip("its set is not there")

@pytest.mark.gpu
def test_device():
    raise AssertionError("no test of a device may run without one")

def test_other():
    pytest.skip("for a reason of its own")
"""


@pytest.fixture
def session(tmp_path):
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    data\n    gpu\n")

    def run(**environment):
        kept = {k: v for k, v in os.environ.items() if k not in {"CI", "GLOWREC_DATA"}}
        command = [sys.executable, "-m", "pytest", "-rsf", "-p", "no:cacheprovider"]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    return run


def test_without_the_variable_tests_of_data_skip_and_say_so(session):
    for environment in ({}, {"CI": "1"}):
        out = session(**environment)
        assert "4 skipped" in out
        assert "GLOWREC_DATA, the folder of the real sets, is not set" in out
        assert "no CUDA or MPS device" in out


def test_with_the_variable_they_run(session, tmp_path):
    assert "1 passed, 3 skipped" in session(GLOWREC_DATA=str(tmp_path))


def test_under_ci_a_test_of_data_that_skips_is_a_failure(session, tmp_path):
    out = session(GLOWREC_DATA=str(tmp_path), CI="true")
    assert "1 failed, 1 passed, 2 skipped" in out
    assert "test_skips: skipped though GLOWREC_DATA is set" in out


def test_a_variable_that_names_no_folder_is_a_failure(session, tmp_path):
    out = session(GLOWREC_DATA=str(tmp_path / "nowhere"))
    assert "2 skipped, 2 errors" in out
    assert "GLOWREC_DATA names no folder" in out
