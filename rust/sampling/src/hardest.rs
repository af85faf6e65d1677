//! The best of several candidates: drawn, gathered, scored and chosen in one pass.

use glowrec_graph::dispatched;

use crate::block::{Block, SIZE};
use crate::complement::nth_absent_each;
use crate::epoch::negative;
use crate::error::{Error, Result};
use crate::prefetch::prefetch;
use crate::sampler::{Task, Triplets};
use crate::stream::below_each;
use crate::table::{Scalar, dot};

/// Candidates that are drawn, asked for and scored together.
const GROUP: usize = 32;

dispatched! {
    /// Draws the triplets of `task` with the best-scoring negatives.
    pub(crate) fn draw_f32(
        level, task: &Task<'_>, values: &[f32], dim: usize, out: Triplets<'_>,
    ) -> Result<()> = draw_body;
}

dispatched! {
    /// [`draw_f32`] for vectors of bfloat16 bits.
    pub(crate) fn draw_bf16(
        level, task: &Task<'_>, values: &[u16], dim: usize, out: Triplets<'_>,
    ) -> Result<()> = draw_body;
}

/// Candidates of one position and slot, on their way from memory.
#[derive(Clone, Copy)]
struct Group {
    columns: [u32; GROUP],
    n: usize,
    position: usize,
    slot: usize,
    is_first: bool,
}

#[inline(always)]
fn draw_body<T: Scalar>(
    task: &Task<'_>,
    values: &[T],
    dim: usize,
    out: Triplets<'_>,
) -> Result<()> {
    let n_slots = out.negatives.len() / out.rows.len();
    let mut block = Block::new();
    let mut start = task.start;
    let outputs = out
        .rows
        .chunks_mut(SIZE)
        .zip(out.positives.chunks_mut(SIZE))
        .zip(out.negatives.chunks_mut(SIZE * n_slots));
    for ((rows, positives), negatives) in outputs {
        block.draw(task.graph, task.source, task.epoch, start, rows.len());
        block.write(rows, positives);
        choose(task, &block, start, values, dim, negatives)?;
        start += rows.len() as u64;
    }
    Ok(())
}

/// Writes the best-scoring of `hardest_of` candidates of every position and slot into `out`.
///
/// Ties go to the earlier candidate. The error is that of the first NaN in the order of positions,
/// slots and candidates. While one group of candidates is drawn, the vectors of those before it
/// are on their way.
#[inline(always)]
fn choose<T: Scalar>(
    task: &Task<'_>,
    block: &Block,
    start: u64,
    values: &[T],
    dim: usize,
    out: &mut [i64],
) -> Result<()> {
    const RING: usize = 8;
    let (n_rows, n_cols) = (task.graph.n_rows(), task.graph.n_cols());
    let n = block.rows().len();
    let n_slots = out.len() / n;
    let m = task.hardest_of;
    let ahead = (GROUP / m).clamp(1, RING - 1);
    let empty = Group { columns: [0; GROUP], n: 0, position: 0, slot: 0, is_first: false };
    let mut ring = [empty; RING];
    let (mut drawn, mut scored) = (0, 0);
    let mut best = f32::NEG_INFINITY;

    let (mut position, mut slot, mut candidate) = (0, 0, 0);
    loop {
        let more = position < n;
        if more {
            let group = &mut ring[drawn % RING];
            let row = block.rows()[position] as usize;
            let (first, last) = block.bounds()[position];
            let linked = &task.graph.indices()[first as usize..last as usize];
            let absent = (n_cols - linked.len()) as u32;
            let stream = task.epoch.negatives(start + position as u64);
            group.n = (m - candidate).min(GROUP);
            (group.position, group.slot, group.is_first) = (position, slot, candidate == 0);
            let mut words = [0; GROUP];
            for (i, word) in words.iter_mut().enumerate() {
                *word = stream.word(negative(slot, candidate + i));
            }
            below_each(&words, &[absent; GROUP], &mut group.columns);
            nth_absent_each(linked, &mut group.columns[..group.n]);
            if candidate == 0 && slot == 0 {
                ask(values, row * dim, dim);
            }
            for &column in &group.columns[..group.n] {
                ask(values, (n_rows + column as usize) * dim, dim);
            }
            drawn += 1;
            candidate += group.n;
            if candidate == m {
                candidate = 0;
                slot += 1;
                if slot == n_slots {
                    slot = 0;
                    position += 1;
                }
            }
        }
        if drawn - scored > ahead || !more {
            if scored == drawn {
                return Ok(());
            }
            let group = &ring[scored % RING];
            scored += 1;
            let row = block.rows()[group.position] as usize;
            let vector = &values[row * dim..][..dim];
            let mut scores = [0f32; GROUP];
            let columns = &group.columns[..group.n];
            for (score, &column) in scores.iter_mut().zip(columns) {
                *score = dot(vector, &values[(n_rows + column as usize) * dim..][..dim]);
            }
            let mut chosen = None;
            if group.is_first {
                chosen = Some(columns[0]);
                best = scores[0];
            }
            for (&column, &score) in columns.iter().zip(&scores) {
                if score.is_nan() {
                    return Err(Error::NotANumber { row, column: column as usize });
                }
                if score > best {
                    best = score;
                    chosen = Some(column);
                }
            }
            if let Some(column) = chosen {
                out[group.position * n_slots + group.slot] = i64::from(column);
            }
        }
    }
}

/// Asks for the `dim` numbers from `first` on.
#[inline(always)]
fn ask<T>(values: &[T], first: usize, dim: usize) {
    let line = 64 / size_of::<T>();
    let mut at = first;
    while at < first + dim {
        prefetch(values, at);
        at += line;
    }
}
