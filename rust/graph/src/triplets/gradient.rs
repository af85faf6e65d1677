//! From a batch of triplets to the gradient of the embeddings before propagation.

use super::loss::bpr;
use crate::bipartite::Bipartite;
use crate::error::Result;
use crate::memory::Workspace;
use crate::propagation::{Operator, propagate, propagate_bfloat16};
use crate::simd::Level;

/// Where a batch was scored, and what it costs.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// The embeddings before propagation.
    pub embedding: &'a [f32],
    /// The vectors that score: the embeddings propagated.
    pub readout: &'a [f32],
    /// Cells of a row.
    pub dim: usize,
    /// Users, then positives, then each triplet's negatives.
    pub nodes: &'a [i64],
    /// Negatives of each triplet.
    pub n_negatives: usize,
    /// Weight of the penalty.
    pub l2: f64,
}

/// Loss and penalty of a batch, and the gradient of `loss + l2 · penalty` by the embeddings.
///
/// The model is linear, so the read-out's gradient goes back through the transposed propagation:
/// `back` is the transpose of the operator that made the read-out, with the same `weights`.
/// The bits do not depend on the number of threads.
///
/// # Errors
///
/// Those of [`bpr`] and of [`propagate`].
pub fn bpr_gradient(
    graph: &Bipartite,
    back: &Operator,
    weights: &[f64],
    batch: &Scored<'_>,
    bfloat16: bool,
    level: Level,
    workspace: &mut Workspace,
) -> Result<(f64, f64, Vec<f32>)> {
    let &Scored { embedding, readout, dim, nodes, n_negatives, l2 } = batch;
    let n_nodes = graph.n_rows() + graph.n_cols();
    let found = bpr(level, readout, embedding, dim, n_nodes, nodes, n_negatives)?;
    let through = if bfloat16 { propagate_bfloat16 } else { propagate::<f32> };
    let mut gradient = through(graph, back, &found.by_readout, dim, weights, level, workspace)?;
    found.add_penalty(level, embedding, dim, l2, &mut gradient);
    Ok((found.loss, found.penalty, gradient))
}
