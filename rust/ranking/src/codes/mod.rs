//! Pruning by 8-bit codes: which columns of a row cannot be among its best.
//!
//! # The bound
//!
//! A row `x` is rounded to `x' = s q` with whole numbers `q`, a column `y` to `y' = t c`. Then
//! `x·y - s t q·c = x'·(y - y') + (x - x')·y`, and by Cauchy and Schwarz
//!
//! ```text
//! |x·y - s t q·c| <= |x'| |y - y'| + |x - x'| |y|
//! ```
//!
//! The score that counts is not `x·y` but a chain of `d` fused multiply-adds in float32, which
//! differs from it by at most `γ |x| |y|`, `γ = d u / (1 - d u)`, `u = 2^-24` (Higham, Accuracy
//! and Stability of Numerical Algorithms, 2nd ed., eq. 3.5), and by half the smallest denormal
//! number per step where sums underflow. Both together are the error `E`. With the bias of a
//! column as one more coordinate nothing changes.
//!
//! A column whose `s t q·c + E` is below what `k` columns of its row score cannot be among the best
//! `k`. What is left, a few dozen columns, is scored in float32: the same answer as without
//! pruning, bit by bit. Sums of codes are exact; norms and scales are computed in float64 and
//! rounded to the safe side (`SLACK`).
//!
//! # The way of a chunk of rows
//!
//! `sample` compares each row with some columns, and guesses what `k` of all score. The `kernels`
//! compare it with the others, and `candidates` takes in what may reach the guess. `finish` scores
//! the likeliest of these, then others that may still belong to the best. If `k` scores reach the
//! guess, nothing is missing; if not, the row is ranked again, with more caution.

#[cfg(test)]
mod bound;
mod candidates;
mod columns;
mod exact;
mod excluded;
mod finish;
pub(crate) mod kernels;
mod order;
mod plan;
mod rounding;
mod rows;
mod sample;
mod scan;

pub use columns::Codes;
pub use kernels::Dots;
pub(crate) use plan::Caution;
pub use scan::Pruned;
pub(crate) use scan::{Left, Task, room};

/// Columns of a panel: they share a scale and an error.
pub(crate) const COLS: usize = 32;
/// Rows of a group, whose codes stand side by side.
pub(crate) const ROWS: usize = 8;
/// Coordinates whose products a kernel adds in one step.
pub(crate) const STEP: usize = 4;

/// What float64 may have lost in a norm or a scale, relative; sums of up to `MAX_DIM` squares
/// lose less than `MAX_DIM * 2^-53`.
const SLACK: f64 = 1.0 + 1e-11;
/// What a distance between a vector and its codes may have lost where they cancel, in norms.
const CANCELLED: f64 = 1e-15;
/// Longest vector that has codes: sums of products of codes stay far inside 32 bits.
const MAX_DIM: usize = 8192;

/// Steps of a vector; an even number, since some kernels take two at a time.
fn steps(dim: usize) -> usize {
    dim.div_ceil(2 * STEP) * 2
}

/// `γ` of a chain of `dim` float32 operations.
fn gamma(dim: usize) -> f64 {
    let lost = dim as f64 / f64::from(1 << 24);
    lost / (1.0 - lost)
}
