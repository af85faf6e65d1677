//! The pruned ranking of a chunk of rows.

use glowrec_graph::dispatched;

use super::candidates::{Bounds, Candidates};
use super::columns::Codes;
use super::head::Head;
use super::kernels::Tile;
use super::rows::{Groups, Limits};
use super::{COLS, ROWS};
use crate::best::Hit;
use crate::ranker::{Queries, Ranker};
use crate::table::Columns;

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

/// A ranker and the codes of its columns.
pub(crate) struct Task<'a> {
    pub(crate) ranker: &'a Ranker<'a>,
    pub(crate) codes: &'a Codes,
}

impl Task<'_> {
    /// Gives the best columns of each query to `write`, best first, with the query's position.
    /// Positions of queries that codes do not help are given back.
    pub(crate) fn run(
        &self,
        queries: Queries<'_>,
        mut write: impl FnMut(usize, &[Hit]),
    ) -> (Vec<usize>, Pruned) {
        let rows = queries.rows;
        let mut chunk = Chunk::new(self, queries);
        let mut tile = Tile::EMPTY;
        let n_head = chunk.begin(&mut tile);
        for (p, panel) in self.codes.panels().iter().enumerate().skip(n_head) {
            let steps = self.codes.steps(p);
            let exists = u32::MAX >> COLS.saturating_sub(self.codes.n_columns() - p * COLS);
            let mut from = 0;
            while let Some(g) =
                self.codes.dots().sweep(&chunk.groups, from, steps, panel, &mut tile)
            {
                chunk.admit(g, p, &tile, exists);
                from = g + 1;
            }
        }
        // The vectors of a row's columns are on their way while those of the row before are read.
        let mut waiting: Option<usize> = None;
        let (mut hits, mut next) = (vec![], vec![]);
        for i in (0..rows.len()).filter(|&i| !chunk.given_up[i]).collect::<Vec<_>>() {
            next.clear();
            next.extend(chunk.left(i).iter().map(|&bits| self.ahead(Hit::from_bits(bits))));
            if let Some(i) = waiting.replace(i) {
                write(i, self.best(rows[i], &mut hits));
            }
            std::mem::swap(&mut hits, &mut next);
        }
        if let Some(i) = waiting {
            write(i, self.best(rows[i], &mut hits));
        }
        let given_up: Vec<usize> = (0..rows.len()).filter(|&i| chunk.given_up[i]).collect();
        let n_pruned = (rows.len() - given_up.len()) as u64;
        chunk.pruned.compared = n_pruned * self.codes.n_columns() as u64;
        chunk.pruned.unpruned = given_up.len() as u64;
        (given_up, chunk.pruned)
    }
}

/// The rows that one thread ranks at a time.
struct Chunk<'a> {
    task: &'a Task<'a>,
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
        Self {
            task,
            groups,
            candidates: Candidates::new(vectors.len(), task.ranker.k),
            excluded: Excluded::new(task, queries.ids),
            given_up,
            pruned: Pruned::default(),
        }
    }

    /// Looks at the head of every row at once; the number of its panels.
    fn begin(&mut self, tile: &mut Tile) -> usize {
        let Task { ranker, codes } = self.task;
        let (mut head, mut hits) = (Head::new(codes, ranker.k), vec![]);
        for g in 0..self.groups.len() {
            let rows = (g * ROWS..self.given_up.len().min((g + 1) * ROWS))
                .filter(|&row| !self.given_up[row]);
            let rows: Vec<usize> = rows.collect();
            if rows.is_empty() {
                continue;
            }
            for (p, panel) in codes.panels().iter().enumerate().take(head.n_panels()) {
                // Nothing has a threshold yet, so that all sums are there.
                codes.dots().sweep(&self.groups, g, codes.steps(p), panel, tile);
                head.keep(p, tile);
            }
            for row in rows {
                let bounds = RowBounds::new(&self.groups, codes, &mut self.excluded, row);
                let threshold = head.best(
                    ranker.level,
                    (bounds.r, bounds.limits),
                    codes,
                    bounds.excluded.rest(),
                    (ranker.k, |threshold| bounds.reach(threshold)),
                    &mut hits,
                );
                self.given_up[row] = !self.candidates.begin(row, &hits);
                let threshold = if self.given_up[row] { f32::INFINITY } else { threshold };
                self.groups.raise(row, f64::from(threshold));
            }
        }
        head.n_panels()
    }

    /// Takes in the survivors of a tile.
    fn admit(&mut self, g: usize, p: usize, tile: &Tile, exists: u32) {
        for r in 0..ROWS.min(self.given_up.len() - g * ROWS) {
            let survivors = tile.survivors[r] & exists;
            if survivors == 0 {
                continue;
            }
            let row = g * ROWS + r;
            self.pruned.kept += u64::from(survivors.count_ones());
            if self.candidates.add(row, survivors, &tile.sums[r], (p * COLS) as u32) {
                self.raise(row);
            }
        }
    }

    /// Looks through what has come for a row, and lets less come.
    #[cold]
    fn raise(&mut self, row: usize) {
        let mut bounds = RowBounds::new(&self.groups, self.task.codes, &mut self.excluded, row);
        let level = self.task.ranker.level;
        let threshold = self.candidates.look_through(level, row, &mut bounds).map_or_else(
            || {
                self.given_up[row] = true;
                f64::INFINITY
            },
            f64::from,
        );
        self.groups.raise(row, threshold);
    }

    /// The places of what may be among the best of a row, as hits.
    fn left(&mut self, row: usize) -> &[u64] {
        let mut bounds = RowBounds::new(&self.groups, self.task.codes, &mut self.excluded, row);
        let places = self.candidates.finish(row, &mut bounds);
        self.pruned.scored += places.len() as u64;
        places
    }
}

/// The bounds of one row's scores.
struct RowBounds<'a> {
    limits: &'a Limits,
    codes: &'a Codes,
    r: usize,
    excluded: Ahead<'a>,
}

impl<'a> RowBounds<'a> {
    fn new(groups: &'a Groups, codes: &'a Codes, excluded: &'a mut Excluded, row: usize) -> Self {
        let limits = groups.limits(row / ROWS);
        Self { limits, codes, r: row % ROWS, excluded: excluded.of(row) }
    }
}

impl Bounds for RowBounds<'_> {
    fn lower(&mut self, sum: i32, place: u32) -> Option<Hit> {
        if self.excluded.reach(place) {
            return None;
        }
        let panel = &self.codes.panels()[place as usize / COLS];
        let lower = self.limits.estimate(self.r, sum, panel) - self.limits.error(self.r, panel);
        Some(Hit::new(rounded_down(lower), place))
    }

    fn upper(&self, hit: Hit) -> f64 {
        let panel = &self.codes.panels()[hit.column() as usize / COLS];
        above(hit.score(), 2.0 * self.limits.error(self.r, panel))
    }

    fn reach(&self, threshold: f32) -> f32 {
        below(threshold, 2.0 * self.limits.error(self.r, self.codes.worst()))
    }
}

/// The smallest positive float32.
const LEAST: f32 = f32::from_bits(1);

/// A float32 that is not above `value`, and at most three steps below it; no branch.
#[inline]
fn rounded_down(value: f64) -> f32 {
    let near = value as f32;
    near - near.abs() * f32::EPSILON - LEAST
}

/// Relative to a bound and to an error, more than what float32 has lost in lower bounds: here, and
/// eight times as much in the head.
const LOOSE: f64 = 64.0 * f32::EPSILON as f64;
/// More than what it loses below the normal numbers.
const TINY: f64 = 4.0 * f32::MIN_POSITIVE as f64;

/// A bound above the score that has a lower bound, where both are `width` apart but for rounding.
#[inline]
fn above(lower: f32, width: f64) -> f64 {
    let lower = f64::from(lower);
    lower + width * (1.0 + LOOSE) + lower.abs() * LOOSE + TINY
}

/// A lower bound that is less than this has its upper bound, `width` or less above it, below
/// `threshold`.
fn below(threshold: f32, width: f64) -> f32 {
    let threshold = f64::from(threshold);
    let lost = threshold.abs() * 2.0 * LOOSE + 4.0 * TINY;
    rounded_down(threshold - width * (1.0 + 4.0 * LOOSE) - lost)
}

/// The places of the columns that each row excludes, ascending, and how many lie behind.
struct Excluded {
    places: Vec<u32>,
    ends: Vec<u32>,
    passed: Vec<u32>,
}

impl Excluded {
    fn new(task: &Task<'_>, ids: &[u32]) -> Self {
        let (mut places, mut ends, mut passed) = (vec![], vec![], vec![]);
        for &id in ids {
            let first = places.len();
            passed.push(first as u32);
            if let Some(excluded) = task.ranker.excluded {
                places.extend(excluded.row(id as usize).iter().map(|&col| task.codes.place(col)));
                places[first..].sort_unstable();
            }
            ends.push(places.len() as u32);
        }
        Self { places, ends, passed }
    }

    /// What a row excludes from where it has come to.
    fn of(&mut self, row: usize) -> Ahead<'_> {
        let ahead = &self.places[..self.ends[row] as usize];
        Ahead { places: ahead, passed: &mut self.passed[row] }
    }
}

/// The excluded places of one row, and how many lie behind.
struct Ahead<'a> {
    places: &'a [u32],
    passed: &'a mut u32,
}

impl<'a> Ahead<'a> {
    /// Those that do not lie behind.
    fn rest(&self) -> &'a [u32] {
        &self.places[*self.passed as usize..]
    }

    /// Whether `place` is excluded; places must ascend from call to call.
    #[inline]
    fn reach(&mut self, place: u32) -> bool {
        while self.places.get(*self.passed as usize).is_some_and(|&other| other < place) {
            *self.passed += 1;
        }
        self.places.get(*self.passed as usize) == Some(&place)
    }
}

impl Task<'_> {
    /// The column at the place of a hit, as one without a score; its vector is asked for.
    fn ahead(&self, hit: Hit) -> Hit {
        let column = self.codes.column(hit.column());
        self.ranker.cols.vectors().prefetch(column as usize);
        Hit::new(0.0, column)
    }

    /// The best of some columns of a row, best first.
    fn best<'h>(&self, row: u32, hits: &'h mut [Hit]) -> &'h [Hit] {
        let Ranker { rows, cols, k, level, .. } = self.ranker;
        score_all(*level, rows.row(row as usize), cols, hits);
        hits.sort_unstable();
        &hits[..hits.len().min(*k)]
    }
}

/// Columns that are scored side by side.
const LANES: usize = 8;

dispatched! {
    /// Fills in the scores of hits whose columns are given.
    fn score_all(level, row: &[f32], cols: &Columns<'_>, hits: &mut [Hit]) = score_all_body;
}

#[inline(always)]
fn score_all_body(row: &[f32], cols: &Columns<'_>, hits: &mut [Hit]) {
    for hits in hits.chunks_mut(LANES) {
        // Lanes without a hit repeat the first one.
        let column = |lane: usize| hits[if lane < hits.len() { lane } else { 0 }].column();
        let columns: [u32; LANES] = std::array::from_fn(column);
        let vectors = columns.map(|column| cols.vectors().row(column as usize));
        let mut sums = columns.map(|column| cols.start(column as usize));
        for (d, &value) in row.iter().enumerate() {
            for (sum, vector) in sums.iter_mut().zip(vectors) {
                *sum = value.mul_add(vector[d], *sum);
            }
        }
        for (hit, (sum, column)) in hits.iter_mut().zip(sums.into_iter().zip(columns)) {
            *hit = Hit::new(sum, column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_down_is_down_and_near() {
        let values = [0.0, 1e-46, 1e-45, 1e-40, 1.2e-38, 0.1, 1.0, 1.0 + 1e-9, 3.3e7, 1e30];
        for value in values.into_iter().flat_map(|value| [value, -value, value * 1.000_000_1]) {
            let rounded = f64::from(rounded_down(value));
            assert!(rounded <= value && value - rounded <= value.abs() * 4e-7 + 1e-44, "{value}");
        }
    }

    #[test]
    fn upper_bounds_undo_what_lower_ones_lost_and_meet_thresholds() {
        for score in [0.0, 1e-40, -1e-38, 0.3, -2.0, 77.7, 5e19] {
            for error in [0.0, 1e-41, 0.01, 3.0, 1e18] {
                // As lossy as the head's bounds may be.
                let lost = (f64::abs(score) + error) * 9.0 * f64::from(f32::EPSILON);
                let lower = (score - error - lost - f64::from(f32::MIN_POSITIVE)) as f32;
                let upper = above(lower, 2.0 * error);
                assert!(upper >= score + error, "{score} {error}");
                for wider in [error, 1.5 * error + 1e-3] {
                    let threshold = upper as f32;
                    let threshold = if f64::from(threshold) > upper {
                        threshold.next_down()
                    } else {
                        threshold
                    };
                    assert!(below(threshold, 2.0 * wider) <= lower, "{score} {error} {wider}");
                }
            }
        }
    }
}
