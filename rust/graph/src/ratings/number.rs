//! The inner loops, for both precisions and every vector level.

use std::ops::Sub;

use super::shaped::{BackRow, KernelShape, ShapeRow, back_row_body, shape_row_body};
use super::table::Rows;
use crate::dispatched;
use crate::propagation::Real;
use crate::simd::Level;

/// A number of a rating matrix: `f32` or `f64`.
///
/// Its kernels only add, subtract and multiply, and nothing is fused: the bits are the same on
/// every level.
pub trait Number: Real + Sub<Output = Self> + PartialOrd + Into<f64> + Kernels {
    /// Lanes of a block of sums: four vectors of AVX-512.
    const LANES: usize;

    /// `e` to this power.
    #[must_use]
    fn exp(self) -> Self;
}

impl Number for f32 {
    const LANES: usize = 64;

    fn exp(self) -> Self {
        Self::exp(self)
    }
}

impl Number for f64 {
    const LANES: usize = 32;

    fn exp(self) -> Self {
        Self::exp(self)
    }
}

/// The loops that are compiled for each level.
pub trait Kernels: Sized {
    /// Adds `values[k] · rows[columns[k]]` to `out`, one after another.
    fn add_rows(
        level: Level,
        columns: &[u32],
        values: &[Self],
        rows: Rows<'_, Self>,
        out: &mut [Self],
    );
    /// Writes the inner products of `row` with `rows[columns[k]]` to `out`.
    fn dots(level: Level, row: &[Self], columns: &[u32], rows: Rows<'_, Self>, out: &mut [Self]);
    /// One row of a layer's weights, shaped by its kernel; sums of squares of both.
    fn shape_row(level: Level, shape: KernelShape, row: ShapeRow<'_, Self>) -> [f64; 2];
    /// The gradients of that row.
    fn back_row(level: Level, shape: KernelShape, row: BackRow<'_, Self>);
}

/// Names a body for one precision and compiles it for each level.
macro_rules! kernel {
    ($name:ident, $body:path, ($($arg:ident: $type:ty),+) $(-> $ret:ty)?) => {{
        #[inline(always)]
        fn body($($arg: $type),+) $(-> $ret)? {
            $body($($arg),+)
        }
        dispatched! {
            fn $name(level, $($arg: $type),+) $(-> $ret)? = body;
        }
        $name
    }};
}

macro_rules! kernels {
    ($($type:ty, $lanes:literal;)+) => {$(
        impl Kernels for $type {
            fn add_rows(
                level: Level,
                columns: &[u32],
                values: &[Self],
                rows: Rows<'_, Self>,
                out: &mut [Self],
            ) {
                kernel!(add_rows, add_rows_body::<$type, $lanes>, (
                    columns: &[u32], values: &[$type], rows: Rows<'_, $type>, out: &mut [$type]
                ))(level, columns, values, rows, out);
            }

            fn dots(
                level: Level,
                row: &[Self],
                columns: &[u32],
                rows: Rows<'_, Self>,
                out: &mut [Self],
            ) {
                kernel!(dots, dots_body::<$type, { $lanes / 4 }>, (
                    row: &[$type], columns: &[u32], rows: Rows<'_, $type>, out: &mut [$type]
                ))(level, row, columns, rows, out);
            }

            fn shape_row(level: Level, shape: KernelShape, row: ShapeRow<'_, Self>) -> [f64; 2] {
                kernel!(shape_row, shape_row_body::<$type, $lanes>, (
                    shape: KernelShape, row: ShapeRow<'_, $type>
                ) -> [f64; 2])(level, shape, row)
            }

            fn back_row(level: Level, shape: KernelShape, row: BackRow<'_, Self>) {
                kernel!(back_row, back_row_body::<$type, $lanes>, (
                    shape: KernelShape, row: BackRow<'_, $type>
                ))(level, shape, row);
            }
        }
    )+};
}

kernels! {
    f32, 64;
    f64, 32;
}

#[inline(always)]
fn add_rows_body<T: Number, const N: usize>(
    columns: &[u32],
    values: &[T],
    rows: Rows<'_, T>,
    out: &mut [T],
) {
    let (blocks, _) = out.as_chunks_mut::<N>();
    for (block, out) in blocks.iter_mut().enumerate() {
        let mut sum = *out; // in registers
        for (&column, &value) in columns.iter().zip(values) {
            let at = column as usize * rows.stride + block * N;
            let row = rows.cells[at..].first_chunk::<N>().expect("a row of the table");
            for lane in 0..N {
                sum[lane] = sum[lane] + value * row[lane];
            }
        }
        *out = sum;
    }
}

/// Four cells at a time share the loads of `row`, and their sums stay in registers.
#[inline(always)]
fn dots_body<T: Number, const N: usize>(
    row: &[T],
    columns: &[u32],
    rows: Rows<'_, T>,
    out: &mut [T],
) {
    let (ours, _) = row.as_chunks::<N>();
    for (columns, out) in columns.chunks(4).zip(out.chunks_mut(4)) {
        // Past the end, the last one once more.
        let last = columns.len() - 1;
        let theirs = |i: usize| rows.row(columns[last.min(i)] as usize).as_chunks::<N>().0;
        let [mut p, mut q, mut r, mut s] = [[T::default(); N]; 4];
        let four = theirs(0).iter().zip(theirs(1)).zip(theirs(2)).zip(theirs(3));
        for (a, (((b, c), d), e)) in ours.iter().zip(four) {
            for lane in 0..N {
                p[lane] = p[lane] + a[lane] * b[lane];
                q[lane] = q[lane] + a[lane] * c[lane];
                r[lane] = r[lane] + a[lane] * d[lane];
                s[lane] = s[lane] + a[lane] * e[lane];
            }
        }
        let dots = [total(&p), total(&q), total(&r), total(&s)];
        out.copy_from_slice(&dots[..out.len()]);
    }
}

/// The sum of the lanes, a multiple of eight of them.
#[inline(always)]
pub(super) fn total<T: Number, const N: usize>(lanes: &[T; N]) -> T {
    let mut eight = [T::default(); 8];
    for part in 0..N / 8 {
        for lane in 0..8 {
            eight[lane] = eight[lane] + lanes[8 * part + lane];
        }
    }
    let mut four = [T::default(); 4];
    for lane in 0..4 {
        four[lane] = eight[lane] + eight[lane + 4];
    }
    (four[0] + four[2]) + (four[1] + four[3])
}
