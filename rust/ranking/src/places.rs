//! Where given columns stand among all candidates of their rows, no score stored.

use glowrec_graph::simd::Level;
use glowrec_graph::{Csr, dispatched};
use rayon::prelude::*;

use crate::error::{Error, Result, check};
use crate::kernels::{COLS, ROWS, Tile, score};
use crate::lanes::{Excluded, LANES, Score, scan};
use crate::pack::pack;
use crate::ranker::Queries;
use crate::scores::ScoreRows;
use crate::steps::Steps;
use crate::table::Table;

/// Where a column stands among the candidates of its row: its rank is `above + before + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its score.
    pub score: f64,
    /// Candidates with a higher score.
    pub above: i64,
    /// Candidates with the same score and a lower column.
    pub before: i64,
    /// Candidates with the same score, the column itself left out.
    pub tied: i64,
}

impl Place {
    /// What is no candidate stands nowhere.
    pub const NOWHERE: Self = Self { score: f64::NAN, above: -1, before: 0, tied: 0 };
}

/// Places of columns by the dot products of vectors.
#[derive(Clone, Copy, Debug)]
pub struct FactorPlaces<'a> {
    rows: Table<'a>,
    cols: Table<'a>,
    excluded: Option<&'a Csr>,
    level: Level,
}

/// Bytes of the packed vectors of one chunk of rows, which stay in a core's second cache.
const CHUNK: usize = 192 << 10;

impl<'a> FactorPlaces<'a> {
    /// Places among the `cols` that `excluded` does not link to the row.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the vectors differ in length, or `excluded` has another number of
    /// columns.
    pub fn new(
        rows: Table<'a>,
        cols: Table<'a>,
        excluded: Option<&'a Csr>,
        level: Level,
    ) -> Result<Self> {
        check("item vectors", rows.dim(), cols.dim())?;
        if let Some(excluded) = excluded {
            check("items of exclude", cols.n_rows(), excluded.n_cols())?;
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
        check("items of test", self.cols.n_rows(), targets.n_cols())?;
        check("ids", queries.rows.len(), queries.ids.len())?;
        let chunk = self.chunk(queries.rows.len());
        let queries = queries.rows.par_chunks(chunk).zip(queries.ids.par_chunks(chunk));
        let outputs =
            parts(queries.clone().map(|(_, ids)| n_targets(targets, ids)).collect(), out)?;
        let failure = queries.zip(outputs).find_map_first(|((rows, ids), out)| {
            out.fill(Place::NOWHERE);
            let mut slot = 0;
            let steps = rows.iter().zip(ids).map(|(&row, &id)| {
                let columns = targets.row(id as usize);
                let slots = slot..slot + columns.len();
                slot = slots.end;
                let excluded = self.excluded(id);
                let candidates = columns
                    .iter()
                    .zip(slots)
                    .filter(|(column, _)| excluded.binary_search(column).is_err());
                let scored =
                    candidates.map(|(&column, slot)| (self.score(row, column), column, slot));
                let scored: Vec<_> = scored.collect();
                (!scored.is_empty()).then(|| Steps::new(scored))
            });
            let steps = steps.collect();
            match self.count(Queries { rows, ids }, steps) {
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
        let chunk = self.chunk(n);
        let queries = queries.rows.par_chunks(chunk).zip(queries.ids.par_chunks(chunk));
        let work = queries.zip(scores.par_chunks(chunk)).zip(out.par_chunks_mut(chunk));
        let failure = work.find_map_first(|(((rows, ids), scores), out)| {
            let steps = scores.iter().map(|&score| Some(Steps::one(score))).collect();
            match self.count(Queries { rows, ids }, steps) {
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

    /// Rows that one thread counts at a time.
    fn chunk(&self, n: usize) -> usize {
        let by_vectors = (CHUNK / (4 * self.rows.dim().max(1))).clamp(ROWS, 1024) / ROWS * ROWS;
        by_vectors.min(n.div_ceil(rayon::current_num_threads()).next_multiple_of(ROWS)).max(ROWS)
    }

    fn excluded(&self, id: u32) -> &'a [u32] {
        self.excluded.map_or(&[], |excluded| excluded.row(id as usize))
    }

    /// The score that the tiles give, bit by bit.
    fn score(&self, row: u32, column: u32) -> f32 {
        dot(self.level, self.rows.row(row as usize), self.cols.row(column as usize))
    }

    /// Counts all candidates of each query against its steps; rows without steps are not asked.
    fn count(
        &self,
        queries: Queries<'_>,
        mut steps: Vec<Option<Steps<f32>>>,
    ) -> Result<Vec<Option<Steps<f32>>>> {
        let (dim, n_cols) = (self.rows.dim(), self.cols.n_rows());
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
        let (mut panel, mut tile) = (vec![0.0; COLS * dim], Tile::EMPTY);
        for first in (0..n_cols).step_by(COLS) {
            let last = (first + COLS).min(n_cols);
            pack::<COLS>(&self.cols, first..last, &mut panel);
            let exist = u32::MAX >> (COLS - (last - first));
            for (i, bounds) in bounds.iter().enumerate() {
                let rows = &packed[i * size..][..size];
                if !score(self.level, rows, &panel, bounds, &mut tile) {
                    continue;
                }
                let rows = steps.iter_mut().zip(&mut excluded).enumerate().skip(i * ROWS);
                let rows = rows.zip(tile.survivors.iter().zip(&tile.scores));
                for ((row, (steps, excluded)), (&lanes, scores)) in rows {
                    let Some(steps) = steps else { continue };
                    let lanes = lanes & exist;
                    if lanes == 0 {
                        continue;
                    }
                    let lanes = lanes & !excluded.lanes(first as u32);
                    if let Err(column) = steps.count(self.level, scores, first as u32, lanes)
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

fn dot_body(row: &[f32], col: &[f32]) -> f32 {
    row.iter().zip(col).fold(0.0, |sum, (row, col)| row.mul_add(*col, sum))
}

dispatched! {
    /// One score as a chain of fused multiply-adds from zero, which rounds alike everywhere.
    fn dot(level, row: &[f32], col: &[f32]) -> f32 = dot_body;
}

impl<S: Score> ScoreRows<'_, S> {
    /// Writes the places of the columns that `targets` links to the id of each row, one row
    /// after another, its columns ascending; [`Place::NOWHERE`] for those that are excluded.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first row with a target among its candidates, and its first
    /// column, whose score is NaN; excluded columns may score anything. [`Error::Length`] if a
    /// slice does not fit.
    pub fn places(&self, targets: &Csr, out: &mut [Place]) -> Result<()> {
        check("items of test", self.n_cols(), targets.n_cols())?;
        let lengths = self.ids().iter().map(|&id| targets.degree(id as usize)).collect();
        let outputs = parts(lengths, out)?.into_par_iter().enumerate();
        let failure = outputs.find_map_first(|(i, out)| {
            out.fill(Place::NOWHERE);
            let (row, excluded) = (self.row(i), self.excluded(i));
            let columns = targets.row(self.ids()[i] as usize).iter().enumerate();
            let candidates = columns.filter(|(_, column)| excluded.binary_search(column).is_err());
            let scored = candidates.map(|(slot, &column)| (row[column as usize], column, slot));
            let scored: Vec<_> = scored.collect();
            if scored.is_empty() {
                return None;
            }
            let mut steps = Steps::new(scored);
            let counted = self.count(i, &mut steps);
            counted.map(|()| steps.write(out)).err()
        });
        failure.map_or(Ok(()), Err)
    }

    /// Writes how many candidates of each row score exactly what is given; none score NaN.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first row, and its first column, whose score is NaN;
    /// excluded columns may score anything. [`Error::Length`] if a slice does not fit.
    pub fn equal_to(&self, scores: &[S], out: &mut [i64]) -> Result<()> {
        check("scores", self.ids().len(), scores.len())?;
        check("counts", self.ids().len(), out.len())?;
        let work = scores.par_iter().zip(out).enumerate();
        let failure = work.find_map_first(|(i, (&score, out))| {
            let mut steps = Steps::one(score);
            let counted = self.count(i, &mut steps);
            *out = steps.level_with();
            counted.err()
        });
        failure.map_or(Ok(()), Err)
    }

    fn count(&self, i: usize, steps: &mut Steps<S>) -> Result<()> {
        let (bound, level) = (steps.bound(), self.level());
        let mut excluded = Excluded::new(self.excluded(i));
        scan(level, self.row(i), bound, |group, first, lanes| {
            let lanes = lanes & !excluded.lanes(first);
            steps.count(level, group, first, lanes).map(|()| bound).map_err(|column| {
                Error::NotANumber { row: self.ids()[i] as usize, column: column as usize }
            })
        })
    }
}

fn n_targets(targets: &Csr, ids: &[u32]) -> usize {
    ids.iter().map(|&id| targets.degree(id as usize)).sum()
}

/// Cuts a slice into consecutive parts of the given lengths.
fn parts<T>(lengths: Vec<usize>, mut rest: &mut [T]) -> Result<Vec<&mut [T]>> {
    check("places", lengths.iter().sum(), rest.len())?;
    let cut = |length| rest.split_off_mut(..length).expect("the lengths add up");
    Ok(lengths.into_iter().map(cut).collect())
}
