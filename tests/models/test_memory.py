"""What A_split bounds, measured: peak memory over the tables, in a process of its own."""

import json
import subprocess
import sys

import pytest

PROBE = """
import json, sys
from pathlib import Path
import numpy as np, torch
import glowrec as gr
from glowrec.nn import propagate

torch.set_num_threads(1)
backend, n_edges, n_nodes, dim = sys.argv[1], *map(int, sys.argv[2:])
ends = np.random.default_rng(0).integers(0, n_nodes // 2, (2, n_edges))
graph = gr.Graph.from_edges(*ends, n_users=n_nodes // 2, n_items=n_nodes // 2)
table = torch.ones(n_nodes, dim)

def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))

def added(a_fold):
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    out = propagate(graph, table, 2, backend=backend, a_fold=a_fold)
    return status("VmHWM") - before, out.sum().item()

tiny = gr.Graph.from_edges([0], [0], n_users=1, n_items=1)
propagate(tiny, torch.ones(2, 1), 1, backend=backend)  # the libraries' own memory
print(json.dumps([added(100), added(10), added(0)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    ("backend", "n_edges", "n_nodes", "dim", "unbounded"),
    [
        ("torch", 2_000_000, 20_000, 1, 60),  # 4 M entries of 8 + 4 bytes and their making
        ("rust", 20_000, 60_000, 320, 55),  # a working table of 60,000 rows of 320 cells
    ],
)
def test_a_split_bounds_the_memory(backend, n_edges, n_nodes, dim, unbounded):
    command = [sys.executable, "-c", PROBE, backend, *map(str, (n_edges, n_nodes, dim))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (many, first), (ten, second), (none, third) = json.loads(done.stdout)
    assert first == pytest.approx(third, rel=1e-4)
    assert second == pytest.approx(third, rel=1e-4)
    output = n_nodes * dim * 4 / 2**20
    assert none - output > unbounded
    assert ten - output < (none - output) / 2
    assert many - output < (none - output) / 2
