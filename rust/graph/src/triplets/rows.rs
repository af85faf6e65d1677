//! What is done with rows: products, and sums of multiples.

use crate::dispatched;

/// Lanes that add up side by side.
const LANES: usize = 16;

/// The inner product: sixteen sums side by side, then in halves, the rest one by one.
///
/// Nothing is fused, so the bits are the same on every level.
#[inline(always)]
fn dot_body(x: &[f32], y: &[f32]) -> f32 {
    let (x_blocks, x_rest) = x.as_chunks::<LANES>();
    let (y_blocks, y_rest) = y.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (x, y) in x_blocks.iter().zip(y_blocks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    let rest: f32 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums[0] + rest
}

/// Adds `factor` times a row.
#[inline(always)]
fn add_body(out: &mut [f32], factor: f32, row: &[f32]) {
    for (out, &value) in out.iter_mut().zip(row) {
        *out += factor * value;
    }
}

dispatched! {
    /// The inner product of two rows.
    pub(super) fn dot(level, x: &[f32], y: &[f32]) -> f32 = dot_body;
}

dispatched! {
    /// Adds `factor` times `row` to `out`.
    pub(super) fn add(level, out: &mut [f32], factor: f32, row: &[f32]) = add_body;
}
