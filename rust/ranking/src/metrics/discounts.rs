//! Discounts by rank, and their sums.

use super::convention::Discount;

/// What a gain is multiplied with, and its sums, by rank; place 0 stands for no rank.
#[derive(Debug)]
pub(crate) struct Discounts {
    of: Vec<f64>,
    total: Vec<f64>,
}

impl Discounts {
    pub(crate) fn new(discount: Discount, deepest: usize) -> Self {
        let divisor = |rank: usize| match discount {
            Discount::Log2 => ((rank + 1) as f64).log2(),
            Discount::Ln => ((rank + 1) as f64).ln(),
            Discount::Clipped => (rank as f64).log2().max(1.0),
        };
        let of: Vec<f64> = (0..=deepest).map(|rank| 1.0 / divisor(rank)).collect();
        let mut total = vec![0.0; deepest + 1];
        for rank in 1..=deepest {
            total[rank] = total[rank - 1] + of[rank];
        }
        Self { of, total }
    }

    /// The discount of a rank, counted from 1.
    #[inline]
    pub(crate) fn of(&self, rank: usize) -> f64 {
        self.of[rank]
    }

    /// The gain of hits of gain 1 at the ranks up to `rank`.
    #[inline]
    pub(crate) fn total(&self, rank: usize) -> f64 {
        self.total[rank]
    }

    /// The discounted sum of gains at the ranks from 1 on.
    pub(crate) fn of_best(&self, gains: &[f64]) -> f64 {
        (1..).zip(gains).map(|(rank, &gain)| gain * self.of(rank)).sum()
    }
}
