//! Plain triplets: every negative is a uniform draw.

use glowrec_graph::simd::Level;

use crate::block::{Block, SIZE};
use crate::drawing::Task;
use crate::lanes::{Lanes, Portable};
use crate::lines::Look;
use crate::output::Output;
use crate::stream::below_each;

/// Draws the triplets of `task`.
#[allow(unsafe_code)]
pub(crate) fn draw(level: Level, task: &Task<'_>, out: Output<'_>) {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::x86::{Avx2, Avx512};

        #[target_feature(enable = "avx2,fma,popcnt")]
        fn avx2(task: &Task<'_>, out: Output<'_>) {
            draw_body::<Avx2>(task, out);
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,popcnt")]
        fn avx512(task: &Task<'_>, out: Output<'_>) {
            draw_body::<Avx512>(task, out);
        }
        match level {
            // SAFETY: `Level::available` lists a level only where its features are.
            Level::Avx512 => return unsafe { avx512(task, out) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(task, out) },
            Level::Baseline => {}
        }
    }
    let _ = level;
    draw_body::<Portable>(task, out);
}

#[inline(always)]
fn draw_body<L: Lanes>(task: &Task<'_>, out: Output<'_>) {
    let Output { rows, positives, negatives } = out;
    let n_slots = negatives.len() / rows.len();
    let indices = task.graph.indices();
    // While one block is drawn, the memory that the next one reads first is on its way.
    let mut blocks = [Block::new(), Block::new()];
    let mut look = Look::new();
    let (mut words, mut ranks, mut absent) = ([0; SIZE], [0; SIZE], [0; SIZE]);
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
        block.take::<L>(task.graph, task.source, task.epoch);
        task.lines.ask(block.members());
        start += n as u64;
        next.choose(task.source, task.epoch, start, (stop - start) as usize);
        block.write(rows, positives);
        block.write_absent(task.graph.n_cols(), &mut absent);
        for slot in 0..n_slots {
            task.epoch.words(start - n as u64, slot, &mut words);
            below_each(&words[..n], &absent[..n], &mut ranks[..n]);
            task.lines.nth_absent::<L>(indices, block.members(), &mut look, &mut ranks[..n], |i| {
                next.ask(task.graph, task.source, i);
            });
            for (negatives, &column) in negatives.chunks_exact_mut(n_slots).zip(&ranks) {
                negatives[slot].write(i64::from(column));
            }
        }
    }
}
