//! The pruned ranking of a chunk of rows.

use glowrec_graph::dispatched;
use glowrec_graph::simd::prefetch;

use super::candidates::{Added, Candidates};
use super::columns::{Codes, Panel};
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
        for (p, panel) in self.codes.panels().iter().enumerate() {
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
        let mut exact =
            Exact { task: self, hits: Vec::with_capacity(Candidates::room(self.ranker.k)) };
        for (i, &row) in rows.iter().enumerate() {
            if !chunk.given_up[i] {
                let upper = upper(chunk.groups.limits(i / ROWS), i % ROWS, self.codes.panels());
                let places = chunk.candidates.finish(i, upper);
                chunk.pruned.scored += places.len() as u64;
                write(i, exact.best(row, places));
            }
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
    excluded: Places,
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
            excluded: Places::new(task, queries.ids),
            given_up,
            pruned: Pruned::default(),
        }
    }

    /// Looks at the survivors of a tile, one by one, in the order of places.
    fn admit(&mut self, g: usize, p: usize, tile: &Tile, exists: u32) {
        let panels = self.task.codes.panels();
        let panel = &panels[p];
        for r in 0..ROWS.min(self.given_up.len() - g * ROWS) {
            let row = g * ROWS + r;
            let mut survivors = tile.survivors[r] & exists;
            while survivors != 0 {
                let lane = survivors.trailing_zeros();
                survivors &= survivors - 1;
                let place = (p * COLS) as u32 + lane;
                if self.excluded.reach(row, place) {
                    continue;
                }
                self.pruned.kept += 1;
                let limits = self.groups.limits(g);
                let estimate = limits.estimate(r, tile.sums[r][lane as usize], panel);
                let lower = rounded_down(estimate - limits.error(r, panel));
                match self.candidates.push(row, Hit::new(lower, place), upper(limits, r, panels)) {
                    Added::One => {}
                    Added::Threshold(threshold) => self.groups.raise(row, f64::from(threshold)),
                    Added::TooMany => {
                        self.given_up[row] = true;
                        self.groups.raise(row, f64::INFINITY);
                        break;
                    }
                }
            }
        }
    }
}

/// An upper bound of the score of a candidate of row `r` of a group.
fn upper<'a>(limits: &'a Limits, r: usize, panels: &'a [Panel]) -> impl Fn(Hit) -> f64 + 'a {
    // The stored bound may be lower than the bound by less than one step of float32.
    move |hit| {
        let panel = &panels[hit.column() as usize / COLS];
        f64::from(hit.score().next_up()) + 2.0 * limits.error(r, panel)
    }
}

/// The largest float32 that is not above `value`.
#[inline]
fn rounded_down(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

/// The places of the columns that each row excludes, ascending, and how many lie behind.
struct Places {
    places: Vec<u32>,
    ends: Vec<u32>,
    passed: Vec<u32>,
}

impl Places {
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

    /// Whether `place` is excluded for a row; places must ascend from call to call.
    #[inline]
    fn reach(&mut self, row: usize, place: u32) -> bool {
        let ahead = &self.places[self.passed[row] as usize..self.ends[row] as usize];
        let behind = ahead.iter().take_while(|&&other| other < place).count();
        self.passed[row] += behind as u32;
        ahead.get(behind) == Some(&place)
    }
}

/// Scores in float32.
struct Exact<'a> {
    task: &'a Task<'a>,
    hits: Vec<Hit>,
}

/// Columns that are scored side by side.
const LANES: usize = 8;

impl Exact<'_> {
    /// The best columns of a row among those at the given places, best first.
    fn best(&mut self, row: u32, places: &[Hit]) -> &[Hit] {
        let Task { ranker, codes } = self.task;
        let columns = places.iter().map(|hit| codes.column(hit.column()));
        self.hits.clear();
        self.hits.extend(columns.map(|column| Hit::new(0.0, column)));
        score_all(ranker.level, ranker.rows.row(row as usize), &ranker.cols, &mut self.hits);
        self.hits.sort_unstable();
        &self.hits[..self.hits.len().min(ranker.k)]
    }
}

dispatched! {
    /// Fills in the scores of hits whose columns are given.
    fn score_all(level, row: &[f32], cols: &Columns<'_>, hits: &mut [Hit]) = score_all_body;
}

#[inline(always)]
fn score_all_body(row: &[f32], cols: &Columns<'_>, hits: &mut [Hit]) {
    for hit in &*hits {
        let vector = cols.vectors().row(hit.column() as usize);
        for start in (0..vector.len()).step_by(16) {
            prefetch::<f32, 16>(vector, start);
        }
    }
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
