//! Negatives drawn one after another: any strategy, with or without replacement.

use crate::block::{Block, SIZE};
use crate::drawing::Task;
use crate::drawn::Drawn;
use crate::error::{Error, Result};
use crate::in_batch::Batch;
use crate::lanes::Portable;
use crate::output::Output;
use crate::prefetch::prefetch;

/// Draws the triplets of `task`; no floating point is involved, so any processor will do.
pub(crate) fn draw(task: &Task<'_>, out: Output<'_>) -> Result<()> {
    let Output { rows, positives, negatives } = out;
    let n_slots = negatives.len() / rows.len();
    let (mut block, mut drawn) = (Block::new(), Drawn::new());
    let mut start = task.start;
    let outputs = rows
        .chunks_mut(SIZE)
        .zip(positives.chunks_mut(SIZE))
        .zip(negatives.chunks_mut(SIZE * n_slots));
    for ((rows, positives), negatives) in outputs {
        block.draw::<Portable>(task.visited, task.source, task.epoch, start, rows.len());
        block.write(rows, positives);
        let stored = task.possible.rows;
        for &row in block.rows() {
            prefetch(stored.indptr, row as usize);
        }
        for &row in block.rows() {
            prefetch(stored.indices, stored.indptr[row as usize] as usize);
        }
        for (i, out) in negatives.chunks_exact_mut(n_slots).enumerate() {
            let (row, position) = (block.rows()[i] as usize, start + i as u64);
            let batch = Batch::of(task, position);
            drawn.clear();
            task.negatives
                .fill(task.possible, row, task.epoch.negatives(position), batch, &mut drawn, out)
                .map_err(|n| match batch {
                    Some(batch) => batch.too_few(row, n),
                    // Rows with too few columns are refused before anything is drawn.
                    None => Error::TooFew { row, n, needed: n_slots },
                })?;
        }
        start += rows.len() as u64;
    }
    Ok(())
}
