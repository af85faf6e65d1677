//! The best columns of each row so far, and the score a newcomer must exceed.

use crate::lanes::Score;

/// A column and its score as one integer, by [`Score::key`]: the smaller, the better. A score here
/// is never NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit(u64);

impl Hit {
    #[inline]
    pub(crate) fn new(score: f32, column: u32) -> Self {
        Self(score.key(column))
    }

    #[inline]
    pub(crate) fn score(self) -> f32 {
        f32::of(self.0).1
    }

    #[inline]
    pub(crate) fn column(self) -> u32 {
        f32::of(self.0).0
    }
}

/// Bounded lists of the best columns of many rows.
///
/// A list holds up to `room` candidates and falls back to the best `k` when it is full, so that
/// a newcomer costs constant time on average.
#[derive(Debug)]
pub(crate) struct Best {
    k: usize,
    room: usize,
    hits: Vec<Hit>,
    lengths: Vec<u32>,
}

/// Threshold of a list that takes anything: nothing compares to it.
pub(crate) const TAKES_ALL: f32 = f32::NAN;

impl Best {
    /// Empty lists for `n_rows` rows of `n_columns` scores, of which `k` > 0 are wanted.
    pub(crate) fn new(n_rows: usize, n_columns: usize, k: usize) -> Self {
        let (k, room) = (k.min(n_columns), Self::room(n_columns, k));
        let hits = vec![Hit(0); n_rows * room];
        Self { k, room, hits, lengths: vec![0; n_rows] }
    }

    /// Candidates that a list has room for.
    pub(crate) fn room(n_columns: usize, k: usize) -> usize {
        k.saturating_add(k.max(40)).min(n_columns)
    }

    /// Adds a candidate; gives the new threshold of the list if that has changed.
    ///
    /// The columns of a row must ascend, so that one that only equals the threshold comes too
    /// late.
    #[inline]
    pub(crate) fn push(&mut self, row: usize, hit: Hit, threshold: f32) -> Option<f32> {
        let length = self.lengths[row] as usize;
        self.hits[row * self.room + length] = hit;
        self.lengths[row] += 1;
        let first = length + 1 == self.k && threshold.is_nan();
        if first || length + 1 == self.room { Some(self.shrink(row)) } else { None }
    }

    /// Leaves the best `k`; the score of the last of them is the new threshold.
    #[cold]
    fn shrink(&mut self, row: usize) -> f32 {
        let length = self.lengths[row] as usize;
        let hits = &mut self.hits[row * self.room..][..length];
        let (_, last, _) = hits.select_nth_unstable(self.k - 1);
        self.lengths[row] = self.k as u32;
        last.score()
    }

    /// The best of a row, best first: `k`, or all where there are fewer.
    pub(crate) fn sorted(&mut self, row: usize) -> &[Hit] {
        let length = self.lengths[row] as usize;
        let hits = &mut self.hits[row * self.room..][..length];
        hits.sort_unstable();
        &hits[..length.min(self.k)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_ordered_by_score_then_column_and_both_zeros_are_one() {
        let scores = [f32::INFINITY, f32::MAX, 1.0, 1e-45, 0.0, -1e-45, -1.0, f32::NEG_INFINITY];
        for pair in scores.windows(2) {
            assert!(Hit::new(pair[0], 9) < Hit::new(pair[1], 3), "{pair:?}");
        }
        assert!(Hit::new(2.0, 3) < Hit::new(2.0, 4));
        assert_eq!(Hit::new(0.0, 1), Hit::new(-0.0, 1));
        for score in scores {
            let hit = Hit::new(score, u32::MAX);
            assert_eq!((hit.score(), hit.column()), (score, u32::MAX));
        }
    }

    #[test]
    fn the_threshold_is_the_kth_score_as_soon_as_there_are_k() {
        let mut best = Best::new(2, 1000, 2);
        assert_eq!(best.push(1, Hit::new(1.0, 0), TAKES_ALL), None);
        assert_eq!(best.push(1, Hit::new(3.0, 1), TAKES_ALL), Some(1.0));
        let mut threshold = 1.0;
        for column in 2..100u16 {
            let hit = Hit::new(f32::from(column), u32::from(column));
            threshold = best.push(1, hit, threshold).unwrap_or(threshold);
        }
        assert!(threshold > 50.0);
        let columns: Vec<u32> = best.sorted(1).iter().map(|hit| hit.column()).collect();
        assert_eq!(columns, [99, 98]);
        assert!(best.sorted(0).is_empty());
    }
}
