//! The numbers that tables hold, and how the rows to be gathered are stored.

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
pub(super) trait Cell<T>: Pod + Send + Sync {
    /// Rounds to nearest, ties to even.
    fn store(value: T) -> Self;
    /// Exact.
    fn load(self) -> T;
}

impl<T: Real> Cell<T> for T {
    #[inline(always)]
    fn store(value: T) -> Self {
        value
    }

    #[inline(always)]
    fn load(self) -> T {
        self
    }
}

impl Cell<f32> for bf16 {
    #[inline(always)]
    fn store(value: f32) -> Self {
        bf16::from_f32(value)
    }

    #[inline(always)]
    fn load(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
}
