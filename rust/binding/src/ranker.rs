//! Rankings by factors: a table of items, prepared once and ranked for many blocks of users.
#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over extracted arguments")]

use std::sync::{Mutex, OnceLock, PoisonError};

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use glowrec_ranking::{Codes, Columns, Dots, Error, Pruned, Queries, Table, lists};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::detach::run;
use crate::errors::{ParameterError, into_py};
use crate::graph::{Graph, contiguous};
use crate::ranking::{Ranked, blocks, table, users_of};

/// Items to rank; see `glowrec.ranking.top_k`.
#[pyclass(frozen, module = "glowrec._native")]
pub(crate) struct Ranker {
    items: Py<PyArray2<f32>>,
    bias: Option<Py<PyArray1<f32>>>,
    prune: Prune,
    /// Made of the first users that are worth it.
    codes: OnceLock<Option<Codes>>,
    pruned: Mutex<Pruned>,
}

/// When rankings are pruned by codes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prune {
    /// Where that is faster.
    Auto,
    /// Wherever there are codes.
    Always,
    Never,
}

/// Users below which preparing the items costs more than it saves.
const FEW: usize = 64;

#[pymethods]
impl Ranker {
    /// Keeps both arrays: they must not be changed while it is in use.
    #[new]
    fn new(
        items: PyReadonlyArray2<'_, f32>,
        bias: Option<PyReadonlyArray1<'_, f32>>,
        prune: &str,
    ) -> PyResult<Self> {
        let vectors = table("item_factors", &items)?;
        let starts = bias.as_ref().map(|bias| contiguous(bias, "item_bias")).transpose()?;
        Columns::new(vectors, starts).map_err(|error| into_py(error.into()))?;
        let prune = match prune {
            "auto" => Prune::Auto,
            "always" => Prune::Always,
            "never" => Prune::Never,
            other => return Err(ParameterError::new_err(format!("prune: unknown {other:?}"))),
        };
        Ok(Self {
            items: items.as_unbound().clone_ref(items.py()),
            bias: bias.map(|bias| bias.as_unbound().clone_ref(bias.py())),
            prune,
            codes: OnceLock::new(),
            pruned: Mutex::default(),
        })
    }

    /// The best items of each user, ties to the lower item.
    fn top_k<'py>(
        &self,
        py: Python<'py>,
        users: PyReadonlyArray2<'py, f32>,
        k: usize,
        exclude: Option<Bound<'py, Graph>>,
        ids: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Ranked<'py>> {
        let (items, bias) = (self.items.bind(py).readonly(), self.bias(py));
        let (users, vectors) = (table("user_factors", &users)?, table("item_factors", &items)?);
        let bias = bias.as_ref().map(|bias| contiguous(bias, "item_bias")).transpose()?;
        let cols = Columns::new(vectors, bias).map_err(|error| into_py(error.into()))?;
        let exclude = exclude.as_ref().map(|graph| graph.get().core().by_row());
        let ids = users_of(&ids, exclude.map_or(1 << 32, Csr::n_rows))?;
        let codes = run(py, || Ok::<_, Error>(self.codes(&users, &cols, k)))?;
        let ranker = glowrec_ranking::Ranker::new(users, cols, exclude, k, Level::current())
            .and_then(|ranker| ranker.with_codes(codes))
            .map_err(|error| into_py(error.into()))?;
        let rows: Vec<u32> = (0..users.n_rows() as u32).collect();
        let (mut columns, mut scores) =
            lists(ids.len(), k).map_err(|error| into_py(error.into()))?;
        for block in blocks(py, ids.len(), &ranker)? {
            let queries = Queries { rows: &rows[block.clone()], ids: &ids[block.clone()] };
            let cells = block.start * k..block.end * k;
            let (columns, scores) = (&mut columns[cells.clone()], &mut scores[cells]);
            let pruned = run(py, || ranker.top_k(queries, columns, scores))?;
            *self.pruned.lock().unwrap_or_else(PoisonError::into_inner) += pruned;
            py.check_signals()?;
        }
        let shape = [ids.len(), k];
        Ok((columns.into_pyarray(py).reshape(shape)?, scores.into_pyarray(py).reshape(shape)?))
    }

    /// Pairs compared by codes, kept at first, scored in float32 in the end; rows without codes.
    #[getter]
    fn work(&self) -> (u64, u64, u64, u64) {
        let pruned = *self.pruned.lock().unwrap_or_else(PoisonError::into_inner);
        (pruned.compared, pruned.kept, pruned.scored, pruned.unpruned)
    }
}

impl Ranker {
    fn bias<'py>(&self, py: Python<'py>) -> Option<PyReadonlyArray1<'py, f32>> {
        self.bias.as_ref().map(|bias| bias.bind(py).readonly())
    }

    /// The codes to prune by, if any.
    fn codes(&self, users: &Table<'_>, cols: &Columns<'_>, k: usize) -> Option<&Codes> {
        let dots = Dots::of(Level::current());
        match self.prune {
            Prune::Never => None,
            Prune::Always => self.codes.get_or_init(|| Codes::always(cols, users, dots)).as_ref(),
            // Long lists leave little to prune.
            Prune::Auto if users.n_rows() < FEW || k > cols.len() / 8 => None,
            Prune::Auto => self.codes.get_or_init(|| Codes::new(cols, users, dots)).as_ref(),
        }
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Ranker>()
}
