//! `glowrec._native.bpr`: the loss of triplets with its gradients.

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
    // ndarray's `to_slice` insists on C order, where `PyReadonlyArray::as_slice` would not.
    let tables = [("readout", &readout), ("embedding", &embedding)].map(|(name, table)| {
        let cells =
            table.as_array().to_slice().filter(|_| table.as_array().dim() == (n_nodes, dim));
        cells.ok_or_else(|| {
            ShapeError::new_err(format!("{name}: expected a C-ordered ({n_nodes}, {dim}) array"))
        })
    });
    let [readout, embedding] = tables;
    let (readout, embedding) = (readout?, embedding?);
    let level = Level::current();
    let found = run(py, || {
        glowrec_graph::bpr(level, readout, embedding, dim, n_nodes, nodes, n_negatives, l2)
    })?;
    let table = |cells: Vec<f32>| cells.into_pyarray(py).reshape([n_nodes, dim]);
    Ok((found.loss, found.penalty, table(found.by_readout)?, table(found.by_embedding)?))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(bpr, module)?)
}
