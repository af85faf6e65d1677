//! The vectors that score candidates, and their dot product.

/// Lanes of the fixed summation order.
pub(crate) const LANES: usize = 16;

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
pub(crate) trait Scalar: Copy + Send + Sync {
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

/// The product of two vectors in one fixed order of additions.
///
/// Lane `j` sums the products at `j`, `j + 16`, ... in that order, starting from the first; then
/// the upper half of the lanes is added to the lower half, four times. No fused operations: the
/// bits are the same on every processor.
#[inline(always)]
pub(crate) fn dot<T: Scalar>(left: &[T], right: &[T]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            lanes[lane] += left[lane].to_f32() * right[lane].to_f32();
        }
    }
    for (lane, (left, right)) in lanes.iter_mut().zip(left_rest.iter().zip(right_rest)) {
        *lane += left.to_f32() * right.to_f32();
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}
