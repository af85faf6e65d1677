//! Neighbours of users or items, and scores by sparse products; see `glowrec.neighbors`.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use glowrec_graph::ids;
use glowrec_graph::simd::Level;
use glowrec_ranking::{Error, Nearest, Products, Similarity, Vectors, lists};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::{ParameterError, into_py};
use crate::graph::{Graph, contiguous};
use crate::ranking::{Ranked, users_of};

/// Row starts, columns and values.
type Arrays<'py> =
    (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f32>>);

/// Vectors or rows between two looks at whether the caller wants to stop.
const STEP: usize = 4096;

/// A sparse table of float32, stored by row.
#[pyclass(frozen, module = "glowrec._native")]
struct SparseRows(glowrec_ranking::SparseRows);

#[pymethods]
impl SparseRows {
    #[new]
    fn new(
        n_columns: usize,
        starts: PyReadonlyArray1<'_, i64>,
        columns: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, f32>,
    ) -> PyResult<Self> {
        let starts = contiguous(&starts, "starts")?.iter().map(|start| start.cast_unsigned());
        let columns = ids("columns", contiguous(&columns, "columns")?, n_columns)
            .map_err(|error| into_py(error.into()))?;
        let values = contiguous(&values, "values")?.to_vec();
        glowrec_ranking::SparseRows::new(n_columns, starts.collect(), columns, values)
            .map(Self)
            .map_err(|error| into_py(error.into()))
    }

    /// The scores of all columns of `right` for some rows: their products with it.
    #[pyo3(signature = (right, bias, rows))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        right: &Bound<'py, SparseRows>,
        bias: Option<PyReadonlyArray1<'py, f32>>,
        rows: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let right = &right.get().0;
        let bias = bias.as_ref().map(|bias| contiguous(bias, "bias")).transpose()?;
        let products =
            Products::new(&self.0, right, bias).map_err(|error| into_py(error.into()))?;
        let rows = users_of(&rows, self.0.n_rows())?;
        let mut scores = vec![0.0; rows.len() * right.n_cols()];
        run(py, || products.scores(&rows, &mut scores))?;
        scores.into_pyarray(py).reshape([rows.len(), right.n_cols()])
    }

    /// The best columns of `right` for some rows, without those that `exclude` links to them.
    #[pyo3(signature = (right, bias, exclude, rows, k))]
    fn top_k<'py>(
        &self,
        py: Python<'py>,
        right: &Bound<'py, SparseRows>,
        bias: Option<PyReadonlyArray1<'py, f32>>,
        exclude: Option<Bound<'py, Graph>>,
        rows: PyReadonlyArray1<'py, i64>,
        k: usize,
    ) -> PyResult<Ranked<'py>> {
        let bias = bias.as_ref().map(|bias| contiguous(bias, "bias")).transpose()?;
        let products =
            Products::new(&self.0, &right.get().0, bias).map_err(|error| into_py(error.into()))?;
        let exclude = exclude.as_ref().map(|graph| graph.get().core().by_row());
        let known = exclude.map_or(self.0.n_rows(), |seen| seen.n_rows().min(self.0.n_rows()));
        let rows = users_of(&rows, known)?;
        let (mut columns, mut best) = lists(rows.len(), k).map_err(|e| into_py(e.into()))?;
        for (step, rows) in rows.chunks(STEP).enumerate() {
            let cells = step * STEP * k..(step * STEP + rows.len()) * k;
            let (columns, best) = (&mut columns[cells.clone()], &mut best[cells]);
            run(py, || products.top_k(Level::current(), rows, exclude, k, columns, best))?;
            py.check_signals()?;
        }
        let shape = [rows.len(), k];
        Ok((columns.into_pyarray(py).reshape(shape)?, best.into_pyarray(py).reshape(shape)?))
    }
}

/// The neighbours of all users, or of all items.
#[pyfunction]
fn nearest<'py>(
    py: Python<'py>,
    graph: &Bound<'py, Graph>,
    of_items: bool,
    values: Option<(PyReadonlyArray1<'py, f64>, PyReadonlyArray1<'py, f64>)>,
    similarity: &str,
    shrinkage: f64,
    n: usize,
) -> PyResult<Arrays<'py>> {
    let (by_row, by_col) = (graph.get().core().by_row(), graph.get().core().by_col());
    let (one, other) = if of_items { (by_col, by_row) } else { (by_row, by_col) };
    let values = values.as_ref().map(|(one, other)| slices(one, other)).transpose()?;
    let vectors = Vectors::new(one, other, values).map_err(|error| into_py(error.into()))?;
    let measure = similarity_of(similarity)?;
    let search = run(py, || Ok::<_, Error>(Nearest::new(vectors, measure, shrinkage, n)))?;
    let mut found = run(py, || Ok::<_, Error>(search.of(0..0)))?;
    for start in (0..one.n_rows()).step_by(STEP) {
        let some = run(py, || Ok::<_, Error>(search.of(start..(start + STEP).min(one.n_rows()))))?;
        found.append(&some);
        py.check_signals()?;
    }
    let (starts, columns, values) = found.into_parts();
    let starts: Vec<i64> = starts.into_iter().map(u64::cast_signed).collect();
    let columns: Vec<i64> = columns.into_iter().map(i64::from).collect();
    Ok((starts.into_pyarray(py), columns.into_pyarray(py), values.into_pyarray(py)))
}

fn slices<'a>(
    one: &'a PyReadonlyArray1<'_, f64>,
    other: &'a PyReadonlyArray1<'_, f64>,
) -> PyResult<(&'a [f64], &'a [f64])> {
    Ok((contiguous(one, "values")?, contiguous(other, "values")?))
}

fn similarity_of(name: &str) -> PyResult<Similarity> {
    match name {
        "cosine" => Ok(Similarity::Cosine),
        "pearson" => Ok(Similarity::Pearson),
        "jaccard" => Ok(Similarity::Jaccard),
        other => Err(ParameterError::new_err(format!("similarity: unknown {other:?}"))),
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SparseRows>()?;
    module.add_function(wrap_pyfunction!(nearest, module)?)
}
