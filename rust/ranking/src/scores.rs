//! Rankings of rows whose scores were computed elsewhere.

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use crate::error::{Error, Result, check};
use crate::lanes::{Excluded, LANES, Score, scan};

/// Rows of given scores, each of a row's columns scored once.
#[derive(Clone, Copy, Debug)]
pub struct ScoreRows<'a, S> {
    values: &'a [S],
    n_cols: usize,
    ids: &'a [u32],
    excluded: Option<&'a Csr>,
    level: Level,
}

/// Rows that one thread ranks before it looks for more.
const CHUNK: usize = 4;

impl<'a, S: Score> ScoreRows<'a, S> {
    /// Wraps one row of `n_cols` scores for each of `ids`: what a row is called in `excluded`
    /// and in errors.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if `values` has another length, or `excluded` another number of columns.
    pub fn new(
        values: &'a [S],
        n_cols: usize,
        ids: &'a [u32],
        excluded: Option<&'a Csr>,
        level: Level,
    ) -> Result<Self> {
        check("scores", ids.len() * n_cols, values.len())?;
        if let Some(excluded) = excluded {
            check("items of exclude", n_cols, excluded.n_cols())?;
        }
        Ok(Self { values, n_cols, ids, excluded, level })
    }

    /// What each row is called.
    pub(crate) fn ids(&self) -> &'a [u32] {
        self.ids
    }

    /// Scores of a row.
    pub(crate) fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// How the scores are compared.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// The scores of row `i`.
    pub(crate) fn row(&self, i: usize) -> &'a [S] {
        &self.values[i * self.n_cols..][..self.n_cols]
    }

    /// The columns of row `i` that are no candidates.
    pub(crate) fn excluded(&self, i: usize) -> &'a [u32] {
        self.excluded.map_or(&[], |excluded| excluded.row(self.ids[i] as usize))
    }

    /// Writes the `k` best columns of each row, best first, and their scores.
    ///
    /// Ties go to the lower column; both zeros are equal and come out as `0.0`. A column may
    /// score -inf; what fills a list that is not full is column -1 at -inf. One pass over the
    /// scores; the same bits for any number of threads.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first row, and its first column, whose score is NaN;
    /// excluded columns may score anything. [`Error::Length`] if a slice does not fit.
    pub fn top_k(&self, k: usize, columns: &mut [i64], scores: &mut [S]) -> Result<()> {
        check("columns", self.ids.len() * k, columns.len())?;
        check("scores", self.ids.len() * k, scores.len())?;
        if k == 0 || self.n_cols == 0 {
            columns.fill(-1);
            scores.fill(S::NEG_INFINITY);
            return Ok(());
        }
        let outputs = columns.par_chunks_mut(CHUNK * k).zip(scores.par_chunks_mut(CHUNK * k));
        let failure = outputs.enumerate().find_map_first(|(chunk, (columns, scores))| {
            let mut list = List::new(k.min(self.n_cols), self.n_cols);
            let slots = columns.chunks_mut(k).zip(scores.chunks_mut(k)).enumerate();
            slots
                .map(|(i, (columns, scores))| {
                    self.rank(chunk * CHUNK + i, &mut list, columns, scores)
                })
                .find_map(Result::err)
        });
        failure.map_or(Ok(()), Err)
    }

    fn rank(
        &self,
        i: usize,
        list: &mut List<S>,
        columns: &mut [i64],
        scores: &mut [S],
    ) -> Result<()> {
        list.clear();
        let mut excluded = Excluded::new(self.excluded(i));
        scan(self.level, self.row(i), S::NAN, |group, first, lanes| {
            let lanes = lanes & !excluded.lanes(first);
            list.admit(group, first, lanes).map_err(|column| Error::NotANumber {
                row: self.ids[i] as usize,
                column: column as usize,
            })
        })?;
        let best = list.sorted();
        for (slot, &key) in columns.iter_mut().zip(best) {
            *slot = i64::from(S::of(key).0);
        }
        for (slot, &key) in scores.iter_mut().zip(best) {
            *slot = S::of(key).1;
        }
        columns[best.len()..].fill(-1);
        scores[best.len()..].fill(S::NEG_INFINITY);
        Ok(())
    }
}

/// The best of a row so far, and the score that a newcomer must exceed.
///
/// Holds up to `room` candidates and falls back to the best `k` when it is full, so that a
/// newcomer costs constant time on average.
struct List<S: Score> {
    k: usize,
    room: usize,
    keys: Vec<S::Key>,
    threshold: S,
}

impl<S: Score> List<S> {
    fn new(k: usize, n_cols: usize) -> Self {
        let room = k.saturating_add(k.max(40)).min(n_cols);
        Self { k, room, keys: Vec::with_capacity(room), threshold: S::NAN }
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.threshold = S::NAN;
    }

    /// Takes in some lanes of a group and gives the new threshold, or the first column with NaN.
    #[inline]
    fn admit(
        &mut self,
        group: &[S; LANES],
        first: u32,
        mut lanes: u32,
    ) -> std::result::Result<S, u32> {
        while lanes != 0 {
            let lane = lanes.trailing_zeros();
            lanes &= lanes - 1;
            let score = group[lane as usize];
            if score <= self.threshold {
                continue; // the threshold has risen; an equal score comes too late
            }
            if score.is_nan() {
                return Err(first + lane);
            }
            self.keys.push(score.key(first + lane));
            let n = self.keys.len();
            if n == self.k || n == self.room {
                self.shrink();
            }
        }
        Ok(self.threshold)
    }

    /// Leaves the best `k`; the score of the last of them is the new threshold.
    #[cold]
    fn shrink(&mut self) {
        let (_, &mut last, _) = self.keys.select_nth_unstable(self.k - 1);
        self.keys.truncate(self.k);
        self.threshold = S::of(last).1;
    }

    fn sorted(&mut self) -> &[S::Key] {
        self.keys.sort_unstable();
        &self.keys[..self.keys.len().min(self.k)]
    }
}
