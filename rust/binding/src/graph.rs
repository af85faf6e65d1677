//! `glowrec._native.Graph`: the frozen interaction graph.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::ShapeError;

/// A frozen bipartite graph; see `glowrec.graph.Graph`.
#[pyclass(frozen, module = "glowrec._native")]
pub(crate) struct Graph(glowrec_graph::Bipartite);

impl Graph {
    /// The core's graph, for kernels.
    pub(crate) fn core(&self) -> &glowrec_graph::Bipartite {
        &self.0
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
        run(py, || glowrec_graph::Bipartite::from_edges(n_users, n_items, users, items)).map(Self)
    }

    #[getter]
    fn n_users(&self) -> usize {
        self.0.n_rows()
    }

    #[getter]
    fn n_items(&self) -> usize {
        self.0.n_cols()
    }

    #[getter]
    fn n_edges(&self) -> usize {
        self.0.n_edges()
    }

    /// Copies of the row starts and columns of the users' side.
    fn user_csr<'py>(&self, py: Python<'py>) -> CsrArrays<'py> {
        arrays(py, self.0.by_row())
    }

    /// Copies of the row starts and columns of the items' side.
    fn item_csr<'py>(&self, py: Python<'py>) -> CsrArrays<'py> {
        arrays(py, self.0.by_col())
    }
}

type CsrArrays<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i32>>);

fn arrays<'py>(py: Python<'py>, csr: &glowrec_graph::Csr) -> CsrArrays<'py> {
    let starts: Vec<i64> = csr.indptr().iter().map(|&start| start.cast_signed()).collect();
    let columns: Vec<i32> = csr.indices().iter().map(|&column| column.cast_signed()).collect();
    (starts.into_pyarray(py), columns.into_pyarray(py))
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
