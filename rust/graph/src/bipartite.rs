//! The interaction graph: one set of edges, readable from both sides.

use crate::csr::{Csr, ids};
use crate::error::{Error, Result};

/// A bipartite graph in both directions; rows are users and columns items one floor up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bipartite {
    by_row: Csr,
    by_col: Csr,
}

impl Bipartite {
    /// Builds the graph from unordered edges; repeated edges collapse into one.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the two slices differ in length, and [`Error::OutOfRange`] for the
    /// first id that does not fit its axis.
    pub fn from_edges(n_rows: usize, n_cols: usize, rows: &[i64], cols: &[i64]) -> Result<Self> {
        if rows.len() != cols.len() {
            return Err(Error::Length { name: "cols", expected: rows.len(), found: cols.len() });
        }
        let rows = ids("rows", rows, n_rows)?;
        let cols = ids("cols", cols, n_cols)?;
        let mut edges: Vec<(u32, u32)> = rows.into_iter().zip(cols).collect();
        edges.sort_unstable();
        edges.dedup();
        let by_row = compress(n_rows, n_cols, edges.iter().copied());
        edges.sort_unstable_by_key(|&(row, col)| (col, row));
        let by_col = compress(n_cols, n_rows, edges.iter().map(|&(row, col)| (col, row)));
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

fn compress(n_rows: usize, n_cols: usize, sorted: impl Iterator<Item = (u32, u32)>) -> Csr {
    let mut indptr = vec![0u64; n_rows + 1];
    let mut indices = Vec::new();
    for (row, col) in sorted {
        indptr[row as usize + 1] += 1;
        indices.push(col);
    }
    for row in 0..n_rows {
        indptr[row + 1] += indptr[row];
    }
    Csr::from_parts(n_cols, indptr.into(), indices.into())
}
