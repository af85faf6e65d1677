//! The best of several candidates: drawn, gathered, scored and chosen in one pass.

use glowrec_graph::simd::Level;

use crate::block::{Block, SIZE};
use crate::complement::nth_absent_each;
use crate::drawing::Task;
use crate::epoch::negative;
use crate::error::{Error, Result};
use crate::lanes::{LANES, Lanes, Portable, QUAD};
use crate::output::{Cell, Output};
use crate::prefetch::prefetch;
use crate::stream::below_each;
use crate::table::Scalar;

/// Candidates that are drawn, asked for and scored together.
const GROUP: usize = 2 * LANES;

/// Groups on their way: one is drawn, the one before it asked for, the one before that scored.
const RING: usize = 4;

/// Rows up to this degree are counted through instead of searched.
const COUNTED: usize = 64;

/// Bytes of a cache line.
const LINE: usize = 64;

/// Draws the triplets of `task` with the best-scoring negatives.
#[allow(unsafe_code)]
pub(crate) fn draw<T: Scalar>(
    level: Level,
    task: &Task<'_>,
    values: &[T],
    dim: usize,
    out: Output<'_>,
) -> Result<()> {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::x86::{Avx2, Avx512};

        #[target_feature(enable = "avx2,fma")]
        fn avx2<T: Scalar>(
            task: &Task<'_>,
            values: &[T],
            dim: usize,
            out: Output<'_>,
        ) -> Result<()> {
            draw_body::<Avx2, T>(task, values, dim, out)
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        fn avx512<T: Scalar>(
            task: &Task<'_>,
            values: &[T],
            dim: usize,
            out: Output<'_>,
        ) -> Result<()> {
            draw_body::<Avx512, T>(task, values, dim, out)
        }
        match level {
            // SAFETY: `Level::available` lists a level only where its features are.
            Level::Avx512 => return unsafe { avx512(task, values, dim, out) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(task, values, dim, out) },
            Level::Baseline => {}
        }
    }
    let _ = level;
    draw_body::<Portable, T>(task, values, dim, out)
}

#[inline(always)]
fn draw_body<L: Lanes, T: Scalar>(
    task: &Task<'_>,
    values: &[T],
    dim: usize,
    out: Output<'_>,
) -> Result<()> {
    let Output { rows, positives, negatives } = out;
    let n_slots = negatives.len() / rows.len();
    let mut block = Block::new();
    let mut start = task.start;
    let outputs = rows
        .chunks_mut(SIZE)
        .zip(positives.chunks_mut(SIZE))
        .zip(negatives.chunks_mut(SIZE * n_slots));
    for ((rows, positives), negatives) in outputs {
        block.draw::<L>(task.visited, task.source, task.epoch, start, rows.len());
        block.write(rows, positives);
        Choice { task, block: &block, start, values, dim }.choose::<L>(negatives)?;
        start += rows.len() as u64;
    }
    Ok(())
}

/// Candidates of one position and slot, on their way from memory.
#[derive(Clone, Copy)]
struct Group {
    position: usize,
    slot: usize,
    candidate: usize,
    /// How many candidates there are; 0 for no group.
    n: usize,
    columns: [u32; GROUP],
}

impl Group {
    const NONE: Self = Self { position: 0, slot: 0, candidate: 0, n: 0, columns: [0; GROUP] };
}

/// The choice of the best candidates of a block.
struct Choice<'a, T> {
    task: &'a Task<'a>,
    block: &'a Block,
    start: u64,
    values: &'a [T],
    dim: usize,
}

impl<T: Scalar> Choice<'_, T> {
    /// Writes the best-scoring candidate of every position and slot into `out`.
    ///
    /// Ties go to the earlier candidate. The error is that of the first NaN in the order of
    /// positions, slots and candidates.
    ///
    /// A pipeline: while one group of candidates is drawn and an earlier one is scored, the
    /// vectors of the one between are asked for, a few at a time, so that memory never waits for
    /// arithmetic nor arithmetic for memory.
    #[inline(always)]
    fn choose<L: Lanes>(&self, out: &mut [Cell]) -> Result<()> {
        let n = self.block.rows().len();
        let n_slots = out.len() / n;
        let m = self.task.hardest_of;
        let mut ring = [Group::NONE; RING];
        let (mut position, mut slot, mut candidate) = (0, 0, 0);
        let (mut best, mut best_column) = (f32::NEG_INFINITY, 0);
        let groups = n * n_slots * m.div_ceil(GROUP);
        for step in 0..groups + 2 {
            let drawn = step % RING;
            let (before, last) = ((step + RING - 1) % RING, (step + RING - 2) % RING);
            let quads = ring[before].n.div_ceil(QUAD);
            self.ask(&ring[before], 0..quads / 4);
            let mut ranks = [0; GROUP];
            ring[drawn].n = 0;
            if step < groups {
                ring[drawn].n = (m - candidate).min(GROUP);
                (ring[drawn].position, ring[drawn].slot) = (position, slot);
                ring[drawn].candidate = candidate;
                self.draw_ranks(&ring[drawn], &mut ranks);
            }
            self.ask(&ring[before], quads / 4..quads / 2);
            if step < groups {
                self.draw_columns::<L>(&mut ring[drawn], ranks);
                candidate += GROUP;
                if candidate >= m {
                    (candidate, slot) = (0, slot + 1);
                }
                if slot == n_slots {
                    (slot, position) = (0, position + 1);
                }
            }
            self.ask(&ring[before], quads / 2..quads * 3 / 4);
            let group = &ring[last];
            if group.n > 0 {
                let mut scores = [f32::NEG_INFINITY; GROUP];
                self.score::<L>(group, 0, &mut scores);
                self.ask(&ring[before], quads * 3 / 4..quads);
                self.score::<L>(group, LANES, &mut scores);
                if !group.n.is_multiple_of(QUAD) {
                    scores[group.n..].fill(f32::NEG_INFINITY); // the last quad was not full
                }
                let (at, top) = L::best(&scores).map_err(|at| Error::NotANumber {
                    row: self.block.rows()[group.position] as usize,
                    column: group.columns[at] as usize,
                })?;
                let better = group.candidate == 0 || top > best;
                best = if better { top } else { best };
                best_column = if better { group.columns[at] } else { best_column };
                out[group.position * n_slots + group.slot].write(i64::from(best_column));
            } else {
                self.ask(&ring[before], quads * 3 / 4..quads);
            }
        }
        Ok(())
    }

    /// The places that a position's row leaves out, or, if listed, the only possible ones.
    #[inline(always)]
    fn stored(&self, position: usize) -> &[u32] {
        let rows = self.task.possible.rows;
        if self.task.plain {
            let (first, degree) = self.block.members().of(position);
            &rows.indices[first..first + degree]
        } else {
            rows.row(self.block.rows()[position] as usize)
        }
    }

    #[inline(always)]
    fn draw_ranks(&self, group: &Group, ranks: &mut [u32; GROUP]) {
        let (stored, possible) = (self.stored(group.position).len(), self.task.possible);
        let absent = if possible.listed { stored } else { possible.n_places - stored } as u32;
        let stream = self.task.epoch.negatives(self.start + group.position as u64);
        let mut words = [0; GROUP];
        stream.words(negative(group.slot, group.candidate), negative(0, 1), &mut words);
        below_each(&words, &[absent; GROUP], ranks);
    }

    #[inline(always)]
    fn draw_columns<L: Lanes>(&self, group: &mut Group, ranks: [u32; GROUP]) {
        group.columns = ranks;
        let (stored, possible) = (self.stored(group.position), self.task.possible);
        if possible.listed {
            group.columns[..group.n].iter_mut().for_each(|rank| *rank = stored[*rank as usize]);
        } else if stored.len() > COUNTED {
            nth_absent_each(stored, &mut group.columns[..group.n]);
        } else {
            L::count_absent(stored, &mut group.columns);
        }
        if !self.task.plain {
            let columns = group.columns[..group.n].iter_mut();
            columns.for_each(|place| *place = possible.column(*place));
        }
        if group.candidate == 0 && group.slot == 0 {
            let row = self.block.rows()[group.position] as usize;
            self.ask_vector(row);
        }
    }

    /// Asks for the vectors of some quads of a group.
    #[inline(always)]
    fn ask(&self, group: &Group, quads: std::ops::Range<usize>) {
        let n_rows = self.task.visited.n_rows();
        for &column in &group.columns[quads.start * QUAD..quads.end * QUAD] {
            self.ask_vector(n_rows + column as usize);
        }
    }

    #[inline(always)]
    fn ask_vector(&self, vector: usize) {
        let start = vector * self.dim;
        let mut at = start;
        while at < start + self.dim {
            prefetch(self.values, at);
            at += LINE / size_of::<T>();
        }
    }

    /// Writes the scores of up to [`LANES`] candidates from `first` on.
    #[inline(always)]
    fn score<L: Lanes>(&self, group: &Group, first: usize, scores: &mut [f32; GROUP]) {
        let n_rows = self.task.visited.n_rows();
        let row = self.block.rows()[group.position] as usize;
        let quads = first / QUAD..group.n.min(first + LANES).div_ceil(QUAD);
        let (columns, _) = group.columns.as_chunks::<QUAD>();
        let (scores, _) = scores.as_chunks_mut::<QUAD>();
        if self.dim.is_multiple_of(LANES) {
            let (chunks, _) = self.values.as_chunks::<LANES>();
            let width = self.dim / LANES;
            let left = &chunks[row * width..][..width];
            for quad in quads {
                let [a, b, c, d] = columns[quad];
                let a = &chunks[(n_rows + a as usize) * width..][..width];
                let b = &chunks[(n_rows + b as usize) * width..][..width];
                let c = &chunks[(n_rows + c as usize) * width..][..width];
                let d = &chunks[(n_rows + d as usize) * width..][..width];
                scores[quad] = L::dots(left, [a, b, c, d]);
            }
        } else {
            let left = &self.values[row * self.dim..][..self.dim];
            for quad in quads {
                let right = columns[quad].map(|column| {
                    &self.values[(n_rows + column as usize) * self.dim..][..self.dim]
                });
                scores[quad] = L::ragged_dots(left, right);
            }
        }
    }
}
