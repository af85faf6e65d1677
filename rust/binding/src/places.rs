//! Places of items among all candidates: borrow, check shapes, run block by block, hand over.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use glowrec_ranking::{Columns, FactorPlaces, Place, Queries, Score};
use numpy::{Element, IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::into_py;
use crate::graph::{Graph, contiguous};
use crate::propagation::Table;
use crate::ranking::{table, users_of};
use crate::scores::{excluded, rows};

/// Where each row begins, the test items, their scores, and how many candidates are above,
/// before and level with each.
type Placed<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
);

/// Multiplications per thread between two looks at the caller's signals.
const WORK: usize = 10_000_000_000;

/// Users whose scores are that much work.
fn block(items: &PyReadonlyArray2<'_, f32>) -> usize {
    let per_user = items.as_array().len().max(1);
    (WORK / per_user).clamp(64, 4096)
}

/// Places of the test items by dot products; see `glowrec.evaluation.of_factors`.
#[pyfunction]
fn factor_places<'py>(
    py: Python<'py>,
    users: PyReadonlyArray2<'py, f32>,
    items: PyReadonlyArray2<'py, f32>,
    bias: Option<PyReadonlyArray1<'py, f32>>,
    exclude: Option<Bound<'py, Graph>>,
    ids: PyReadonlyArray1<'py, i64>,
    test: &Bound<'py, Graph>,
) -> PyResult<Placed<'py>> {
    let (exclude, test) = (excluded(exclude.as_ref()), test.get().core().by_row());
    let ids = users_of(&ids, n_users(exclude, test))?;
    let factors = factors(&users, &items, bias.as_ref(), exclude)?;
    let rows: Vec<u32> = (0..ids.len() as u32).collect();
    let mut places = nowhere(test, &ids);
    let mut rest = places.as_mut_slice();
    let block = block(&items);
    for (rows, ids) in rows.chunks(block).zip(ids.chunks(block)) {
        let (part, after) = rest.split_at_mut(n_targets(test, ids));
        rest = after;
        run(py, || factors.places(Queries { rows, ids }, test, part))?;
        py.check_signals()?;
    }
    Ok(placed(py, test, &ids, &places))
}

/// Candidates that score what is given, by dot products; see `glowrec.evaluation.of_factors`.
#[pyfunction]
fn factor_ties<'py>(
    py: Python<'py>,
    users: PyReadonlyArray2<'py, f32>,
    items: PyReadonlyArray2<'py, f32>,
    bias: Option<PyReadonlyArray1<'py, f32>>,
    exclude: Option<Bound<'py, Graph>>,
    ids: PyReadonlyArray1<'py, i64>,
    scores: PyReadonlyArray1<'py, f32>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let exclude = excluded(exclude.as_ref());
    let ids = users_of(&ids, exclude.map_or(1 << 32, Csr::n_rows))?;
    let factors = factors(&users, &items, bias.as_ref(), exclude)?;
    let scores = contiguous(&scores, "scores")?;
    let rows: Vec<u32> = (0..ids.len() as u32).collect();
    let mut counts = vec![0; ids.len()];
    let block = block(&items);
    let blocks = rows.chunks(block).zip(ids.chunks(block)).zip(scores.chunks(block));
    for (((rows, ids), scores), counts) in blocks.zip(counts.chunks_mut(block)) {
        run(py, || factors.equal_to(Queries { rows, ids }, scores, counts))?;
        py.check_signals()?;
    }
    Ok(counts.into_pyarray(py))
}

/// Places of the test items in rows of scores; see `glowrec.evaluation.of_scores`.
#[pyfunction]
fn score_places<'py>(
    py: Python<'py>,
    scores: Table<'py>,
    exclude: Option<Bound<'py, Graph>>,
    ids: PyReadonlyArray1<'py, i64>,
    test: &Bound<'py, Graph>,
) -> PyResult<Placed<'py>> {
    let (exclude, test) = (excluded(exclude.as_ref()), test.get().core().by_row());
    let ids = users_of(&ids, n_users(exclude, test))?;
    let places = match &scores {
        Table::F32(scores) => places_in(py, scores, exclude, &ids, test),
        Table::F64(scores) => places_in(py, scores, exclude, &ids, test),
    };
    Ok(placed(py, test, &ids, &places?))
}

/// Candidates that score what is given; see `glowrec.evaluation.of_scores`.
#[pyfunction]
fn score_ties<'py>(
    py: Python<'py>,
    scores: Table<'py>,
    exclude: Option<Bound<'py, Graph>>,
    ids: PyReadonlyArray1<'py, i64>,
    asked: PyReadonlyArray1<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let exclude = excluded(exclude.as_ref());
    let ids = users_of(&ids, exclude.map_or(1 << 32, Csr::n_rows))?;
    let asked = contiguous(&asked, "asked")?;
    let mut counts = vec![0; ids.len()];
    match &scores {
        Table::F32(scores) => {
            let rows = rows(scores, exclude, &ids)?;
            let asked: Vec<f32> = asked.iter().map(|&score| narrowed(score)).collect();
            run(py, || rows.equal_to(&asked, &mut counts))?;
        }
        Table::F64(scores) => {
            let rows = rows(scores, exclude, &ids)?;
            run(py, || rows.equal_to(asked, &mut counts))?;
        }
    }
    Ok(counts.into_pyarray(py))
}

/// The same score in `f32`; NaN, which equals nothing, if there is none.
fn narrowed(score: f64) -> f32 {
    let narrow = score as f32;
    if f64::from(narrow) == score { narrow } else { f32::NAN }
}

fn places_in<S: Score + Element>(
    py: Python<'_>,
    scores: &PyReadonlyArray2<'_, S>,
    exclude: Option<&Csr>,
    ids: &[u32],
    test: &Csr,
) -> PyResult<Vec<Place>> {
    let rows = rows(scores, exclude, ids)?;
    let mut places = nowhere(test, ids);
    run(py, || rows.places(test, &mut places))?;
    Ok(places)
}

fn factors<'a>(
    users: &'a PyReadonlyArray2<'_, f32>,
    items: &'a PyReadonlyArray2<'_, f32>,
    bias: Option<&'a PyReadonlyArray1<'_, f32>>,
    exclude: Option<&'a Csr>,
) -> PyResult<FactorPlaces<'a>> {
    let (users, vectors) = (table("user_factors", users)?, table("item_factors", items)?);
    let bias = bias.map(|bias| contiguous(bias, "item_bias")).transpose()?;
    Columns::new(vectors, bias)
        .and_then(|items| FactorPlaces::new(users, items, exclude, Level::current()))
        .map_err(|error| into_py(error.into()))
}

/// Users that both patterns know.
fn n_users(exclude: Option<&Csr>, test: &Csr) -> usize {
    exclude.map_or(test.n_rows(), |exclude| exclude.n_rows().min(test.n_rows()))
}

fn n_targets(test: &Csr, ids: &[u32]) -> usize {
    ids.iter().map(|&id| test.degree(id as usize)).sum()
}

fn nowhere(test: &Csr, ids: &[u32]) -> Vec<Place> {
    vec![Place::NOWHERE; n_targets(test, ids)]
}

fn placed<'py>(py: Python<'py>, test: &Csr, ids: &[u32], places: &[Place]) -> Placed<'py> {
    let mut starts = vec![0];
    let mut items = Vec::with_capacity(places.len());
    for &id in ids {
        items.extend(test.row(id as usize).iter().map(|&item| i64::from(item)));
        starts.push(items.len().cast_signed() as i64);
    }
    let scores: Vec<f64> = places.iter().map(|place| place.score).collect();
    let counts = |of: fn(&Place) -> i64| places.iter().map(of).collect::<Vec<_>>().into_pyarray(py);
    (
        starts.into_pyarray(py),
        items.into_pyarray(py),
        scores.into_pyarray(py),
        counts(|place| place.above),
        counts(|place| place.before),
        counts(|place| place.tied),
    )
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(factor_places, module)?)?;
    module.add_function(wrap_pyfunction!(factor_ties, module)?)?;
    module.add_function(wrap_pyfunction!(score_places, module)?)?;
    module.add_function(wrap_pyfunction!(score_ties, module)?)
}
