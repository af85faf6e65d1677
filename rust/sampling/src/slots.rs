//! Slots of a block of positions, filled side by side: the fast way to draw with replacement.

use glowrec_graph::simd::Level;

use crate::block::{Block, SIZE};
use crate::drawing::Task;
use crate::lanes::{Lanes, Portable};
use crate::lines::{Look, Members};
use crate::output::Output;

/// Draws one slot of every position of a block.
pub(crate) trait Slots: Sync {
    /// Writes a place for each row, made of its word, into `places`.
    ///
    /// `meanwhile` is called once for each position, between its memory accesses.
    fn fill<L: Lanes>(
        &self,
        block: &Slot<'_>,
        words: &[u64],
        look: &mut Look,
        places: &mut [u32],
        meanwhile: impl Fn(usize),
    );
}

/// One slot of a block of positions: the rows and what they leave out.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pub(crate) task: &'a Task<'a>,
    /// The first position.
    pub(crate) start: u64,
    pub(crate) number: usize,
    pub(crate) rows: &'a [u32],
    pub(crate) members: Members<'a>,
    /// How many places each row can draw.
    pub(crate) possible: &'a [u32],
}

/// Draws the triplets of `task`, slot by slot.
#[allow(unsafe_code)]
pub(crate) fn draw<S: Slots>(level: Level, task: &Task<'_>, slots: &S, out: Output<'_>) {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::x86::{Avx2, Avx512};

        #[target_feature(enable = "avx2,fma,popcnt")]
        fn avx2<S: Slots>(task: &Task<'_>, slots: &S, out: Output<'_>) {
            draw_body::<Avx2, S>(task, slots, out);
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,popcnt")]
        fn avx512<S: Slots>(task: &Task<'_>, slots: &S, out: Output<'_>) {
            draw_body::<Avx512, S>(task, slots, out);
        }
        match level {
            // SAFETY: `Level::available` lists a level only where its features are.
            Level::Avx512 => return unsafe { avx512(task, slots, out) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(task, slots, out) },
            Level::Baseline => {}
        }
    }
    let _ = level;
    draw_body::<Portable, S>(task, slots, out);
}

#[inline(always)]
fn draw_body<L: Lanes, S: Slots>(task: &Task<'_>, slots: &S, out: Output<'_>) {
    let Output { rows, positives, negatives } = out;
    let n_slots = negatives.len() / rows.len();
    // While one block is drawn, the memory that the next one reads first is on its way.
    let mut blocks = [Block::new(), Block::new()];
    let (mut look, mut bounds) = (Look::new(), Bounds::new());
    let (mut words, mut places, mut possible) = ([0; SIZE], [0; SIZE], [0; SIZE]);
    let (mut start, stop) = (task.start, task.start + rows.len() as u64);
    blocks[0].choose(task.source, task.epoch, start, rows.len());
    let outputs = rows
        .chunks_mut(SIZE)
        .zip(positives.chunks_mut(SIZE))
        .zip(negatives.chunks_mut(SIZE * n_slots));
    for (turn, ((rows, positives), negatives)) in outputs.enumerate() {
        let n = rows.len();
        let [even, odd] = &mut blocks;
        let (block, next) = if turn % 2 == 0 { (even, odd) } else { (odd, even) };
        block.take::<L>(task.visited, task.source, task.epoch, |first| {
            task.negatives.lines.ask_one(first);
        });
        let members = if task.plain { block.members() } else { bounds.of(task, block.rows()) };
        if !task.plain {
            task.negatives.lines.ask(members);
        }
        start += n as u64;
        next.choose(task.source, task.epoch, start, (stop - start) as usize);
        block.write(rows, positives);
        members.write_absent(task.possible.n_places, &mut possible);
        for number in 0..n_slots {
            let start = start - n as u64;
            task.epoch.words(start, number, &mut words);
            let (rows, possible) = (block.rows(), &possible[..n]);
            let slot = Slot { task, start, number, rows, members, possible };
            slots.fill::<L>(&slot, &words[..n], &mut look, &mut places[..n], |i| {
                next.ask(task.visited, task.source, i);
            });
            for (negatives, &place) in negatives.chunks_exact_mut(n_slots).zip(&places) {
                negatives[slot.number].write(i64::from(task.possible.column(place)));
            }
        }
    }
}

/// Where the places that rows leave out stand, if these are not the rows of the positives.
#[derive(Debug)]
struct Bounds {
    firsts: [u64; SIZE],
    degrees: [u32; SIZE],
}

impl Bounds {
    const fn new() -> Self {
        Self { firsts: [0; SIZE], degrees: [0; SIZE] }
    }

    #[inline(always)]
    fn of(&mut self, task: &Task<'_>, rows: &[u32]) -> Members<'_> {
        let indptr = task.possible.rows.indptr;
        for &row in rows {
            crate::prefetch::prefetch(indptr, row as usize);
        }
        for (i, &row) in rows.iter().enumerate() {
            let (first, last) = (indptr[row as usize], indptr[row as usize + 1]);
            (self.firsts[i], self.degrees[i]) = (first, (last - first) as u32);
        }
        Members { firsts: &self.firsts[..rows.len()], degrees: &self.degrees[..rows.len()] }
    }
}
