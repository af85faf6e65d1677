//! The ratings themselves, by row and by column.

use crate::bipartite::Bipartite;
use crate::csr::Csr;
use crate::error::{Error, Result};

use super::Number;

/// A sparse matrix of ratings.
///
/// Rows without a rating are all alike in every product, so that only *distinct* rows are
/// computed: those with ratings, in their order, then, if there are rows without, one for all
/// of these. Columns are never renumbered.
#[derive(Clone, Debug)]
pub struct Ratings<T> {
    n_rows: usize,
    /// Distinct rows by columns.
    pub(super) by_row: Csr,
    /// Columns by distinct rows.
    pub(super) by_col: Csr,
    pub(super) row_values: Box<[T]>,
    pub(super) col_values: Box<[T]>,
    /// Position in `row_values` of each of `col_values`.
    pub(super) position: Box<[u32]>,
    /// The row that each distinct row with ratings is.
    pub(super) occupied: Box<[u32]>,
    /// The distinct row that each row is.
    pub(super) place: Box<[u32]>,
}

impl<T: Number> Ratings<T> {
    /// The matrix with `values[i]` at (`rows[i]`, `cols[i]`).
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] for the first place outside the matrix, [`Error::TooMany`] for
    /// more ratings than 32-bit positions can name, [`Error::Length`] for arrays that differ in
    /// length and for places that repeat.
    pub fn new(
        n_rows: usize,
        n_cols: usize,
        rows: &[i64],
        cols: &[i64],
        values: &[T],
    ) -> Result<Self> {
        let n = values.len();
        let limit = u32::MAX as usize;
        if n > limit {
            return Err(Error::TooMany { name: "ratings", found: n, limit });
        }
        if rows.len() != n {
            return Err(Error::Length { name: "rows", expected: n, found: rows.len() });
        }
        let whole = Bipartite::from_edges(n_rows, n_cols, rows, cols)?;
        if whole.n_edges() != n {
            return Err(Error::Length {
                name: "distinct places",
                expected: n,
                found: whole.n_edges(),
            });
        }
        let mut row_values = vec![T::default(); n];
        for ((&row, &col), &value) in rows.iter().zip(cols).zip(values) {
            let row = row.cast_unsigned() as usize; // checked when the graph was built
            let at = whole.by_row().row(row).partition_point(|&c| i64::from(c) < col);
            row_values[whole.by_row().indptr()[row] as usize + at] = value;
        }
        Ok(Self::from_graph(&whole, row_values.into()))
    }

    fn from_graph(whole: &Bipartite, row_values: Box<[T]>) -> Self {
        let (n_rows, n_cols) = (whole.n_rows(), whole.n_cols());
        let occupied: Box<[u32]> =
            (0..n_rows as u32).filter(|&row| whole.by_row().degree(row as usize) > 0).collect();
        let mut place = vec![occupied.len() as u32; n_rows];
        let mut starts: Vec<u64> = vec![0];
        for (distinct, &row) in occupied.iter().enumerate() {
            place[row as usize] = distinct as u32;
            starts.push(whole.by_row().indptr()[row as usize + 1]);
        }
        let total = *starts.last().expect("the first start is always there");
        if occupied.len() < n_rows {
            starts.push(total);
        }
        let by_row = Csr::from_parts(n_cols, starts.into(), whole.by_row().indices().into());
        let renumbered = whole.by_col().indices().iter().map(|&row| place[row as usize]).collect();
        let by_col = Csr::from_parts(by_row.n_rows(), whole.by_col().indptr().into(), renumbered);
        let mut next: Vec<u64> = by_col.indptr()[..n_cols].to_vec();
        let mut position = vec![0u32; row_values.len()];
        for (at, &col) in by_row.indices().iter().enumerate() {
            position[next[col as usize] as usize] = at as u32;
            next[col as usize] += 1;
        }
        let col_values = position.iter().map(|&at| row_values[at as usize]).collect();
        Self {
            n_rows,
            by_row,
            by_col,
            row_values,
            col_values,
            position: position.into(),
            occupied,
            place: place.into(),
        }
    }

    /// Number of rows, those without ratings included.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_cols(&self) -> usize {
        self.by_row.n_cols()
    }

    /// Number of distinct rows.
    pub fn n_distinct(&self) -> usize {
        self.by_row.n_rows()
    }

    /// The distinct row that each row is.
    pub fn places(&self) -> &[u32] {
        &self.place
    }
}

/// That `table` has `n_rows` rows of `dim` cells.
pub(super) fn check<T>(name: &'static str, table: &[T], n_rows: usize, dim: usize) -> Result<()> {
    let expected = n_rows * dim;
    if table.len() == expected {
        return Ok(());
    }
    Err(Error::Length { name, expected, found: table.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Ratings<f32> {
        Ratings::new(4, 3, &[3, 1, 1], &[0, 2, 0], &[5.0, 2.0, 1.0]).unwrap()
    }

    #[test]
    fn rows_without_ratings_share_the_last_distinct_row() {
        let ratings = example();
        assert_eq!((ratings.n_rows(), ratings.n_cols(), ratings.n_distinct()), (4, 3, 3));
        assert_eq!(ratings.places(), [2, 0, 2, 1]);
        assert_eq!(*ratings.occupied, [1, 3]);
        assert_eq!(ratings.by_row.indptr(), [0, 2, 3, 3]);
        assert_eq!(*ratings.row_values, [1.0, 2.0, 5.0]);
    }

    #[test]
    fn columns_hold_the_same_ratings() {
        let ratings = example();
        assert_eq!(ratings.by_col.indices(), [0, 1, 0]);
        assert_eq!(*ratings.col_values, [1.0, 5.0, 2.0]);
        assert_eq!(*ratings.position, [0, 2, 1]);
    }

    #[test]
    fn bad_places_are_refused() {
        let build =
            |rows: &[i64], cols: &[i64], n| Ratings::new(2, 2, rows, cols, &vec![1.0f64; n]);
        let error = build(&[0, 2], &[0, 0], 2).unwrap_err();
        assert_eq!(error, Error::OutOfRange { name: "rows", position: 1, found: 2, bound: 2 });
        let error = build(&[1, 1], &[1, 1], 2).unwrap_err();
        assert_eq!(error, Error::Length { name: "distinct places", expected: 2, found: 1 });
        let error = build(&[1, 1], &[1, 0], 1).unwrap_err();
        assert_eq!(error, Error::Length { name: "rows", expected: 1, found: 2 });
    }
}
