//! Tables of vectors, borrowed.

use glowrec_graph::simd::prefetch_far;

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

    /// Asks for a vector that is read soon, with many others.
    #[inline]
    pub(crate) fn prefetch(&self, row: usize) {
        prefetch_far(self.row(row));
    }
}

/// What is ranked: vectors, and the scores they start from.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    vectors: Table<'a>,
    bias: Option<&'a [f32]>,
}

impl<'a> Columns<'a> {
    /// Columns with a bias each: what their scores start from before products are added.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Length`] unless there is one bias per vector.
    pub fn new(vectors: Table<'a>, bias: Option<&'a [f32]>) -> Result<Self> {
        if let Some(bias) = bias {
            check("item_bias", vectors.n_rows(), bias.len())?;
        }
        Ok(Self { vectors, bias })
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.vectors.n_rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers per vector.
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }

    /// Their vectors.
    pub fn vectors(&self) -> &Table<'a> {
        &self.vectors
    }

    /// Their biases, where they have any.
    pub fn bias(&self) -> Option<&'a [f32]> {
        self.bias
    }

    /// What the score of a column starts from.
    #[inline]
    pub fn start(&self, column: usize) -> f32 {
        self.bias.map_or(0.0, |bias| bias[column])
    }
}

impl<'a> From<Table<'a>> for Columns<'a> {
    fn from(vectors: Table<'a>) -> Self {
        Self { vectors, bias: None }
    }
}
