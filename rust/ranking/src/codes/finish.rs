//! From candidates of a row to their scores.

use super::COLS;
use super::candidates::Candidate;
use super::exact::score_all;
use super::excluded::Marks;
use super::rows::Bounds;
use super::scan::Task;
use crate::best::Hit;

/// The candidates of one row on their way to scores: those that are likeliest first, since their
/// scores exclude some of the others.
#[derive(Debug, Default)]
pub(super) struct Finish {
    pub(super) row: Option<usize>,
    /// Columns, with their scores as soon as there are some.
    hits: Vec<Hit>,
    n_scored: usize,
    /// Places of the others, with estimates of their scores.
    others: Vec<Hit>,
}

/// Relative to an estimate and to an error, more than what float32 and float64 lose between them.
pub(super) const LOOSE: f64 = 8.0 * f32::EPSILON as f64;
/// More than what float32 loses below the normal numbers.
pub(super) const TINY: f64 = 4.0 * f32::MIN_POSITIVE as f64;

impl Finish {
    /// Is of another row now, or of none.
    pub(super) fn begin(&mut self, row: Option<usize>) {
        self.row = row;
        self.hits.clear();
        self.others.clear();
        self.n_scored = 0;
    }

    /// Takes the candidates that are not excluded, the likeliest apart.
    pub(super) fn choose(&mut self, task: &Task<'_>, candidates: &[Candidate], marks: Marks<'_>) {
        let counts = candidates.iter().filter(|candidate| !marks.has(candidate.place));
        self.others.extend(counts.map(|candidate| Hit::new(candidate.estimate, candidate.place)));
        let n = self.others.len().min(task.ranker.k);
        if n < self.others.len() {
            self.others.select_nth_unstable(n - 1);
        }
        self.hits.extend(self.others.drain(..n).map(|hit| column_at(task, hit)));
    }

    /// Scores the likeliest, and finds the others that may still be among the best. The
    /// likeliest of `next` are scored next.
    pub(super) fn score_likeliest(
        &mut self,
        task: &Task<'_>,
        row: u32,
        bounds: &Bounds,
        next: &Self,
    ) {
        let ranker = task.ranker;
        let row = ranker.rows.row(row as usize);
        score_all(ranker.level, row, &ranker.cols, &mut self.hits, &next.hits);
        self.n_scored = self.hits.len();
        let Some(worst) = self.hits.iter().max() else { return };
        let threshold = f64::from(worst.score()) / bounds.scale;
        let panels = task.codes.panels();
        for hit in &self.others {
            let error = bounds.error(&panels[hit.column() as usize / COLS]);
            let estimate = f64::from(hit.score());
            let lost = (error + estimate.abs() + threshold.abs()) * LOOSE + TINY;
            if estimate + error + lost >= threshold {
                self.hits.push(column_at(task, *hit));
            }
        }
    }

    /// Scores the others; all scores there are. Those of `next` are scored next.
    pub(super) fn score_others(&mut self, task: &Task<'_>, row: u32, next: &Self) -> &mut [Hit] {
        let (ranker, others) = (task.ranker, &mut self.hits[self.n_scored..]);
        let (row, next) = (ranker.rows.row(row as usize), &next.hits[next.n_scored..]);
        score_all(ranker.level, row, &ranker.cols, others, next);
        &mut self.hits
    }
}

/// The column at the place of a hit, as one without a score.
fn column_at(task: &Task<'_>, hit: Hit) -> Hit {
    Hit::new(0.0, task.codes.column(hit.column()))
}
