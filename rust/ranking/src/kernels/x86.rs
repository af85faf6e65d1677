//! The tile in the registers of AVX2 and AVX-512.
#![allow(unsafe_code)]

#[allow(clippy::wildcard_imports, reason = "a dozen intrinsics")]
use std::arch::x86_64::*;

use super::{COLS, ROWS, Tile};

/// Twelve rows × two registers of sixteen columns.
///
/// # Safety
///
/// The processor has AVX-512 F.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) fn avx512(
    rows: &[[f32; ROWS]],
    cols: &[[f32; COLS]],
    starts: &[f32; COLS],
    thresholds: &[f32; ROWS],
    tile: &mut Tile,
) -> bool {
    // SAFETY: reads the 32 numbers of `starts`.
    let starts =
        unsafe { [_mm512_loadu_ps(starts.as_ptr()), _mm512_loadu_ps(starts.as_ptr().add(16))] };
    let mut sums = [starts; ROWS];
    for (row, col) in rows.iter().zip(cols) {
        // SAFETY: reads the 32 numbers of `col`.
        let (low, high) =
            unsafe { (_mm512_loadu_ps(col.as_ptr()), _mm512_loadu_ps(col.as_ptr().add(16))) };
        for (sum, &row) in sums.iter_mut().zip(row) {
            let row = _mm512_set1_ps(row);
            sum[0] = _mm512_fmadd_ps(row, low, sum[0]);
            sum[1] = _mm512_fmadd_ps(row, high, sum[1]);
        }
    }
    let mut any = 0;
    for (survivors, (sum, &threshold)) in tile.survivors.iter_mut().zip(sums.iter().zip(thresholds))
    {
        let threshold = _mm512_set1_ps(threshold);
        let low = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(sum[0], threshold);
        let high = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(sum[1], threshold);
        *survivors = u32::from(low) | u32::from(high) << 16;
        any |= *survivors;
    }
    if any == 0 {
        return false;
    }
    for (scores, sum) in tile.scores.iter_mut().zip(&sums) {
        // SAFETY: writes the 32 numbers of `scores`.
        unsafe {
            _mm512_storeu_ps(scores.as_mut_ptr(), sum[0]);
            _mm512_storeu_ps(scores.as_mut_ptr().add(16), sum[1]);
        }
    }
    true
}

/// Four times six rows × two registers of eight columns.
///
/// # Safety
///
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2(
    rows: &[[f32; ROWS]],
    cols: &[[f32; COLS]],
    starts: &[f32; COLS],
    thresholds: &[f32; ROWS],
    tile: &mut Tile,
) -> bool {
    tile.survivors = [0; ROWS];
    let mut any = false;
    for (first_col, first_row) in [(0, 0), (0, 6), (16, 0), (16, 6)] {
        any |= quarter(rows, cols, starts, (first_row, first_col), thresholds, tile);
    }
    any
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn quarter(
    rows: &[[f32; ROWS]],
    cols: &[[f32; COLS]],
    starts: &[f32; COLS],
    (first_row, first_col): (usize, usize),
    thresholds: &[f32; ROWS],
    tile: &mut Tile,
) -> bool {
    assert!(first_row + 6 <= ROWS && first_col + 16 <= COLS);
    // SAFETY: reads 16 of the 32 numbers of `starts`, by the assertion.
    let starts = unsafe {
        let at = starts.as_ptr().add(first_col);
        [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8))]
    };
    let mut sums = [starts; 6];
    for (row, col) in rows.iter().zip(cols) {
        // SAFETY: reads 16 of the 32 numbers of `col`, by the assertion.
        let (low, high) = unsafe {
            let at = col.as_ptr().add(first_col);
            (_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8)))
        };
        for (i, sum) in sums.iter_mut().enumerate() {
            let row = _mm256_set1_ps(row[first_row + i]);
            sum[0] = _mm256_fmadd_ps(row, low, sum[0]);
            sum[1] = _mm256_fmadd_ps(row, high, sum[1]);
        }
    }
    let mut any = 0;
    for (i, sum) in sums.iter().enumerate() {
        let threshold = _mm256_set1_ps(thresholds[first_row + i]);
        let low = _mm256_cmp_ps::<_CMP_NLE_UQ>(sum[0], threshold);
        let high = _mm256_cmp_ps::<_CMP_NLE_UQ>(sum[1], threshold);
        let mask = (_mm256_movemask_ps(low) | _mm256_movemask_ps(high) << 8).cast_unsigned();
        tile.survivors[first_row + i] |= mask << first_col;
        any |= mask;
    }
    // The other half of a row's columns may survive on its own: all scores are kept.
    for (i, sum) in sums.iter().enumerate() {
        let scores = &mut tile.scores[first_row + i];
        // SAFETY: writes 16 of the 32 numbers of `scores`, by the assertion.
        unsafe {
            let at = scores.as_mut_ptr().add(first_col);
            _mm256_storeu_ps(at, sum[0]);
            _mm256_storeu_ps(at.add(8), sum[1]);
        }
    }
    any != 0
}
