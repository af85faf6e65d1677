//! The comparisons of a group in the registers of AVX2 and AVX-512.
#![allow(unsafe_code)]

/// Both comparisons of one precision at one level.
///
/// `$over` and `$same` give the lanes of one register that are not at most a bound, or equal it.
macro_rules! comparisons {
    (
        $features:literal, $real:ident, $width:literal, $first:ident, $tally:ident,
        $load:ident, $set1:ident, $over:expr, $same:expr $(,)?
    ) => {
        /// [`crate::lanes::Score::first_over`].
        ///
        /// # Safety
        ///
        /// The processor has the features of the level.
        #[target_feature(enable = $features)]
        pub(crate) fn $first(groups: &[[$real; LANES]], bound: $real) -> Option<(usize, u32)> {
            let bound = $set1(bound);
            for (i, group) in groups.iter().enumerate() {
                let mut lanes = 0;
                for start in (0..LANES).step_by($width) {
                    // SAFETY: reads the numbers from `start` on, all within the group.
                    let scores = unsafe { $load(group.as_ptr().add(start)) };
                    lanes |= $over(scores, bound) << start;
                }
                if lanes != 0 {
                    return Some((i, lanes));
                }
            }
            None
        }

        /// [`crate::lanes::Score::tally`].
        ///
        /// # Safety
        ///
        /// The processor has the features of the level.
        #[target_feature(enable = $features)]
        pub(crate) fn $tally(
            group: &[$real; LANES],
            among: u32,
            steps: &[$real],
            above: &mut [u64],
            equal: &mut [u32],
        ) -> usize {
            for (i, (&step, (above, equal))) in
                steps.iter().zip(above.iter_mut().zip(equal)).enumerate()
            {
                let step = $set1(step);
                let (mut over, mut same) = (0, 0);
                for start in (0..LANES).step_by($width) {
                    // SAFETY: reads the numbers from `start` on, all within the group.
                    let scores = unsafe { $load(group.as_ptr().add(start)) };
                    over |= $over(scores, step) << start;
                    same |= $same(scores, step) << start;
                }
                (over, same) = (over & among, same & among);
                if over | same == 0 {
                    return i;
                }
                *above += u64::from(over.count_ones());
                *equal = same;
            }
            steps.len()
        }
    };
}

pub(crate) mod avx512 {
    #[allow(clippy::wildcard_imports, reason = "a dozen intrinsics")]
    use std::arch::x86_64::*;

    use crate::lanes::LANES;

    comparisons!(
        "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,popcnt",
        f32,
        16,
        first_over_f32,
        tally_f32,
        _mm512_loadu_ps,
        _mm512_set1_ps,
        |a, b| u32::from(_mm512_cmp_ps_mask::<_CMP_NLE_UQ>(a, b)),
        |a, b| u32::from(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b)),
    );
    comparisons!(
        "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,popcnt",
        f64,
        8,
        first_over_f64,
        tally_f64,
        _mm512_loadu_pd,
        _mm512_set1_pd,
        |a, b| u32::from(_mm512_cmp_pd_mask::<_CMP_NLE_UQ>(a, b)),
        |a, b| u32::from(_mm512_cmp_pd_mask::<_CMP_EQ_OQ>(a, b)),
    );
}

pub(crate) mod avx2 {
    #[allow(clippy::wildcard_imports, reason = "a dozen intrinsics")]
    use std::arch::x86_64::*;

    use crate::lanes::LANES;

    comparisons!(
        "avx2,fma,popcnt",
        f32,
        8,
        first_over_f32,
        tally_f32,
        _mm256_loadu_ps,
        _mm256_set1_ps,
        |a, b| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(a, b)).cast_unsigned(),
        |a, b| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(a, b)).cast_unsigned(),
    );
    comparisons!(
        "avx2,fma,popcnt",
        f64,
        4,
        first_over_f64,
        tally_f64,
        _mm256_loadu_pd,
        _mm256_set1_pd,
        |a, b| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_NLE_UQ>(a, b)).cast_unsigned(),
        |a, b| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(a, b)).cast_unsigned(),
    );
}
