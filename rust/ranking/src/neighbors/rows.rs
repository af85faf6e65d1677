//! Sparse rows with values.

use crate::error::{Error, Result, check};

/// A sparse matrix of `f32`, stored by row; the columns of a row stand in any order.
///
/// `starts` has one entry more than there are rows, begins at 0, never decreases and ends at the
/// number of entries; every column is below `n_cols`.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseRows {
    n_cols: usize,
    starts: Vec<u64>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl SparseRows {
    /// Wraps arrays.
    ///
    /// # Errors
    ///
    /// [`Error::Starts`] for the first row that does not begin where the one before it ends;
    /// [`Error::Length`] if columns and values differ in number, or the last row does not end
    /// with them; [`Error::Column`] for the first column that is none.
    pub fn new(
        n_cols: usize,
        starts: Vec<u64>,
        columns: Vec<u32>,
        values: Vec<f32>,
    ) -> Result<Self> {
        if starts.first() != Some(&0) {
            return Err(Error::Starts { row: 0 });
        }
        if let Some(row) = starts.windows(2).position(|bounds| bounds[0] > bounds[1]) {
            return Err(Error::Starts { row: row + 1 });
        }
        check("columns", starts[starts.len() - 1] as usize, columns.len())?;
        check("values", columns.len(), values.len())?;
        if let Some(position) = columns.iter().position(|&column| column as usize >= n_cols) {
            return Err(Error::Column { position, found: columns[position], bound: n_cols });
        }
        Ok(Self { n_cols, starts, columns, values })
    }

    /// Rows without entries.
    pub(crate) fn empty(n_rows: usize, n_cols: usize) -> Self {
        Self { n_cols, starts: vec![0; n_rows + 1], columns: vec![], values: vec![] }
    }

    /// Adds a row whose columns are below `n_cols`.
    pub(crate) fn push_row(&mut self, entries: impl Iterator<Item = (u32, f32)>) {
        for (column, value) in entries {
            self.columns.push(column);
            self.values.push(value);
        }
        self.starts.push(self.columns.len() as u64);
    }

    /// The rows of some tables, one after another.
    pub(crate) fn joined(n_cols: usize, tables: &[Self]) -> Self {
        let mut all = Self::empty(0, n_cols);
        for table in tables {
            all.append(table);
        }
        all
    }

    /// Adds the rows of another table with as many columns.
    pub fn append(&mut self, other: &Self) {
        let end = self.columns.len() as u64;
        self.starts.extend(other.starts[1..].iter().map(|start| end + start));
        self.columns.extend_from_slice(&other.columns);
        self.values.extend_from_slice(&other.values);
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of columns.
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// Where each row starts, columns and values.
    pub fn into_parts(self) -> (Vec<u64>, Vec<u32>, Vec<f32>) {
        (self.starts, self.columns, self.values)
    }

    /// Columns and values of a row.
    #[inline]
    pub(crate) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let entries = self.starts[row] as usize..self.starts[row + 1] as usize;
        (&self.columns[entries.clone()], &self.values[entries])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_that_are_no_rows_are_refused() {
        let rows = |starts: &[u64], columns: &[u32], values: &[f32]| {
            SparseRows::new(3, starts.to_vec(), columns.to_vec(), values.to_vec()).err()
        };
        assert_eq!(rows(&[0, 1, 2], &[2, 0], &[1.0, 2.0]), None);
        assert_eq!(rows(&[0], &[], &[]), None);
        assert_eq!(rows(&[], &[], &[]), Some(Error::Starts { row: 0 }));
        assert_eq!(rows(&[1, 1], &[0], &[1.0]), Some(Error::Starts { row: 0 }));
        assert_eq!(rows(&[0, 2, 1, 2], &[0, 1], &[1.0; 2]), Some(Error::Starts { row: 2 }));
        let length = |name, expected, found| Some(Error::Length { name, expected, found });
        assert_eq!(rows(&[0, 1], &[0, 1], &[1.0; 2]), length("columns", 1, 2));
        assert_eq!(rows(&[0, 2], &[0, 1], &[1.0]), length("values", 2, 1));
        let column = Error::Column { position: 1, found: 3, bound: 3 };
        assert_eq!(rows(&[0, 2], &[0, 3], &[1.0; 2]), Some(column));
    }

    #[test]
    fn appended_rows_start_where_the_others_end() {
        let mut rows = SparseRows::empty(1, 4);
        rows.push_row([(3, 0.5), (1, 2.0)].into_iter());
        rows.append(&rows.clone());
        assert_eq!((rows.n_rows(), rows.n_cols()), (4, 4));
        assert_eq!(rows.row(2), (&[][..], &[][..]));
        assert_eq!(rows.row(3), (&[3, 1][..], &[0.5, 2.0][..]));
        assert_eq!(rows.into_parts().0, [0, 0, 2, 2, 4]);
    }
}
