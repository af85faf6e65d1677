"""LightGCN's propagation, three layers with the read-out: ours, torch, SciPy, the bare gathers."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch

import glowrec as gr
import measure

LAYERS = 3
ROOT = Path(__file__).parents[1]


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Check that all routes agree, then time them."""
    options = measure.arguments(__doc__, argv, dim={"type": int, "default": 64})
    pairs = measure.load(options.data)
    graph = pairs.interactions().graph
    rng = np.random.default_rng(0)
    x = rng.standard_normal((graph.n_nodes, options.dim), dtype=np.float32)

    with measure.threads(options.threads):
        routes = {
            measure.OURS: lambda: graph.propagate(x, LAYERS),
            "glowrec, bfloat16 rows": lambda: graph.propagate(x, LAYERS, gather_dtype="bfloat16"),
            "torch CSR int64 (MKL)": with_torch(graph, x, "csr"),
            "torch COO": with_torch(graph, x, "coo"),
            "SciPy": with_scipy(graph, x),
        }
        check(graph, x, routes)
        routes["the bare gathers of the same rows"] = bare_gathers(graph, x, options.threads)
        medians = measure.seconds(routes, options.rounds)
    work = f"{pairs.name}: {graph.n_nodes:,} nodes, {2 * graph.n_edges:,} directed edges, "
    work += f"{options.dim} columns, {LAYERS} layers"
    measure.table("Propagation", medians, options, work)
    return medians


def check(graph: gr.Graph, x: np.ndarray, routes: dict) -> None:
    """Every route must give the float64 answer within its own rounding."""
    adjacency = graph.to_scipy("sym").astype(np.float64)
    exact = total = x.astype(np.float64)
    for _ in range(LAYERS):
        exact = adjacency @ exact
        total = total + exact
    total /= LAYERS + 1
    # A row's sum of d terms, each at most as large as the largest entry, rounds by d * eps.
    longest = max(graph.user_degrees.max(), graph.item_degrees.max())
    scale = np.abs(x).max() * LAYERS
    for name, route in routes.items():
        unit = 2.0**-8 if "bfloat16" in name else 2.0**-24 * float(longest)
        worst = np.abs(np.asarray(route()) - total).max()
        if not worst <= unit * scale:
            sys.exit(f"{name} is wrong by {worst}: not timed")


def with_scipy(graph: gr.Graph, x: np.ndarray):
    adjacency = graph.to_scipy("sym").astype(np.float32)

    def run() -> np.ndarray:
        layer, total = x, x.copy()
        for _ in range(LAYERS):
            layer = adjacency @ layer
            total += layer
        total /= LAYERS + 1
        return total

    return run


def with_torch(graph: gr.Graph, x: np.ndarray, layout: str):
    adjacency = torch_adjacency(graph, layout)
    start = torch.from_numpy(x)

    def run() -> torch.Tensor:
        layer, total = start, start.clone()
        for _ in range(LAYERS):
            layer = adjacency @ layer
            total += layer
        total /= LAYERS + 1
        return total

    return run


def torch_adjacency(graph: gr.Graph, layout: str) -> torch.Tensor:
    """The normalised adjacency with values, as torch wants it."""
    matrix = sp.csr_array(graph.to_scipy("sym")).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls its CSR support a beta
        csr = torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data),
            size=matrix.shape,
        )
        return csr if layout == "csr" else csr.to_sparse_coo().coalesce()


def bare_gathers(graph: gr.Graph, x: np.ndarray, n_threads: int):
    """The compiled loop of benches/rust/gathers.rs, once per layer, answers checked."""
    library = ctypes.CDLL(str(build()))
    run = library.glowrec_bare_gathers
    run.restype = None
    matrix = graph.to_scipy("sym")
    starts = np.ascontiguousarray(matrix.indptr, dtype=np.uint64)
    columns = np.ascontiguousarray(matrix.indices, dtype=np.uint32)
    sums = np.empty(x.shape[1], dtype=np.float32)

    def address(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    def size(n: int) -> ctypes.c_size_t:
        return ctypes.c_size_t(n)

    def once() -> None:
        run(
            address(starts),
            size(len(starts) - 1),
            address(columns),
            address(x),
            size(x.size),
            size(x.shape[1]),
            size(n_threads),
            address(sums),
        )

    def layers() -> None:
        for _ in range(LAYERS):
            once()

    once()
    exact = np.bincount(columns, minlength=len(x)) @ x.astype(np.float64)
    bound = 2.0**-23 * len(columns) * np.abs(x).max()
    if not np.abs(sums - exact).max() <= bound:
        sys.exit("the loop of bare gathers reads the wrong rows: not timed")
    return layers


def build() -> Path:
    """Build the crate of the Rust benches in release mode; its shared library."""
    command = ["cargo", "build", "--release", "--quiet", "--package", "glowrec-benches", "--lib"]
    subprocess.run(command, cwd=ROOT, check=True)
    suffix = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
    prefix = "" if sys.platform == "win32" else "lib"
    return ROOT / "target" / "release" / f"{prefix}glowrec_benches{suffix}"


if __name__ == "__main__":
    main()
