//! Rows shared out so that every piece costs about the same.

use std::ops::Range;

use crate::csr::Csr;

/// Neighbouring rows that one thread works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) rows: Range<usize>,
}

/// Edges (and rows) below which a piece is not worth handing to another thread.
const GRAIN: usize = 4096;
/// Pieces per thread, so that a thread that is held up can be helped.
const PIECES: usize = 16;

/// Splits the rows of `csr` into pieces of about as many edges and rows.
///
/// A row is one thread's work, whatever the pieces: nothing computed row by row depends on them.
pub(super) fn split(csr: &Csr) -> Vec<Task> {
    let (n_rows, indptr) = (csr.n_rows(), csr.indptr());
    let cost = |row: usize| indptr[row] as usize + row;
    let total = cost(n_rows);
    let pieces = (total / GRAIN + 1).min(PIECES * rayon::current_num_threads());
    let mut tasks = Vec::with_capacity(pieces);
    let mut start = 0;
    for piece in 1..=pieces {
        let target = (total as u128 * piece as u128 / pieces as u128) as usize;
        let end = first_row(start, n_rows, |row| cost(row) >= target);
        if end > start {
            tasks.push(Task { rows: start..end });
            start = end;
        }
    }
    tasks
}

/// The first of `low..=high` that is `far` enough; `high` is.
fn first_row(mut low: usize, mut high: usize, far: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if far(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bipartite::Bipartite;

    #[test]
    fn pieces_cover_every_row_once_and_none_is_empty() {
        let edges: Vec<i64> = (0..30_000).map(|i| i * i % 977).collect();
        let cols: Vec<i64> = (0..30_000).collect();
        let graph = Bipartite::from_edges(1000, 30_000, &edges, &cols).unwrap();
        for csr in [graph.by_row(), graph.by_col()] {
            let tasks = split(csr);
            assert!(tasks.len() > 1);
            let mut next = 0;
            for task in tasks {
                assert_eq!(task.rows.start, next);
                assert!(!task.rows.is_empty());
                next = task.rows.end;
            }
            assert_eq!(next, csr.n_rows());
        }
    }

    #[test]
    fn a_graph_without_rows_has_no_pieces() {
        let graph = Bipartite::from_edges(0, 3, &[], &[]).unwrap();
        assert_eq!(split(graph.by_row()), []);
    }
}
