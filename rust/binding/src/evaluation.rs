//! Metrics of rankings: borrow, check shapes, rate, hand over.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use glowrec_graph::ids;
use glowrec_ranking::metrics::{
    self, AveragePrecision, Beyond, Convention, Discount, Gain, HitCount, Ideal, Lists, Metric,
    Part, Precision, Recall, ReciprocalRank, Relevant, Ties,
};
use glowrec_ranking::{Error, Queries};
use numpy::{IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::{ParameterError, into_py};
use crate::graph::{Graph, contiguous};
use crate::ranking::cells;

/// Metrics at cut-offs by one convention; see `glowrec.evaluation.judge`.
#[pyclass(frozen, module = "glowrec._native")]
struct Rater {
    core: metrics::Rater,
}

/// How many columns follow each list with the score of its last, and the relevant ones.
type Behind<'py> =
    (PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>);

#[pymethods]
impl Rater {
    #[new]
    fn new(
        metrics: Vec<String>,
        cuts: Vec<usize>,
        convention: &Bound<'_, PyAny>,
        graded: bool,
    ) -> PyResult<Self> {
        let metric = |name: &String| chosen("metrics", name, Metric::named);
        let metrics = metrics.iter().map(metric).collect::<PyResult<Vec<_>>>()?;
        let core = metrics::Rater::new(&metrics, &cuts, by_name(convention)?, graded);
        core.map(|core| Self { core }).map_err(|error| into_py(error.into()))
    }

    /// One row per user of `users`, whose list is that of `rows`: every metric at every cut-off.
    #[expect(clippy::too_many_arguments, reason = "lists, what is relevant, and whose they are")]
    fn rate<'py>(
        &self,
        py: Python<'py>,
        lists: PyReadonlyArray2<'py, i64>,
        tied: Option<PyReadonlyArray2<'py, bool>>,
        beyond: Option<Behind<'py>>,
        test: &Bound<'py, Graph>,
        grades: Option<PyReadonlyArray1<'py, f64>>,
        rows: PyReadonlyArray1<'py, i64>,
        users: PyReadonlyArray1<'py, i64>,
        part: &str,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (n_lists, width) = lists.as_array().dim();
        let tied = tied.as_ref().map(|tied| cells("tied", tied)).transpose()?;
        let beyond = beyond.as_ref().map(behind).transpose()?;
        let columns = cells("recommended", &lists)?;
        let lists = Lists { columns, width, tied: tied.unwrap_or_default(), beyond };
        let grades = grades.as_ref().map(|grades| contiguous(grades, "grades")).transpose()?;
        let columns = test.get().core().by_row();
        let relevant = Relevant { columns, grades };
        let (rows, ids) =
            (narrow("rows", &rows, n_lists)?, narrow("users", &users, columns.n_rows())?);
        let part = chosen("part", part, Part::named)?;
        let mut out = vec![0.0; ids.len() * self.core.width()];
        let queries = Queries { rows: &rows, ids: &ids };
        run(py, || self.core.rate(&lists, &relevant, queries, part, &mut out))?;
        out.into_pyarray(py).reshape([ids.len(), self.core.width()])
    }
}

/// Checks that lists hold items, each once unless repeats are fine, and -1 only at their end.
#[pyfunction]
fn check_lists(
    py: Python<'_>,
    lists: PyReadonlyArray2<'_, i64>,
    n_items: usize,
    repeats: bool,
) -> PyResult<()> {
    let width = lists.as_array().ncols();
    let lists = cells("recommended", &lists)?;
    run(py, || metrics::check_lists(lists, width, n_items, repeats))
}

/// Lists in which each item keeps its first place only.
#[pyfunction]
fn without_repeats<'py>(
    py: Python<'py>,
    lists: PyReadonlyArray2<'py, i64>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let (n_lists, width) = lists.as_array().dim();
    let lists = cells("recommended", &lists)?;
    let kept = run(py, || Ok::<_, Error>(metrics::without_repeats(lists, width)))?;
    kept.into_pyarray(py).reshape([n_lists, width])
}

/// How many of the lists `rows` hold each item within each cut-off.
#[pyfunction]
fn exposure<'py>(
    py: Python<'py>,
    lists: PyReadonlyArray2<'py, i64>,
    rows: PyReadonlyArray1<'py, i64>,
    n_items: usize,
    cuts: Vec<usize>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let (n_lists, width) = lists.as_array().dim();
    let (lists, rows) = (cells("recommended", &lists)?, narrow("rows", &rows, n_lists)?);
    let count = || Ok::<_, Error>(metrics::exposure(lists, width, &rows, n_items, &cuts));
    run(py, count)?.into_pyarray(py).reshape([cuts.len(), n_items])
}

/// The sum of values, rounded once.
#[pyfunction]
fn total(py: Python<'_>, values: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    let values = contiguous(&values, "values")?;
    run(py, || Ok::<_, Error>(metrics::total(values)))
}

/// The formulas that a `glowrec.conventions.Convention` names.
fn by_name(record: &Bound<'_, PyAny>) -> PyResult<Convention> {
    fn field<T>(
        record: &Bound<'_, PyAny>,
        name: &str,
        named: fn(&str) -> Option<T>,
    ) -> PyResult<T> {
        chosen(name, &record.getattr(name)?.extract::<String>()?, named)
    }
    Ok(Convention {
        gain: field(record, "gain", Gain::named)?,
        discount: field(record, "discount", Discount::named)?,
        ideal: field(record, "ideal", Ideal::named)?,
        recall: field(record, "recall", Recall::named)?,
        precision: field(record, "precision", Precision::named)?,
        average_precision: field(record, "average_precision", AveragePrecision::named)?,
        reciprocal_rank: field(record, "reciprocal_rank", ReciprocalRank::named)?,
        hit: field(record, "hit", HitCount::named)?,
        ties: field(record, "ties", Ties::named)?,
    })
}

fn chosen<T>(parameter: &str, name: &str, named: fn(&str) -> Option<T>) -> PyResult<T> {
    named(name).ok_or_else(|| ParameterError::new_err(format!("{parameter}: unknown {name:?}")))
}

fn behind<'a>(arrays: &'a Behind<'_>) -> PyResult<Beyond<'a>> {
    let sizes = contiguous(&arrays.0, "sizes")?;
    let starts = contiguous(&arrays.1, "starts")?;
    Ok(Beyond { sizes, starts, columns: contiguous(&arrays.2, "columns")? })
}

fn narrow(name: &'static str, array: &PyReadonlyArray1<'_, i64>, n: usize) -> PyResult<Vec<u32>> {
    ids(name, contiguous(array, name)?, n).map_err(|error| into_py(error.into()))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Rater>()?;
    module.add_function(wrap_pyfunction!(check_lists, module)?)?;
    module.add_function(wrap_pyfunction!(without_repeats, module)?)?;
    module.add_function(wrap_pyfunction!(exposure, module)?)?;
    module.add_function(wrap_pyfunction!(total, module)?)?;
    Ok(())
}
