//! Gradients of gathered rows, added back to the rows they came from.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::propagation::Real;

/// A table of `n_rows` zero rows, to whose row `index[i]` the `i`-th row of `values` is added.
///
/// Rows that meet are summed in the order of their positions, one target row by one thread, so
/// the bits do not depend on the number of threads. `O(len + n_rows)` time beside the sums.
///
/// # Errors
///
/// [`Error::Length`] unless `values` is `index.len() · dim` long, [`Error::OutOfRange`] for the
/// first index that is not a row.
pub fn scatter_rows<T: Real>(
    index: &[i64],
    values: &[T],
    dim: usize,
    n_rows: usize,
) -> Result<Vec<T>> {
    let expected = index.len() * dim;
    if values.len() != expected {
        return Err(Error::Length { name: "values", expected, found: values.len() });
    }
    let rows = crate::csr::ids("index", index, n_rows)?;
    let mut out = vec![T::default(); n_rows * dim];
    if dim == 0 || rows.is_empty() {
        return Ok(out);
    }
    // A stable counting sort of the positions by row.
    let mut starts = vec![0u32; n_rows + 1];
    for &row in &rows {
        starts[row as usize + 1] += 1;
    }
    for row in 0..n_rows {
        starts[row + 1] += starts[row];
    }
    let mut next = starts.clone();
    let mut positions = vec![0u32; rows.len()];
    for (position, &row) in rows.iter().enumerate() {
        positions[next[row as usize] as usize] = position as u32;
        next[row as usize] += 1;
    }
    out.par_chunks_exact_mut(dim).zip(starts.par_windows(2)).for_each(|(out, bounds)| {
        for &position in &positions[bounds[0] as usize..bounds[1] as usize] {
            let value = &values[position as usize * dim..][..dim];
            for (out, &value) in out.iter_mut().zip(value) {
                *out = *out + value;
            }
        }
    });
    Ok(out)
}
