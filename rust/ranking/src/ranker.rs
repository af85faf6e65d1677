//! Rankings of many rows at once, tile by tile, no score stored.

use std::ops::Range;

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use crate::best::{Best, Hit, TAKES_ALL};
use crate::error::{Error, Result, check};
use crate::kernels::{COLS, ROWS, Tile, score};
use crate::pack::pack;
use crate::table::Table;

/// What fills a list that has fewer than `k` columns.
pub const PAD: (i64, f32) = (-1, f32::NEG_INFINITY);

/// Whose rankings are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Queries<'a> {
    /// Row of the table of vectors, per ranking.
    pub rows: &'a [u32],
    /// What the row is called, in the excluded pattern and in errors.
    pub ids: &'a [u32],
}

/// Ranks columns for rows by the dot products of their vectors.
#[derive(Clone, Copy, Debug)]
pub struct Ranker<'a> {
    rows: Table<'a>,
    cols: Table<'a>,
    excluded: Option<&'a Csr>,
    k: usize,
    level: Level,
}

/// Bytes of the packed vectors of one chunk of rows, which stay in a core's second cache.
const CHUNK: usize = 192 << 10;
/// Bytes of the lists of one chunk of rows.
const LISTS: usize = 8 << 20;
/// Multiplications per thread between two looks at what the caller wants: about half a second.
const BLOCK: usize = 20_000_000_000;

impl<'a> Ranker<'a> {
    /// A ranker of the `k` best `cols` that `excluded` does not link to the row.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the vectors differ in length, or `excluded` has another number of
    /// columns.
    pub fn new(
        rows: Table<'a>,
        cols: Table<'a>,
        excluded: Option<&'a Csr>,
        k: usize,
        level: Level,
    ) -> Result<Self> {
        check("item vectors", rows.dim(), cols.dim())?;
        if let Some(excluded) = excluded {
            check("items of exclude", cols.n_rows(), excluded.n_cols())?;
        }
        Ok(Self { rows, cols, excluded, k, level })
    }

    /// Rankings per call of [`Self::top_k`] that keep all threads busy for about half a second.
    pub fn block(&self) -> usize {
        let per_row = (self.cols.n_rows() * self.rows.dim().max(16)).max(1);
        let chunk = self.chunk();
        let chunks = (BLOCK / per_row).div_ceil(chunk).max(1);
        chunk.saturating_mul(chunks).saturating_mul(rayon::current_num_threads())
    }

    /// Rows that one thread ranks at a time.
    fn chunk(&self) -> usize {
        let by_vectors = CHUNK / (4 * self.rows.dim().max(1));
        let by_lists = LISTS / (8 * Best::room(self.cols.n_rows(), self.k).max(1));
        by_vectors.min(by_lists).clamp(ROWS, 1024) / ROWS * ROWS
    }

    /// Writes the best columns of each query, best first, and their scores.
    ///
    /// Ties go to the lower column; both zeros are equal and come out as `0.0`. Lists that are
    /// not full are filled up with [`PAD`]. The same bits for any number of threads.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for the first query, and its first column, whose score is NaN;
    /// excluded columns may score anything. [`Error::Length`] if a slice does not fit.
    ///
    /// # Panics
    ///
    /// If a query names no row of its table.
    pub fn top_k(
        &self,
        queries: Queries<'_>,
        columns: &mut [i64],
        scores: &mut [f32],
    ) -> Result<()> {
        let n = queries.rows.len();
        check("ids", n, queries.ids.len())?;
        check("columns", n * self.k, columns.len())?;
        check("scores", n * self.k, scores.len())?;
        if n == 0 || self.k == 0 || self.cols.n_rows() == 0 {
            columns.fill(PAD.0);
            scores.fill(PAD.1);
            return Ok(());
        }
        let chunk =
            self.chunk().min(n.div_ceil(rayon::current_num_threads())).next_multiple_of(ROWS);
        let outputs =
            columns.par_chunks_mut(chunk * self.k).zip(scores.par_chunks_mut(chunk * self.k));
        let failure = outputs.enumerate().find_map_first(|(i, (columns, scores))| {
            let range = i * chunk..((i + 1) * chunk).min(n);
            let Range { start, end } = range;
            let queries =
                Queries { rows: &queries.rows[start..end], ids: &queries.ids[start..end] };
            Chunk::new(self, queries).run(columns, scores).err()
        });
        failure.map_or(Ok(()), Err)
    }
}

/// The rankings that one thread makes at a time.
struct Chunk<'a> {
    ranker: &'a Ranker<'a>,
    queries: Queries<'a>,
    packed: Vec<f32>,
    thresholds: Vec<[f32; ROWS]>,
    best: Best,
    /// Per row, how many of its excluded columns lie behind.
    passed: Vec<u32>,
    failure: Option<(usize, u32)>,
}

impl<'a> Chunk<'a> {
    fn new(ranker: &'a Ranker<'a>, queries: Queries<'a>) -> Self {
        let n = queries.rows.len();
        let size = ROWS * ranker.rows.dim();
        let mut packed = vec![0.0; n.div_ceil(ROWS) * size];
        for (i, rows) in queries.rows.chunks(ROWS).enumerate() {
            let rows = rows.iter().map(|&row| row as usize);
            pack::<ROWS>(&ranker.rows, rows, &mut packed[i * size..][..size]);
        }
        Self {
            ranker,
            queries,
            packed,
            thresholds: vec![[TAKES_ALL; ROWS]; n.div_ceil(ROWS)],
            best: Best::new(n, ranker.cols.n_rows(), ranker.k),
            passed: vec![0; n],
            failure: None,
        }
    }

    fn run(mut self, columns: &mut [i64], scores: &mut [f32]) -> Result<()> {
        let (n_cols, dim) = (self.ranker.cols.n_rows(), self.ranker.rows.dim());
        let mut panel = vec![0.0; COLS * dim];
        for first in (0..n_cols).step_by(COLS) {
            let last = (first + COLS).min(n_cols);
            pack::<COLS>(&self.ranker.cols, first..last, &mut panel);
            let exists = u32::MAX >> (COLS - (last - first));
            self.panel(&panel, first as u32, exists);
        }
        if let Some((row, column)) = self.failure {
            let row = self.queries.ids[row] as usize;
            return Err(Error::NotANumber { row, column: column as usize });
        }
        let k = self.ranker.k;
        let slots = columns.chunks_mut(k).zip(scores.chunks_mut(k));
        for (row, (columns, scores)) in slots.enumerate() {
            let hits = self.best.sorted(row).iter();
            let hits = hits.map(|hit| (i64::from(hit.column()), hit.score()));
            let slots = columns.iter_mut().zip(scores);
            for ((column, score), hit) in slots.zip(hits.chain(std::iter::repeat(PAD))) {
                (*column, *score) = hit;
            }
        }
        Ok(())
    }

    /// Scores every row against one panel of columns.
    fn panel(&mut self, panel: &[f32], first: u32, exists: u32) {
        let size = ROWS * self.ranker.rows.dim();
        let mut tile = Tile::EMPTY;
        for i in 0..self.thresholds.len() {
            let rows = &self.packed[i * size..][..size];
            if score(self.ranker.level, rows, panel, &self.thresholds[i], &mut tile) {
                self.admit(i, &tile, first, exists);
            }
        }
    }

    /// Looks at the survivors of a tile, one by one, in the order of columns.
    fn admit(&mut self, i: usize, tile: &Tile, first: u32, exists: u32) {
        let n_rows = (self.queries.rows.len() - i * ROWS).min(ROWS);
        for r in 0..n_rows {
            let mut survivors = tile.survivors[r] & exists;
            while survivors != 0 {
                let lane = survivors.trailing_zeros();
                survivors &= survivors - 1;
                let threshold = &mut self.thresholds[i][r];
                let (row, column) = (i * ROWS + r, first + lane);
                let score = tile.scores[r][lane as usize];
                if score <= *threshold
                    || self.ranker.excludes(self.queries.ids[row], column, &mut self.passed[row])
                {
                    continue;
                }
                if score.is_nan() {
                    if self.failure.is_none_or(|(failed, _)| row < failed) {
                        self.failure = Some((row, column));
                    }
                    continue;
                }
                if let Some(new) = self.best.push(row, Hit::new(score, column), *threshold) {
                    *threshold = new;
                }
            }
        }
    }
}

impl Ranker<'_> {
    /// Whether `column` is excluded for `id`; columns must ascend from call to call.
    #[inline]
    fn excludes(&self, id: u32, column: u32, passed: &mut u32) -> bool {
        let Some(excluded) = self.excluded else { return false };
        let row = excluded.row(id as usize);
        while row.get(*passed as usize).is_some_and(|&other| other < column) {
            *passed += 1;
        }
        row.get(*passed as usize) == Some(&column)
    }
}
