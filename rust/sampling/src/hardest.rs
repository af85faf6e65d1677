//! The best of several candidates: drawn, gathered, scored and chosen in one pass.

use glowrec_graph::simd::Level;

use crate::block::{Block, SIZE};
use crate::complement::nth_absent_each;
use crate::epoch::negative;
use crate::error::{Error, Result};
use crate::prefetch::prefetch;
use crate::sampler::{Task, Triplets};
use crate::stream::below_each;
use crate::table::{Lanes, Portable, QUAD, Scalar};

/// Candidates that are drawn, asked for and scored together.
const GROUP: usize = 16;

/// Groups that are on their way from memory while one is scored.
const AHEAD: usize = 2;

/// Rows up to this degree are counted through instead of searched.
const COUNTED: usize = 64;

/// Bytes of a cache line.
const LINE: usize = 64;

const RING: usize = 4;

/// Draws the triplets of `task` with the best-scoring negatives.
#[allow(unsafe_code)]
pub(crate) fn draw<T: Scalar>(
    level: Level,
    task: &Task<'_>,
    values: &[T],
    dim: usize,
    out: Triplets<'_>,
) -> Result<()> {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::x86::{Avx2, Avx512};

        #[target_feature(enable = "avx2,fma")]
        fn avx2<T: Scalar>(
            task: &Task<'_>,
            values: &[T],
            dim: usize,
            out: Triplets<'_>,
        ) -> Result<()> {
            draw_body::<Avx2, T>(task, values, dim, out)
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        fn avx512<T: Scalar>(
            task: &Task<'_>,
            values: &[T],
            dim: usize,
            out: Triplets<'_>,
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

/// Candidates of one position and slot, on their way from memory.
#[derive(Clone, Copy)]
struct Group {
    columns: [u32; GROUP],
    n: usize,
    position: usize,
    slot: usize,
    is_first: bool,
}

impl Group {
    const EMPTY: Self = Self { columns: [0; GROUP], n: 0, position: 0, slot: 0, is_first: false };
}

#[inline(always)]
fn draw_body<L: Lanes, T: Scalar>(
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
        choose::<L, T>(task, &block, start, values, dim, negatives)?;
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
fn choose<L: Lanes, T: Scalar>(
    task: &Task<'_>,
    block: &Block,
    start: u64,
    values: &[T],
    dim: usize,
    out: &mut [i64],
) -> Result<()> {
    let (n_rows, n_cols) = (task.graph.n_rows(), task.graph.n_cols());
    let n = block.rows().len();
    let n_slots = out.len() / n;
    let m = task.hardest_of;
    let lines = (dim * size_of::<T>()).div_ceil(LINE);
    let rows_of = |columns: &[u32; GROUP], at: usize| {
        [0, 1, 2, 3].map(|i| (n_rows + columns[at + i] as usize) * dim)
    };
    let mut ring = [Group::EMPTY; RING];
    let mut best = f32::NEG_INFINITY;
    let (mut position, mut slot, mut candidate) = (0, 0, 0);
    let groups = n * n_slots * m.div_ceil(GROUP);
    for step in 0..groups + AHEAD {
        let group = &mut ring[step % RING];
        group.n = 0;
        if step < groups {
            let (first, last) = block.bounds()[position];
            let linked = &task.graph.indices()[first as usize..last as usize];
            let absent = (n_cols - linked.len()) as u32;
            let stream = task.epoch.negatives(start + position as u64);
            let mut words = [0; GROUP];
            for (i, word) in words.iter_mut().enumerate() {
                *word = stream.word(negative(slot, candidate + i));
            }
            below_each(&words, &[absent; GROUP], &mut group.columns);
            if linked.len() <= COUNTED {
                L::count_absent(linked, &mut group.columns);
            } else {
                nth_absent_each(linked, &mut group.columns);
            }
            if candidate == 0 && slot == 0 {
                for line in 0..lines {
                    let start = block.rows()[position] as usize * dim;
                    prefetch(values, start + line * LINE / size_of::<T>());
                }
            }
            group.n = (m - candidate).min(GROUP);
            (group.position, group.slot, group.is_first) = (position, slot, candidate == 0);
            candidate += GROUP;
            if candidate >= m {
                (candidate, slot) = (0, slot + 1);
            }
            if slot == n_slots {
                (slot, position) = (0, position + 1);
            }
        }
        let (drawn, group) = (ring[step % RING], ring[(step + RING - AHEAD) % RING]);
        let row = block.rows()[group.position] as usize;
        let vector = &values[row * dim..][..dim];
        let mut scores = [0f32; GROUP];
        for quad in 0..GROUP / QUAD {
            let quad = quad * QUAD..quad * QUAD + QUAD;
            if quad.start < drawn.n {
                let starts = rows_of(&drawn.columns, quad.start);
                for line in 0..lines {
                    for start in starts {
                        prefetch(values, start + line * LINE / size_of::<T>());
                    }
                }
            }
            if quad.start < group.n {
                let right = rows_of(&group.columns, quad.start).map(|at| &values[at..][..dim]);
                scores[quad].copy_from_slice(&L::dots(vector, right));
            }
        }
        if group.n == 0 {
            continue;
        }
        let scores = &scores[..group.n];
        let mut top = scores[0];
        let mut is_nan = false;
        for &score in scores {
            top = if score > top { score } else { top };
            is_nan |= score.is_nan();
        }
        if is_nan {
            let at = scores.iter().position(|score| score.is_nan()).unwrap_or(0);
            return Err(Error::NotANumber { row, column: group.columns[at] as usize });
        }
        if group.is_first || top > best {
            best = top;
            let at = scores.iter().position(|&score| score == top).unwrap_or(0);
            out[group.position * n_slots + group.slot] = i64::from(group.columns[at]);
        }
    }
    Ok(())
}
