import os
import subprocess
import sys

import pytest

from glowrec import threads
from glowrec.errors import ParameterError

PROBE = "from glowrec.threads import num_threads; print(num_threads())"


@pytest.fixture
def as_before():
    yield
    threads.set_num_threads(0)


@pytest.mark.usefixtures("as_before")
def test_the_number_can_be_set_and_unset():
    threads.set_num_threads(3)
    assert threads.num_threads() == 3
    threads.set_num_threads(0)
    assert threads.num_threads() >= 1
    with pytest.raises(ParameterError, match="n = -1: expected a number of threads"):
        threads.set_num_threads(-1)


@pytest.mark.parametrize(("value", "expected"), [("2", "2"), (" 5 ", "5")])
def test_the_environment_says_how_many(value, expected):
    done = probe(value)
    assert (done.returncode, done.stdout.strip()) == (0, expected)


def test_a_wrong_number_in_the_environment_is_named():
    done = probe("many")
    assert done.returncode != 0
    assert 'GLOWREC_NUM_THREADS="many" is not a number of threads' in done.stderr


def probe(value):
    return subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, "GLOWREC_NUM_THREADS": value},
        capture_output=True,
        text=True,
        check=False,
    )
