//! Candidates on their way: all that the best are chosen from, listed in steps.

use glowrec_graph::Csr;
use rayon::prelude::*;

use crate::block::{Block, SIZE};
use crate::drawing::share;
use crate::epoch::{Epoch, negative};
use crate::error::Result;
use crate::lanes::Portable;
use crate::output::{room, to_write, written};
use crate::sampler::Sampler;
use crate::stream::below;

/// Candidates of some positions, listed step by step; [`Sampler::listing`] begins one.
#[derive(Debug)]
pub struct Listing<'a> {
    sampler: &'a Sampler,
    graph: &'a Csr,
    epoch: Epoch,
    next: usize,
    stop: usize,
    /// Positions that one thread lists in a step.
    pub(crate) share: usize,
    candidates: Vec<i64>,
}

impl<'a> Listing<'a> {
    /// Room for `n` positions from `start` on, which the caller has checked.
    pub(crate) fn new(
        sampler: &'a Sampler,
        graph: &'a Csr,
        epoch: Epoch,
        start: usize,
        n: usize,
    ) -> Result<Self> {
        let (n_negatives, hardest_of) = (sampler.n_negatives(), sampler.hardest_of());
        let candidates = room(&[n, n_negatives, hardest_of])?;
        let (next, stop, share) = (start, start + n, share(n_negatives, hardest_of, 0));
        Ok(Self { sampler, graph, epoch, next, stop, share, candidates })
    }

    /// Lists the candidates of the next positions; whether some are left.
    pub fn advance(&mut self) -> bool {
        let (n_negatives, hardest_of) = (self.sampler.n_negatives(), self.sampler.hardest_of());
        let (visited, possible) =
            (self.sampler.visited(self.graph), self.sampler.negatives.choices.of(self.graph));
        let all = self.share.saturating_mul(rayon::current_num_threads());
        let (n, size) = (all.min(self.stop - self.next), self.share.min(SIZE));
        let each = n_negatives * hardest_of;
        let tasks = to_write(&mut self.candidates, n * each).par_chunks_mut(size * each);
        tasks.enumerate().for_each(|(task, out)| {
            let epoch = &self.epoch;
            let start = (self.next + task * size) as u64;
            let mut block = Block::new();
            block.draw::<Portable>(visited, &self.sampler.source, epoch, start, out.len() / each);
            for (i, out) in out.chunks_exact_mut(each).enumerate() {
                let row = block.rows()[i] as usize;
                let n = possible.n(row) as u64;
                let stream = epoch.negatives(start + i as u64);
                for (j, out) in out.iter_mut().enumerate() {
                    let word = stream.word(negative(j / hardest_of, j % hardest_of));
                    let place = possible.nth(row, below(word, n) as u32);
                    out.write(i64::from(possible.column(place)));
                }
            }
        });
        // SAFETY: the tasks have written all cells.
        #[allow(unsafe_code)]
        unsafe {
            written(&mut self.candidates, n * each);
        }
        self.next += n;
        self.next < self.stop
    }

    /// What has been listed: everything, once [`Self::advance`] has said that nothing is left.
    pub fn into_candidates(self) -> Vec<i64> {
        self.candidates
    }
}
