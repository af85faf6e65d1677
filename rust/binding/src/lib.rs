//! The Python module `glowrec._native`: one thin function per kernel.

mod candidates;
mod detach;
mod errors;
mod evaluation;
mod graph;
mod negatives;
mod neighbors;
mod places;
mod propagation;
mod ranker;
mod ranking;
mod ratings;
mod sampling;
mod scores;
mod triplets;

use pyo3::prelude::*;

/// Compiled kernels. Private: import the public modules instead.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    candidates::register(module)?;
    detach::register(module)?;
    evaluation::register(module)?;
    graph::register(module)?;
    neighbors::register(module)?;
    places::register(module)?;
    propagation::register(module)?;
    ranker::register(module)?;
    ratings::register(module)?;
    sampling::register(module)?;
    scores::register(module)?;
    triplets::register(module)?;
    Ok(())
}
