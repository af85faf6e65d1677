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
#[derive(Debug)]
pub(super) struct Applied<'g, T> {
    /// Rows: the graph's rows; columns: the graph's columns.
    pub(super) by_row: Cow<'g, Csr>,
    pub(super) by_col: Cow<'g, Csr>,
    /// What a node's sum is multiplied by.
    pub(super) left: Vec<T>,
    /// What a node's row is multiplied by before it is gathered.
    pub(super) right: Vec<T>,
    /// The rows of each side, shared out.
    tasks: [Vec<Task>; 2],
}

/// One side of the graph, as rows of the operator.
pub(super) struct Side<'g> {
    /// Its rows; columns are the other side's.
    pub(super) csr: &'g Csr,
    /// The node of its first row.
    pub(super) first: usize,
    pub(super) tasks: &'g [Task],
}

impl<T> Applied<'_, T> {
    /// The graph's rows (0) or its columns (1).
    pub(super) fn side(&self, side: usize) -> Side<'_> {
        let (csr, first) = match side {
            0 => (&*self.by_row, 0),
            _ => (&*self.by_col, self.by_row.n_rows()),
        };
        Side { csr, first, tasks: &self.tasks[side] }
    }
}

impl Operator {
    /// The operator on `graph`; degrees are those of the whole graph, dropout or not.
    pub(super) fn on<'g, T: Real>(&self, graph: &'g Bipartite) -> Applied<'g, T> {
        let (by_row, by_col) = self.patterns(graph);
        let (left, right) = self.scales(graph);
        let tasks = [split(&by_row), split(&by_col)];
        Applied { by_row, by_col, left, right, tasks }
    }

    /// What each node's sum is multiplied by, and what its row is before it is gathered.
    pub(super) fn scales<T: Real>(&self, graph: &Bipartite) -> (Vec<T>, Vec<T>) {
        let (p, q) = self.normalization.powers();
        let (left, right) = if self.transpose { (q, p) } else { (p, q) };
        let kept = self.dropout.map_or(1.0, |dropout| dropout.keep_prob());
        (
            of_nodes(graph, |degree| T::nearest(left.scale(degree) / kept)),
            of_nodes(graph, |degree| T::nearest(right.scale(degree))),
        )
    }

    /// Whether the edge into node `row` of this operator from node `column` stays.
    #[inline]
    pub(super) fn keeps(&self, row: usize, column: usize) -> bool {
        self.dropout.is_none_or(|mask| {
            let (row, column) = (row as u64, column as u64);
            if self.transpose { mask.keeps(column, row) } else { mask.keeps(row, column) }
        })
    }

    fn patterns<'g>(&self, graph: &'g Bipartite) -> (Cow<'g, Csr>, Cow<'g, Csr>) {
        let (by_row, by_col) = (graph.by_row(), graph.by_col());
        if self.dropout.is_none() {
            return (Cow::Borrowed(by_row), Cow::Borrowed(by_col));
        }
        let n_rows = graph.n_rows();
        let of_row = |row: usize, column: u32| self.keeps(row, n_rows + column as usize);
        let of_col = |col: usize, row: u32| self.keeps(n_rows + col, row as usize);
        (Cow::Owned(thinned(by_row, of_row)), Cow::Owned(thinned(by_col, of_col)))
    }
}

/// The entries of `csr` that stay: four bytes each, for the time of one propagation.
fn thinned(csr: &Csr, stays: impl Fn(usize, u32) -> bool + Sync) -> Csr {
    let parts: Vec<(Vec<u64>, Vec<u32>)> = split(csr)
        .into_par_iter()
        .map(|Task { rows }| {
            let edges = csr.indptr()[rows.end] - csr.indptr()[rows.start];
            let mut kept = Vec::with_capacity(edges as usize);
            let mut ends = Vec::with_capacity(rows.len());
            for row in rows {
                kept.extend(csr.row(row).iter().copied().filter(|&column| stays(row, column)));
                ends.push(kept.len() as u64);
            }
            (ends, kept)
        })
        .collect();
    let mut indptr = Vec::with_capacity(csr.n_rows() + 1);
    indptr.push(0);
    let mut indices = Vec::with_capacity(parts.iter().map(|(_, kept)| kept.len()).sum());
    for (ends, kept) in parts {
        let start = indices.len() as u64;
        indptr.extend(ends.into_iter().map(|end| start + end));
        indices.extend(kept);
    }
    Csr::from_parts(csr.n_cols(), indptr.into(), indices.into())
}

/// One number for each node, the graph's rows first.
fn of_nodes<T: Real>(graph: &Bipartite, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let of_pair = |bounds: &[u64]| of((bounds[1] - bounds[0]) as usize);
    let rows = graph.by_row().indptr().par_windows(2).map(of_pair);
    rows.chain(graph.by_col().indptr().par_windows(2).map(of_pair)).collect()
}
