//! The vectors that score candidates.

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
