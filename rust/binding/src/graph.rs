//! `glowrec._native.Graph`: the frozen interaction graph.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use glowrec_graph::simd::Level;
use glowrec_graph::{Error, Propagation, Workspace, bpr};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::ShapeError;
use crate::propagation::{Table, finished, operator, propagate};
use crate::triplets::cells;

/// A frozen bipartite graph; see `glowrec.graph.Graph`.
#[pyclass(frozen, module = "glowrec._native")]
pub(crate) struct Graph {
    core: glowrec_graph::Bipartite,
    /// Room for one propagation, kept for the next one.
    workspace: Mutex<Workspace>,
}

/// Bytes of a workspace above which it is given back after each use.
const KEPT: usize = 256 << 20;

impl Graph {
    /// The core's graph, for kernels.
    pub(crate) fn core(&self) -> &glowrec_graph::Bipartite {
        &self.core
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves room for the next propagation, unless it is large.
    fn keep(&self, workspace: Workspace) {
        if workspace.bytes() <= KEPT {
            *self.workspace() = workspace;
        }
    }
}

#[pymethods]
impl Graph {
    #[new]
    fn new(
        py: Python<'_>,
        n_users: usize,
        n_items: usize,
        users: PyReadonlyArray1<'_, i64>,
        items: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<Self> {
        let (users, items) = (contiguous(&users, "users")?, contiguous(&items, "items")?);
        let build = || glowrec_graph::Bipartite::from_edges(n_users, n_items, users, items);
        run(py, || build().map_err(in_users_and_items))
            .map(|core| Self { core, workspace: Mutex::default() })
    }

    #[getter]
    fn n_users(&self) -> usize {
        self.core.n_rows()
    }

    #[getter]
    fn n_items(&self) -> usize {
        self.core.n_cols()
    }

    #[getter]
    fn n_edges(&self) -> usize {
        self.core.n_edges()
    }

    /// Number of items of each user.
    #[getter]
    fn user_degrees<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        degrees(self.core.by_row()).into_pyarray(py)
    }

    /// Number of users of each item.
    #[getter]
    fn item_degrees<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        degrees(self.core.by_col()).into_pyarray(py)
    }

    /// Copies of the row starts and columns of the users' side.
    fn user_csr<'py>(&self, py: Python<'py>) -> CsrArrays<'py> {
        arrays(py, self.core.by_row())
    }

    /// Copies of the row starts and columns of the items' side.
    fn item_csr<'py>(&self, py: Python<'py>) -> CsrArrays<'py> {
        arrays(py, self.core.by_col())
    }

    /// The weighted sum of the layers of `x`.
    #[expect(clippy::too_many_arguments, reason = "the options of one linear operator")]
    fn propagate<'py>(
        &self,
        py: Python<'py>,
        x: Table<'py>,
        weights: PyReadonlyArray1<'py, f64>,
        normalization: &str,
        transpose: bool,
        bfloat16: bool,
        keep_prob: f64,
        dropout_seed: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let operator = operator(normalization, transpose, keep_prob, dropout_seed)?;
        let weights = contiguous(&weights, "weights")?;
        // A second call meanwhile finds none and makes its own.
        let mut workspace = std::mem::take(&mut *self.workspace());
        let out = propagate(py, &self.core, &operator, &x, weights, bfloat16, &mut workspace);
        self.keep(workspace);
        out
    }

    /// Loss, penalty and gradient of a batch of triplets; see `glowrec.nn.closed_form`.
    ///
    /// The model is linear, so the read-out's gradient goes back through the transposed operator.
    #[expect(clippy::too_many_arguments, reason = "a batch and the options of an operator")]
    fn bpr_gradient<'py>(
        &self,
        py: Python<'py>,
        embedding: PyReadonlyArray2<'py, f32>,
        readout: PyReadonlyArray2<'py, f32>,
        nodes: PyReadonlyArray1<'py, i64>,
        n_negatives: usize,
        l2: f64,
        weights: PyReadonlyArray1<'py, f64>,
        normalization: &str,
        bfloat16: bool,
        keep_prob: f64,
        dropout_seed: u64,
    ) -> PyResult<(f64, f64, Bound<'py, PyArray2<f32>>)> {
        let back = operator(normalization, true, keep_prob, dropout_seed)?;
        let weights = contiguous(&weights, "weights")?;
        let (level, dim) = (Level::current(), embedding.as_array().ncols());
        let (n_nodes, nodes) =
            (self.core.n_rows() + self.core.n_cols(), contiguous(&nodes, "nodes")?);
        let (embedding, readout) =
            (cells(&embedding, "embedding", dim)?, cells(&readout, "readout", dim)?);
        let found = run(py, || bpr(level, readout, embedding, dim, n_nodes, nodes, n_negatives))?;
        let mut workspace = std::mem::take(&mut *self.workspace());
        let back_through = if bfloat16 { Propagation::bfloat16 } else { Propagation::new };
        let by_readout = &found.by_readout;
        let gradient = finished(
            py,
            back_through(&self.core, &back, by_readout, dim, weights, level, &mut workspace),
        );
        self.keep(workspace);
        let mut gradient = gradient?;
        run(py, || {
            found.add_penalty(level, embedding, dim, l2, &mut gradient);
            Ok::<_, Error>(())
        })?;
        let gradient = gradient.into_pyarray(py).reshape([n_nodes, dim])?;
        Ok((found.loss, found.penalty, gradient))
    }

    /// Rows `start..stop` of the operator that one layer applies, with values.
    #[expect(clippy::too_many_arguments, reason = "the options of one linear operator")]
    fn adjacency<'py>(
        &self,
        py: Python<'py>,
        normalization: &str,
        transpose: bool,
        keep_prob: f64,
        dropout_seed: u64,
        start: usize,
        stop: usize,
    ) -> PyResult<Adjacency<'py>> {
        let operator = operator(normalization, transpose, keep_prob, dropout_seed)?;
        let csr = run(py, || glowrec_graph::adjacency(&self.core, &operator, start..stop))?;
        let (indptr, indices) = (csr.indptr.into_pyarray(py), csr.indices.into_pyarray(py));
        Ok((indptr, indices, csr.values.into_pyarray(py)))
    }
}

/// Row starts, columns and values.
type Adjacency<'py> =
    (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

/// Row starts and columns.
type CsrArrays<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i32>>);

fn degrees(csr: &glowrec_graph::Csr) -> Vec<i64> {
    csr.indptr().windows(2).map(|bounds| (bounds[1] - bounds[0]).cast_signed()).collect()
}

fn arrays<'py>(py: Python<'py>, csr: &glowrec_graph::Csr) -> CsrArrays<'py> {
    let starts: Vec<i64> = csr.indptr().iter().map(|&start| start.cast_signed()).collect();
    let columns: Vec<i32> = csr.indices().iter().map(|&column| column.cast_signed()).collect();
    (starts.into_pyarray(py), columns.into_pyarray(py))
}

/// The core's rows are Python's users, its columns the items.
fn in_users_and_items(error: Error) -> Error {
    let renamed = |name| match name {
        "rows" => "users",
        "cols" => "items",
        "n_rows" => "n_users",
        "n_cols" => "n_items",
        other => other,
    };
    match error {
        Error::Length { name, expected, found } => {
            Error::Length { name: renamed(name), expected, found }
        }
        Error::OutOfRange { name, position, found, bound } => {
            Error::OutOfRange { name: renamed(name), position, found, bound }
        }
        Error::TooMany { name, found, limit } => {
            Error::TooMany { name: renamed(name), found, limit }
        }
        other => other,
    }
}

/// The elements of a one-dimensional array, if they stand side by side.
pub(crate) fn contiguous<'a, T: numpy::Element>(
    array: &'a PyReadonlyArray1<'_, T>,
    name: &str,
) -> PyResult<&'a [T]> {
    array
        .as_slice()
        .map_err(|_| ShapeError::new_err(format!("{name}: expected a contiguous array")))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Graph>()
}
