//! The limit of a sparse product: reading the rows that it names, and nothing else.

use glowrec_graph::dispatched;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

const LANES: usize = 16;
/// Output rows of one task.
const BLOCK: usize = 256;

/// Reads row `indices[i]` of the `dim`-wide `table` for every `i`, on the current pool.
///
/// Each block of rows adds what it reads into one row of registers, because a read without a
/// use would be removed; nothing is scaled and nothing but one sum per block is written. The
/// answer is the sum of all the rows read, so that a caller can check that they were.
///
/// # Panics
///
/// If `dim` is not 32, 64 or 128, or an index lies outside the table.
pub fn gathers(indptr: &[u64], indices: &[u32], table: &[f32], dim: usize) -> Vec<f32> {
    let level = Level::current();
    let starts: Vec<usize> = (0..indptr.len() - 1).step_by(BLOCK).collect();
    let sums = starts.into_par_iter().map(|first| {
        let last = (first + BLOCK).min(indptr.len() - 1);
        let block = &indices[indptr[first] as usize..indptr[last] as usize];
        match dim {
            32 => sum_rows::<2>(level, table, block),
            64 => sum_rows::<4>(level, table, block),
            128 => sum_rows::<8>(level, table, block),
            _ => panic!("the loop of bare gathers is compiled for 32, 64 and 128 columns"),
        }
    });
    let sums: Vec<Vec<f32>> = sums.collect();
    (0..dim).map(|j| sums.iter().map(|sum| sum[j]).sum()).collect()
}

dispatched! {
    fn sum_rows<const N: usize>(level, table: &[f32], ids: &[u32]) -> Vec<f32> = sum;
}

#[inline(always)]
fn sum<const N: usize>(table: &[f32], ids: &[u32]) -> Vec<f32> {
    let (rows, _) = table.as_chunks::<LANES>();
    let mut sum = [[0.0f32; LANES]; N];
    for &id in ids {
        let row = &rows[id as usize * N..][..N];
        for (sum, lanes) in sum.iter_mut().zip(row) {
            for (sum, lane) in sum.iter_mut().zip(lanes) {
                *sum += lane;
            }
        }
    }
    sum.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_row_is_read_as_often_as_it_is_named() {
        let table: Vec<f32> = (0..3 * 32).map(|i| (i / 32) as f32).collect();
        assert_eq!(gathers(&[0, 1, 1, 4], &[2, 0, 1, 2], &table, 32), [5.0; 32]);
    }
}
