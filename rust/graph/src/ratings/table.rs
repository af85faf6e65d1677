//! A dense operand, laid out for gathers of whole rows.

use rayon::prelude::*;

use crate::memory::Workspace;

use super::Number;

/// Rows padded with zeros to whole vectors, the first one on a cache line.
#[derive(Debug)]
pub(super) struct Table {
    cells: Workspace,
    n_rows: usize,
    stride: usize,
}

/// Rows that are copied as one piece of work.
const PIECE: usize = 64;

impl Table {
    /// `source`, rows of `dim` cells.
    pub(super) fn new<T: Number>(source: &[T], n_rows: usize, dim: usize) -> Self {
        let mut table = Self::empty::<T>(n_rows, dim);
        let stride = table.stride;
        table
            .cells_mut()
            .par_chunks_mut(PIECE * stride)
            .zip(source.par_chunks(PIECE * dim.max(1)))
            .for_each(|(to, from): (&mut [T], &[T])| {
                for (to, from) in to.chunks_exact_mut(stride).zip(from.chunks_exact(dim.max(1))) {
                    to[..dim].copy_from_slice(from);
                    to[dim..].fill(T::default());
                }
            });
        table
    }

    /// The transpose of `source`, which has `dim` rows of `n_rows` cells.
    pub(super) fn transposed<T: Number>(source: &[T], n_rows: usize, dim: usize) -> Self {
        let mut table = Self::empty::<T>(n_rows, dim);
        let stride = table.stride;
        table.cells_mut().par_chunks_mut(SQUARE * stride).enumerate().for_each(
            |(piece, to): (usize, &mut [T])| {
                let first = piece * SQUARE;
                transpose_into(source, n_rows, first, dim, to, stride);
                for row in to.chunks_exact_mut(stride) {
                    row[dim..].fill(T::default());
                }
            },
        );
        table
    }

    fn empty<T: Number>(n_rows: usize, dim: usize) -> Self {
        let stride = stride::<T>(dim);
        let mut cells = Workspace::new();
        cells.table::<T>(n_rows * stride);
        Self { cells, n_rows, stride }
    }

    fn cells_mut<T: Number>(&mut self) -> &mut [T] {
        self.cells.table(self.n_rows * self.stride)
    }

    /// All rows.
    pub(super) fn view<T: Number>(&mut self) -> Rows<'_, T> {
        let stride = self.stride;
        Rows { cells: self.cells_mut(), stride }
    }
}

/// Padded rows to read from.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    pub(super) cells: &'a [T],
    pub(super) stride: usize,
}

impl<'a, T> Rows<'a, T> {
    pub(super) fn n_rows(&self) -> usize {
        self.cells.len() / self.stride
    }

    pub(super) fn row(&self, row: usize) -> &'a [T] {
        &self.cells[row * self.stride..][..self.stride]
    }
}

/// Cells of a row of `dim`, rounded up to whole blocks of lanes.
pub(super) fn stride<T: Number>(dim: usize) -> usize {
    dim.next_multiple_of(T::LANES).max(T::LANES)
}

/// Side of the squares that are transposed in the cache.
const SQUARE: usize = 32;

/// Rows `first..` of the transpose of `source` (`dim` rows of `width` cells), as many as `to` holds.
fn transpose_into<T: Copy>(
    source: &[T],
    width: usize,
    first: usize,
    dim: usize,
    to: &mut [T],
    stride: usize,
) {
    let n = to.len() / stride;
    for top in (0..dim).step_by(SQUARE) {
        let bottom = (top + SQUARE).min(dim);
        for (row, to) in to.chunks_exact_mut(stride).enumerate().take(n) {
            for (at, to) in (top..bottom).zip(&mut to[top..bottom]) {
                *to = source[at * width + first + row];
            }
        }
    }
}

/// The transpose of `source`, rows of `dim` cells.
pub(super) fn transpose<T: Number>(source: &[T], dim: usize) -> Vec<T> {
    let n_rows = source.len() / dim.max(1);
    let mut out = vec![T::default(); source.len()];
    if n_rows > 0 {
        out.par_chunks_mut(SQUARE * n_rows).enumerate().for_each(|(piece, to)| {
            transpose_into(source, dim, piece * SQUARE, n_rows, to, n_rows);
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_with_zeros_and_transposes_are_transposes() {
        let (n_rows, dim) = (70, 67);
        let source: Vec<f32> = (0..n_rows * dim).map(|i| i as f32 + 1.0).collect();
        let mut table = Table::new(&source, n_rows, dim);
        let rows = table.view::<f32>();
        assert_eq!((rows.stride, rows.n_rows(), rows.cells.as_ptr() as usize % 64), (128, 70, 0));
        for row in 0..n_rows {
            assert_eq!(rows.row(row)[..dim], source[row * dim..][..dim]);
            assert_eq!(rows.row(row)[dim..], [0.0; 61]);
        }
        let flipped = transpose(&source, dim);
        for row in 0..n_rows {
            for col in 0..dim {
                assert_eq!(flipped[col * n_rows + row], source[row * dim + col]);
            }
        }
        let mut again = Table::transposed(&flipped, n_rows, dim);
        assert_eq!(again.view::<f32>().cells, rows.cells);
    }
}
