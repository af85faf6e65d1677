//! What an epoch visits, in which order.

use glowrec_graph::Csr;

use crate::permutation::Permutation;
use crate::stream::Stream;

/// How the positions of an epoch choose their positives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Every stored entry exactly once, in a random order.
    Interaction,
    /// Every row that has an entry equally likely, then each of its entries equally likely.
    RowUniform,
}

/// Entries from one milestone to the next.
pub(crate) const STRIDE: usize = 16;

/// What an order needs to know about the graph, found once.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The row of every [`STRIDE`]-th entry: those between are a few rows further at most.
    Interaction { milestones: Box<[u32]> },
    /// The rows that have an entry.
    RowUniform { occupied: Box<[u32]> },
}

impl Source {
    pub(crate) fn new(graph: &Csr, order: Order) -> Self {
        match order {
            Order::Interaction => {
                let mut milestones = Vec::with_capacity(graph.nnz().div_ceil(STRIDE));
                for (row, &end) in graph.indptr()[1..].iter().enumerate() {
                    milestones.resize((end as usize).div_ceil(STRIDE), row as u32);
                }
                Self::Interaction { milestones: milestones.into() }
            }
            Order::RowUniform => {
                let occupied = (0..graph.n_rows()).filter(|&row| graph.degree(row) > 0);
                Self::RowUniform { occupied: occupied.map(|row| row as u32).collect() }
            }
        }
    }
}

/// The streams and the shuffle of one epoch.
#[derive(Debug)]
pub(crate) struct Epoch {
    pub(crate) shuffle: Permutation,
    pub(crate) rows: Stream,
    pub(crate) positives: Stream,
    negatives: Stream,
}

impl Epoch {
    /// The epoch number `epoch` of `seed`, over `n > 0` entries.
    pub(crate) fn new(seed: u64, epoch: u64, n: u64) -> Self {
        let root = Stream::of_seed(seed).child(epoch);
        Self {
            shuffle: Permutation::new(n, root.child(0)),
            rows: root.child(1),
            positives: root.child(2),
            negatives: root.child(3),
        }
    }

    /// The stream of all negatives at `position`; [`negative`] is the index of its words.
    #[inline(always)]
    pub(crate) fn negatives(&self, position: u64) -> Stream {
        self.negatives.child(position)
    }
}

impl Epoch {
    /// The words of one slot's first candidate at `start`, `start + 1`, ...
    #[inline(always)]
    pub(crate) fn words(&self, start: u64, slot: usize, out: &mut [u64]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = self.negatives(start + i as u64).word(negative(slot, 0));
        }
    }
}

/// Where the word of a negative stands in the stream of its position.
///
/// Neither the number of slots nor that of candidates enters, so the first slot is the same
/// whatever follows it, and the only candidate of a plain draw is the first of many.
#[inline(always)]
pub(crate) const fn negative(slot: usize, candidate: usize) -> u64 {
    (candidate as u64) << 32 | slot as u64
}
