//! Buckets of entries to compressed rows.

use rayon::prelude::*;

use super::entries::{Edges, Transposed};
use super::partition::{Bucket, key, partition, value};
use crate::csr::Csr;
use crate::error::{Error, Result};
use crate::memory::zeros;

/// Chunks per thread, so that a thread that is held up can be helped.
const CHUNKS: usize = 4;
/// Entries below which a chunk is not worth handing to another thread.
const GRAIN: usize = 8192;

/// The distinct edges by row, columns sorted.
///
/// # Errors
///
/// [`Error::OutOfRange`] for the first edge with an id that does not fit its axis.
pub(crate) fn collapsed(
    n_rows: usize,
    n_cols: usize,
    rows: &[i64],
    cols: &[i64],
    packed: &mut Vec<u64>,
) -> Result<Csr> {
    let n = rows.len();
    packed.resize(n, 0);
    let size = chunk_size(n);
    let chunks: Vec<Edges> = rows
        .chunks(size)
        .zip(cols.chunks(size))
        .enumerate()
        .map(|(i, (rows, cols))| Edges { rows, cols, n_rows, n_cols, first: i * size })
        .collect();
    let buckets = partition(n_rows, &chunks, packed)?;
    let mut indptr = starts(n_rows)?;
    let mut indices = zeros(n);
    let lengths: Vec<usize> = by_bucket(&buckets, packed, &mut indptr, &mut indices)
        .into_par_iter()
        .map(|(bucket, packed, ends, indices)| {
            sort_by_key(bucket.keys.start, packed, ends, indices);
            collapse_rows(ends, indices)
        })
        .collect();
    close_gaps(&buckets, &lengths, &mut indptr, &mut indices);
    Ok(Csr::from_parts(n_cols, indptr.into(), indices.into()))
}

/// The same entries by column, rows sorted.
///
/// # Errors
///
/// [`Error::Memory`] if there is no room for the row starts.
pub(crate) fn transposed(csr: &Csr, packed: &mut Vec<u64>) -> Result<Csr> {
    packed.resize(csr.nnz(), 0);
    let chunks: Vec<Transposed> =
        row_chunks(csr, chunk_size(csr.nnz())).map(|rows| Transposed { csr, rows }).collect();
    let buckets = partition(csr.n_cols(), &chunks, packed)?;
    let mut indptr = starts(csr.n_cols())?;
    let mut indices = zeros(csr.nnz());
    let parts = by_bucket(&buckets, packed, &mut indptr, &mut indices);
    parts.into_par_iter().for_each(|(bucket, packed, ends, indices)| {
        sort_by_key(bucket.keys.start, packed, ends, indices);
        for end in ends {
            *end += bucket.entries.start as u64;
        }
    });
    Ok(Csr::from_parts(csr.n_rows(), indptr.into(), indices.into()))
}

fn chunk_size(n: usize) -> usize {
    // A chunk counts in 32 bits.
    n.div_ceil(CHUNKS * rayon::current_num_threads()).clamp(GRAIN, 1 << 31)
}

/// Ranges of rows with about `size` entries each.
fn row_chunks(csr: &Csr, size: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let target = *csr.indptr().get(start)? + size as u64;
        if start == csr.n_rows() {
            return None;
        }
        next = csr.indptr().partition_point(|&end| end <= target).saturating_sub(1).max(start + 1);
        Some(start..next)
    })
}

/// Zeroed row starts, or an error where the allocator would end the process.
fn starts(n_rows: usize) -> Result<Vec<u64>> {
    let fits = Vec::<u64>::new().try_reserve_exact(n_rows + 1);
    fits.map_err(|_| Error::Memory { name: "row starts", bytes: (n_rows + 1) * 8 })?;
    Ok(zeros(n_rows + 1))
}

/// A bucket with its entries, the ends of its rows, and the room for its indices.
type Part<'a> = (&'a Bucket, &'a [u64], &'a mut [u64], &'a mut [u32]);

fn by_bucket<'a>(
    buckets: &'a [Bucket],
    packed: &'a [u64],
    indptr: &'a mut [u64],
    mut indices: &'a mut [u32],
) -> Vec<Part<'a>> {
    let mut ends = &mut indptr[1..];
    let mut parts = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        let (my_ends, other_ends) = ends.split_at_mut(bucket.keys.len());
        let (my_indices, other_indices) = indices.split_at_mut(bucket.entries.len());
        (ends, indices) = (other_ends, other_indices);
        parts.push((bucket, &packed[bucket.entries.clone()], my_ends, my_indices));
    }
    parts
}

/// A stable counting sort: the values of each key, side by side, and where each key's end.
fn sort_by_key(first: usize, packed: &[u64], ends: &mut [u64], indices: &mut [u32]) {
    for &entry in packed {
        ends[key(entry) - first] += 1;
    }
    let mut start = 0;
    for end in &mut *ends {
        start += std::mem::replace(end, start);
    }
    for &entry in packed {
        let next = &mut ends[key(entry) - first];
        indices[*next as usize] = value(entry);
        *next += 1;
    }
}

/// Sorts each row and leaves repeats out; returns how many indices remain.
fn collapse_rows(ends: &mut [u64], indices: &mut [u32]) -> usize {
    let (mut start, mut kept) = (0, 0);
    for end in ends {
        let stop = *end as usize;
        indices[start..stop].sort_unstable();
        let first = kept;
        for at in start..stop {
            let index = indices[at];
            if kept == first || indices[kept - 1] != index {
                indices[kept] = index;
                kept += 1;
            }
        }
        start = stop;
        *end = kept as u64;
    }
    kept
}

/// Moves the buckets' indices up to each other, and their row ends along.
fn close_gaps(buckets: &[Bucket], lengths: &[usize], indptr: &mut [u64], indices: &mut Vec<u32>) {
    let mut filled = 0;
    for (bucket, &length) in buckets.iter().zip(lengths) {
        let start = bucket.entries.start;
        if start != filled {
            indices.copy_within(start..start + length, filled);
        }
        for end in &mut indptr[bucket.keys.start + 1..=bucket.keys.end] {
            *end += filled as u64;
        }
        filled += length;
    }
    indices.truncate(filled);
}
