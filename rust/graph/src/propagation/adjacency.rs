//! The operator written out with its values, for other libraries' sparse products.

use std::ops::Range;

use rayon::prelude::*;

use super::operator::Operator;
use crate::bipartite::Bipartite;
use crate::csr::Csr;
use crate::error::{Error, Result};

/// Some rows of the square operator, in compressed sparse rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adjacency {
    /// Where each row starts; one entry more than there are rows.
    pub indptr: Vec<i64>,
    /// The node of each column; strictly increasing within a row.
    pub indices: Vec<i64>,
    /// The value of each entry.
    pub values: Vec<f64>,
}

/// Rows `nodes` of `operator` on `graph`; nodes are the graph's rows, then its columns.
///
/// `O(edges)` time; values in `f64`, the product of both scales.
///
/// # Errors
///
/// [`Error::Range`] unless `nodes` lies within the nodes of the graph.
pub fn adjacency(graph: &Bipartite, operator: &Operator, nodes: Range<usize>) -> Result<Adjacency> {
    let (n_rows, n_nodes) = (graph.n_rows(), graph.n_rows() + graph.n_cols());
    if nodes.start > nodes.end || nodes.end > n_nodes {
        let Range { start, end } = nodes;
        return Err(Error::Range { name: "rows", start, end, bound: n_nodes });
    }
    let applied = operator.on::<f64>(graph);
    let side = |node: usize| -> (&Csr, usize, usize) {
        if node < n_rows {
            (&applied.by_row, node, n_rows)
        } else {
            (&applied.by_col, node - n_rows, 0)
        }
    };
    let mut indptr = Vec::with_capacity(nodes.len() + 1);
    indptr.push(0);
    let mut end = 0;
    for node in nodes.clone() {
        let (csr, row, _) = side(node);
        end += (csr.degree(row) as u64).cast_signed();
        indptr.push(end);
    }
    let entries = nodes.into_par_iter().flat_map_iter(|node| {
        let (csr, row, first) = side(node);
        let left = applied.left[node];
        let right = &applied.right;
        csr.row(row).iter().map(move |&column| {
            let column = first + column as usize;
            ((column as u64).cast_signed(), left * right[column])
        })
    });
    let (indices, values) = entries.unzip();
    Ok(Adjacency { indptr, indices, values })
}
