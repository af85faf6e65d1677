//! Where the entries of a direction are read from: two arrays of ids, or the other direction.

use std::ops::Range;

use crate::csr::Csr;
use crate::error::{Error, Result};

/// Neighbouring entries `(key, value)` that one thread reads, in order.
pub(super) trait Entries: Sync {
    /// Adds one to `bins[key >> shift]` for each entry.
    fn count(&self, shift: u32, bins: &mut [u32]) -> Result<()>;
    /// Hands each entry to `each`, after [`Self::count`] has succeeded.
    fn visit(&self, each: impl FnMut(u32, u32));
}

/// Edges as they came: keys are their rows, values their columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edges<'a> {
    pub(super) rows: &'a [i64],
    pub(super) cols: &'a [i64],
    pub(super) n_rows: usize,
    pub(super) n_cols: usize,
    /// Position of the first edge among all.
    pub(super) first: usize,
}

impl Edges<'_> {
    fn bad(&self, at: usize) -> Error {
        let (row, col, position) = (self.rows[at], self.cols[at], self.first + at);
        if usize::try_from(row).is_ok_and(|row| row < self.n_rows) {
            Error::OutOfRange { name: "cols", position, found: col, bound: self.n_cols }
        } else {
            Error::OutOfRange { name: "rows", position, found: row, bound: self.n_rows }
        }
    }
}

impl Entries for Edges<'_> {
    fn count(&self, shift: u32, bins: &mut [u32]) -> Result<()> {
        let (n_rows, n_cols) = (self.n_rows as u64, self.n_cols as u64);
        for (at, (&row, &col)) in self.rows.iter().zip(self.cols).enumerate() {
            // A negative id becomes a huge one.
            let (row, col) = (row.cast_unsigned(), col.cast_unsigned());
            if row >= n_rows || col >= n_cols {
                return Err(self.bad(at));
            }
            bins[(row >> shift) as usize] += 1;
        }
        Ok(())
    }

    #[inline]
    fn visit(&self, mut each: impl FnMut(u32, u32)) {
        for (&row, &col) in self.rows.iter().zip(self.cols) {
            each(row.cast_unsigned() as u32, col.cast_unsigned() as u32);
        }
    }
}

/// Rows of the first direction: keys are their columns, values the rows themselves.
#[derive(Clone, Debug)]
pub(super) struct Transposed<'a> {
    pub(super) csr: &'a Csr,
    pub(super) rows: Range<usize>,
}

impl Entries for Transposed<'_> {
    fn count(&self, shift: u32, bins: &mut [u32]) -> Result<()> {
        let indptr = self.csr.indptr();
        let range = indptr[self.rows.start] as usize..indptr[self.rows.end] as usize;
        for &column in &self.csr.indices()[range] {
            bins[(column >> shift) as usize] += 1;
        }
        Ok(())
    }

    #[inline]
    fn visit(&self, mut each: impl FnMut(u32, u32)) {
        for row in self.rows.clone() {
            for &column in self.csr.row(row) {
                each(column, row as u32);
            }
        }
    }
}
