//! [`Lanes`] in the registers of AVX2 and AVX-512.
//!
//! The compiler, left alone with four dot products, mixes their lanes; these types keep each in
//! its own registers and share only the last additions.
#![allow(unsafe_code)]

#[allow(clippy::wildcard_imports, reason = "dozens of intrinsics")]
use std::arch::x86_64::*;

use crate::lanes::{LANES, Lanes, QUAD};
use crate::table::Scalar;

/// Sixteen numbers in two registers; exists only where AVX2 does.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256, __m256);

/// Sixteen numbers in one register; exists only where AVX-512 F and DQ do.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

// SAFETY (all blocks below): only kernels compiled for these instruction sets, which run only where
// the processor has them, name these types; loads read exactly the array they are given, and a
// scalar of two bytes is the upper half of a float.

impl Avx2 {
    #[inline(always)]
    fn halved(self) -> __m256 {
        unsafe { _mm256_add_ps(self.0, self.1) }
    }
}

impl Avx512 {
    #[inline(always)]
    fn halved(self) -> __m256 {
        unsafe {
            _mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0))
        }
    }
}

impl Lanes for Avx2 {
    #[inline(always)]
    fn zero() -> Self {
        unsafe { Self(_mm256_setzero_ps(), _mm256_setzero_ps()) }
    }

    #[inline(always)]
    fn load<T: Scalar>(values: &[T; LANES]) -> Self {
        let at = values.as_ptr();
        if size_of::<T>() == 4 {
            unsafe { Self(_mm256_loadu_ps(at.cast()), _mm256_loadu_ps(at.add(8).cast())) }
        } else {
            unsafe {
                let low = _mm256_cvtepu16_epi32(_mm_loadu_si128(at.cast()));
                let high = _mm256_cvtepu16_epi32(_mm_loadu_si128(at.add(8).cast()));
                Self(
                    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(low)),
                    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(high)),
                )
            }
        }
    }

    #[inline(always)]
    fn plus_product(self, left: Self, right: Self) -> Self {
        unsafe {
            Self(
                _mm256_add_ps(self.0, _mm256_mul_ps(left.0, right.0)),
                _mm256_add_ps(self.1, _mm256_mul_ps(left.1, right.1)),
            )
        }
    }

    #[inline(always)]
    fn totals(sums: [Self; QUAD]) -> [f32; QUAD] {
        let [a, b, c, d] = sums;
        unsafe { totals_of_eight([a.halved(), b.halved(), c.halved(), d.halved()]) }
    }

    #[inline(always)]
    fn count_absent(sorted: &[u32], ranks: &mut [u32; 2 * LANES]) {
        let at: *mut __m256i = ranks.as_mut_ptr().cast();
        unsafe {
            let ranks = [
                _mm256_loadu_si256(at),
                _mm256_loadu_si256(at.add(1)),
                _mm256_loadu_si256(at.add(2)),
                _mm256_loadu_si256(at.add(3)),
            ];
            // A true comparison is -1: the answer is the rank less the sum of comparisons.
            let mut answers = ranks;
            for (i, &member) in sorted.iter().enumerate() {
                let before = _mm256_set1_epi32((member - i as u32).cast_signed());
                for part in 0..4 {
                    let lower = _mm256_min_epu32(before, ranks[part]);
                    let step = _mm256_cmpeq_epi32(lower, before);
                    answers[part] = _mm256_sub_epi32(answers[part], step);
                }
            }
            for (part, &answer) in answers.iter().enumerate() {
                _mm256_storeu_si256(at.add(part), answer);
            }
        }
    }

    #[inline(always)]
    fn at_most<const STRIDE: u32>(values: &[u32; LANES], offset: u32, limit: u32) -> u32 {
        let at: *const __m256i = values.as_ptr().cast();
        unsafe {
            let limit = _mm256_set1_epi32(limit.cast_signed());
            let stride = _mm256_set1_epi32(STRIDE.cast_signed());
            let lanes = _mm256_mullo_epi32(stride, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
            let low = _mm256_add_epi32(lanes, _mm256_set1_epi32(offset.cast_signed()));
            let high = _mm256_add_epi32(low, _mm256_set1_epi32((8 * STRIDE).cast_signed()));
            let low = _mm256_sub_epi32(_mm256_loadu_si256(at), low);
            let high = _mm256_sub_epi32(_mm256_loadu_si256(at.add(1)), high);
            let low = _mm256_cmpeq_epi32(_mm256_min_epu32(low, limit), low);
            let high = _mm256_cmpeq_epi32(_mm256_min_epu32(high, limit), high);
            let bits = |lanes| _mm256_movemask_ps(_mm256_castsi256_ps(lanes)).cast_unsigned();
            bits(low) | bits(high) << 8
        }
    }

    #[inline(always)]
    fn best(scores: &[f32; 2 * LANES]) -> Result<(usize, f32), usize> {
        let at = scores.as_ptr();
        unsafe {
            let (a, b) = (_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8)));
            let (c, d) = (_mm256_loadu_ps(at.add(16)), _mm256_loadu_ps(at.add(24)));
            let top = _mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d));
            let top = _mm256_max_ps(top, _mm256_permute2f128_ps::<1>(top, top));
            let top = _mm256_max_ps(top, _mm256_permute_ps::<0b01_00_11_10>(top));
            let top = _mm256_max_ps(top, _mm256_permute_ps::<0b10_11_00_01>(top));
            let nan = bits::<_CMP_UNORD_Q>(a, a)
                | bits::<_CMP_UNORD_Q>(b, b) << 8
                | bits::<_CMP_UNORD_Q>(c, c) << 16
                | bits::<_CMP_UNORD_Q>(d, d) << 24;
            let equal = bits::<_CMP_EQ_OQ>(a, top)
                | bits::<_CMP_EQ_OQ>(b, top) << 8
                | bits::<_CMP_EQ_OQ>(c, top) << 16
                | bits::<_CMP_EQ_OQ>(d, top) << 24;
            chosen(nan, equal, _mm256_cvtss_f32(top))
        }
    }
}

impl Lanes for Avx512 {
    #[inline(always)]
    fn zero() -> Self {
        unsafe { Self(_mm512_setzero_ps()) }
    }

    #[inline(always)]
    fn load<T: Scalar>(values: &[T; LANES]) -> Self {
        let at = values.as_ptr();
        if size_of::<T>() == 4 {
            unsafe { Self(_mm512_loadu_ps(at.cast())) }
        } else {
            unsafe {
                let bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(at.cast()));
                Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits)))
            }
        }
    }

    #[inline(always)]
    fn plus_product(self, left: Self, right: Self) -> Self {
        unsafe { Self(_mm512_add_ps(self.0, _mm512_mul_ps(left.0, right.0))) }
    }

    #[inline(always)]
    fn totals(sums: [Self; QUAD]) -> [f32; QUAD] {
        let [a, b, c, d] = sums;
        unsafe { totals_of_eight([a.halved(), b.halved(), c.halved(), d.halved()]) }
    }

    #[inline(always)]
    fn count_absent(sorted: &[u32], ranks: &mut [u32; 2 * LANES]) {
        let at: *mut __m512i = ranks.as_mut_ptr().cast();
        unsafe {
            let (low, high) = (_mm512_loadu_si512(at), _mm512_loadu_si512(at.add(1)));
            let one = _mm512_set1_epi32(1);
            let (mut low_answer, mut high_answer) = (low, high);
            for (i, &member) in sorted.iter().enumerate() {
                let before = _mm512_set1_epi32((member - i as u32).cast_signed());
                let steps = _mm512_cmple_epu32_mask(before, low);
                low_answer = _mm512_mask_add_epi32(low_answer, steps, low_answer, one);
                let steps = _mm512_cmple_epu32_mask(before, high);
                high_answer = _mm512_mask_add_epi32(high_answer, steps, high_answer, one);
            }
            _mm512_storeu_si512(at, low_answer);
            _mm512_storeu_si512(at.add(1), high_answer);
        }
    }

    #[inline(always)]
    fn at_most<const STRIDE: u32>(values: &[u32; LANES], offset: u32, limit: u32) -> u32 {
        unsafe {
            let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            let lanes = _mm512_mullo_epi32(_mm512_set1_epi32(STRIDE.cast_signed()), lanes);
            let taken_off = _mm512_add_epi32(lanes, _mm512_set1_epi32(offset.cast_signed()));
            let values = _mm512_sub_epi32(_mm512_loadu_si512(values.as_ptr().cast()), taken_off);
            u32::from(_mm512_cmple_epu32_mask(values, _mm512_set1_epi32(limit.cast_signed())))
        }
    }

    #[inline(always)]
    fn up_to(values: &[u64; LANES / 2], limit: u64) -> u32 {
        unsafe {
            let limit = _mm512_set1_epi64(limit.cast_signed());
            let values = _mm512_loadu_si512(values.as_ptr().cast());
            u32::from(_mm512_cmple_epu64_mask(values, limit)).count_ones()
        }
    }

    #[inline(always)]
    fn best(scores: &[f32; 2 * LANES]) -> Result<(usize, f32), usize> {
        let at = scores.as_ptr();
        unsafe {
            let (low, high) = (_mm512_loadu_ps(at), _mm512_loadu_ps(at.add(LANES)));
            let top = _mm512_reduce_max_ps(_mm512_max_ps(low, high));
            let all = _mm512_set1_ps(top);
            let nan = u32::from(_mm512_cmp_ps_mask::<_CMP_UNORD_Q>(low, low))
                | u32::from(_mm512_cmp_ps_mask::<_CMP_UNORD_Q>(high, high)) << LANES;
            let equal = u32::from(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(low, all))
                | u32::from(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(high, all)) << LANES;
            chosen(nan, equal, top)
        }
    }
}

/// One bit per lane in which `left` and `right` compare.
#[inline(always)]
unsafe fn bits<const HOW: i32>(left: __m256, right: __m256) -> u32 {
    // SAFETY: the caller's.
    unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<HOW>(left, right)).cast_unsigned() }
}

/// The first of the scores that are NaN, or the first of those that equal the highest.
#[inline(always)]
fn chosen(nan: u32, equal: u32, top: f32) -> Result<(usize, f32), usize> {
    if nan > 0 {
        Err(nan.trailing_zeros() as usize)
    } else {
        Ok((equal.trailing_zeros() as usize, top))
    }
}

/// The halving sums of eight lanes, four at once: each addition serves several of them.
#[inline(always)]
unsafe fn totals_of_eight(sums: [__m256; QUAD]) -> [f32; QUAD] {
    // SAFETY: the caller's.
    unsafe {
        let [a, b, c, d] = sums;
        // Lanes j and j + 4 of a and b, of c and d.
        let ab = _mm256_add_ps(
            _mm256_permute2f128_ps::<0x20>(a, b),
            _mm256_permute2f128_ps::<0x31>(a, b),
        );
        let cd = _mm256_add_ps(
            _mm256_permute2f128_ps::<0x20>(c, d),
            _mm256_permute2f128_ps::<0x31>(c, d),
        );
        // Lanes j and j + 2: (a0 a1 c0 c1 | b0 b1 d0 d1) + (a2 a3 c2 c3 | b2 b3 d2 d3).
        let pairs = _mm256_add_ps(
            _mm256_shuffle_ps::<0b01_00_01_00>(ab, cd),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab, cd),
        );
        // Lanes j and j + 1, in both places.
        let singles = _mm256_add_ps(pairs, _mm256_permute_ps::<0b10_11_00_01>(pairs));
        let (ac, bd) = (_mm256_castps256_ps128(singles), _mm256_extractf128_ps::<1>(singles));
        let mut out = [0f32; QUAD];
        // (a a c c), (b b d d) -> a b c d
        _mm_storeu_ps(out.as_mut_ptr(), _mm_blend_ps::<0b1010>(ac, bd));
        out
    }
}
