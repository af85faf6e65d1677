//! The convolved ratings times a dense matrix, and the gradients of that.

use rayon::prelude::*;

use super::cells::{CellRows, cut, pieces, walk};
use super::convolution::{Convolved, Kernels, Scratch, Side, most_cells};
use super::matrix::check;
use super::product::times_piece;
use super::table::{Rows, Table};
use super::{Number, Ratings};
use crate::error::Result;
use crate::memory::zeros;
use crate::simd::Level;

impl<T: Number> Ratings<T> {
    /// `X̂ W + b` for each distinct row, with `X̂` the mean of the rectified convolutions of `X`.
    ///
    /// `kernels` are `n_kernels` square ones of an odd side up to 63; zeros stand around `X`.
    /// The last distinct row, if it stands for rows without ratings, is taken to be zero. Only
    /// positive cells are multiplied, and no more of them are stored than a few rows have.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) for operands of another size.
    pub fn convolved_product(
        &self,
        level: Level,
        kernels: &[T],
        (n_kernels, size): (usize, usize),
        weights: &[T],
        bias: &[T],
    ) -> Result<Vec<T>> {
        check("kernels", kernels, n_kernels, size * size)?;
        check("weights", weights, self.n_cols(), bias.len())?;
        let kernels = Kernels::new(kernels, n_kernels, size, false);
        let mut table = Table::new(weights, self.n_cols(), bias.len());
        let n_rows = self.n_distinct();
        Ok(convolved_times(level, self.row_side(), n_rows, &kernels, table.view(), bias))
    }

    /// The gradients of [`Self::convolved_product`] by the weights and by the kernels, from the
    /// one by its result.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) for operands of another size.
    pub fn convolved_gradient(
        &self,
        level: Level,
        kernels: &[T],
        (n_kernels, size): (usize, usize),
        weights: &[T],
        gradient: &[T],
        dim: usize,
    ) -> Result<(Vec<T>, Vec<T>)> {
        check("kernels", kernels, n_kernels, size * size)?;
        check("weights", weights, self.n_cols(), dim)?;
        check("gradient", gradient, self.n_distinct(), dim)?;
        let mut given = Table::new(gradient, self.n_distinct(), dim);
        let given = given.view::<T>();
        let by_kernels = {
            let mut table = Table::new(weights, self.n_cols(), dim);
            let upright = Kernels::new(kernels, n_kernels, size, false);
            by_kernels(level, self.row_side(), &upright, given, table.view())
        };
        let flipped = Kernels::new(kernels, n_kernels, size, true);
        let none = vec![T::default(); dim];
        let (columns, n_cols) = (self.col_side(), self.n_cols());
        Ok((convolved_times(level, columns, n_cols, &flipped, given, &none), by_kernels))
    }
}

/// `bias + Σ cell · row of the table`, for each row of the convolved side.
fn convolved_times<T: Number>(
    level: Level,
    side: Side<'_, T>,
    n_rows: usize,
    kernels: &Kernels<T>,
    table: Rows<'_, T>,
    bias: &[T],
) -> Vec<T> {
    let dim = bias.len();
    let mut out = zeros(n_rows * dim);
    let pieces = pieces(n_rows, table.n_rows(), |row| most_cells(&side, kernels.size, row));
    cut(&pieces, &mut out, dim).into_par_iter().for_each_init(
        || Scratch::new(&side, kernels),
        |scratch, (rows, out)| {
            let mut found = Convolved::new();
            rows.for_each(|row| found.push_row(&side, kernels, row, scratch));
            times_piece(level, found.cells(), table, bias, out);
        },
    );
    out
}

/// The gradient by the kernels: `Σ dᵢⱼ · xᵢ₊ₐ,ⱼ₊ᵦ` over the positive cells, `dᵢⱼ = zᵢ · wⱼ`.
fn by_kernels<T: Number>(
    level: Level,
    side: Side<'_, T>,
    kernels: &Kernels<T>,
    given: Rows<'_, T>,
    table: Rows<'_, T>,
) -> Vec<T> {
    let pieces = pieces(given.n_rows(), table.n_rows(), |row| most_cells(&side, kernels.size, row));
    let sums: Vec<Vec<f64>> = pieces
        .into_par_iter()
        .map_init(
            || (Scratch::new(&side, kernels), Scratch::new(&side, kernels)),
            |(scratch, slopes), rows| {
                let mut found = Convolved::new();
                rows.clone().for_each(|row| found.push_row(&side, kernels, row, scratch));
                let mut dots = vec![T::default(); found.columns.len()];
                walk(&found.cells(), table, |row, at| {
                    let columns = &found.columns[at.clone()];
                    T::dots(level, given.row(rows.start + row), columns, table, &mut dots[at]);
                });
                let mut sums = vec![0.0; kernels.n * kernels.size * kernels.size];
                for (index, row) in rows.enumerate() {
                    let cells = found.starts[index] as usize..found.starts[index + 1] as usize;
                    found.add_slopes(&side, kernels, row, cells, &dots, slopes, &mut sums);
                }
                sums
            },
        )
        .collect();
    let mut total = vec![0.0; kernels.n * kernels.size * kernels.size];
    for sums in &sums {
        for (total, sum) in total.iter_mut().zip(sums) {
            *total += sum;
        }
    }
    kernels.unfold(&total)
}

impl<T: Number> Convolved<T> {
    fn cells(&self) -> CellRows<'_, T> {
        CellRows { starts: &self.starts, columns: &self.columns, values: &self.values }
    }
}
