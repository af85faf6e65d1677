//! The interaction graph: one set of edges, readable from both sides.

use crate::build::{collapsed, transposed};
use crate::csr::Csr;
use crate::error::{Error, Result};

/// The longest axis that 32-bit ids can name.
const MOST_IDS: usize = 1 << 32;

/// A bipartite graph in both directions; rows are users and columns items one floor up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bipartite {
    by_row: Csr,
    by_col: Csr,
}

impl Bipartite {
    /// Builds the graph from unordered edges; repeated edges collapse into one.
    ///
    /// Time and memory are linear in the edges and both axes: beside its result it needs eight
    /// bytes for each edge.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the two slices differ in length, [`Error::TooMany`] if an axis is
    /// longer than 2^32, [`Error::Memory`] if it does not fit the memory, and
    /// [`Error::OutOfRange`] for the first edge, and its row before its column, with an id that
    /// does not fit its axis.
    pub fn from_edges(n_rows: usize, n_cols: usize, rows: &[i64], cols: &[i64]) -> Result<Self> {
        if rows.len() != cols.len() {
            return Err(Error::Length { name: "cols", expected: rows.len(), found: cols.len() });
        }
        for (name, found) in [("n_rows", n_rows), ("n_cols", n_cols)] {
            if found > MOST_IDS {
                return Err(Error::TooMany { name, found, limit: MOST_IDS });
            }
        }
        let mut packed = Vec::new();
        let by_row = collapsed(n_rows, n_cols, rows, cols, &mut packed)?;
        let by_col = transposed(&by_row, &mut packed)?;
        Ok(Self { by_row, by_col })
    }

    /// The columns of each row.
    pub fn by_row(&self) -> &Csr {
        &self.by_row
    }

    /// The rows of each column.
    pub fn by_col(&self) -> &Csr {
        &self.by_col
    }

    /// Number of rows, isolated ones included.
    pub fn n_rows(&self) -> usize {
        self.by_row.n_rows()
    }

    /// Number of columns, isolated ones included.
    pub fn n_cols(&self) -> usize {
        self.by_row.n_cols()
    }

    /// Number of distinct edges.
    pub fn n_edges(&self) -> usize {
        self.by_row.nnz()
    }
}
