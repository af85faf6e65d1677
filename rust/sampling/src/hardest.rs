//! The best of several candidates: drawn, gathered, scored and chosen in one pass.

use glowrec_graph::Csr;

use crate::block::Block;
use crate::complement::nth_absent;
use crate::epoch::{Epoch, negative};
use crate::error::{Error, Result};
use crate::stream::below;
use crate::table::{Scalar, dot};

/// Writes the best-scoring of `hardest_of` candidates of every position and slot into `out`.
///
/// Ties go to the earlier candidate. The error is that of the first NaN in the order of positions,
/// slots and candidates.
#[inline(always)]
pub(crate) fn choose<T: Scalar>(
    graph: &Csr,
    block: &Block,
    epoch: &Epoch,
    start: u64,
    hardest_of: usize,
    values: &[T],
    dim: usize,
    out: &mut [i64],
) -> Result<()> {
    let n_rows = graph.n_rows();
    let n_slots = out.len() / block.rows().len();
    for (i, out) in out.chunks_exact_mut(n_slots).enumerate() {
        let row = block.rows()[i] as usize;
        let linked = graph.row(row);
        let absent = (graph.n_cols() - linked.len()) as u64;
        let stream = epoch.negatives(start + i as u64);
        let vector = &values[row * dim..][..dim];
        for (slot, out) in out.iter_mut().enumerate() {
            let mut best = (0, f32::NEG_INFINITY);
            for candidate in 0..hardest_of {
                let rank = below(stream.word(negative(slot, candidate)), absent);
                let column = nth_absent(linked, rank as u32);
                let other = &values[(n_rows + column as usize) * dim..][..dim];
                let score = dot(vector, other);
                if score.is_nan() {
                    return Err(Error::NotANumber { row, column: column as usize });
                }
                if candidate == 0 || score > best.1 {
                    best = (column, score);
                }
            }
            *out = i64::from(best.0);
        }
    }
    Ok(())
}
