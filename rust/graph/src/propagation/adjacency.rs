//! The operator written out with its values, for other libraries' sparse products.

use std::ops::Range;

use rayon::prelude::*;

use super::operator::Operator;
use crate::bipartite::Bipartite;
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
/// Time and memory follow the edges of these rows, beside two numbers for each node; values are
/// the product of both scales.
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
    let (left, right) = operator.scales::<f64>(graph);
    let columns = |node: usize| {
        let (csr, row, first) = if node < n_rows {
            (graph.by_row(), node, n_rows)
        } else {
            (graph.by_col(), node - n_rows, 0)
        };
        let columns = csr.row(row).iter().map(move |&column| first + column as usize);
        columns.filter(move |&column| operator.keeps(node, column))
    };
    let counts: Vec<usize> =
        nodes.clone().into_par_iter().map(|node| columns(node).count()).collect();
    let size = counts.iter().sum();
    let mut csr = Adjacency {
        indptr: Vec::with_capacity(counts.len() + 1),
        indices: vec![0; size],
        values: vec![0.0; size],
    };
    csr.indptr.push(0);
    let (mut indices, mut values) = (csr.indices.as_mut_slice(), csr.values.as_mut_slice());
    let mut rows = Vec::with_capacity(counts.len());
    let mut end = 0;
    for (node, count) in nodes.zip(counts) {
        end += count as u64;
        csr.indptr.push(end.cast_signed());
        let (my_indices, other_indices) = indices.split_at_mut(count);
        let (my_values, other_values) = values.split_at_mut(count);
        (indices, values) = (other_indices, other_values);
        rows.push((node, my_indices, my_values));
    }
    rows.into_par_iter().for_each(|(node, indices, values)| {
        for ((column, index), value) in columns(node).zip(indices).zip(values) {
            *index = (column as u64).cast_signed();
            *value = left[node] * right[column];
        }
    });
    Ok(csr)
}
