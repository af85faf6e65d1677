//! Sixteen numbers at once: dot products, counts and choices with the same answer everywhere.

use crate::table::Scalar;

/// Lanes of the fixed summation order.
pub(crate) const LANES: usize = 16;

/// Vectors that are multiplied with one other side by side.
pub(crate) const QUAD: usize = 4;

/// Sixteen numbers in the registers of one instruction set.
pub(crate) trait Lanes: Copy {
    fn zero() -> Self;
    fn load<T: Scalar>(values: &[T; LANES]) -> Self;
    /// `self + left * right`, rounded twice: no fused operation.
    fn plus_product(self, left: Self, right: Self) -> Self;
    /// Adds the upper half of the lanes to the lower half, four times, for each of four.
    fn totals(sums: [Self; QUAD]) -> [f32; QUAD];

    /// Replaces each rank by the number of that rank that is missing from `sorted`, by counting
    /// the members to step over: `O(sorted.len())`, but without a branch or a gather.
    fn count_absent(sorted: &[u32], ranks: &mut [u32; 2 * LANES]);

    /// One bit for each number that is at most `limit` once `offset + STRIDE * lane` is taken off.
    fn at_most<const STRIDE: u32>(values: &[u32; LANES], offset: u32, limit: u32) -> u32;

    /// How many of the ascending numbers, all below `2^63`, are at most `limit`.
    #[inline(always)]
    fn up_to(values: &[u64; LANES / 2], limit: u64) -> u32 {
        values.iter().map(|&value| u32::from(value <= limit)).sum()
    }

    /// Where the highest score stands first, and the score itself; or where the first NaN stands if
    /// there is one.
    fn best(scores: &[f32; 2 * LANES]) -> Result<(usize, f32), usize>;

    /// The dot products of `left` with four vectors, in one fixed order of additions.
    ///
    /// Lane `j` sums the products at `j`, `j + 16`, ... in that order, starting from zero; then
    /// [`Self::totals`]. The same bits on every processor.
    #[inline(always)]
    fn dots<T: Scalar>(left: &[[T; LANES]], right: [&[[T; LANES]]; QUAD]) -> [f32; QUAD] {
        let [a, b, c, d] = right;
        let n = left.len();
        let (a, b, c, d) = (&a[..n], &b[..n], &c[..n], &d[..n]);
        let mut sums = [Self::zero(); QUAD];
        for i in 0..n {
            let left = Self::load(&left[i]);
            sums[0] = sums[0].plus_product(left, Self::load(&a[i]));
            sums[1] = sums[1].plus_product(left, Self::load(&b[i]));
            sums[2] = sums[2].plus_product(left, Self::load(&c[i]));
            sums[3] = sums[3].plus_product(left, Self::load(&d[i]));
        }
        Self::totals(sums)
    }

    /// [`Self::dots`] of vectors whose length is no multiple of [`LANES`]: zeros stand for what is
    /// missing, and change no sum.
    #[inline(always)]
    fn ragged_dots<T: Scalar>(left: &[T], right: [&[T]; QUAD]) -> [f32; QUAD] {
        let mut sums = [Self::zero(); QUAD];
        let mut at = 0;
        while at < left.len() {
            let lanes = Self::load(&padded(left, at));
            for q in 0..QUAD {
                sums[q] = sums[q].plus_product(lanes, Self::load(&padded(right[q], at)));
            }
            at += LANES;
        }
        Self::totals(sums)
    }
}

/// The numbers from `at` on, filled up with zeros.
#[inline(always)]
fn padded<T: Scalar>(vector: &[T], at: usize) -> [T; LANES] {
    let mut all = [T::default(); LANES];
    for (to, &from) in all.iter_mut().zip(&vector[at..]) {
        *to = from;
    }
    all
}

/// Sixteen numbers for any processor.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; LANES]);

impl Lanes for Portable {
    #[inline(always)]
    fn zero() -> Self {
        Self([0.0; LANES])
    }

    #[inline(always)]
    fn load<T: Scalar>(values: &[T; LANES]) -> Self {
        Self(values.map(Scalar::to_f32))
    }

    #[inline(always)]
    fn plus_product(mut self, left: Self, right: Self) -> Self {
        for lane in 0..LANES {
            self.0[lane] += left.0[lane] * right.0[lane];
        }
        self
    }

    #[inline(always)]
    fn totals(sums: [Self; QUAD]) -> [f32; QUAD] {
        sums.map(|Self(mut lanes)| {
            let mut width = LANES / 2;
            while width > 0 {
                for lane in 0..width {
                    lanes[lane] += lanes[lane + width];
                }
                width /= 2;
            }
            lanes[0]
        })
    }

    #[inline(always)]
    fn count_absent(sorted: &[u32], ranks: &mut [u32; 2 * LANES]) {
        let mut stepped = [0u32; 2 * LANES];
        for (i, &member) in sorted.iter().enumerate() {
            let before = member - i as u32;
            for (stepped, &rank) in stepped.iter_mut().zip(ranks.iter()) {
                *stepped += u32::from(before <= rank);
            }
        }
        for (rank, stepped) in ranks.iter_mut().zip(stepped) {
            *rank += stepped;
        }
    }

    #[inline(always)]
    fn at_most<const STRIDE: u32>(values: &[u32; LANES], offset: u32, limit: u32) -> u32 {
        let lanes = values.iter().zip(0u32..);
        lanes.fold(0, |bits, (&value, lane)| {
            let taken_off = offset.wrapping_add(STRIDE * lane);
            bits | u32::from(value.wrapping_sub(taken_off) <= limit) << lane
        })
    }

    #[inline(always)]
    fn best(scores: &[f32; 2 * LANES]) -> Result<(usize, f32), usize> {
        let mut best = (0, scores[0]);
        for (i, &score) in scores.iter().enumerate() {
            if score.is_nan() {
                return Err(i);
            }
            if score > best.1 {
                best = (i, score);
            }
        }
        Ok(best)
    }
}
