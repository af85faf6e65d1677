//! The numbers that tables hold, and how the rows to be gathered are stored.

use std::mem::MaybeUninit;
use std::ops::{Add, Mul};

use bytemuck::Pod;
use half::bf16;

use super::gather::Kernel;

/// A number of a node table: `f32` or `f64`.
pub trait Real:
    Pod
    + Default
    + Send
    + Sync
    + PartialEq
    + Add<Output = Self>
    + Mul<Output = Self>
    + Kernel<Self, Self>
{
    /// The nearest value to `value`.
    fn nearest(value: f64) -> Self;
}

impl Real for f32 {
    #[inline]
    fn nearest(value: f64) -> Self {
        value as Self
    }
}

impl Real for f64 {
    #[inline]
    fn nearest(value: f64) -> Self {
        value
    }
}

/// What a cell of a gathered row is stored as: the table's own type, or a shorter one.
///
/// Cells are read and written in blocks of `N`, and a block may order its cells as it likes.
pub(super) trait Cell<T>: Pod + Send + Sync {
    /// Adds a block to `sum`; reading is exact.
    fn add<const N: usize>(block: &[Self; N], sum: &mut [T; N]);
    /// Stores a block, rounded to nearest with ties to even.
    fn store<const N: usize>(values: [T; N], block: &mut [MaybeUninit<Self>; N]);
}

impl<T: Real> Cell<T> for T {
    #[inline(always)]
    fn add<const N: usize>(block: &[Self; N], sum: &mut [T; N]) {
        for lane in 0..N {
            sum[lane] = sum[lane] + block[lane];
        }
    }

    #[inline(always)]
    fn store<const N: usize>(values: [T; N], block: &mut [MaybeUninit<Self>; N]) {
        *block = values.map(MaybeUninit::new);
    }
}

/// A block of an even `N` is `N / 2` words: word `j` holds cell `j` in its lower half and cell
/// `j + N / 2` in its upper one. Both come out with one operation, no lane crossing another.
impl Cell<f32> for bf16 {
    #[inline(always)]
    fn add<const N: usize>(block: &[Self; N], sum: &mut [f32; N]) {
        let half = N / 2;
        let (words, _) = bytemuck::cast_slice::<Self, u8>(block).as_chunks::<4>();
        for (word, bytes) in words.iter().enumerate() {
            let bits = u32::from_ne_bytes(*bytes);
            sum[word] += f32::from_bits(bits << 16);
            sum[word + half] += f32::from_bits(bits & 0xFFFF_0000);
        }
        if N == 1 {
            sum[0] += f32::from_bits(u32::from(block[0].to_bits()) << 16);
        }
    }

    #[inline(always)]
    fn store<const N: usize>(values: [f32; N], block: &mut [MaybeUninit<Self>; N]) {
        let rounded = values.map(rounded);
        let half = N / 2;
        for word in 0..half {
            let bits = rounded[word] >> 16 | rounded[word + half] & 0xFFFF_0000;
            block[2 * word].write(bf16::from_bits(bits as u16));
            block[2 * word + 1].write(bf16::from_bits((bits >> 16) as u16));
        }
        if N == 1 {
            block[0].write(bf16::from_bits((rounded[0] >> 16) as u16));
        }
    }
}

/// The bits of `value`, of which the upper half is the nearest bfloat16.
#[inline(always)]
fn rounded(value: f32) -> u32 {
    let bits = value.to_bits();
    // Half of the last place kept, less one if that place is even: ties go to even. An overflow
    // of the largest finite number is infinity, as it should be.
    let nearest = bits.wrapping_add(0x7FFF + (bits >> 16 & 1));
    // Rounding must not turn a NaN into infinity.
    if value.is_nan() { bits | 0x0040_0000 } else { nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stores and reads back a block, and compares it with the library's rounding.
    fn check<const N: usize>(values: &[f32]) {
        let values: [f32; N] = values[..N].try_into().unwrap();
        let mut block = [MaybeUninit::new(bf16::NAN); N];
        bf16::store(values, &mut block);
        #[allow(unsafe_code)]
        // SAFETY: initialised two lines above; what was not stored since shows as NaN.
        let block = block.map(|cell| unsafe { cell.assume_init() });
        let mut sum = [0.0; N];
        Cell::add(&block, &mut sum);
        assert_eq!(sum, values.map(|value| bf16::from_f32(value).to_f32()));
    }

    #[test]
    fn bfloat16_rounds_like_the_library_and_blocks_return_their_cells() {
        let special = [0.0, -0.0, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE / 3.0, 1.0, -1.5];
        // Both sides of every tie, and both kinds of ties.
        let ties = (0..64u32).map(|i| f32::from_bits(0x3F80_0000 + i * 0x4000 - i % 3));
        let values: Vec<f32> = special.into_iter().chain(ties).chain([2.5; 64]).collect();
        for start in 0..64 {
            check::<1>(&values[start..]);
            check::<16>(&values[start..]);
            check::<64>(&values[start..]);
        }
        assert!(f32::from_bits(rounded(f32::from_bits(0x7F80_0001)) & 0xFFFF_0000).is_nan());
    }
}
