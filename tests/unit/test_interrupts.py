"""Ctrl-C ends a long call of a kernel well before its work is done."""

import os
import signal
import subprocess
import sys
import time

import pytest

# Calls that take from ten seconds to many minutes on one thread.
CALLS = {
    "propagate": "graph.propagate(np.ones((11_000, 512), np.float32), 1000)",
    "sample": (
        "glowrec.TripletSampler(graph, negatives=glowrec.Hardest(2**14))"
        ".sample(0, 0, graph.n_edges, vectors=np.ones((11_000, 64), np.float32))"
    ),
    "candidates": (
        "glowrec.TripletSampler(graph, negatives=glowrec.Hardest(1000))"
        ".candidates(0, 0, graph.n_edges)"
    ),
    "epoch": ("next(glowrec.TripletSampler(graph, graph.n_edges, n_negatives=1000).epoch(0))"),
    "top_k": (
        "glowrec.top_k(noise((3000, 16), np.float32), noise((60_000, 16), np.float32), 60_000)"
    ),
}
# A process that was started in the background ignores the signal, and so would its children.
BEFORE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np, glowrec
noise = np.random.default_rng(0).standard_normal
users, items = np.repeat(np.arange(10_000), 40), np.arange(400_000) * 7 % 999
graph = glowrec.Graph.from_edges(users, items, n_users=10_000, n_items=1000)
print("begins", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals between processes are POSIX's")
@pytest.mark.parametrize("call", CALLS)
def test_an_interrupt_arrives(call):
    with subprocess.Popen(
        [sys.executable, "-c", f"{BEFORE}{CALLS[call]}"],
        env={**os.environ, "GLOWREC_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout.readline() == "begins\n"
            time.sleep(1)
            assert child.poll() is None
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=8)
        finally:
            child.kill()
    assert errors.strip().endswith("KeyboardInterrupt")
