//! Propagation, its operator with values, and the scatter of its gradients.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use glowrec_graph::simd::Level;
use glowrec_graph::{Dropout, Error, Normalization, Operator, Propagation, Real, Workspace};
use numpy::{Element, IntoPyArray, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::{run, run_steps};
use crate::errors::{ParameterError, ShapeError, into_py};
use crate::graph::contiguous;

/// A table in one of the two precisions.
#[derive(FromPyObject)]
pub(crate) enum Table<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
}

/// How a propagation is made; see `glowrec.graph.Graph.propagate`.
pub(crate) fn propagate<'py>(
    py: Python<'py>,
    graph: &glowrec_graph::Bipartite,
    operator: &Operator,
    x: &Table<'py>,
    weights: &[f64],
    bfloat16: bool,
    workspace: &mut Workspace,
) -> PyResult<Bound<'py, PyAny>> {
    let n_nodes = graph.n_rows() + graph.n_cols();
    let level = Level::current();
    match (x, bfloat16) {
        (Table::F32(x), false) => mapped(py, "x", x, n_nodes, |x, dim| {
            finished(py, Propagation::new(graph, operator, x, dim, weights, level, workspace))
        }),
        (Table::F64(x), false) => mapped(py, "x", x, n_nodes, |x, dim| {
            finished(py, Propagation::new(graph, operator, x, dim, weights, level, workspace))
        }),
        (Table::F32(x), true) => mapped(py, "x", x, n_nodes, |x, dim| {
            finished(py, Propagation::bfloat16(graph, operator, x, dim, weights, level, workspace))
        }),
        (Table::F64(_), true) => {
            Err(ParameterError::new_err("bfloat16 rows are summed in float32: x is float64"))
        }
    }
}

/// All steps of a propagation.
pub(crate) fn finished<T: Real>(
    py: Python<'_>,
    propagation: glowrec_graph::Result<Propagation<'_, T>>,
) -> PyResult<Vec<T>> {
    let mut propagation = propagation.map_err(|error| into_py(error.into()))?;
    run_steps(py, || Ok::<_, Error>(propagation.advance()))?;
    Ok(propagation.into_table())
}

/// Adds row `i` of `values` to row `index[i]` of a table of zeros.
#[pyfunction]
fn scatter_rows<'py>(
    py: Python<'py>,
    index: PyReadonlyArray1<'py, i64>,
    values: Table<'py>,
    n_rows: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let index = contiguous(&index, "index")?;
    match &values {
        Table::F32(values) => mapped(py, "values", values, n_rows, |values, dim| {
            run(py, || glowrec_graph::scatter_rows(index, values, dim, n_rows))
        }),
        Table::F64(values) => mapped(py, "values", values, n_rows, |values, dim| {
            run(py, || glowrec_graph::scatter_rows(index, values, dim, n_rows))
        }),
    }
}

/// The operator that the names of Python describe.
pub(crate) fn operator(
    name: &str,
    transpose: bool,
    keep_prob: f64,
    seed: u64,
) -> PyResult<Operator> {
    let normalization = Normalization::from_name(name)
        .ok_or_else(|| ParameterError::new_err(format!("normalization: unknown {name:?}")))?;
    let dropout = match keep_prob {
        1.0 => None,
        _ => Some(Dropout::new(keep_prob, seed).map_err(|error| into_py(error.into()))?),
    };
    Ok(Operator { normalization, transpose, dropout })
}

/// A table of `n_rows` rows as wide as `table`, made from its cells.
fn mapped<'py, T: Real + Element>(
    py: Python<'py>,
    name: &str,
    table: &PyReadonlyArray2<'py, T>,
    n_rows: usize,
    kernel: impl FnOnce(&[T], usize) -> PyResult<Vec<T>>,
) -> PyResult<Bound<'py, PyAny>> {
    let view = table.as_array();
    let dim = view.ncols();
    // ndarray's `to_slice` insists on C order; `PyReadonlyArray::as_slice` would also accept
    // Fortran order and hand out columns as if they were rows.
    let cells = view
        .to_slice()
        .ok_or_else(|| ShapeError::new_err(format!("{name}: expected a C-ordered array")))?;
    Ok(kernel(cells, dim)?.into_pyarray(py).reshape([n_rows, dim])?.into_any())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(scatter_rows, module)?)
}
