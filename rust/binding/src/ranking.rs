//! Rankings and their metrics: borrow, check shapes, run block by block, hand over.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use std::ops::Range;

use glowrec_graph::simd::Level;
use glowrec_graph::{Csr, ids};
use glowrec_ranking::{Metric, Queries, Ranker, Table, check_lists, lists, mean, rate};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::{ParameterError, ShapeError, into_py};
use crate::graph::Graph;

/// Items and scores, one row per user.
pub(crate) type Ranked<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<f32>>);
/// The users judged, one row of values each, and the mean of every column.
type Evaluated<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray2<f64>>, Vec<f64>);

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
    let (mut columns, mut scores) = lists(ids.len(), k).map_err(|error| into_py(error.into()))?;
    for block in blocks(py, ids.len(), &ranker)? {
        let queries = Queries { rows: &rows[block.clone()], ids: &ids[block.clone()] };
        let cells = block.start * k..block.end * k;
        run(py, || ranker.top_k(queries, &mut columns[cells.clone()], &mut scores[cells]))?;
        py.check_signals()?;
    }
    let shape = [ids.len(), k];
    Ok((columns.into_pyarray(py).reshape(shape)?, scores.into_pyarray(py).reshape(shape)?))
}

/// Metrics of the rankings of each user; see `glowrec.evaluation.evaluate_factors`.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the inputs of one evaluation")]
fn evaluate_factors<'py>(
    py: Python<'py>,
    users: PyReadonlyArray2<'py, f32>,
    items: PyReadonlyArray2<'py, f32>,
    train: Option<Bound<'py, Graph>>,
    test: &Bound<'py, Graph>,
    ids: PyReadonlyArray1<'py, i64>,
    metrics: Vec<String>,
    cuts: Vec<usize>,
) -> PyResult<Evaluated<'py>> {
    let (users, items) = (table("user_factors", &users)?, table("item_factors", &items)?);
    let train = train.as_ref().map(|graph| graph.get().core().by_row());
    let test = test.get().core().by_row();
    let judged = Judged::new(&users_of(&ids, test.n_rows())?, test);
    let metrics = named(&metrics)?;
    let (k, width) = (cuts.iter().copied().max().unwrap_or(0), metrics.len() * cuts.len());
    let ranker = ranker(users, items, train, k)?;
    let n = judged.ids.len();
    let mut values = vec![0.0; n * width];
    let blocks = blocks(py, n, &ranker)?;
    let longest = blocks.first().map_or(0, Range::len);
    let (mut columns, mut scores) = lists(longest, k).map_err(|error| into_py(error.into()))?;
    let places: Vec<u32> = (0..longest as u32).collect();
    for block in blocks {
        let (rows, ids) = (&judged.rows[block.clone()], &judged.ids[block.clone()]);
        let cells = ids.len() * k;
        let values = &mut values[block.start * width..block.end * width];
        run(py, || {
            let (columns, scores) = (&mut columns[..cells], &mut scores[..cells]);
            ranker.top_k(Queries { rows, ids }, columns, scores)?;
            let queries = Queries { rows: &places[..ids.len()], ids };
            rate(columns, k, test, queries, &metrics, &cuts, values)
        })?;
        py.check_signals()?;
    }
    evaluated(py, &judged, values, width)
}

/// Metrics of given rankings; see `glowrec.evaluation.evaluate_rankings`.
#[pyfunction]
fn evaluate_rankings<'py>(
    py: Python<'py>,
    lists: PyReadonlyArray2<'py, i64>,
    test: &Bound<'py, Graph>,
    ids: PyReadonlyArray1<'py, i64>,
    metrics: Vec<String>,
    cuts: Vec<usize>,
) -> PyResult<Evaluated<'py>> {
    let test = test.get().core().by_row();
    let length = lists.as_array().ncols();
    let lists = cells("recommended", &lists)?;
    let judged = Judged::new(&users_of(&ids, test.n_rows())?, test);
    let metrics = named(&metrics)?;
    let width = metrics.len() * cuts.len();
    let mut values = vec![0.0; judged.ids.len() * width];
    run(py, || {
        check_lists(lists, length, test.n_cols())?;
        let queries = Queries { rows: &judged.rows, ids: &judged.ids };
        rate(lists, length, test, queries, &metrics, &cuts, &mut values)
    })?;
    evaluated(py, &judged, values, width)
}

/// The users with something to find: their rows in the input, and their ids.
struct Judged {
    rows: Vec<u32>,
    ids: Vec<u32>,
}

impl Judged {
    fn new(ids: &[u32], test: &Csr) -> Self {
        let rows = (0u32..).zip(ids).filter(|(_, id)| test.degree(**id as usize) > 0);
        let (rows, ids) = rows.map(|(row, id)| (row, *id)).unzip();
        Self { rows, ids }
    }
}

fn evaluated<'py>(
    py: Python<'py>,
    judged: &Judged,
    values: Vec<f64>,
    width: usize,
) -> PyResult<Evaluated<'py>> {
    let means = (0..width).map(|column| mean(&values, column, width)).collect();
    let users: Vec<i64> = judged.ids.iter().map(|&id| i64::from(id)).collect();
    let values = values.into_pyarray(py).reshape([users.len(), width])?;
    Ok((users.into_pyarray(py), values, means))
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
pub(crate) fn blocks(py: Python<'_>, n: usize, ranker: &Ranker<'_>) -> PyResult<Vec<Range<usize>>> {
    let step = run(py, || Ok::<_, glowrec_ranking::Error>(ranker.block()))?;
    Ok((0..n).step_by(step).map(|start| start..start.saturating_add(step).min(n)).collect())
}

fn named(names: &[String]) -> PyResult<Vec<Metric>> {
    let metric = |name: &String| match name.as_str() {
        "recall" => Ok(Metric::Recall),
        "precision" => Ok(Metric::Precision),
        "ndcg" => Ok(Metric::Ndcg),
        "hit" => Ok(Metric::Hit),
        "mrr" => Ok(Metric::Mrr),
        "map" => Ok(Metric::Map),
        other => Err(ParameterError::new_err(format!("metrics: unknown {other:?}"))),
    };
    names.iter().map(metric).collect()
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

fn cells<'a, T: numpy::Element>(
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
    module.add_function(wrap_pyfunction!(evaluate_factors, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate_rankings, module)?)?;
    Ok(())
}
