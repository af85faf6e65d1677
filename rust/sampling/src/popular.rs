//! Negatives of a block of positions, by popularity.

use crate::block::SIZE;
use crate::drawn::{Drawn, Words};
use crate::lanes::Lanes;
use crate::lines::Look;
use crate::popularity::Popularity;
use crate::slots::{Slot, Slots};

impl Slots for Popularity {
    /// The first attempts of all positions side by side; the few that are refused go on alone.
    #[inline(always)]
    fn fill<L: Lanes>(
        &self,
        block: &Slot<'_>,
        words: &[u64],
        look: &mut Look,
        places: &mut [u32],
        meanwhile: impl Fn(usize),
    ) {
        let task = block.task;
        for &word in words {
            self.alias.ask(word);
        }
        for (place, &word) in places.iter_mut().zip(words) {
            *place = self.alias.draw(word);
        }
        let mut refused = [0u32; SIZE];
        let n = task.negatives.lines.members_among::<L>(
            task.possible.rows.indices,
            block.members,
            look,
            places,
            &mut refused,
            meanwhile,
        );
        for &i in &refused[..n] {
            let (i, position) = (i as usize, block.start + u64::from(i));
            let words = Words { stream: task.epoch.negatives(position), slot: block.number };
            places[i] = self
                .draw(task.possible, block.rows[i] as usize, words, &Drawn::new())
                .expect("rows without a negative were refused");
        }
    }
}
