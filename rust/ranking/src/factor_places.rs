//! Places of columns by the dot products of vectors, tile by tile, no score stored.

use std::ops::Range;

use glowrec_graph::simd::Level;
use glowrec_graph::{Csr, dispatched};
use rayon::prelude::*;

use crate::error::{Error, Result, check};
use crate::kernels::{COLS, ROWS, Tile, score};
use crate::lanes::{Excluded, LANES};
use crate::pack::pack;
use crate::places::{Place, parts};
use crate::ranker::Queries;
use crate::steps::Steps;
use crate::table::{Columns, Table};
use crate::unpruned::Panel;

/// Places of columns by the dot products of vectors.
#[derive(Clone, Copy, Debug)]
pub struct FactorPlaces<'a> {
    rows: Table<'a>,
    cols: Columns<'a>,
    excluded: Option<&'a Csr>,
    level: Level,
}

/// Bytes of the packed vectors of one chunk of rows, which stay in a core's second cache.
const VECTORS: usize = 192 << 10;
/// Targets of one chunk of rows: what is counted for them stays there as well.
const TARGETS: usize = 12_000;

impl<'a> FactorPlaces<'a> {
    /// Places among the `cols` that `excluded` does not link to the row.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the vectors differ in length, or `excluded` has another number of
    /// columns.
    pub fn new(
        rows: Table<'a>,
        cols: impl Into<Columns<'a>>,
        excluded: Option<&'a Csr>,
        level: Level,
    ) -> Result<Self> {
        let cols = cols.into();
        check("item vectors", rows.dim(), cols.dim())?;
        if let Some(excluded) = excluded {
            check("items of exclude", cols.len(), excluded.n_cols())?;
        }
        Ok(Self { rows, cols, excluded, level })
    }

    /// Writes the places of the columns that `targets` links to the id of each query, one query
    /// after another, its columns ascending; [`Place::NOWHERE`] for those that are excluded.
    ///
    /// Every row with a target among its candidates is scored once against all columns, by the
    /// same chain of fused multiply-adds as [`crate::Ranker::top_k`].
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first such query, and its first column, whose score is NaN;
    /// excluded columns may score anything. [`Error::Length`] if a slice does not fit.
    ///
    /// # Panics
    ///
    /// If a query names no row of its table.
    pub fn places(&self, queries: Queries<'_>, targets: &Csr, out: &mut [Place]) -> Result<()> {
        check("items of test", self.cols.len(), targets.n_cols())?;
        check("ids", queries.rows.len(), queries.ids.len())?;
        let sizes = |i: usize| targets.degree(queries.ids[i] as usize);
        let chunks = self.chunks(queries.rows.len(), sizes);
        let lengths = chunks.iter().map(|chunk| chunk.clone().map(sizes).sum()).collect();
        let work = chunks.par_iter().zip(parts(lengths, out)?);
        let failure = work.find_map_first(|(chunk, out)| {
            let queries =
                Queries { rows: &queries.rows[chunk.clone()], ids: &queries.ids[chunk.clone()] };
            out.fill(Place::NOWHERE);
            match self.count(queries, self.steps(queries, targets)) {
                Ok(steps) => {
                    steps.iter().flatten().for_each(|steps| steps.write(out));
                    None
                }
                Err(error) => Some(error),
            }
        });
        failure.map_or(Ok(()), Err)
    }

    /// Writes how many candidates of each query score exactly what is given; none score NaN.
    ///
    /// # Errors
    ///
    /// As [`Self::places`].
    ///
    /// # Panics
    ///
    /// As [`Self::places`].
    pub fn equal_to(&self, queries: Queries<'_>, scores: &[f32], out: &mut [i64]) -> Result<()> {
        let n = queries.rows.len();
        check("ids", n, queries.ids.len())?;
        check("scores", n, scores.len())?;
        check("counts", n, out.len())?;
        let chunks = self.chunks(n, |_| 1);
        let lengths = chunks.iter().map(Range::len).collect();
        let work = chunks.par_iter().zip(parts(lengths, out)?);
        let failure = work.find_map_first(|(chunk, out)| {
            let queries =
                Queries { rows: &queries.rows[chunk.clone()], ids: &queries.ids[chunk.clone()] };
            let asked = scores[chunk.clone()].iter();
            match self.count(queries, asked.map(|&score| Some(Steps::one(score))).collect()) {
                Ok(steps) => {
                    for (out, steps) in out.iter_mut().zip(&steps) {
                        *out = steps.as_ref().map_or(0, Steps::level_with);
                    }
                    None
                }
                Err(error) => Some(error),
            }
        });
        failure.map_or(Ok(()), Err)
    }

    /// Consecutive queries, of `size` targets each, that one thread counts at a time.
    fn chunks(&self, n: usize, size: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
        let by_vectors = VECTORS / (4 * self.rows.dim().max(1));
        let by_threads = n.div_ceil(rayon::current_num_threads());
        let longest = by_vectors.min(by_threads).clamp(ROWS, 1024).next_multiple_of(ROWS);
        let (mut chunks, mut start, mut targets) = (vec![], 0, 0);
        for i in 0..n {
            targets += size(i);
            let length = i + 1 - start;
            if length == longest || (length % ROWS == 0 && targets >= TARGETS) || i + 1 == n {
                chunks.push(start..i + 1);
                (start, targets) = (i + 1, 0);
            }
        }
        chunks
    }

    /// What the candidates of each query are counted against; nothing without targets.
    fn steps(&self, queries: Queries<'_>, targets: &Csr) -> Vec<Option<Steps<f32>>> {
        let mut slots = 0..;
        let steps = queries.rows.iter().zip(queries.ids).map(|(&row, &id)| {
            let excluded = self.excluded(id);
            let columns = targets.row(id as usize).iter().zip(slots.by_ref());
            let candidates = columns.filter(|(column, _)| excluded.binary_search(column).is_err());
            let scored = candidates.map(|(&column, slot)| (self.score(row, column), column, slot));
            let scored: Vec<_> = scored.collect();
            (!scored.is_empty()).then(|| Steps::new(scored))
        });
        steps.collect()
    }

    fn excluded(&self, id: u32) -> &'a [u32] {
        self.excluded.map_or(&[], |excluded| excluded.row(id as usize))
    }

    /// The score that the tiles give, bit by bit.
    fn score(&self, row: u32, column: u32) -> f32 {
        let (row, column) = (row as usize, column as usize);
        let (start, vectors) = (self.cols.start(column), self.cols.vectors());
        dot(self.level, start, self.rows.row(row), vectors.row(column))
    }

    /// Counts all candidates of each query against its steps; rows without steps are not asked.
    fn count(
        &self,
        queries: Queries<'_>,
        mut steps: Vec<Option<Steps<f32>>>,
    ) -> Result<Vec<Option<Steps<f32>>>> {
        let (dim, n_cols) = (self.rows.dim(), self.cols.len());
        let size = ROWS * dim;
        let mut packed = vec![0.0; steps.len().div_ceil(ROWS) * size];
        for (i, rows) in queries.rows.chunks(ROWS).enumerate() {
            let rows = rows.iter().map(|&row| row as usize);
            pack::<ROWS>(&self.rows, rows, &mut packed[i * size..][..size]);
        }
        let mut bounds = vec![[f32::INFINITY; ROWS]; steps.len().div_ceil(ROWS)];
        for (row, steps) in steps.iter().enumerate() {
            bounds[row / ROWS][row % ROWS] = steps.as_ref().map_or(f32::INFINITY, Steps::bound);
        }
        let mut excluded: Vec<_> =
            queries.ids.iter().map(|&id| Excluded::new(self.excluded(id))).collect();
        let mut failure: Option<(usize, u32)> = None;
        let (mut panel, mut tile) = (Panel::new(dim), Tile::EMPTY);
        for first in (0..n_cols).step_by(COLS) {
            panel.fill(&self.cols, first);
            for (i, bounds) in bounds.iter().enumerate() {
                let rows = &packed[i * size..][..size];
                if !score(self.level, rows, &panel.packed, &panel.starts, bounds, &mut tile) {
                    continue;
                }
                let rows = steps.iter_mut().zip(&mut excluded).enumerate().skip(i * ROWS);
                let rows = rows.zip(tile.survivors.iter().zip(&tile.scores));
                for ((row, (steps, excluded)), (&lanes, scores)) in rows {
                    let Some(steps) = steps else { continue };
                    let lanes = lanes & panel.exists;
                    if lanes == 0 {
                        continue;
                    }
                    let lanes = lanes & !excluded.lanes(panel.first);
                    if let Err(column) = steps.count(self.level, scores, panel.first, lanes)
                        && failure.is_none_or(|(failed, _)| row < failed)
                    {
                        failure = Some((row, column));
                    }
                }
            }
        }
        match failure {
            None => Ok(steps),
            Some((row, column)) => {
                Err(Error::NotANumber { row: queries.ids[row] as usize, column: column as usize })
            }
        }
    }
}

const _: () = assert!(LANES == COLS, "a row of a tile is a group of lanes");

fn dot_body(start: f32, row: &[f32], col: &[f32]) -> f32 {
    row.iter().zip(col).fold(start, |sum, (row, col)| row.mul_add(*col, sum))
}

dispatched! {
    /// One score as a chain of fused multiply-adds, which rounds alike everywhere.
    fn dot(level, start: f32, row: &[f32], col: &[f32]) -> f32 = dot_body;
}
