//! Which columns are looked at first: those that many rows may score high.

use glowrec_graph::dispatched;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use super::rounding::{largest, square};
use crate::best::Hit;
use crate::table::{Columns, Table};

/// Rows that are looked at to find which columns score high.
const SAMPLE: usize = 256;
/// Norms from here on may overflow in a score.
const HUGE: f64 = 1e18;
/// Columns of about one likelihood.
const ALIKE: usize = 1024;
/// Deviations above its mean at which a score is among the best.
const HIGH: f64 = 2.5;

/// Columns in the order of what a high score of theirs would be; `None` if a number is not finite,
/// or so large that scores may not be.
///
/// A column scores `m·y` on average, `m` the mean row, and spreads around it about in proportion
/// to its norm. Only speed depends on the order.
pub(super) fn likeliest_first(cols: &Columns<'_>, rows: &Table<'_>) -> Option<Vec<u32>> {
    let level = Level::current();
    let (mean, spread) = outline(rows);
    // By how high it may score, and by how large its coordinates are.
    let keys: Option<Vec<(Hit, Hit)>> = (0..cols.len() as u32)
        .into_par_iter()
        .with_min_len(1024)
        .map(|column| {
            let vector = cols.vectors().row(column as usize);
            let start = cols.start(column as usize);
            let norm = square(level, vector).sqrt();
            let high = start + product(level, vector, &mean) + spread * norm as f32;
            let finite = norm < HUGE && f64::from(start.abs()) < HUGE;
            let size = largest(level, vector);
            finite.then(|| (Hit::new(high, column), Hit::new(size, column)))
        })
        .collect();
    let mut order = keys?;
    order.par_sort_unstable();
    // Columns of a panel share a scale: neighbours should have one size.
    order.par_chunks_mut(ALIKE).for_each(|columns| columns.sort_unstable_by_key(|key| key.1));
    Some(order.into_iter().map(|(hit, _)| hit.column()).collect())
}

/// The mean of some rows, and how far a high score lies above its mean, per unit of norm.
fn outline(rows: &Table<'_>) -> (Vec<f32>, f32) {
    let step = rows.n_rows().div_ceil(SAMPLE).max(1);
    let sample: Vec<&[f32]> = (0..rows.n_rows())
        .step_by(step)
        .map(|row| rows.row(row))
        .filter(|row| square(Level::current(), row) < HUGE * HUGE)
        .collect();
    let mut mean = vec![0.0f32; rows.dim()];
    for row in &sample {
        for (mean, &value) in mean.iter_mut().zip(*row) {
            *mean += value / sample.len() as f32;
        }
    }
    let distance = |row: &&[f32]| -> f64 {
        row.iter().zip(&mean).map(|(&x, &m)| f64::from(x - m).powi(2)).sum()
    };
    let variance =
        sample.iter().map(distance).sum::<f64>() / (sample.len().max(1) * rows.dim()) as f64;
    (mean, (HIGH * variance.sqrt()) as f32)
}

dispatched! {
    /// A dot product, roughly: its sums run side by side.
    fn product(level, left: &[f32], right: &[f32]) -> f32 = product_body;
}

#[inline(always)]
fn product_body(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let ((left, left_rest), (right, right_rest)) =
        (left.as_chunks::<16>(), right.as_chunks::<16>());
    for (left, right) in left.iter().zip(right) {
        for (sum, (&x, &y)) in sums.iter_mut().zip(left.iter().zip(right)) {
            *sum += x * y;
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(&x, &y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
