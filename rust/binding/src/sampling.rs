//! `glowrec._native.Sampler`: triplets of a frozen graph.

use glowrec_sampling::Table;
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
};
use pyo3::prelude::*;

use crate::detach::{run, run_steps};
use crate::errors::{ShapeError, into_py};
use crate::graph::Graph;
use crate::negatives::{Plan, ids};

/// Draws triplets; see `glowrec.sampling.TripletSampler`.
#[pyclass(frozen, module = "glowrec._native")]
pub(crate) struct Sampler {
    graph: Py<Graph>,
    core: glowrec_sampling::Sampler,
}

/// Users, positives, and negatives as a table with one column per slot.
type Drawn<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray2<i64>>);

/// Users and items.
type Pairs<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

/// Users, items, and the pairs of positions that clash.
type InBatch<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
);

#[pymethods]
impl Sampler {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
    fn new(py: Python<'_>, graph: Py<Graph>, plan: Plan) -> PyResult<Self> {
        let rows = graph.get().core().by_row();
        let options = plan.options()?;
        let core = plan.limited(py, rows.n_cols(), |limits| {
            run(py, || glowrec_sampling::Sampler::limited(rows, limits, options))
        })?;
        Ok(Self { graph, core })
    }

    #[getter]
    fn n_triplets(&self) -> usize {
        self.core.n_triplets()
    }

    /// Triplets of `start..stop`, scored by `vectors` where there are several candidates.
    #[pyo3(signature = (epoch, start, stop, vectors=None))]
    #[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
    fn sample<'py>(
        &self,
        py: Python<'py>,
        epoch: u64,
        start: usize,
        stop: usize,
        vectors: Option<Vectors<'py>>,
    ) -> PyResult<Drawn<'py>> {
        let n = self.n_positions(start, stop)?;
        let n_slots = self.core.n_negatives();
        let table = vectors.as_ref().map(|vectors| self.table(vectors)).transpose()?;
        let graph = self.graph.get().core().by_row();
        let mut drawing = run(py, || self.core.drawing(graph, epoch, start, n, table))?;
        run_steps(py, || drawing.advance())?;
        let drawn = drawing.into_triplets();
        let negatives = drawn.negatives.into_pyarray(py).reshape([n, n_slots])?;
        Ok((drawn.rows.into_pyarray(py), drawn.positives.into_pyarray(py), negatives))
    }

    /// Every candidate of `start..stop`.
    fn candidates<'py>(
        &self,
        py: Python<'py>,
        epoch: u64,
        start: usize,
        stop: usize,
    ) -> PyResult<Bound<'py, PyArray3<i64>>> {
        let n = self.n_positions(start, stop)?;
        let shape = [n, self.core.n_negatives(), self.core.hardest_of()];
        let graph = self.graph.get().core().by_row();
        let mut listing = run(py, || self.core.listing(graph, epoch, start, n))?;
        run_steps(py, || Ok::<_, glowrec_sampling::Error>(listing.advance()))?;
        listing.into_candidates().into_pyarray(py).reshape(shape)
    }

    /// Users and positives of `start..stop`.
    fn pairs<'py>(
        &self,
        py: Python<'py>,
        epoch: u64,
        start: usize,
        stop: usize,
    ) -> PyResult<Pairs<'py>> {
        let n = self.n_positions(start, stop)?;
        let graph = self.graph.get().core().by_row();
        let (users, items) = run(py, || self.core.pairs(graph, epoch, start, n))?;
        Ok((users.into_pyarray(py), items.into_pyarray(py)))
    }

    /// Positions of `start..stop` as the negatives of one another.
    fn in_batch<'py>(
        &self,
        py: Python<'py>,
        epoch: u64,
        start: usize,
        stop: usize,
    ) -> PyResult<InBatch<'py>> {
        let n = self.n_positions(start, stop)?;
        let graph = self.graph.get().core().by_row();
        let found = run(py, || self.core.in_batch(graph, epoch, start, n))?;
        Ok((
            found.rows.into_pyarray(py),
            found.positives.into_pyarray(py),
            found.clash_rows.into_pyarray(py),
            found.clash_columns.into_pyarray(py),
        ))
    }

    /// The probability that each item stands in a batch of `n` positions.
    fn in_batch_probabilities<'py>(
        &self,
        py: Python<'py>,
        n: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let graph = self.graph.get().core().by_row();
        Ok(run(py, || self.core.in_batch_probabilities(graph, n))?.into_pyarray(py))
    }

    /// The probability that a draw for each user is the item beside it.
    #[expect(clippy::needless_pass_by_value, reason = "extracted arguments are owned")]
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        users: PyReadonlyArray1<'py, i64>,
        items: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let graph = self.graph.get().core().by_row();
        let users = ids("users", &users, graph.n_rows())?;
        let items = ids("items", &items, graph.n_cols())?;
        Ok(run(py, || self.core.probabilities(graph, &users, &items))?.into_pyarray(py))
    }
}

/// A table of vectors in one of the two precisions.
#[derive(FromPyObject)]
enum Vectors<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    Bf16(PyReadonlyArray2<'py, u16>),
}

impl Sampler {
    fn n_positions(&self, start: usize, stop: usize) -> PyResult<usize> {
        self.core.n_positions(start, stop).map_err(|error| into_py(error.into()))
    }

    /// Borrows `vectors` if they are one C-ordered row per node.
    fn table<'a>(&self, vectors: &'a Vectors<'_>) -> PyResult<Table<'a>> {
        match vectors {
            Vectors::F32(array) => {
                let dim = self.dim(array.as_array().dim())?;
                rows_of(array).map(|values| Table::F32 { values, dim })
            }
            Vectors::Bf16(array) => {
                let dim = self.dim(array.as_array().dim())?;
                rows_of(array).map(|values| Table::Bf16 { values, dim })
            }
        }
    }

    fn dim(&self, (found, dim): (usize, usize)) -> PyResult<usize> {
        let graph = self.graph.get().core();
        let expected = graph.n_rows() + graph.n_cols();
        if found == expected {
            return Ok(dim);
        }
        let message = format!("vectors: expected {expected} rows, users then items, got {found}");
        Err(ShapeError::new_err(message))
    }
}

fn rows_of<'a, T: numpy::Element>(array: &'a PyReadonlyArray2<'_, T>) -> PyResult<&'a [T]> {
    // ndarray's `to_slice` insists on C order; `PyReadonlyArray::as_slice` would also accept
    // Fortran order and hand out columns as if they were rows.
    array
        .as_array()
        .to_slice()
        .ok_or_else(|| ShapeError::new_err("vectors: expected a C-ordered array"))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Sampler>()
}
