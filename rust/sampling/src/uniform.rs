//! Uniform negatives of a block of positions.

use crate::lanes::Lanes;
use crate::lines::Look;
use crate::slots::{Slot, Slots};
use crate::stream::below_each;

/// All possible places alike.
#[derive(Debug)]
pub(crate) struct Uniform;

impl Slots for Uniform {
    #[inline(always)]
    fn fill<L: Lanes>(
        &self,
        block: &Slot<'_>,
        words: &[u64],
        look: &mut Look,
        places: &mut [u32],
        meanwhile: impl Fn(usize),
    ) {
        below_each(words, block.possible, places);
        let task = block.task;
        let indices = task.possible.rows.indices;
        task.negatives.lines.nth_absent::<L>(indices, block.members, look, places, meanwhile);
    }
}
