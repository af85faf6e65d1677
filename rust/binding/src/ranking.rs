//! Rankings: borrow, check shapes, run block by block, hand over.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use std::ops::Range;

use glowrec_graph::simd::Level;
use glowrec_graph::{Csr, ids};
use glowrec_ranking::{Queries, Ranker, Table};
use numpy::{IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::{ShapeError, into_py};
use crate::graph::Graph;

/// Items and scores, one row per user.
type Ranked<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<f32>>);

/// The best items of each user; see `glowrec.ranking.top_k`.
#[pyfunction]
fn top_k<'py>(
    py: Python<'py>,
    users: PyReadonlyArray2<'py, f32>,
    items: PyReadonlyArray2<'py, f32>,
    k: usize,
    exclude: Option<Bound<'py, Graph>>,
    ids: PyReadonlyArray1<'py, i64>,
) -> PyResult<Ranked<'py>> {
    let (users, items) = (table("user_factors", &users)?, table("item_factors", &items)?);
    let exclude = exclude.as_ref().map(|graph| graph.get().core().by_row());
    let ids = users_of(&ids, exclude.map_or(1 << 32, Csr::n_rows))?;
    let ranker = ranker(users, items, exclude, k)?;
    let rows: Vec<u32> = (0..users.n_rows() as u32).collect();
    let (mut columns, mut scores) = (vec![0; ids.len() * k], vec![0.0; ids.len() * k]);
    for block in blocks(py, ids.len(), &ranker)? {
        let queries = Queries { rows: &rows[block.clone()], ids: &ids[block.clone()] };
        let cells = block.start * k..block.end * k;
        run(py, || ranker.top_k(queries, &mut columns[cells.clone()], &mut scores[cells]))?;
        py.check_signals()?;
    }
    let shape = [ids.len(), k];
    Ok((columns.into_pyarray(py).reshape(shape)?, scores.into_pyarray(py).reshape(shape)?))
}

fn ranker<'a>(
    users: Table<'a>,
    items: Table<'a>,
    exclude: Option<&'a Csr>,
    k: usize,
) -> PyResult<Ranker<'a>> {
    Ranker::new(users, items, exclude, k, Level::current()).map_err(|error| into_py(error.into()))
}

/// Consecutive users, each block long enough to keep all threads busy for a while.
fn blocks(py: Python<'_>, n: usize, ranker: &Ranker<'_>) -> PyResult<Vec<Range<usize>>> {
    let step = run(py, || Ok::<_, glowrec_ranking::Error>(ranker.block()))?;
    Ok((0..n).step_by(step).map(|start| start..start.saturating_add(step).min(n)).collect())
}

pub(crate) fn users_of(array: &PyReadonlyArray1<'_, i64>, n_users: usize) -> PyResult<Vec<u32>> {
    ids("users", array.as_slice()?, n_users).map_err(|error| into_py(error.into()))
}

pub(crate) fn table<'a>(
    name: &'static str,
    array: &'a PyReadonlyArray2<'_, f32>,
) -> PyResult<Table<'a>> {
    let (n_rows, dim) = array.as_array().dim();
    Table::new(name, cells(name, array)?, n_rows, dim).map_err(|error| into_py(error.into()))
}

pub(crate) fn cells<'a, T: numpy::Element>(
    name: &str,
    array: &'a PyReadonlyArray2<'_, T>,
) -> PyResult<&'a [T]> {
    // ndarray's `to_slice` insists on C order; `PyReadonlyArray::as_slice` would also accept
    // Fortran order and hand out columns as if they were rows.
    array
        .as_array()
        .to_slice()
        .ok_or_else(|| ShapeError::new_err(format!("{name}: expected a C-ordered array")))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(top_k, module)?)?;
    Ok(())
}
