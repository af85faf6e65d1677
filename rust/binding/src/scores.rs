//! Rankings of given scores: borrow, check shapes, run, hand over.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use glowrec_ranking::{Score, ScoreRows, lists};
use numpy::{Element, IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::into_py;
use crate::graph::Graph;
use crate::propagation::Table;
use crate::ranking::{cells, users_of};

/// The best items of each row of scores; see `glowrec.evaluation.of_scores`.
#[pyfunction]
fn score_top_k<'py>(
    py: Python<'py>,
    scores: Table<'py>,
    exclude: Option<Bound<'py, Graph>>,
    ids: PyReadonlyArray1<'py, i64>,
    k: usize,
) -> PyResult<(Bound<'py, PyArray2<i64>>, Bound<'py, PyAny>)> {
    match &scores {
        Table::F32(scores) => top_k(py, scores, exclude.as_ref(), &ids, k),
        Table::F64(scores) => top_k(py, scores, exclude.as_ref(), &ids, k),
    }
}

fn top_k<'py, S: Score + Element>(
    py: Python<'py>,
    scores: &PyReadonlyArray2<'py, S>,
    exclude: Option<&Bound<'py, Graph>>,
    ids: &PyReadonlyArray1<'py, i64>,
    k: usize,
) -> PyResult<(Bound<'py, PyArray2<i64>>, Bound<'py, PyAny>)> {
    let exclude = excluded(exclude);
    let ids = users_of(ids, exclude.map_or(1 << 32, Csr::n_rows))?;
    let rows = rows(scores, exclude, &ids)?;
    let (mut columns, mut best) = lists(ids.len(), k).map_err(|error| into_py(error.into()))?;
    run(py, || rows.top_k(k, &mut columns, &mut best))?;
    let shape = [ids.len(), k];
    Ok((columns.into_pyarray(py).reshape(shape)?, best.into_pyarray(py).reshape(shape)?.into_any()))
}

/// The pattern of what is no candidate.
pub(crate) fn excluded<'a>(graph: Option<&'a Bound<'_, Graph>>) -> Option<&'a Csr> {
    graph.map(|graph| graph.get().core().by_row())
}

/// One row of scores for each of `ids`.
pub(crate) fn rows<'a, S: Score + Element>(
    scores: &'a PyReadonlyArray2<'_, S>,
    exclude: Option<&'a Csr>,
    ids: &'a [u32],
) -> PyResult<ScoreRows<'a, S>> {
    let n_cols = scores.as_array().ncols();
    ScoreRows::new(cells("scores", scores)?, n_cols, ids, exclude, Level::current())
        .map_err(|error| into_py(error.into()))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(score_top_k, module)?)
}
