//! What an epoch visits, in which order.

use crate::permutation::Permutation;
use crate::rows::{OwnedRows, Rows};
use crate::stream::{Stream, below};

/// How the positions of an epoch choose their positives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Every stored entry exactly once, in a random order.
    #[default]
    Interaction,
    /// Every row that has an entry equally likely, then each of its entries equally likely.
    RowUniform,
    /// Every column that has an entry equally likely, then each of its entries equally likely: an
    /// entry is drawn in inverse proportion to its column's degree.
    ColumnUniform,
}

/// Rows from one milestone to the next, on average: few to pass by, yet the milestones of twenty
/// million entries fit the second cache.
const ROWS_BETWEEN: usize = 4;

/// What an order needs to know about the graph, found once.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The row of every `2^shift`-th entry: those between are a few rows further on average.
    Interaction { milestones: Box<[u32]>, shift: u32 },
    /// The rows that have an entry.
    RowUniform { occupied: Box<[u32]> },
    /// The columns that have an entry, and the rows of each column.
    ColumnUniform { occupied: Box<[u32]>, rows: OwnedRows },
}

impl Source {
    pub(crate) fn new(visited: Rows<'_>, n_cols: usize, order: Order) -> Self {
        match order {
            Order::Interaction => {
                let n_entries = visited.indices.len();
                let stride = (ROWS_BETWEEN * n_entries / visited.n_rows().max(1)).max(16);
                let shift = stride.ilog2();
                let mut milestones = Vec::with_capacity(n_entries.div_ceil(1 << shift));
                for (row, &end) in visited.indptr[1..].iter().enumerate() {
                    milestones.resize((end as usize).div_ceil(1 << shift), row as u32);
                }
                Self::Interaction { milestones: milestones.into(), shift }
            }
            Order::RowUniform => Self::RowUniform { occupied: occupied(visited) },
            Order::ColumnUniform => {
                let rows = visited.transposed(n_cols);
                Self::ColumnUniform { occupied: occupied(rows.view()), rows }
            }
        }
    }

    /// Row and positive of one position, by itself.
    pub(crate) fn positive(&self, visited: Rows<'_>, epoch: &Epoch, position: u64) -> (u32, u32) {
        let one_of = |numbers: &[u32], word| numbers[below(word, numbers.len() as u64) as usize];
        match self {
            Self::Interaction { milestones, shift } => {
                let entry = epoch.shuffle.get(position);
                let first = milestones[(entry >> shift) as usize] as usize;
                let passed = visited.indptr[first + 1..].iter().take_while(|&&end| end <= entry);
                ((first + passed.count()) as u32, visited.indices[entry as usize])
            }
            Self::RowUniform { occupied } => {
                let row = one_of(occupied, epoch.rows.word(position));
                (row, one_of(visited.row(row as usize), epoch.positives.word(position)))
            }
            Self::ColumnUniform { occupied, rows } => {
                let column = one_of(occupied, epoch.rows.word(position));
                let rows = rows.view().row(column as usize);
                (one_of(rows, epoch.positives.word(position)), column)
            }
        }
    }
}

/// The rows that have an entry.
fn occupied(rows: Rows<'_>) -> Box<[u32]> {
    (0..rows.n_rows()).filter(|&row| rows.degree(row) > 0).map(|row| row as u32).collect()
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
