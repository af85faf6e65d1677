//! What every ranking borrows and checks.

use std::ops::Range;

use glowrec_graph::ids;
use glowrec_ranking::{Ranker, Table};
use numpy::{PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::{ShapeError, into_py};

/// Items and scores, one row per user.
pub(crate) type Ranked<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<f32>>);

/// Consecutive users, each block long enough to keep all threads busy for a while.
pub(crate) fn blocks(py: Python<'_>, n: usize, ranker: &Ranker<'_>) -> PyResult<Vec<Range<usize>>> {
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
