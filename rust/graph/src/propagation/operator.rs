//! The linear operator that one layer applies.

use std::borrow::Cow;

use rayon::prelude::*;

use super::dropout::Dropout;
use super::normalization::Normalization;
use super::real::Real;
use super::tasks::{Task, split};
use crate::bipartite::Bipartite;
use crate::csr::Csr;

/// `D^-p A D^-q`, or its transpose, with or without edge dropout.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Operator {
    /// Which powers of the degrees scale rows and columns.
    pub normalization: Normalization,
    /// Whether the operator is transposed, as the gradient needs it.
    pub transpose: bool,
    /// Which edges stay; all of them if none.
    pub dropout: Option<Dropout>,
}

/// The operator on one graph: a pattern for each side, and two scales for each node.
pub(super) struct Applied<'g, T> {
    /// Rows: the graph's rows; columns: the graph's columns.
    pub(super) by_row: Cow<'g, Csr>,
    pub(super) by_col: Cow<'g, Csr>,
    /// What a node's sum is multiplied by.
    pub(super) left: Vec<T>,
    /// What a node's row is multiplied by before it is gathered.
    pub(super) right: Vec<T>,
}

/// One side of the graph, as rows of the operator.
pub(super) struct Side<'g> {
    /// Its rows; columns are the other side's.
    pub(super) csr: &'g Csr,
    /// The node of its first row.
    pub(super) first: usize,
    pub(super) tasks: Vec<Task>,
}

impl<T> Applied<'_, T> {
    /// The graph's rows and the graph's columns.
    pub(super) fn sides(&self) -> [Side<'_>; 2] {
        [(&*self.by_row, 0), (&*self.by_col, self.by_row.n_rows())].map(|(csr, first)| Side {
            csr,
            first,
            tasks: split(csr),
        })
    }
}

impl Operator {
    /// The operator on `graph`; degrees are those of the whole graph, dropout or not.
    pub(super) fn on<'g, T: Real>(&self, graph: &'g Bipartite) -> Applied<'g, T> {
        let (p, q) = self.normalization.powers();
        let (left, right) = if self.transpose { (q, p) } else { (p, q) };
        let kept = self.dropout.map_or(1.0, |dropout| dropout.keep_prob());
        let (by_row, by_col) = self.patterns(graph);
        Applied {
            by_row,
            by_col,
            left: scales(graph, |degree| T::nearest(left.scale(degree) / kept)),
            right: scales(graph, |degree| T::nearest(right.scale(degree))),
        }
    }

    fn patterns<'g>(&self, graph: &'g Bipartite) -> (Cow<'g, Csr>, Cow<'g, Csr>) {
        let Some(dropout) = self.dropout else {
            return (Cow::Borrowed(graph.by_row()), Cow::Borrowed(graph.by_col()));
        };
        let (zero, n_rows) = (0, graph.n_rows() as u64);
        (
            Cow::Owned(dropout.thin(graph.by_row(), (zero, n_rows), self.transpose)),
            Cow::Owned(dropout.thin(graph.by_col(), (n_rows, zero), self.transpose)),
        )
    }
}

/// One scale for each node, the graph's rows first.
fn scales<T: Real>(graph: &Bipartite, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let of_pair = |bounds: &[u64]| of((bounds[1] - bounds[0]) as usize);
    let rows = graph.by_row().indptr().par_windows(2).map(of_pair);
    rows.chain(graph.by_col().indptr().par_windows(2).map(of_pair)).collect()
}
