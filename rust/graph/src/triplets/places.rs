//! Where each node stands in a batch.

use crate::csr::ids;
use crate::error::{Error, Result};

/// A batch of users, positives and negatives as nodes, and for each node its places among them.
#[derive(Debug)]
pub(super) struct Batch {
    /// Users, then positives, then the negatives of one triplet after another.
    pub(super) nodes: Vec<u32>,
    /// Number of triplets.
    pub(super) len: usize,
    /// Negatives of each triplet.
    pub(super) n_negatives: usize,
    /// Places of node `v`: `places[starts[v]..starts[v + 1]]`, in ascending order.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Batch {
    /// Sorts a batch by node: a stable counting sort, `O(nodes + n_nodes)`.
    pub(super) fn new(nodes: &[i64], n_negatives: usize, n_nodes: usize) -> Result<Self> {
        let len = nodes.len() / (n_negatives + 2);
        let expected = len * (n_negatives + 2);
        if nodes.len() != expected {
            return Err(Error::Length { name: "nodes", expected, found: nodes.len() });
        }
        let nodes = ids("nodes", nodes, n_nodes)?;
        let mut starts = vec![0u32; n_nodes + 2];
        for &node in &nodes {
            starts[node as usize + 2] += 1;
        }
        for node in 2..starts.len() {
            starts[node] += starts[node - 1];
        }
        // Shifted by one: filling moves each start to the next node's.
        let mut places = vec![0u32; nodes.len()];
        for (place, &node) in nodes.iter().enumerate() {
            let next = &mut starts[node as usize + 1];
            places[*next as usize] = place as u32;
            *next += 1;
        }
        Ok(Self { nodes, len, n_negatives, starts, places })
    }

    /// The places of `node`, in ascending order.
    pub(super) fn of(&self, node: usize) -> &[u32] {
        &self.places[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// User, positive and negatives of a triplet.
    pub(super) fn triplet(&self, at: usize) -> (usize, usize, &[u32]) {
        let negatives = &self.nodes[2 * self.len + at * self.n_negatives..][..self.n_negatives];
        (self.nodes[at] as usize, self.nodes[self.len + at] as usize, negatives)
    }
}
