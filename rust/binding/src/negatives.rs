//! How negatives are chosen, as Python says it: strategies by name, graphs as limits.

use glowrec_sampling::{Limits, Options, Order, Saturation, Strategy};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::errors::{ParameterError, into_py};
use crate::graph::{Graph, contiguous};

/// The attributes of `glowrec.sampling.plan.Plan`.
#[derive(FromPyObject)]
pub(crate) struct Plan {
    order: String,
    seed: u64,
    /// Name, parameter and weight of each strategy; several are mixed.
    parts: Vec<(String, Parameter, f64)>,
    n_negatives: usize,
    replacement: bool,
    skip: bool,
    exclude: Option<Py<Graph>>,
    allow: Option<Py<Graph>>,
    blocked: Py<PyAny>,
}

/// What a strategy is told.
#[derive(FromPyObject)]
enum Parameter {
    Whole(usize),
    Real(f64),
}

impl Plan {
    pub(crate) fn options(&self) -> PyResult<Options> {
        let order = match self.order.as_str() {
            "interaction" => Order::Interaction,
            "user_uniform" => Order::RowUniform,
            "popularity_corrected" => Order::ColumnUniform,
            other => return Err(ParameterError::new_err(format!("order: unknown {other:?}"))),
        };
        let saturated = if self.skip { Saturation::Skip } else { Saturation::Error };
        let Self { seed, n_negatives, replacement, .. } = *self;
        let strategy = self.strategy()?;
        Ok(Options { order, seed, strategy, n_negatives, replacement, saturated })
    }

    fn strategy(&self) -> PyResult<Strategy> {
        let mut parts = Vec::with_capacity(self.parts.len());
        for (name, parameter, weight) in &self.parts {
            let strategy = match (name.as_str(), parameter) {
                ("uniform", _) => Strategy::Uniform,
                ("popularity", &Parameter::Real(beta)) => Strategy::Popularity { beta },
                ("in_batch", &Parameter::Whole(batch_size)) => Strategy::InBatch { batch_size },
                ("hardest", &Parameter::Whole(of)) => Strategy::Hardest { of },
                (other, _) => {
                    return Err(ParameterError::new_err(format!("negatives: unknown {other:?}")));
                }
            };
            parts.push((strategy, *weight));
        }
        Ok(if parts.len() == 1 { parts.remove(0).0 } else { Strategy::Mixed(parts) })
    }

    /// Hands the limits to `work`.
    pub(crate) fn limited<T>(
        &self,
        py: Python<'_>,
        n_items: usize,
        work: impl FnOnce(&Limits<'_>) -> PyResult<T>,
    ) -> PyResult<T> {
        let rows = |graph: &'_ Option<Py<Graph>>| graph.as_ref().map(|graph| graph.clone_ref(py));
        let (exclude, allow) = (rows(&self.exclude), rows(&self.allow));
        let blocked: PyReadonlyArray1<'_, i64> = self.blocked.extract(py)?;
        let blocked = glowrec_graph::ids("blocked", contiguous(&blocked, "blocked")?, n_items)
            .map_err(|error| into_py(error.into()))?;
        work(&Limits {
            exclude: exclude.as_ref().map(|graph| graph.get().core().by_row()),
            allow: allow.as_ref().map(|graph| graph.get().core().by_row()),
            blocked: &blocked,
        })
    }
}

/// The ids of an array as the core's columns or rows.
pub(crate) fn ids(
    name: &'static str,
    values: &PyReadonlyArray1<'_, i64>,
    bound: usize,
) -> PyResult<Vec<u32>> {
    glowrec_graph::ids(name, contiguous(values, name)?, bound)
        .map_err(|error| into_py(error.into()))
}
