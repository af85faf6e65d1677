//! The tile in the registers of AVX2, AVX-VNNI and AVX-512 VNNI.
#![allow(unsafe_code)]
#![expect(clippy::cast_ptr_alignment, reason = "loads and stores here need no alignment")]

#[allow(clippy::wildcard_imports, reason = "a dozen intrinsics")]
use std::arch::x86_64::*;
use std::ops::Range;

use super::{BATCH, COLS, Groups, ROWS, STEP, Tile, Units, sweep};

/// The four codes of row `r` in a step, as one number to broadcast.
#[inline(always)]
fn quad(rows: &[i8; ROWS * STEP], r: usize) -> i32 {
    let codes = rows.as_chunks::<STEP>().0[r];
    i32::from_ne_bytes(codes.map(i8::cast_unsigned))
}

/// Makes a module of `sweep` by one kernel.
macro_rules! sweeping {
    ($kernel:ident, $features:literal) => {
        pub(super) mod $kernel {
            use super::*;

            /// [`sweep`](super::sweep) by the kernel that the module is named for.
            ///
            /// # Safety
            ///
            #[doc = concat!("The processor has ", $features, ".")]
            #[target_feature(enable = $features)]
            pub(in super::super) fn sweep(
                groups: (&Groups, Range<usize>),
                cols: &[[u8; COLS * STEP]],
                units: &Units,
                tiles: &mut [Tile; BATCH],
                found: impl FnMut(usize, &[Tile]),
            ) {
                super::sweep(groups, cols, units, tiles, found, |rows, cols, tile| {
                    super::$kernel(rows, cols, tile);
                });
            }
        }
    };
}

sweeping!(avx512vnni, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma");
sweeping!(avxvnni, "avx2,fma,avxvnni");
sweeping!(avx2, "avx2,fma");

/// Eight rows × two registers of sixteen columns.
///
/// # Safety
///
/// The processor has AVX-512 F and VNNI.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
fn avx512vnni(rows: &[[i8; ROWS * STEP]], cols: &[[u8; COLS * STEP]], tile: &mut Tile) {
    let mut sums = tile.starts.sums.map(|start| [_mm512_set1_epi32(start); 2]);
    for (row, col) in rows.iter().zip(cols) {
        // SAFETY: reads the 128 codes of `col`.
        let (low, high) = unsafe {
            let at = col.as_ptr().cast::<__m512i>();
            (_mm512_loadu_si512(at), _mm512_loadu_si512(at.add(1)))
        };
        for (r, sum) in sums.iter_mut().enumerate() {
            let row = _mm512_set1_epi32(quad(row, r));
            sum[0] = _mm512_dpbusd_epi32(sum[0], low, row);
            sum[1] = _mm512_dpbusd_epi32(sum[1], high, row);
        }
    }
    for (out, sum) in tile.sums.iter_mut().zip(&sums) {
        // SAFETY: writes the 32 numbers of `out`.
        unsafe {
            let at = out.as_mut_ptr().cast::<__m512i>();
            _mm512_storeu_si512(at, sum[0]);
            _mm512_storeu_si512(at.add(1), sum[1]);
        }
    }
    // Bytes keep the signs; packing leaves the fours of each half of each row apart.
    let apart = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let (sums, survivors) = (sums.as_chunks::<2>().0, tile.survivors.as_chunks_mut::<2>().0);
    tile.rows = 0;
    for (pair, (survivors, sums)) in survivors.iter_mut().zip(sums).enumerate() {
        let [first, second] = sums.map(|[low, high]| _mm512_packs_epi32(low, high));
        let signs = _mm512_permutexvar_epi32(apart, _mm512_packs_epi16(first, second));
        let both = !_mm512_movepi8_mask(signs);
        *survivors = [both as u32, (both >> 32) as u32];
        let rows = survivors.map(|lanes| u8::from(lanes != 0));
        tile.rows |= (rows[0] | rows[1] << 1) << (2 * pair);
    }
}

/// The columns of a step, eight to a register.
///
/// # Safety
///
/// The processor has AVX.
#[inline]
#[target_feature(enable = "avx2")]
fn quarters(col: &[u8; COLS * STEP]) -> [__m256i; 4] {
    // SAFETY: each reads 32 of the 128 codes of `col`.
    std::array::from_fn(|i| unsafe { _mm256_loadu_si256(col.as_ptr().cast::<__m256i>().add(i)) })
}

/// The sums of rows `2 * pair` and the next, as they start.
#[inline]
#[target_feature(enable = "avx2")]
fn started(starts: &[i32; ROWS], pair: usize) -> [[__m256i; 4]; 2] {
    std::array::from_fn(|r| [_mm256_set1_epi32(starts[2 * pair + r]); 4])
}

/// Notes which sums of rows `2 * pair` and the next survive; sums are kept if any does.
#[inline]
#[target_feature(enable = "avx2")]
fn settle(sums: [[__m256i; 4]; 2], pair: usize, tile: &mut Tile) {
    // Negative all together only if each of them is.
    let ones = _mm256_set1_epi32(-1);
    let all = sums.iter().flatten().fold(ones, |all, &sum| _mm256_and_si256(all, sum));
    let mask = |sums: __m256i| _mm256_movemask_ps(_mm256_castsi256_ps(sums)).cast_unsigned();
    if mask(all) == 0xFF {
        return;
    }
    for (r, sums) in (2 * pair..).zip(sums) {
        tile.survivors[r] = 0;
        for (i, sum) in sums.into_iter().enumerate() {
            tile.survivors[r] |= (mask(sum) ^ 0xFF) << (8 * i);
            // SAFETY: writes 8 of the 32 numbers of the row.
            unsafe { _mm256_storeu_si256(tile.sums[r].as_mut_ptr().cast::<__m256i>().add(i), sum) };
        }
        tile.rows |= u8::from(tile.survivors[r] != 0) << r;
    }
}

/// Four times two rows × four registers of eight columns, two steps at a time: four products of
/// 7-bit codes fit 16 bits.
///
/// # Safety
///
/// The processor has AVX2. The number of steps is even.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn avx2(rows: &[[i8; ROWS * STEP]], cols: &[[u8; COLS * STEP]], tile: &mut Tile) {
    (tile.survivors, tile.rows) = ([0; ROWS], 0);
    let (row_steps, col_steps) = (rows.as_chunks::<2>().0, cols.as_chunks::<2>().0);
    let ones = _mm256_set1_epi16(1);
    for pair in 0..ROWS / 2 {
        let mut sums = started(&tile.starts.sums, pair);
        for (rows, cols) in row_steps.iter().zip(col_steps) {
            let (first, second) = (quarters(&cols[0]), quarters(&cols[1]));
            for (r, sums) in sums.iter_mut().enumerate() {
                let row = rows.each_ref().map(|row| _mm256_set1_epi32(quad(row, 2 * pair + r)));
                for (i, sum) in sums.iter_mut().enumerate() {
                    let products = _mm256_add_epi16(
                        _mm256_maddubs_epi16(first[i], row[0]),
                        _mm256_maddubs_epi16(second[i], row[1]),
                    );
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, ones));
                }
            }
        }
        settle(sums, pair, tile);
    }
}

/// The same with products of four codes added in one instruction.
macro_rules! vnni_256 {
    ($(#[$meta:meta])* $name:ident, $features:literal, $dpbusd:ident) => {
        $(#[$meta])*
        ///
        /// # Safety
        ///
        #[doc = concat!("The processor has ", $features, ".")]
        #[inline]
        #[target_feature(enable = $features)]
        fn $name(
            rows: &[[i8; ROWS * STEP]],
            cols: &[[u8; COLS * STEP]],
            tile: &mut Tile,
        ) {
            (tile.survivors, tile.rows) = ([0; ROWS], 0);
            for pair in 0..ROWS / 2 {
                let mut sums = started(&tile.starts.sums, pair);
                for (row, col) in rows.iter().zip(cols) {
                    let col = quarters(col);
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let row = _mm256_set1_epi32(quad(row, 2 * pair + r));
                        for (sum, col) in sums.iter_mut().zip(col) {
                            *sum = $dpbusd(*sum, col, row);
                        }
                    }
                }
                settle(sums, pair, tile);
            }
        }
    };
}

vnni_256! {
    /// In the encoding of processors without AVX-512.
    avxvnni, "avx2,fma,avxvnni", _mm256_dpbusd_avx_epi32
}

vnni_256! {
    /// In the encoding of AVX-512, by which the body above is tested where AVX-VNNI is missing.
    #[cfg(test)]
    avx512vnni_256, "avx2,avx512f,avx512vl,avx512vnni", _mm256_dpbusd_epi32
}

#[cfg(test)]
mod tests {
    use super::super::{Dots, portable};
    use super::*;

    /// A kernel as a safe function, to be called where its instructions are.
    type Kernel = fn(&[[i8; 32]], &[[u8; 128]], &mut Tile);

    /// What kernels must agree on: the most and the least that codes can say, and anything.
    fn agrees(kernel: Kernel, row_codes: i16, column_codes: i16) {
        for n_steps in [0, 2, 16, 66] {
            for seed in 0..8i16 {
                let pick = |i: usize, most: i16| match seed {
                    0 => most,
                    1 => -most,
                    _ => {
                        (i.cast_signed() as i16).wrapping_mul(7919).wrapping_mul(seed) % (most + 1)
                    }
                };
                let rows: Vec<[i8; 32]> = (0..n_steps)
                    .map(|s| std::array::from_fn(|i| pick(s * 32 + i, row_codes) as i8))
                    .collect();
                let cols: Vec<[u8; 128]> = (0..n_steps)
                    .map(|s| {
                        let code = |i| pick(s * 128 + i, column_codes) + column_codes + 1;
                        std::array::from_fn(|i| code(i).cast_unsigned() as u8)
                    })
                    .collect();
                let starts = [-1, 0, 1, -1000, 1000, -100_000, 1 << 30, -1 << 30];
                let (mut found, mut expected) = (Tile::EMPTY, Tile::EMPTY);
                (found.starts.sums, expected.starts.sums) = (starts, starts);
                (found.survivors, found.rows) = ([7; ROWS], 7); // of another panel
                kernel(&rows, &cols, &mut found);
                portable::scan(&rows, &cols, &mut expected);
                assert_eq!((found.survivors, found.rows), (expected.survivors, expected.rows));
                for r in (0..ROWS).filter(|&r| found.survivors[r] != 0) {
                    assert_eq!(found.sums[r], expected.sums[r]);
                }
            }
        }
    }

    #[test]
    fn kernels_agree_with_their_definition() {
        let has = |dots| Dots::available().contains(&dots);
        if has(Dots::Avx2) {
            // SAFETY: the processor has it, here and below.
            agrees(|r, c, t| unsafe { avx2(r, c, t) }, 64, 63);
        }
        if has(Dots::AvxVnni) {
            agrees(|r, c, t| unsafe { avxvnni(r, c, t) }, 127, 127);
        }
        if has(Dots::Avx512Vnni) {
            agrees(|r, c, t| unsafe { avx512vnni(r, c, t) }, 127, 127);
            agrees(|r, c, t| unsafe { avx512vnni_256(r, c, t) }, 127, 127);
        }
    }
}
