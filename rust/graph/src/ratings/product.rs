//! The ratings times a dense matrix, and the transpose of that.

use rayon::prelude::*;

use super::cells::{CellRows, cut, pieces, unpad, walk};
use super::matrix::check;
use super::table::{Rows, Table, stride};
use super::{Number, Ratings};
use crate::csr::Csr;
use crate::error::Result;
use crate::memory::zeros;
use crate::simd::Level;

impl<T: Number> Ratings<T> {
    /// `X W + b`: a row of `dim` cells for each distinct row.
    ///
    /// `weights` has a row for each column of the matrix, `bias` has `dim` cells. `O(nnz · dim)`.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) for operands of another size.
    pub fn product(&self, level: Level, weights: &[T], bias: &[T]) -> Result<Vec<T>> {
        let dim = bias.len();
        check("weights", weights, self.n_cols(), dim)?;
        let mut table = Table::new(weights, self.n_cols(), dim);
        Ok(times(level, &self.by_row, &self.row_values, table.view(), bias))
    }

    /// `Xᵀ Z`: a row of `dim` cells for each column, from one for each distinct row.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) for an operand of another size.
    pub fn transposed_product(&self, level: Level, rows: &[T], dim: usize) -> Result<Vec<T>> {
        check("rows", rows, self.n_distinct(), dim)?;
        let mut table = Table::new(rows, self.n_distinct(), dim);
        Ok(times(level, &self.by_col, &self.col_values, table.view(), &vec![T::default(); dim]))
    }
}

/// `bias + Σ value · row of the table`, for each row of `csr`.
///
/// A row is summed in the order of its columns by one thread: the bits do not depend on threads.
pub(super) fn times<T: Number>(
    level: Level,
    csr: &Csr,
    values: &[T],
    table: Rows<'_, T>,
    bias: &[T],
) -> Vec<T> {
    let dim = bias.len();
    let mut out = zeros(csr.n_rows() * dim);
    let pieces = pieces(csr.n_rows(), table.n_rows(), |row| csr.degree(row));
    cut(&pieces, &mut out, dim).into_par_iter().for_each(|(rows, out)| {
        let cells = CellRows {
            starts: &csr.indptr()[rows.start..=rows.end],
            columns: csr.indices(),
            values,
        };
        times_piece(level, cells, table, bias, out);
    });
    out
}

/// The same for the rows of one piece.
pub(super) fn times_piece<T: Number>(
    level: Level,
    cells: CellRows<'_, T>,
    table: Rows<'_, T>,
    bias: &[T],
    out: &mut [T],
) {
    let (dim, stride) = (bias.len(), stride::<T>(bias.len()));
    if dim == 0 {
        return;
    }
    let mut sums = vec![T::default(); cells.n_rows() * stride];
    for sums in sums.chunks_exact_mut(stride) {
        sums[..dim].copy_from_slice(bias);
    }
    walk(&cells, table, |row, range| {
        let (columns, values) = (&cells.columns[range.clone()], &cells.values[range]);
        T::add_rows(level, columns, values, table, &mut sums[row * stride..][..stride]);
    });
    unpad(&sums, stride, out, dim);
}
