//! `glowrec._native.Candidates`: negatives of users.

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::detach::run;
use crate::graph::Graph;
use crate::negatives::{Plan, ids};

/// Draws negatives of users; see `glowrec.sampling.Candidates`.
#[pyclass(frozen, module = "glowrec._native")]
pub(crate) struct Candidates {
    graph: Py<Graph>,
    core: glowrec_sampling::Candidates,
}

#[pymethods]
impl Candidates {
    #[new]
    fn new(py: Python<'_>, graph: Py<Graph>, plan: Plan) -> PyResult<Self> {
        let rows = graph.get().core().by_row();
        let options = plan.options()?;
        let core = plan.limited(py, rows.n_cols(), |limits| {
            run(py, || {
                let (strategy, n) = (&options.strategy, options.n_negatives);
                let (replacement, seed) = (options.replacement, options.seed);
                glowrec_sampling::Candidates::new(rows, limits, strategy, n, replacement, seed)
            })
        })?;
        Ok(Self { graph, core })
    }

    /// The negatives of each user, apart from the target beside it.
    #[pyo3(signature = (users, targets=None))]
    fn sample<'py>(
        &self,
        py: Python<'py>,
        users: PyReadonlyArray1<'py, i64>,
        targets: Option<PyReadonlyArray1<'py, i64>>,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let (graph, users) = (self.graph.get().core().by_row(), self.users(&users)?);
        let targets =
            targets.map(|targets| ids("targets", &targets, graph.n_cols())).transpose()?;
        let drawn = run(py, || self.core.sample(graph, &users, targets.as_deref()))?;
        drawn.into_pyarray(py).reshape([users.len(), self.core.n()])
    }

    /// The probabilities that items are among the negatives of users.
    fn inclusion<'py>(
        &self,
        py: Python<'py>,
        users: PyReadonlyArray1<'py, i64>,
        items: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (graph, users) = (self.graph.get().core().by_row(), self.users(&users)?);
        let items = ids("items", &items, graph.n_cols())?;
        Ok(run(py, || self.core.inclusion(graph, &users, &items))?.into_pyarray(py))
    }

    /// How many different items each user can draw.
    fn n_possible<'py>(
        &self,
        py: Python<'py>,
        users: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let (graph, users) = (self.graph.get().core().by_row(), self.users(&users)?);
        Ok(run(py, || self.core.n_possible(graph, &users))?.into_pyarray(py))
    }
}

impl Candidates {
    fn users(&self, users: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<u32>> {
        ids("users", users, self.graph.get().core().n_rows())
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Candidates>()
}
