//! `glowrec._native.bpr`: the loss of triplets with its gradients.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use glowrec_graph::simd::Level;
use numpy::{IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::ShapeError;
use crate::graph::contiguous;

type Losses<'py> = (f64, f64, Bound<'py, PyArray2<f32>>, Bound<'py, PyArray2<f32>>);

/// Loss and penalty of a batch, and the gradients by both tables; see `glowrec.nn.losses`.
#[pyfunction]
fn bpr<'py>(
    py: Python<'py>,
    readout: PyReadonlyArray2<'py, f32>,
    embedding: PyReadonlyArray2<'py, f32>,
    nodes: PyReadonlyArray1<'py, i64>,
    n_negatives: usize,
    l2: f64,
) -> PyResult<Losses<'py>> {
    let nodes = contiguous(&nodes, "nodes")?;
    let (n_nodes, dim) = readout.as_array().dim();
    let (readout, embedding) =
        (cells(&readout, "readout", dim)?, cells(&embedding, "embedding", dim)?);
    let level = Level::current();
    let (found, by_embedding) = run(py, || {
        let found =
            glowrec_graph::bpr(level, readout, embedding, dim, n_nodes, nodes, n_negatives)?;
        let mut by_embedding = vec![0.0; n_nodes * dim];
        found.add_penalty(level, embedding, dim, l2, &mut by_embedding);
        Ok::<_, glowrec_graph::Error>((found, by_embedding))
    })?;
    let table = |cells: Vec<f32>| cells.into_pyarray(py).reshape([n_nodes, dim]);
    Ok((found.loss, found.penalty, table(found.by_readout)?, table(by_embedding)?))
}

/// The cells of a table as wide as `dim`, row after row.
pub(crate) fn cells<'a>(
    table: &'a PyReadonlyArray2<'_, f32>,
    name: &str,
    dim: usize,
) -> PyResult<&'a [f32]> {
    let view = table.as_array();
    // ndarray's `to_slice` insists on C order, where `PyReadonlyArray::as_slice` would not.
    view.to_slice().filter(|_| view.ncols() == dim).ok_or_else(|| {
        ShapeError::new_err(format!("{name}: expected a C-ordered array, {dim} cells wide"))
    })
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(bpr, module)?)
}
