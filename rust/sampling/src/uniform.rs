//! Plain triplets: every negative is a uniform draw.

use glowrec_graph::dispatched;

use crate::block::{Block, SIZE};
use crate::complement::Classes;
use crate::sampler::{Task, Triplets};
use crate::stream::below_each;

dispatched! {
    /// Draws the triplets of `task`.
    pub(crate) fn draw(level, task: &Task<'_>, out: Triplets<'_>) = draw_body;
}

#[inline(always)]
fn draw_body(task: &Task<'_>, out: Triplets<'_>) {
    let Triplets { rows, positives, negatives } = out;
    let n_slots = negatives.len() / rows.len();
    let indices = task.graph.indices();
    let (mut block, mut classes) = (Block::new(), Classes::new());
    let (mut words, mut ranks, mut absent) = ([0; SIZE], [0; SIZE], [0; SIZE]);
    let mut start = task.start;
    let outputs = rows
        .chunks_mut(SIZE)
        .zip(positives.chunks_mut(SIZE))
        .zip(negatives.chunks_mut(SIZE * n_slots));
    for ((rows, positives), negatives) in outputs {
        let n = rows.len();
        block.draw(task.graph, task.source, task.epoch, start, n);
        block.write(rows, positives);
        block.write_absent(task.graph.n_cols(), &mut absent);
        classes.sort(block.bounds());
        for slot in 0..n_slots {
            task.epoch.words(start, slot, &mut words);
            below_each(&words[..n], &absent[..n], &mut ranks[..n]);
            classes.nth_absent(indices, block.bounds(), &mut ranks);
            for (negatives, &column) in negatives.chunks_exact_mut(n_slots).zip(&ranks) {
                negatives[slot] = i64::from(column);
            }
        }
        start += n as u64;
    }
}
