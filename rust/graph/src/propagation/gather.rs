//! The inner loop: sums of gathered rows.

use std::mem::MaybeUninit;

use half::bf16;

use super::real::{Cell, Real};
use crate::dispatched;
use crate::simd::{Level, prefetch};

/// What it takes to compute some neighbouring rows of one layer.
#[derive(Debug)]
pub struct Sums<'a, T, S> {
    /// Row `i` gathers `indices[starts[i]..starts[i + 1]]`.
    pub(super) starts: &'a [u64],
    /// The columns of all rows.
    pub(super) indices: &'a [u32],
    /// The other side's rows, already multiplied by their right scale.
    pub(super) table: &'a [S],
    /// Cells of a row.
    pub(super) dim: usize,
    /// The left scale of each row.
    pub(super) left: &'a [T],
    /// The weight of this layer and the rows it is read from, unless it is zero.
    pub(super) own: Option<(T, &'a [T])>,
    /// The right scale of each row, for the next layer to gather; none in the last layer.
    pub(super) right: Option<&'a [T]>,
}

/// A number whose rows can be summed from rows of `S` into rows of `O`.
pub trait Kernel<S, O>: Sized {
    /// Writes `right ∘ (weight · own + left ∘ Σ gathered)` to each row of `out`.
    ///
    /// Gathering only adds, in the order of the columns, and nothing is fused: the bits are the
    /// same on every level.
    fn sum_rows(level: Level, sums: &Sums<'_, Self, S>, out: &mut [MaybeUninit<O>]);
}

macro_rules! kernels {
    ($($name:ident: $table:ty, $stored:ty, $out:ty;)+) => {$(
        impl Kernel<$stored, $out> for $table {
            #[inline]
            fn sum_rows(level: Level, sums: &Sums<'_, Self, $stored>, out: &mut [MaybeUninit<$out>]) {
                #[inline(always)]
                fn body(sums: &Sums<'_, $table, $stored>, out: &mut [MaybeUninit<$out>]) {
                    rows(sums, out);
                }
                dispatched! {
                    fn $name(level, sums: &Sums<'_, $table, $stored>, out: &mut [MaybeUninit<$out>]) = body;
                }
                $name(level, sums, out);
            }
        }
    )+};
}

kernels! {
    sum_f32: f32, f32, f32;
    sum_f64: f64, f64, f64;
    sum_bf16: f32, bf16, bf16;
    sum_bf16_last: f32, bf16, f32;
}

/// Gathers between asking for a row and reading it.
const AHEAD: usize = 16;
/// Rows of the output between asking for their own cells and reading them.
const ROWS_AHEAD: usize = 3;

#[inline(always)]
fn rows<T: Real, S: Cell<T>, O: Cell<T>>(sums: &Sums<'_, T, S>, out: &mut [MaybeUninit<O>]) {
    let dim = sums.dim;
    for (row, out) in out.chunks_exact_mut(dim).enumerate() {
        let mut at = 0;
        // The widest block's sums fill half the registers of AVX2.
        while size_of::<T>() == 4 && at + 64 <= dim {
            block::<T, S, O, 64>(sums, row, at, out);
            at += 64;
        }
        while size_of::<T>() == 8 && at + 32 <= dim {
            block::<T, S, O, 32>(sums, row, at, out);
            at += 32;
        }
        while at + 16 <= dim {
            block::<T, S, O, 16>(sums, row, at, out);
            at += 16;
        }
        while at < dim {
            block::<T, S, O, 1>(sums, row, at, out);
            at += 1;
        }
    }
}

/// Cells `at..at + N` of one row; the sums stay in registers.
#[inline(always)]
fn block<T: Real, S: Cell<T>, O: Cell<T>, const N: usize>(
    sums: &Sums<'_, T, S>,
    row: usize,
    at: usize,
    out: &mut [MaybeUninit<O>],
) {
    let start_of = |row: usize| row * sums.dim + at;
    if let Some((_, own)) = sums.own {
        prefetch::<T, N>(own, start_of(row + ROWS_AHEAD));
    }
    let neighbours = sums.starts[row] as usize..sums.starts[row + 1] as usize;
    let ahead = sums.indices.get(neighbours.start + AHEAD..).unwrap_or_default();
    let mut sum = [T::default(); N];
    for (place, &column) in sums.indices[neighbours].iter().enumerate() {
        if N > 1
            && let Some(&column) = ahead.get(place)
        {
            prefetch::<S, N>(sums.table, start_of(column as usize));
        }
        let gathered = sums.table[start_of(column as usize)..].first_chunk::<N>();
        S::add(gathered.expect("a row of the table"), &mut sum);
    }
    let left = sums.left[row];
    for value in &mut sum {
        *value = left * *value;
    }
    if let Some((weight, own)) = sums.own {
        let own = &own[start_of(row)..][..N];
        for lane in 0..N {
            sum[lane] = weight * own[lane] + sum[lane];
        }
    }
    if let Some(right) = sums.right {
        for value in &mut sum {
            *value = right[row] * *value;
        }
    }
    let out = out[at..].first_chunk_mut::<N>();
    O::store(sum, out.expect("a row of the output"));
}
