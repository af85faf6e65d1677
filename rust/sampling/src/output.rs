//! Room for what is drawn: written once, never cleared first.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use glowrec_graph::prefer_huge_pages;

use crate::error::{Error, Result};

/// A cell to be written.
pub(crate) type Cell = MaybeUninit<i64>;

/// Where the triplets of some positions go.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    /// Row of each position.
    pub(crate) rows: &'a mut [Cell],
    /// A column linked to the row.
    pub(crate) positives: &'a mut [Cell],
    /// Columns not linked to the row, those of one position side by side.
    pub(crate) negatives: &'a mut [Cell],
}

/// An empty vector with room for an array of this shape.
pub(crate) fn room<T>(shape: &[usize]) -> Result<Vec<T>> {
    let too_large = || Error::Memory { shape: shape.to_vec() };
    let n = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis)).ok_or_else(too_large)?;
    let mut cells = Vec::new();
    cells.try_reserve_exact(n).map_err(|_| too_large())?;
    prefer_huge_pages(cells.spare_capacity_mut());
    Ok(cells)
}

/// The next `n` cells that a vector has room for.
pub(crate) fn to_write(vec: &mut Vec<i64>, n: usize) -> &mut [Cell] {
    &mut vec.spare_capacity_mut()[..n]
}

/// Takes the next `n` cells into the vector.
///
/// # Safety
///
/// The first `n` cells of its spare capacity have been written.
pub(crate) unsafe fn written(vec: &mut Vec<i64>, n: usize) {
    debug_assert!(vec.capacity() - vec.len() >= n);
    // SAFETY: the caller's promise.
    unsafe { vec.set_len(vec.len() + n) };
}
