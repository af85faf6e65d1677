//! What to draw.

use crate::epoch::Order;
use crate::strategy::Strategy;

/// What to do with a row that is left with too few negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Saturation {
    /// Refuse the graph, naming the row.
    #[default]
    Error,
    /// Leave the entries of such rows out of every epoch.
    Skip,
}

/// What to draw.
///
/// ```
/// use glowrec_graph::Bipartite;
/// use glowrec_sampling::{Options, Sampler, Strategy};
///
/// let train = Bipartite::from_edges(3, 5, &[0, 0, 1, 2], &[0, 1, 1, 3])?;
/// let strategy = Strategy::Mixed(vec![
///     (Strategy::Uniform, 1.0),
///     (Strategy::Popularity { beta: 0.75 }, 1.0),
/// ]);
/// let options = Options { strategy, n_negatives: 3, replacement: false, ..Options::default() };
/// let sampler = Sampler::new(train.by_row(), options).unwrap();
/// let drawn = sampler.sample(train.by_row(), 0, 0, 4, None).unwrap();
/// for (row, negatives) in drawn.rows.iter().zip(drawn.negatives.chunks(3)) {
///     assert!(negatives.iter().all(|&column| !train.by_row().contains(*row as usize, column as u32)));
/// }
/// # Ok::<(), glowrec_graph::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How positions choose their positives.
    pub order: Order,
    /// The key of all randomness.
    pub seed: u64,
    /// How negatives are chosen.
    pub strategy: Strategy,
    /// Negatives of each positive; with 0 there are pairs alone, and no row has too few.
    pub n_negatives: usize,
    /// Whether negatives of one positive may repeat.
    pub replacement: bool,
    /// What to do with rows that have too few negatives.
    pub saturated: Saturation,
}

impl Default for Options {
    /// One uniform negative for each entry, in a shuffled order.
    fn default() -> Self {
        Self {
            order: Order::default(),
            seed: 0,
            strategy: Strategy::default(),
            n_negatives: 1,
            replacement: true,
            saturated: Saturation::default(),
        }
    }
}
