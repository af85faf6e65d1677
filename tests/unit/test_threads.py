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


@pytest.mark.parametrize("n", [-1, 1025, 99_999, 10**20, None, 1.5])
def test_what_is_no_number_of_threads_is_refused(n):
    with pytest.raises(ParameterError, match=f"^n = {n}: expected a"):
        threads.set_num_threads(n)


@pytest.mark.parametrize(("value", "expected"), [("2", "2"), (" 5 ", "5"), ("1024", "1024")])
def test_the_environment_says_how_many(value, expected):
    done = probe(value)
    assert (done.returncode, done.stdout.strip()) == (0, expected)


@pytest.mark.parametrize("value", ["", " ", "0"])
def test_nothing_in_the_environment_means_one_per_core(value):
    done = probe(value)
    assert done.returncode == 0
    assert int(done.stdout) >= 1


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "1025", "100000", "9" * 30])
def test_a_wrong_number_in_the_environment_is_named(value):
    done = probe(value)
    message = f'GLOWREC_NUM_THREADS = "{value}": expected a number of threads up to 1024'
    assert last_line(done).startswith(f"glowrec.errors.ParameterError: {message}")


def test_the_environment_names_the_vector_instructions():
    probe_level = "from glowrec.threads import simd_level; print(simd_level())"
    assert probe("baseline", "GLOWREC_SIMD", probe_level).stdout.strip() == "baseline"
    assert probe("", "GLOWREC_SIMD", probe_level).stdout.strip() == threads.simd_level()


@pytest.mark.parametrize("call", ["threads.simd_level()", "top_k([[1]], [[1]], 1)"])
@pytest.mark.parametrize("value", ["AVX2", "nonsense"])
def test_unknown_vector_instructions_are_refused_at_their_first_use(call, value):
    done = probe(value, "GLOWREC_SIMD", f"from glowrec import threads, top_k; print('in'); {call}")
    message = f'GLOWREC_SIMD = "{value}": expected baseline, avx2 or avx512'
    assert done.stdout.strip() == "in"
    assert last_line(done).startswith(f"glowrec.errors.ParameterError: {message}")


def probe(value, variable="GLOWREC_NUM_THREADS", code=PROBE):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(done):
    assert done.returncode != 0
    return done.stderr.strip().splitlines()[-1]
