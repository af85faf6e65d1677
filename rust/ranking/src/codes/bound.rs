//! The bound of the module's documentation, held against scores themselves.

use proptest::prelude::*;

use super::columns::Codes;
use super::kernels::Dots;
use super::rows::Groups;
use super::{COLS, ROWS, STEP};
use crate::table::{Columns, Table};

/// What float32 says of a score: the chain of fused multiply-adds.
fn score(row: &[f32], cols: &Columns<'_>, column: usize) -> f32 {
    let vector = cols.vectors().row(column);
    row.iter().zip(vector).fold(cols.start(column), |sum, (x, y)| x.mul_add(*y, sum))
}

/// The largest share of its error bound by which a score differs from what its codes say, and the
/// number of scores; bounds of denormal sums alone do not count for the share.
fn worst(rows: &[f32], cols: &[f32], bias: Option<&[f32]>, dim: usize, dots: Dots) -> (f64, usize) {
    let (n_rows, n_cols) = (rows.len() / dim, cols.len() / dim);
    let rows = Table::new("rows", rows, n_rows, dim).unwrap();
    let cols = Columns::new(Table::new("cols", cols, n_cols, dim).unwrap(), bias).unwrap();
    let Some(codes) = Codes::always(&cols, &rows, dots) else { return (0.0, 0) };
    let vectors: Vec<&[f32]> = (0..n_rows).map(|row| rows.row(row)).collect();
    let (groups, without) = Groups::new(&vectors, &codes);
    let (mut worst, mut n) = (0.0f64, 0);
    for row in (0..n_rows).filter(|&row| !without[row]) {
        let (bounds, r) = (groups.bounds(row), row % ROWS);
        for place in 0..n_cols {
            let (panel, lane) = (place / COLS, place % COLS);
            let steps = groups.codes(row / ROWS).iter().zip(codes.steps(panel));
            let products = steps.flat_map(|(q, c)| {
                let q = q.as_chunks::<STEP>().0[r].map(i32::from);
                let code = |c: u8| i32::from(c) - i32::from(dots.zero());
                let c = c.as_chunks::<STEP>().0[lane].map(code);
                q.into_iter().zip(c).map(|(q, c)| q * c)
            });
            let panel = &codes.panels()[panel];
            let estimate = panel.estimate(products.sum());
            let score = f64::from(score(vectors[row], &cols, codes.column(place as u32) as usize));
            let off = (score / bounds.scale - estimate).abs();
            assert!(off <= bounds.error(panel), "row {row}, column {place}: {off}");
            worst = worst.max(off / bounds.error(panel));
            n += 1;
        }
    }
    (worst, n)
}

fn vectors(value: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = [Vec<f32>; 3]> {
    let vectors = move |n: usize| prop::collection::vec(value.clone(), n);
    (1..5usize, 1..40usize).prop_flat_map(move |(n_rows, n_cols)| {
        [vectors(n_rows * 12), vectors(n_cols * 12), vectors(n_cols)]
    })
}

proptest! {
    #[test]
    fn no_score_is_outside([rows, cols, bias] in vectors(-1.0f32..1.0)) {
        for dots in Dots::available() {
            worst(&rows, &cols, None, 12, dots);
            worst(&rows, &cols, Some(&bias), 12, dots);
        }
    }

    #[test]
    fn no_score_of_any_numbers_is_outside([rows, cols, bias] in vectors(any::<f32>())) {
        for dots in Dots::available() {
            worst(&rows, &cols, None, 12, dots);
            worst(&rows, &cols, Some(&bias), 12, dots);
        }
    }

    #[test]
    fn no_score_of_denormal_numbers_is_outside(
        [rows, cols, bias] in vectors((-1000..1000i16).prop_map(|n| f32::from(n) * 1e-24)),
    ) {
        for dots in Dots::available() {
            worst(&rows, &cols, None, 12, dots);
            worst(&rows, &cols, Some(&bias), 12, dots);
        }
    }
}

/// Codes that are exact leave the rounding of float32 sums alone: without its part of the bound
/// the assertion above would fail.
#[test]
fn rounding_of_float32_counts() {
    let dim = 256;
    let code = |i: usize| ((i * 7919) % 255) as f32 - 127.0;
    let mut vector: Vec<f32> = (0..dim).map(code).collect();
    (vector[0], vector[1]) = (127.0, -127.0); // so that one unit is one
    let rows: Vec<f32> = vector.iter().map(|code| code * 1.1).collect();
    let cols: Vec<f32> = vector.iter().rev().map(|code| code * 1.3).collect();
    let (worst, n) = worst(&rows, &cols, None, dim, Dots::Portable);
    assert_eq!(n, 1);
    assert!(worst > 1e-4, "{worst}");
}

/// The same where products are smaller than the smallest denormal number.
#[test]
fn rounding_of_denormal_sums_counts() {
    let (dim, unit) = (256, 2f32.powi(-79));
    let code = |i: usize| ((i * 7919) % 255) as f32 - 127.0;
    let mut vector: Vec<f32> = (0..dim).map(|i| code(i) * unit).collect();
    (vector[0], vector[1]) = (127.0 * unit, -127.0 * unit);
    let cols: Vec<f32> = vector.iter().rev().copied().collect();
    let (worst, n) = worst(&vector, &cols, None, dim, Dots::Portable);
    assert_eq!(n, 1);
    assert!(worst > 1e-3, "{worst}");
}

/// The bound is worth something: a score uses a good part of it at times.
#[test]
fn the_bound_is_near() {
    let noise = |i: u32| ((i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0) - 1.0;
    let values: Vec<f32> = (0..100 * 16).map(noise).collect();
    for dots in Dots::available() {
        let (worst, n) = worst(&values[..40 * 16], &values, None, 16, dots);
        assert_eq!(n, 4000);
        assert!((0.2..1.0).contains(&worst), "{worst}");
    }
}
