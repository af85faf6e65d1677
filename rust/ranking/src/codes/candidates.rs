//! Columns that may be among the best of a row, by the bounds of their scores.

use crate::best::Hit;

/// Bounded lists of candidates of many rows.
#[derive(Debug)]
pub(crate) struct Candidates {
    k: usize,
    room: usize,
    /// The lower bound of each candidate's score, and its place.
    hits: Vec<Hit>,
    lengths: Vec<u32>,
    /// Length at which a list is looked through again.
    due: Vec<u32>,
}

/// Newcomers after which a list is looked through again.
const FRESH: usize = 48;

/// What adding a candidate has led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Added {
    /// Nothing.
    One,
    /// A new threshold: `k` columns score at least this.
    Threshold(f32),
    /// Too many columns are too close to one another: the row has no list any more.
    TooMany,
}

impl Candidates {
    /// Empty lists for `n_rows` rows, of which `k` > 0 columns are wanted.
    pub(super) fn new(n_rows: usize, k: usize) -> Self {
        let room = Self::room(k);
        Self {
            k,
            room,
            hits: vec![Hit::new(0.0, 0); n_rows * room],
            lengths: vec![0; n_rows],
            due: vec![k as u32; n_rows],
        }
    }

    /// Candidates that a list has room for.
    pub(crate) fn room(k: usize) -> usize {
        2 * k + 4 * FRESH
    }

    /// Adds a candidate. `upper` bounds the score of what has a lower bound and a place.
    #[inline]
    pub(super) fn push(&mut self, row: usize, hit: Hit, upper: impl Fn(Hit) -> f64) -> Added {
        let length = self.lengths[row];
        self.hits[row * self.room + length as usize] = hit;
        self.lengths[row] = length + 1;
        if length + 1 < self.due[row] { Added::One } else { self.look_through(row, upper) }
    }

    #[cold]
    fn look_through(&mut self, row: usize, upper: impl Fn(Hit) -> f64) -> Added {
        let threshold = self.shrink(row, upper);
        let due = self.lengths[row] as usize + FRESH.max(self.k / 2);
        if due > self.room {
            self.lengths[row] = 0;
            return Added::TooMany;
        }
        self.due[row] = due as u32;
        Added::Threshold(threshold)
    }

    /// Leaves those of at least `k` that may be among the best; the `k`-th best lower bound.
    fn shrink(&mut self, row: usize, upper: impl Fn(Hit) -> f64) -> f32 {
        let hits = &mut self.hits[row * self.room..][..self.lengths[row] as usize];
        let (_, last, _) = hits.select_nth_unstable(self.k - 1);
        let threshold = last.score();
        let mut kept = self.k;
        for i in self.k..hits.len() {
            if upper(hits[i]) >= f64::from(threshold) {
                hits.swap(kept, i);
                kept += 1;
            }
        }
        self.lengths[row] = kept as u32;
        threshold
    }

    /// What is left of a row, in no order, after a last look through it.
    pub(super) fn finish(&mut self, row: usize, upper: impl Fn(Hit) -> f64) -> &[Hit] {
        if self.lengths[row] as usize > self.k {
            self.shrink(row, upper);
        }
        &self.hits[row * self.room..][..self.lengths[row] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bounds half a unit apart from the lower one.
    fn upper(hit: Hit) -> f64 {
        f64::from(hit.score()) + 0.5
    }

    #[test]
    fn what_may_be_among_the_best_stays() {
        let mut lists = Candidates::new(2, 2);
        assert_eq!(lists.push(1, Hit::new(1.0, 0), upper), Added::One);
        assert_eq!(lists.push(1, Hit::new(3.0, 1), upper), Added::Threshold(1.0));
        for (score, place) in [(2.5, 2), (2.0, 3), (1.9, 4)] {
            assert_eq!(lists.push(1, Hit::new(score, place), upper), Added::One);
        }
        let mut places: Vec<u32> = lists.finish(1, upper).iter().map(|hit| hit.column()).collect();
        places.sort_unstable();
        assert_eq!(places, [1, 2, 3]); // 2.0 + 0.5 reaches 2.5, 1.9 + 0.5 does not
        assert!(lists.finish(0, upper).is_empty());
    }

    #[test]
    fn a_list_of_equals_is_given_up() {
        let mut lists = Candidates::new(1, 3);
        let added = (0..1000).map(|place| lists.push(0, Hit::new(1.0, place), upper));
        assert!(added.take(Candidates::room(3)).any(|added| added == Added::TooMany));
    }
}
