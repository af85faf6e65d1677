//! A layer's weights, shaped by a kernel over learned vectors, and their gradients.

use rayon::prelude::*;

use super::Number;
use super::matrix::check;
use super::number::total;
use super::table::{Rows, Table, stride};
use crate::error::Result;
use crate::memory::zeros;
use crate::simd::Level;

/// The kernel as a function of the squared distance `d` of two vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KernelShape {
    /// `max(0, 1 − d)`.
    Finite,
    /// `exp(−scale · d)`.
    Gaussian {
        /// `1 / 2σ²`.
        scale: f64,
    },
}

/// Shaped weights.
#[derive(Clone, Debug)]
pub struct Shaped<T> {
    /// `W ∘ K`.
    pub weights: Vec<T>,
    /// `‖W‖²` and `‖K‖²`, summed row by row in `f64`.
    pub squares: [f64; 2],
}

/// Gradients by what the weights are shaped from.
#[derive(Clone, Debug)]
pub struct ShapedGradient<T> {
    /// By `W`.
    pub by_weights: Vec<T>,
    /// By the inputs' vectors.
    pub by_u: Vec<T>,
    /// By the outputs' vectors.
    pub by_v: Vec<T>,
}

/// Rows of `u` and `v` are vectors of `dim` numbers; `weights` has a row per row of `u` and a
/// cell per row of `v`.
struct Sizes {
    n_in: usize,
    n_out: usize,
}

fn sizes<T>(weights: &[T], u: &[T], v: &[T], dim: usize) -> Result<Sizes> {
    let (n_in, n_out) = (u.len() / dim.max(1), v.len() / dim.max(1));
    check("u", u, n_in, dim)?;
    check("v", v, n_out, dim)?;
    check("weights", weights, n_in, n_out)?;
    Ok(Sizes { n_in, n_out })
}

/// Rows of one piece of work: few enough to share out, many enough that their sums are few.
fn piece(n_in: usize) -> usize {
    n_in.div_ceil(64).max(16)
}

/// `W ∘ K` with `Kᵢⱼ` the kernel of `uᵢ` and `vⱼ`, vectors of `dim` numbers.
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length) if `weights` does not fit the vectors.
pub fn shaped<T: Number>(
    level: Level,
    shape: KernelShape,
    weights: &[T],
    u: &[T],
    v: &[T],
    dim: usize,
) -> Result<Shaped<T>> {
    let Sizes { n_in, n_out } = sizes(weights, u, v, dim)?;
    let mut table = Table::transposed(v, dim, n_out);
    let v = table.view::<T>();
    let mut out = zeros(weights.len());
    let rows = piece(n_in) * n_out;
    let squares: Vec<[f64; 2]> = out
        .par_chunks_mut(rows.max(1))
        .zip(weights.par_chunks(rows.max(1)))
        .zip(u.par_chunks(piece(n_in) * dim))
        .map(|((out, weights), u)| {
            let rows = out.chunks_exact_mut(n_out).zip(weights.chunks_exact(n_out));
            rows.zip(u.chunks_exact(dim)).fold([0.0; 2], |sums, ((out, weights), u)| {
                add(sums, T::shape_row(level, shape, ShapeRow { weights, u, v, out }))
            })
        })
        .collect();
    Ok(Shaped { weights: out, squares: squares.into_iter().fold([0.0; 2], add) })
}

fn add(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

/// The gradients of `⟨gradient, W ∘ K⟩ + ½ factors[0] ‖W‖² + ½ factors[1] ‖K‖²`.
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length) if `weights` or `gradient` does not fit the vectors.
#[expect(clippy::too_many_arguments, reason = "what the weights were shaped from")]
pub fn shaped_gradient<T: Number>(
    level: Level,
    shape: KernelShape,
    weights: &[T],
    u: &[T],
    v: &[T],
    dim: usize,
    gradient: &[T],
    factors: [f64; 2],
) -> Result<ShapedGradient<T>> {
    let Sizes { n_in, n_out } = sizes(weights, u, v, dim)?;
    check("gradient", gradient, n_in, n_out)?;
    let (mut table, stride) = (Table::transposed(v, dim, n_out), stride::<T>(n_out));
    let v = table.view::<T>();
    let (mut by_weights, mut by_u) = (zeros(weights.len()), zeros(u.len()));
    let (rows, factors) = (piece(n_in), factors.map(T::nearest));
    let cells = (rows * n_out).max(1);
    let sums: Vec<Vec<T>> = by_weights
        .par_chunks_mut(cells)
        .zip(by_u.par_chunks_mut(rows * dim))
        .zip(weights.par_chunks(cells).zip(gradient.par_chunks(cells)))
        .zip(u.par_chunks(rows * dim))
        .map(|(((by_weights, by_u), (weights, gradient)), u)| {
            let mut by_v = vec![T::default(); dim * stride];
            let mut slopes = vec![T::default(); stride];
            for (row, (u, by_u)) in u.chunks_exact(dim).zip(by_u.chunks_exact_mut(dim)).enumerate()
            {
                let at = row * n_out..(row + 1) * n_out;
                let row = BackRow {
                    weights: &weights[at.clone()],
                    gradient: &gradient[at.clone()],
                    factors,
                    u,
                    v,
                    by_weights: &mut by_weights[at],
                    by_u,
                    by_v: &mut by_v,
                    slopes: &mut slopes,
                };
                T::back_row(level, shape, row);
            }
            by_v
        })
        .collect();
    let mut by_v = vec![T::default(); n_out * dim];
    by_v.par_chunks_exact_mut(dim).enumerate().for_each(|(output, by_v)| {
        for sums in &sums {
            for (k, by_v) in by_v.iter_mut().enumerate() {
                *by_v = *by_v + sums[k * stride + output];
            }
        }
    });
    Ok(ShapedGradient { by_weights, by_u, by_v })
}

/// A row to be shaped; `v` has a row per coordinate.
#[derive(Debug)]
pub struct ShapeRow<'a, T> {
    weights: &'a [T],
    u: &'a [T],
    v: Rows<'a, T>,
    out: &'a mut [T],
}

/// The same on the way back.
#[derive(Debug)]
pub struct BackRow<'a, T> {
    weights: &'a [T],
    gradient: &'a [T],
    factors: [T; 2],
    u: &'a [T],
    v: Rows<'a, T>,
    by_weights: &'a mut [T],
    by_u: &'a mut [T],
    /// Added to; laid out as `v` is.
    by_v: &'a mut [T],
    /// Room for the gradient by each squared distance, doubled; zeros after the last output.
    slopes: &'a mut [T],
}

/// The kernel's values `start..start + N` of a row; zeros after the last of `n`.
#[inline(always)]
fn kernel_block<T: Number, const N: usize>(
    shape: KernelShape,
    u: &[T],
    v: Rows<'_, T>,
    start: usize,
    n: usize,
) -> [T; N] {
    let mut distance = [T::default(); N];
    for (k, &u) in u.iter().enumerate() {
        let v = v.cells[k * v.stride + start..].first_chunk::<N>().expect("a padded row");
        for lane in 0..N {
            let gap = u - v[lane];
            distance[lane] = distance[lane] + gap * gap;
        }
    }
    let mut kernel = match shape {
        KernelShape::Finite => distance.map(|distance| {
            let kernel = T::nearest(1.0) - distance;
            if kernel > T::default() { kernel } else { T::default() }
        }),
        KernelShape::Gaussian { scale } => {
            distance.map(|distance| (T::nearest(-scale) * distance).exp())
        }
    };
    if n < start + N {
        kernel[n - start..].fill(T::default());
    }
    kernel
}

/// Cells `start..start + N`; zeros after the last.
#[inline(always)]
fn block<T: Number, const N: usize>(row: &[T], start: usize) -> [T; N] {
    let rest = &row[start..];
    rest.first_chunk::<N>().copied().unwrap_or_else(|| {
        let mut block = [T::default(); N];
        block[..rest.len()].copy_from_slice(rest);
        block
    })
}

#[inline(always)]
fn store<T: Number, const N: usize>(block: &[T; N], row: &mut [T], start: usize) {
    let rest = &mut row[start..];
    let n = rest.len();
    match rest.first_chunk_mut::<N>() {
        Some(whole) => *whole = *block,
        None => rest.copy_from_slice(&block[..n]),
    }
}

#[inline(always)]
pub(super) fn shape_row_body<T: Number, const N: usize>(
    shape: KernelShape,
    row: ShapeRow<'_, T>,
) -> [f64; 2] {
    let ShapeRow { weights: row, u, v, out: shaped } = row;
    let n = row.len();
    let (mut of_weights, mut of_kernel) = ([T::default(); N], [T::default(); N]);
    for start in (0..n).step_by(N) {
        let kernel = kernel_block::<T, N>(shape, u, v, start, n);
        let weights = block::<T, N>(row, start);
        let mut out = [T::default(); N];
        for lane in 0..N {
            out[lane] = weights[lane] * kernel[lane];
            of_weights[lane] = of_weights[lane] + weights[lane] * weights[lane];
            of_kernel[lane] = of_kernel[lane] + kernel[lane] * kernel[lane];
        }
        store(&out, shaped, start);
    }
    [total::<T, N>(&of_weights).into(), total::<T, N>(&of_kernel).into()]
}

#[inline(always)]
pub(super) fn back_row_body<T: Number, const N: usize>(shape: KernelShape, row: BackRow<'_, T>) {
    let n = row.weights.len();
    for start in (0..n).step_by(N) {
        let kernel = kernel_block::<T, N>(shape, row.u, row.v, start, n);
        let weights = block::<T, N>(row.weights, start);
        let gradient = block::<T, N>(row.gradient, start);
        let (mut by_weights, mut slopes) = ([T::default(); N], [T::default(); N]);
        for lane in 0..N {
            by_weights[lane] = gradient[lane] * kernel[lane] + row.factors[0] * weights[lane];
            let by_kernel = gradient[lane] * weights[lane] + row.factors[1] * kernel[lane];
            // Twice the kernel's derivative by the squared distance.
            let derivative = match shape {
                KernelShape::Finite if kernel[lane] > T::default() => T::nearest(-2.0),
                KernelShape::Finite => T::default(),
                KernelShape::Gaussian { scale } => T::nearest(-2.0 * scale) * kernel[lane],
            };
            slopes[lane] = by_kernel * derivative;
        }
        store(&by_weights, row.by_weights, start);
        store(&slopes, row.slopes, start);
    }
    let coordinates = row.u.iter().zip(row.by_u).zip(row.by_v.chunks_exact_mut(row.v.stride));
    for (k, ((&u, by_u), by_v)) in coordinates.enumerate() {
        let (v, _) = row.v.row(k).as_chunks::<N>();
        let (slopes, _) = row.slopes.as_chunks::<N>();
        let (by_v, _) = by_v.as_chunks_mut::<N>();
        let mut sum = [T::default(); N];
        for ((v, slopes), by_v) in v.iter().zip(slopes).zip(by_v) {
            for lane in 0..N {
                let by_gap = slopes[lane] * (u - v[lane]);
                sum[lane] = sum[lane] + by_gap;
                by_v[lane] = by_v[lane] - by_gap;
            }
        }
        *by_u = total::<T, N>(&sum);
    }
}
