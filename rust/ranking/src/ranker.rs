//! Rankings of many rows at once, tile by tile, no score stored.

use glowrec_graph::simd::Level;
use glowrec_graph::{Csr, prefer_huge_pages};
use rayon::prelude::*;

use crate::best::{Best, Hit};
use crate::codes::{Caution, Codes, Left, Pruned, Task, room};
use crate::error::{Error, Result, check};
use crate::lanes::Score;
use crate::table::{Columns, Table};
use crate::unpruned;

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
    pub(crate) rows: Table<'a>,
    pub(crate) cols: Columns<'a>,
    pub(crate) excluded: Option<&'a Csr>,
    /// Columns that a list can have: `width`, or all there are.
    pub(crate) k: usize,
    /// Places of a list, padded beyond `k`.
    width: usize,
    pub(crate) level: Level,
    codes: Option<&'a Codes>,
}

/// Rows that a chunk holds a multiple of: whole tiles, with codes and without.
const GROUP: usize = 24;
/// Bytes of the packed vectors of one chunk of rows, which stay in a core's second cache.
const VECTORS: usize = 192 << 10;
/// Bytes of the codes of one chunk of rows, which stay in a core's second cache.
const CODES: usize = 64 << 10;
/// Rows of a chunk that are enough for the codes of the columns to cost nothing.
const ENOUGH: usize = 96;
/// Bytes of the lists of candidates of one chunk of rows, which stay in a core's second cache.
const NEAR: usize = 1536 << 10;
/// Bytes of the lists of one chunk of rows.
const LISTS: usize = 8 << 20;
/// Multiplications per thread between two looks at what the caller wants: about half a second.
const BLOCK: usize = 20_000_000_000;
/// Multiplications that take as long as one place of a list: it is sorted, written and judged.
const PLACE: usize = 2000;

impl<'a> Ranker<'a> {
    /// A ranker of the `k` best `cols` that `excluded` does not link to the row.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the vectors differ in length, or `excluded` has another number of
    /// columns.
    pub fn new(
        rows: Table<'a>,
        cols: impl Into<Columns<'a>>,
        excluded: Option<&'a Csr>,
        k: usize,
        level: Level,
    ) -> Result<Self> {
        let cols = cols.into();
        check("item vectors", rows.dim(), cols.dim())?;
        if let Some(excluded) = excluded {
            check("items of exclude", cols.len(), excluded.n_cols())?;
        }
        let (width, k) = (k, k.min(cols.len()));
        Ok(Self { rows, cols, excluded, k, width, level, codes: None })
    }

    /// The same rankings, found with the help of the codes of its columns.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if the codes are of another number of columns.
    pub fn with_codes(mut self, codes: Option<&'a Codes>) -> Result<Self> {
        if let Some(codes) = codes {
            check("codes", self.cols.len(), codes.n_columns())?;
        }
        self.codes = codes;
        Ok(self)
    }

    /// Rankings per call of [`Self::top_k`] that keep all threads busy for about half a second.
    pub fn block(&self) -> usize {
        let scores = self.cols.len() * self.rows.dim().max(16);
        let per_row = scores.saturating_add(self.width.saturating_mul(PLACE)).max(1);
        let chunk = self.chunk();
        let chunks = (BLOCK / per_row).div_ceil(chunk).max(1);
        chunk.saturating_mul(chunks).saturating_mul(rayon::current_num_threads())
    }

    /// Rows that one thread ranks at a time.
    fn chunk(&self) -> usize {
        let dim = self.rows.dim().max(1);
        let rows = if self.codes.is_some() {
            let room = room(self.cols.len(), self.k, Caution::Usual);
            (CODES / dim).min(NEAR / (8 * room)).min(ENOUGH)
        } else {
            let room = Best::room(self.cols.len(), self.k).max(1);
            (VECTORS / (4 * dim)).min(LISTS / (8 * room))
        };
        // A list that is wider than it can be full is padded all the same.
        rows.min(LISTS / 8 / self.width.max(1)).clamp(GROUP, 1024) / GROUP * GROUP
    }

    /// Writes the best columns of each query, best first, and their scores.
    ///
    /// Ties go to the lower column; both zeros are equal and come out as `0.0`. Lists that are
    /// not full are filled up with [`PAD`]. The same bits for any number of threads, with codes
    /// and without. What is given back says how much work codes have saved.
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
    ) -> Result<Pruned> {
        let n = queries.rows.len();
        check("ids", n, queries.ids.len())?;
        check("columns", n.saturating_mul(self.width), columns.len())?;
        check("scores", n.saturating_mul(self.width), scores.len())?;
        if n == 0 || self.k == 0 || self.cols.is_empty() {
            columns.fill(PAD.0);
            scores.fill(PAD.1);
            return Ok(Pruned::default());
        }
        let Some(codes) = self.codes else {
            self.chunks(queries, columns, scores, |queries, lists| {
                unpruned::rank(self, queries, |i, hits| lists.write(i, hits))
            })?;
            return Ok(Pruned { unpruned: n as u64, ..Pruned::default() });
        };
        let (mut left, mut pruned) =
            self.with_caution(codes, Caution::Usual, queries, columns, scores)?;
        if !left.missed.is_empty() {
            let missed = std::mem::take(&mut left.missed);
            let mut again = Left::default();
            self.some(&missed, queries, (columns, scores), |queries, columns, scores| {
                let work;
                (again, work) =
                    self.with_caution(codes, Caution::High, queries, columns, scores)?;
                pruned += work;
                Ok(())
            })?;
            left.given_up.extend(again.missed.iter().chain(&again.given_up).map(|&i| missed[i]));
        }
        if !left.given_up.is_empty() {
            pruned.unpruned = left.given_up.len() as u64;
            let plain = Ranker { codes: None, ..*self };
            left.given_up.sort_unstable(); // errors name the first
            self.some(&left.given_up, queries, (columns, scores), |queries, columns, scores| {
                plain.top_k(queries, columns, scores).map(|_| ())
            })?;
        }
        Ok(pruned)
    }

    /// Ranks with codes; whom they have left.
    fn with_caution(
        &self,
        codes: &Codes,
        caution: Caution,
        queries: Queries<'_>,
        columns: &mut [i64],
        scores: &mut [f32],
    ) -> Result<(Left, Pruned)> {
        let chunks = self.chunks(queries, columns, scores, |queries, lists| {
            let task = Task { ranker: self, codes, caution };
            Ok(task.run(queries, |i, hits| lists.write(i, hits)))
        })?;
        let (mut left, mut pruned) = (Left::default(), Pruned::default());
        for (first, (of_chunk, work)) in chunks {
            left.missed.extend(of_chunk.missed.into_iter().map(|i| first + i));
            left.given_up.extend(of_chunk.given_up.into_iter().map(|i| first + i));
            pruned += work;
        }
        Ok((left, pruned))
    }

    /// Runs `rank` on chunks of the queries, in parallel; what it gives, with the position of each
    /// chunk's first query, or the first error.
    fn chunks<T: Send>(
        &self,
        queries: Queries<'_>,
        columns: &mut [i64],
        scores: &mut [f32],
        rank: impl Fn(Queries<'_>, &mut Lists<'_>) -> Result<T> + Sync,
    ) -> Result<Vec<(usize, T)>> {
        let share = queries.rows.len().div_ceil(rayon::current_num_threads());
        let chunk = self.chunk().min(share).next_multiple_of(GROUP);
        let cells = chunk.saturating_mul(self.width);
        let outputs = columns.par_chunks_mut(cells).zip(scores.par_chunks_mut(cells));
        let queries = queries.rows.par_chunks(chunk).zip(queries.ids.par_chunks(chunk));
        let work = queries.zip(outputs).with_max_len(1);
        let done: Vec<Result<T>> = work
            .map(|((rows, ids), (columns, scores))| {
                rank(Queries { rows, ids }, &mut Lists { width: self.width, columns, scores })
            })
            .collect();
        done.into_iter().enumerate().map(|(i, done)| done.map(|done| (i * chunk, done))).collect()
    }

    /// Ranks the queries at some positions by `rank`: all at once, as tiles want many rows.
    fn some(
        &self,
        positions: &[usize],
        queries: Queries<'_>,
        (columns, scores): (&mut [i64], &mut [f32]),
        rank: impl FnOnce(Queries<'_>, &mut [i64], &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        let (rows, ids): (Vec<u32>, Vec<u32>) =
            positions.iter().map(|&i| (queries.rows[i], queries.ids[i])).unzip();
        let (mut found, mut found_scores) = lists(positions.len(), self.width)?;
        rank(Queries { rows: &rows, ids: &ids }, &mut found, &mut found_scores)?;
        let found = found.chunks(self.width).zip(found_scores.chunks(self.width));
        for (&position, (found, found_scores)) in positions.iter().zip(found) {
            let cells = position * self.width..(position + 1) * self.width;
            columns[cells.clone()].copy_from_slice(found);
            scores[cells].copy_from_slice(found_scores);
        }
        Ok(())
    }
}

/// Zeros for `n` lists of `k` places: columns, and scores.
///
/// # Errors
///
/// [`Error::Memory`] if there is no room.
pub fn lists<S: Score>(n: usize, k: usize) -> Result<(Vec<i64>, Vec<S>)> {
    let no_room = |()| Error::Memory { n, k };
    let cells = n.checked_mul(k).ok_or(Error::Memory { n, k })?;
    Ok((zeros(cells).map_err(no_room)?, zeros(cells).map_err(no_room)?))
}

/// `n` zeros, or nothing if there is no room.
fn zeros<T: bytemuck::Zeroable>(n: usize) -> std::result::Result<Vec<T>, ()> {
    let mut cells = bytemuck::try_zeroed_vec(n)?; // from the system, which has not touched them
    prefer_huge_pages(&mut cells);
    Ok(cells)
}

/// Where rankings are written.
struct Lists<'a> {
    width: usize,
    columns: &'a mut [i64],
    scores: &'a mut [f32],
}

impl Lists<'_> {
    fn write(&mut self, i: usize, hits: &[Hit]) {
        let cells = i * self.width..(i + 1) * self.width;
        let slots = self.columns[cells.clone()].iter_mut().zip(&mut self.scores[cells]);
        let hits = hits.iter().map(|hit| (i64::from(hit.column()), hit.score()));
        for ((column, score), hit) in slots.zip(hits.chain(std::iter::repeat(PAD))) {
            (*column, *score) = hit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(k: usize) -> usize {
        let (rows, cols) = (vec![0.0; 64], vec![0.0; 64 * 1000]);
        let rows = Table::new("rows", &rows, 1, 64).unwrap();
        let cols = Table::new("cols", &cols, 1000, 64).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let ranker = Ranker::new(rows, cols, None, k, Level::current()).unwrap();
        pool.install(|| ranker.block())
    }

    #[test]
    fn a_block_holds_fewer_rows_where_lists_are_long() {
        assert!(block(10) > 400_000);
        assert!(block(1000) < 25_000);
        assert_eq!(block(usize::MAX), 2 * GROUP);
    }

    #[test]
    fn lists_that_fit_no_memory_are_an_error() {
        assert_eq!(lists(2, 3), Ok((vec![0; 6], vec![0.0; 6])));
        for k in [usize::MAX, usize::MAX / 2, 1 << 61, 1 << 58] {
            assert_eq!(lists::<f32>(3, k), Err(Error::Memory { n: 3, k }));
        }
    }
}
