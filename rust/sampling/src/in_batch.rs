//! Negatives that stand in the same batch.

use crate::choices::Possible;
use crate::drawing::Task;
use crate::drawn::{Drawn, Words};
use crate::epoch::{Epoch, Source};
use crate::error::Error;
use crate::rows::Rows;
use crate::stream::below;

/// Positions whose positives are tried before all of the batch are listed.
const ATTEMPTS: usize = 64;

/// The positions of one batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    visited: Rows<'a>,
    source: &'a Source,
    epoch: &'a Epoch,
    start: u64,
    stop: u64,
}

impl<'a> Batch<'a> {
    /// The batch that holds a position, if negatives come from batches.
    pub(crate) fn of(task: &Task<'a>, position: u64) -> Option<Self> {
        let size = task.batch_size?;
        let start = position - position % size;
        let stop = start.saturating_add(size).min(task.visited.indices.len() as u64);
        let Task { visited, source, epoch, .. } = *task;
        Some(Self { visited, source, epoch, start, stop })
    }

    /// The positive of a position that is drawn uniformly among those whose positive `row` may
    /// draw; every position can be read by itself, so no batch is held.
    pub(crate) fn draw(
        self,
        possible: Possible<'_>,
        row: usize,
        words: Words,
        drawn: &Drawn,
    ) -> Option<u32> {
        let accepted = |position: u64| {
            let (_, column) = self.source.positive(self.visited, self.epoch, position);
            possible.possible_place(row, column).filter(|&place| !drawn.holds(place))
        };
        let n = self.stop - self.start;
        (0..ATTEMPTS).find_map(|i| accepted(self.start + below(words.at(i), n))).or_else(|| {
            let all: Vec<u32> = (self.start..self.stop).filter_map(accepted).collect();
            let n = all.len() as u64;
            (n > 0).then(|| all[below(words.at(ATTEMPTS), n) as usize])
        })
    }

    /// The error of a row for which the batch holds only `n` negatives.
    pub(crate) fn too_few(self, row: usize, n: usize) -> Error {
        Error::TooFewInBatch { row, n, start: self.start, stop: self.stop }
    }
}

/// The probabilities that columns stand in a batch of `n` positions.
///
/// An epoch's shuffle puts every set of `n` entries into a batch equally often, so a column of
/// degree `d` among `N` entries is missing with probability `C(N - d, n) / C(N, n)`; positions of
/// the other orders are independent, so one that a position draws with probability `p` is missing
/// with probability `(1 - p)^n`.
pub(crate) fn probabilities(visited: Rows<'_>, source: &Source, n_cols: usize, n: u64) -> Vec<f64> {
    let total = visited.indices.len() as u64;
    match source {
        Source::Interaction { .. } => {
            let mut degrees = vec![0u64; n_cols];
            for &column in visited.indices {
                degrees[column as usize] += 1;
            }
            let most = degrees.iter().copied().max().unwrap_or(0);
            // log P(missing) of every degree, one factor each: (N - n - i) / (N - i).
            let mut missing = Vec::with_capacity(most as usize + 1);
            missing.push(0.0f64);
            for i in 0..most {
                let factor = -(n.min(total - i) as f64) / (total - i) as f64;
                missing.push(missing[i as usize] + factor.ln_1p());
            }
            degrees.iter().map(|&degree| -missing[degree as usize].exp_m1()).collect()
        }
        Source::RowUniform { occupied } => {
            let mut chances = vec![0.0f64; n_cols];
            for &row in occupied {
                let columns = visited.row(row as usize);
                let chance = 1.0 / (columns.len() as f64 * occupied.len() as f64);
                for &column in columns {
                    chances[column as usize] += chance;
                }
            }
            chances.into_iter().map(|chance| some(chance, n)).collect()
        }
        Source::ColumnUniform { occupied, .. } => {
            let mut chances = vec![0.0; n_cols];
            let chance = some(1.0 / occupied.len() as f64, n);
            for &column in occupied {
                chances[column as usize] = chance;
            }
            chances
        }
    }
}

/// The probability that at least one of `n` trials succeeds.
fn some(chance: f64, n: u64) -> f64 {
    -(n as f64 * (-chance.min(1.0)).ln_1p()).exp_m1()
}
