//! Compressed sparse rows: the only graph layout the core knows.

use crate::error::{Error, Result};

/// A sparse 0/1 matrix, stored by row; built once, checked once, never changed.
///
/// Kernels borrow it and rely on these invariants without checking them again:
///
/// * `indptr` has `n_rows + 1` entries, starts at 0, never decreases and ends at `nnz`;
/// * every index is below `n_cols`, and both axes fit 32-bit ids;
/// * the indices of one row strictly increase, hence are unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csr {
    n_cols: usize,
    indptr: Box<[u64]>,
    indices: Box<[u32]>,
}

impl Csr {
    /// Wraps arrays whose invariants the caller has established.
    pub(crate) fn from_parts(n_cols: usize, indptr: Box<[u64]>, indices: Box<[u32]>) -> Self {
        debug_assert_eq!(indptr.first(), Some(&0));
        debug_assert_eq!(indptr.last().copied(), Some(indices.len() as u64));
        debug_assert!(indptr.windows(2).all(|bounds| {
            let row = &indices[bounds[0] as usize..bounds[1] as usize];
            row.windows(2).all(|pair| pair[0] < pair[1])
                && row.last().is_none_or(|&last| (last as usize) < n_cols)
        }));
        Self { n_cols, indptr, indices }
    }

    /// Number of rows, isolated ones included.
    pub fn n_rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// Number of columns, isolated ones included.
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// Number of stored entries.
    pub fn nnz(&self) -> usize {
        self.indices.len()
    }

    /// Where each row starts in [`Self::indices`]; one entry more than there are rows.
    pub fn indptr(&self) -> &[u64] {
        &self.indptr
    }

    /// The columns of all rows, one row after another.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The columns linked to `row`, strictly increasing.
    #[inline]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.indices[self.indptr[row] as usize..self.indptr[row + 1] as usize]
    }

    /// Number of columns linked to `row`.
    #[inline]
    pub fn degree(&self, row: usize) -> usize {
        (self.indptr[row + 1] - self.indptr[row]) as usize
    }

    /// Whether `row` is linked to `column`; `O(log degree)`.
    pub fn contains(&self, row: usize, column: u32) -> bool {
        self.row(row).binary_search(&column).is_ok()
    }
}

/// Narrows ids to the core's `u32`; the range check is the validation.
///
/// # Errors
///
/// [`Error::OutOfRange`] for the first value outside `0..bound`.
pub fn ids(name: &'static str, values: &[i64], bound: usize) -> Result<Vec<u32>> {
    let narrow = |(position, &found): (usize, &i64)| match u32::try_from(found) {
        Ok(id) if (id as usize) < bound => Ok(id),
        _ => Err(Error::OutOfRange { name, position, found, bound }),
    };
    values.iter().enumerate().map(narrow).collect()
}
