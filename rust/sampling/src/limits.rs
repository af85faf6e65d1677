//! What may be drawn besides "not linked".

use glowrec_graph::Csr;

use crate::error::Result;
use crate::sampler::{inside, length};

/// Limits on the negatives of a graph, beyond its own entries; none by default.
///
/// ```
/// use glowrec_graph::Bipartite;
/// use glowrec_sampling::{Limits, Options, Sampler};
///
/// let train = Bipartite::from_edges(2, 5, &[0, 1], &[0, 1])?;
/// let validation = Bipartite::from_edges(2, 5, &[0, 1], &[1, 2])?;
/// let limits = Limits { exclude: Some(validation.by_row()), blocked: &[4], ..Limits::default() };
/// let options = Options { n_negatives: 50, ..Options::default() };
/// let sampler = Sampler::limited(train.by_row(), &limits, options).unwrap();
/// let drawn = sampler.sample(train.by_row(), 0, 0, 2, None).unwrap();
/// let of_row_0 = drawn.negatives.chunks(50).zip(&drawn.rows).find(|(_, row)| **row == 0).unwrap().0;
/// assert!(of_row_0.iter().all(|column| [2, 3].contains(column)));
/// # Ok::<(), glowrec_graph::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits<'a> {
    /// Columns that are never drawn for a row besides those it is linked to, such as its
    /// validation entries.
    pub exclude: Option<&'a Csr>,
    /// The only columns that may be drawn for a row, less all others that may not.
    pub allow: Option<&'a Csr>,
    /// Columns that are never drawn, in any order.
    pub blocked: &'a [u32],
}

impl Limits<'_> {
    pub(crate) fn none(&self) -> bool {
        self.exclude.is_none() && self.allow.is_none() && self.blocked.is_empty()
    }

    /// Refuses limits of other shapes than the graph's.
    pub(crate) fn check(&self, graph: &Csr) -> Result<()> {
        let names = [["exclude's rows", "exclude's columns"], ["allow's rows", "allow's columns"]];
        for (other, [rows, columns]) in [self.exclude, self.allow].into_iter().zip(names) {
            if let Some(other) = other {
                length(rows, graph.n_rows(), other.n_rows())?;
                length(columns, graph.n_cols(), other.n_cols())?;
            }
        }
        inside("blocked", self.blocked, graph.n_cols())
    }
}
