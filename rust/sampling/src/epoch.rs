//! What an epoch visits, in which order.

use glowrec_graph::{Csr, room};

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

/// What an order needs to know about the graph, found once.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Row and column of every entry, side by side: a shuffled reader waits once for both.
    Interaction { pairs: Box<[(u32, u32)]> },
    /// The rows that have an entry.
    RowUniform { occupied: Box<[u32]> },
}

impl Source {
    pub(crate) fn new(graph: &Csr, order: Order) -> Self {
        match order {
            Order::Interaction => {
                let mut pairs = room(graph.nnz());
                for row in 0..graph.n_rows() {
                    pairs.extend(graph.row(row).iter().map(|&column| (row as u32, column)));
                }
                Self::Interaction { pairs: pairs.into() }
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
