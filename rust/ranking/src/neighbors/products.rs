//! Sparse rows times sparse rows, as dense scores or as their best.

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use super::rows::SparseRows;
use crate::error::{Error, Result, check};
use crate::scores::ScoreRows;

/// Scores that are products: row `r` of the first table times the second one, plus a bias.
///
/// A score is added up in `f32` from the bias of its column, in the order in which the entries
/// stand, product by product: the same bits for any number of threads, and from both methods.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a> {
    left: &'a SparseRows,
    right: &'a SparseRows,
    bias: Option<&'a [f32]>,
}

impl<'a> Products<'a> {
    /// Wraps two tables and what the columns of the second start from; 0 without.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if something does not fit.
    pub fn new(
        left: &'a SparseRows,
        right: &'a SparseRows,
        bias: Option<&'a [f32]>,
    ) -> Result<Self> {
        check("rows of right", left.n_cols(), right.n_rows())?;
        if let Some(bias) = bias {
            check("bias", right.n_cols(), bias.len())?;
        }
        Ok(Self { left, right, bias })
    }

    /// Writes the scores of all columns for some rows.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if `scores` does not hold one row of columns for each.
    ///
    /// # Panics
    ///
    /// If the first table has no such row.
    pub fn scores(&self, rows: &[u32], scores: &mut [f32]) -> Result<()> {
        let width = self.right.n_cols();
        check("scores", rows.len() * width, scores.len())?;
        if width > 0 {
            scores.par_chunks_mut(width).zip(rows).for_each(|(out, &row)| self.row(row, out));
        }
        Ok(())
    }

    /// Writes the `k` best columns of some rows, best first, and their scores; those that
    /// `excluded` links to the row are left out. What [`Self::scores`] and a ranking of them
    /// would give, with one row of scores per thread.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] for a row with an eligible column whose score is NaN;
    /// [`Error::Length`] if something does not fit.
    ///
    /// # Panics
    ///
    /// If the first table has no such row.
    pub fn top_k(
        &self,
        level: Level,
        rows: &[u32],
        excluded: Option<&Csr>,
        k: usize,
        columns: &mut [i64],
        scores: &mut [f32],
    ) -> Result<()> {
        let width = self.right.n_cols();
        check("columns", rows.len() * k, columns.len())?;
        check("scores", rows.len() * k, scores.len())?;
        if let Some(excluded) = excluded {
            check("items of exclude", width, excluded.n_cols())?;
        }
        if k == 0 {
            return Ok(());
        }
        let outputs = columns.par_chunks_mut(k).zip(scores.par_chunks_mut(k)).zip(rows);
        let failures = outputs.map_init(
            || vec![0.0; width],
            |row_scores, ((columns, scores), row)| {
                self.row(*row, row_scores);
                let row = std::slice::from_ref(row);
                ScoreRows::new(row_scores.as_slice(), width, row, excluded, level)?
                    .top_k(k, columns, scores)
            },
        );
        // The first row's, however the threads share the rows.
        failures.find_map_first(Result::err).map_or(Ok(()), Err::<(), Error>)
    }

    fn row(&self, row: u32, out: &mut [f32]) {
        match self.bias {
            Some(bias) => out.copy_from_slice(bias),
            None => out.fill(0.0),
        }
        let (middles, weights) = self.left.row(row as usize);
        for (&middle, &weight) in middles.iter().zip(weights) {
            let (columns, values) = self.right.row(middle as usize);
            for (&column, &value) in columns.iter().zip(values) {
                out[column as usize] += weight * value;
            }
        }
    }
}
