//! The pruned ranking of a chunk of rows.

use super::candidates::{Candidate, Candidates};
use super::columns::Codes;
use super::excluded::Excluded;
use super::finish::{Finish, LOOSE, TINY};
use super::kernels::{BATCH, Tile};
use super::plan::{Caution, Plan};
use super::rows::Groups;
use super::sample::Sample;
use super::{COLS, ROWS};
use crate::best::Hit;
use crate::ranker::{Queries, Ranker};

/// What pruning left to do; counts add up over calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Pairs of rows and columns that were compared by their codes.
    pub compared: u64,
    /// Pairs that the bound did not exclude when they were looked at.
    pub kept: u64,
    /// Pairs that it did not exclude in the end, and that were scored in float32.
    pub scored: u64,
    /// Rows that were ranked without codes.
    pub unpruned: u64,
}

impl std::ops::AddAssign for Pruned {
    fn add_assign(&mut self, other: Self) {
        self.compared += other.compared;
        self.kept += other.kept;
        self.scored += other.scored;
        self.unpruned += other.unpruned;
    }
}

/// A ranker, the codes of its columns, and how cautiously it guesses.
pub(crate) struct Task<'a> {
    pub(crate) ranker: &'a Ranker<'a>,
    pub(crate) codes: &'a Codes,
    pub(crate) caution: Caution,
}

/// Positions of queries without a ranking.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Whose guess was too high.
    pub(crate) missed: Vec<usize>,
    /// Whom codes do not help.
    pub(crate) given_up: Vec<usize>,
}

/// Candidates that a list has room for, for each one that is hoped for: the bounds let more pass.
const SPARE: usize = 4;

/// Candidates that the list of a row has room for.
pub(crate) fn room(n_columns: usize, k: usize, caution: Caution) -> usize {
    let hoped = Plan::new(n_columns).hoped(k, caution);
    hoped.saturating_mul(SPARE).min(n_columns).saturating_add(2 * COLS)
}

impl Task<'_> {
    /// Gives the best columns of each query to `write`, best first, with the query's position.
    /// Gives back who is left.
    pub(crate) fn run(
        &self,
        queries: Queries<'_>,
        write: impl FnMut(usize, &[Hit]),
    ) -> (Left, Pruned) {
        let mut chunk = Chunk::new(self, queries);
        chunk.sample();
        chunk.sweep();
        chunk.finish(queries.rows, write)
    }
}

/// The rows that one thread ranks at a time.
struct Chunk<'a> {
    task: &'a Task<'a>,
    plan: Plan,
    groups: Groups,
    candidates: Candidates,
    excluded: Excluded,
    given_up: Vec<bool>,
    pruned: Pruned,
}

impl<'a> Chunk<'a> {
    fn new(task: &'a Task<'a>, queries: Queries<'_>) -> Self {
        let row = |&row: &u32| task.ranker.rows.row(row as usize);
        let vectors: Vec<&[f32]> = queries.rows.iter().map(row).collect();
        let (groups, given_up) = Groups::new(&vectors, task.codes);
        let room = room(task.codes.n_columns(), task.ranker.k, task.caution);
        Self {
            task,
            plan: Plan::new(task.codes.n_columns()),
            candidates: Candidates::new(groups.len(), room),
            groups,
            excluded: Excluded::new(task, queries.ids),
            given_up,
            pruned: Pruned::default(),
        }
    }

    /// Compares every row with the sample, and guesses its threshold.
    fn sample(&mut self) {
        let Task { ranker, codes, caution } = self.task;
        let (mut sample, mut tiles) = (Sample::new(codes, self.plan), [Tile::EMPTY; BATCH]);
        let missing = codes.n_columns() as u32..(codes.panels().len() * COLS) as u32;
        for group in 0..self.groups.len() {
            for (at, p) in self.plan.panels().enumerate() {
                // Nothing has a threshold yet, so that all sums are there.
                let (groups, units) = ((&self.groups, group..group + 1), codes.units(p));
                codes.dots().sweep(groups, codes.steps(p), units, &mut tiles, |_, tiles| {
                    sample.keep(ranker.level, at, codes.panels()[p].scale, &tiles[0]);
                });
            }
            for row in group * ROWS..self.given_up.len().min((group + 1) * ROWS) {
                if self.given_up[row] {
                    continue;
                }
                let (r, excluded) = (row % ROWS, self.excluded.of(row).iter().copied());
                sample.forget(r, excluded.chain(missing.clone()));
                let bounds = (r, self.groups.bounds(row));
                let guess = sample.guess(ranker.level, bounds, ranker.k, *caution);
                let mut fits = true;
                sample.reaching(ranker.level, bounds, guess, |candidate| {
                    fits = self.candidates.push(row, candidate);
                });
                self.groups.raise(row, f64::from(guess));
                if !fits {
                    self.give_up(row);
                }
            }
        }
    }

    /// Compares every row with all other columns.
    fn sweep(&mut self) {
        let (codes, mut tiles) = (self.task.codes, [Tile::EMPTY; BATCH]);
        for (p, panel) in codes.panels().iter().enumerate() {
            if self.plan.contains(p) {
                continue;
            }
            let first = p * COLS;
            let scale = panel.scale as f32;
            let exists = u32::MAX >> COLS.saturating_sub(codes.n_columns() - first);
            let groups = (&self.groups, 0..self.groups.len());
            codes.dots().sweep(
                groups,
                codes.steps(p),
                codes.units(p),
                &mut tiles,
                |group, tiles| {
                    self.candidates.add(group, tiles, first as u32, exists, scale);
                },
            );
            while let Some(row) = self.candidates.full() {
                self.raise(row);
            }
        }
    }

    /// Lets less come for a row whose list is full: as much as is known to be reached.
    #[cold]
    fn raise(&mut self, row: usize) {
        let (of_row, k) = (*self.groups.bounds(row), self.task.ranker.k);
        let panels = self.task.codes.panels();
        let bounds = |candidate: Candidate| {
            let estimate = f64::from(candidate.estimate);
            let error = of_row.error(&panels[candidate.place as usize / COLS]);
            let error = error + (error + estimate.abs()) * LOOSE + TINY;
            (estimate - error, estimate + error)
        };
        let marks = self.excluded.marks(row);
        let counts = |candidate: &&Candidate| !marks.has(candidate.place);
        let candidates = self.candidates.of(row).iter().filter(counts);
        let mut lower: Vec<f64> = candidates.map(|&candidate| bounds(candidate).0).collect();
        let mut threshold = of_row.threshold;
        if lower.len() >= k {
            let (_, worst, _) = lower.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
            // Less a little for what float64 rounds.
            threshold = threshold.max(*worst - worst.abs() * 1e-12);
        }
        let stays =
            |candidate: Candidate| bounds(candidate).1 >= threshold && !marks.has(candidate.place);
        let before = self.candidates.of(row).len();
        let fits = self.candidates.retain(row, stays);
        self.pruned.kept += (before - self.candidates.of(row).len()) as u64;
        self.groups.raise(row, threshold);
        if !fits {
            self.give_up(row);
        }
    }

    fn give_up(&mut self, row: usize) {
        self.given_up[row] = true;
        self.groups.raise(row, f64::INFINITY);
        self.candidates.retain(row, |_| false);
    }

    /// Scores what is left of each row.
    fn finish(mut self, rows: &[u32], mut write: impl FnMut(usize, &[Hit])) -> (Left, Pruned) {
        let n_rows = self.given_up.len();
        let given_up = (0..n_rows).filter(|&row| self.given_up[row]).collect();
        let mut left = Left { missed: vec![], given_up };
        // The vectors of a row's columns are on their way while those of the rows before are read.
        let mut line: [Finish; 3] = Default::default();
        for row in (0..n_rows).map(Some).chain([None, None]) {
            line.rotate_right(1);
            let [first, second, third] = &mut line;
            first.begin(row.filter(|&row| !self.given_up[row]));
            if let Some(row) = first.row {
                let candidates = self.candidates.of(row);
                self.pruned.kept += candidates.len() as u64;
                first.choose(self.task, candidates, self.excluded.marks(row));
            }
            if let Some(row) = second.row {
                second.score_likeliest(self.task, rows[row], self.groups.bounds(row), first);
            }
            if let Some(row) = third.row {
                let bounds = self.groups.bounds(row);
                let hits = third.score_others(self.task, rows[row], second);
                self.pruned.scored += hits.len() as u64;
                match best(hits, self.task.ranker.k, bounds.threshold * bounds.scale) {
                    Some(hits) => write(row, hits),
                    None => left.missed.push(row),
                }
            }
        }
        let n_pruned = (n_rows - left.given_up.len()) as u64;
        self.pruned.compared = n_pruned * self.task.codes.n_columns() as u64;
        (left, self.pruned)
    }
}

/// The best `k`, best first; `None` if some that are not here may belong to them: all scores that
/// reach `least` are.
fn best(hits: &mut [Hit], k: usize, least: f64) -> Option<&[Hit]> {
    hits.sort_unstable();
    // More than what float64 rounds in a threshold.
    let least = least + least.abs() * 1e-12;
    let complete = least == f64::NEG_INFINITY
        || hits.get(k - 1).is_some_and(|last| f64::from(last.score()) >= least);
    complete.then(|| &hits[..hits.len().min(k)])
}
