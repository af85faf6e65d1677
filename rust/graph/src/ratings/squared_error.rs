//! The loss of a low-rank matrix at the ratings, with its gradients: only rated cells exist.

use rayon::prelude::*;

use super::cells::{CellRows, cut, pieces, unpad, walk};
use super::matrix::check;
use super::product::times;
use super::table::{Table, stride, transpose};
use super::{Number, Ratings};
use crate::error::Result;
use crate::memory::zeros;
use crate::simd::Level;

/// A loss and what it changes with.
#[derive(Clone, Debug)]
pub struct SquaredError<T> {
    /// Half the sum of squared errors, summed in `f64`.
    pub loss: f64,
    /// The gradient by the hidden rows.
    pub by_hidden: Vec<T>,
    /// The gradient by the weights.
    pub by_weights: Vec<T>,
    /// The gradient by the bias.
    pub by_bias: Vec<T>,
}

impl<T: Number> Ratings<T> {
    /// `½ Σ (hₖ · wⱼ + bⱼ − xₖⱼ)²` over the ratings, and its gradients.
    ///
    /// `hidden` has a row of `dim` cells for each distinct row, `weights` has `dim` rows of a
    /// cell per column. `O(nnz · dim)`.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) for operands of another size.
    pub fn squared_error(
        &self,
        level: Level,
        hidden: &[T],
        weights: &[T],
        bias: &[T],
        dim: usize,
    ) -> Result<SquaredError<T>> {
        check("hidden", hidden, self.n_distinct(), dim)?;
        check("weights", weights, dim, self.n_cols())?;
        check("bias", bias, self.n_cols(), 1)?;
        let mut encoded = Table::new(hidden, self.n_distinct(), dim);
        let mut decoder = Table::transposed(weights, self.n_cols(), dim);
        let (encoded, decoder) = (encoded.view::<T>(), decoder.view::<T>());
        let mut by_hidden = zeros(self.n_distinct() * dim);
        let mut errors = zeros(self.row_values.len());

        let csr = &self.by_row;
        let pieces = pieces(csr.n_rows(), self.n_cols(), |row| csr.degree(row));
        let ends: Vec<_> = pieces
            .iter()
            .map(|rows| csr.indptr()[rows.start] as usize..csr.indptr()[rows.end] as usize)
            .collect();
        let shares = cut(&pieces, &mut by_hidden, dim).into_par_iter();
        let losses: Vec<f64> = shares
            .zip(cut(&ends, &mut errors, 1))
            .map(|((rows, by_hidden), (range, errors))| {
                let cells = CellRows {
                    starts: &csr.indptr()[rows.start..=rows.end],
                    columns: csr.indices(),
                    values: &self.row_values,
                };
                let stride = stride::<T>(dim);
                let mut sums = vec![T::default(); rows.len() * stride];
                walk(&cells, decoder, |row, at| {
                    let columns = &cells.columns[at.clone()];
                    let errors = &mut errors[at.start - range.start..at.end - range.start];
                    T::dots(level, encoded.row(rows.start + row), columns, decoder, errors);
                    for ((error, &column), &x) in
                        errors.iter_mut().zip(columns).zip(&cells.values[at])
                    {
                        *error = *error + bias[column as usize] - x;
                    }
                    // The rows of the table have just been read.
                    T::add_rows(
                        level,
                        columns,
                        errors,
                        decoder,
                        &mut sums[row * stride..][..stride],
                    );
                });
                if dim > 0 {
                    unpad(&sums, stride, by_hidden, dim);
                }
                errors.iter().map(|&error| error.into() * error.into()).sum()
            })
            .collect();

        let errors: Vec<T> = self.position.par_iter().map(|&at| errors[at as usize]).collect();
        let by_weights = times(level, &self.by_col, &errors, encoded, &vec![T::default(); dim]);
        let of_column = |bounds: &[u64]| {
            let column = &errors[bounds[0] as usize..bounds[1] as usize];
            column.iter().fold(T::default(), |sum, &error| sum + error)
        };
        Ok(SquaredError {
            loss: 0.5 * losses.iter().sum::<f64>(),
            by_hidden,
            by_weights: transpose(&by_weights, dim),
            by_bias: self.by_col.indptr().par_windows(2).map(of_column).collect(),
        })
    }
}
