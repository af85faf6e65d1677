//! Tables of vectors, borrowed.

use crate::error::{Result, check};

/// Vectors of equal length, one per row, row-major.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    values: &'a [f32],
    n_rows: usize,
    dim: usize,
}

impl<'a> Table<'a> {
    /// Wraps `n_rows` vectors of `dim` numbers.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Length`] if `values` holds more or fewer numbers than that.
    pub fn new(name: &'static str, values: &'a [f32], n_rows: usize, dim: usize) -> Result<Self> {
        check(name, n_rows * dim, values.len())?;
        Ok(Self { values, n_rows, dim })
    }

    /// Number of vectors.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Numbers per vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// One vector.
    #[inline]
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.dim..(row + 1) * self.dim]
    }
}
