//! The vectors that score candidates, and their dot product.

/// Lanes of the fixed summation order.
pub(crate) const LANES: usize = 16;

/// Vectors that are multiplied with one other side by side.
pub(crate) const QUAD: usize = 4;

/// A borrowed row-major table of vectors; row `r` of the graph owns vector `r`, column `c` owns
/// vector `n_rows + c`.
#[derive(Clone, Copy, Debug)]
pub enum Table<'a> {
    /// Single precision.
    F32 {
        /// All vectors, one after another.
        values: &'a [f32],
        /// Length of one vector.
        dim: usize,
    },
    /// The upper halves of single-precision numbers (bfloat16), as raw bits.
    Bf16 {
        /// All vectors, one after another.
        values: &'a [u16],
        /// Length of one vector.
        dim: usize,
    },
}

/// A number that a table may store.
pub(crate) trait Scalar: Copy + Default + Send + Sync {
    fn to_f32(self) -> f32;
}

impl Scalar for f32 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
}

impl Scalar for u16 {
    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self) << 16)
    }
}

/// Sixteen numbers in the registers of one instruction set.
pub(crate) trait Lanes: Copy {
    fn zero() -> Self;
    fn load<T: Scalar>(values: &[T; LANES]) -> Self;
    /// `self + left * right`, rounded twice: no fused operation.
    fn plus_product(self, left: Self, right: Self) -> Self;
    /// Adds the upper half of the lanes to the lower half, four times, for each of four.
    fn totals(sums: [Self; QUAD]) -> [f32; QUAD];

    /// Replaces each rank by the number of that rank that is missing from `sorted`, by counting
    /// the members to step over: `O(sorted.len())`, but without a single branch or gather.
    fn count_absent(sorted: &[u32], ranks: &mut [u32; LANES]);

    /// The dot products of `left` with four vectors, in one fixed order of additions.
    ///
    /// Lane `j` sums the products at `j`, `j + 16`, ... in that order, starting from zero; then
    /// [`Self::totals`]. The same bits on every processor.
    #[inline(always)]
    fn dots<T: Scalar>(left: &[T], right: [&[T]; QUAD]) -> [f32; QUAD] {
        let mut sums = [Self::zero(); QUAD];
        let (chunks, rest) = left.as_chunks::<LANES>();
        let n = chunks.len();
        let rows = right.map(|right| &right.as_chunks::<LANES>().0[..n]);
        for i in 0..n {
            let left = Self::load(&chunks[i]);
            for q in 0..QUAD {
                sums[q] = sums[q].plus_product(left, Self::load(&rows[q][i]));
            }
        }
        if !rest.is_empty() {
            let left = Self::load(&padded(rest));
            for q in 0..QUAD {
                let right = Self::load(&padded(&right[q][n * LANES..]));
                sums[q] = sums[q].plus_product(left, right);
            }
        }
        Self::totals(sums)
    }
}

/// The last few numbers of a vector, followed by zeros, which change no sum.
#[inline(always)]
fn padded<T: Scalar>(rest: &[T]) -> [T; LANES] {
    let mut all = [T::default(); LANES];
    all[..rest.len()].copy_from_slice(rest);
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
    fn count_absent(sorted: &[u32], ranks: &mut [u32; LANES]) {
        let mut stepped = [0u32; LANES];
        for (i, &member) in sorted.iter().enumerate() {
            let before = member - i as u32;
            for lane in 0..LANES {
                stepped[lane] += u32::from(before <= ranks[lane]);
            }
        }
        for lane in 0..LANES {
            ranks[lane] += stepped[lane];
        }
    }
}
