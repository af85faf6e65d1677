//! From vectors to codes, and how far codes are from their vectors.

use glowrec_graph::dispatched;
use glowrec_graph::simd::Level;

use super::{CANCELLED, SLACK, STEP};

/// 1.5 * 2^23, whose neighbours are whole numbers.
const MAGIC: f32 = 12_582_912.0;
/// Numbers that are added up side by side.
const LANES: usize = 8;

/// The codes of one vector.
#[derive(Debug, Default)]
pub(super) struct Coded {
    codes: Vec<i8>,
    /// At least the norm of the vector.
    pub(super) norm: f64,
    /// At least the distance between the vector and `scale` times its codes.
    pub(super) off: f64,
}

impl Coded {
    /// Rounds `values` to whole multiples of `scale`, at most `limit` of them.
    ///
    /// The codes need not be the nearest ones for the bounds to hold: these are measured.
    pub(super) fn set(&mut self, level: Level, values: &[f32], scale: f64, limit: i16) {
        self.codes.clear();
        self.codes.resize(values.len().next_multiple_of(STEP), 0);
        let codes = &mut self.codes[..values.len()];
        round(level, values, (1.0 / scale) as f32, f32::from(limit), codes);
        let (norm, off) = distances(level, values, codes, scale);
        self.norm = norm.sqrt() * SLACK;
        self.off = off.sqrt() * SLACK + self.norm * CANCELLED;
    }

    /// The codes of each step; zeros fill up the last one.
    pub(super) fn steps(&self) -> &[[i8; STEP]] {
        self.codes.as_chunks().0
    }
}

dispatched! {
    /// The nearest codes, where `per_unit` is a number; any codes where it is not.
    fn round(level, values: &[f32], per_unit: f32, limit: f32, codes: &mut [i8]) = round_body;
}

#[inline(always)]
fn round_body(values: &[f32], per_unit: f32, limit: f32, codes: &mut [i8]) {
    for (code, &value) in codes.iter_mut().zip(values) {
        // The last bits of a sum with this constant are the nearest whole number.
        let near = (value * per_unit).max(-limit).min(limit) + MAGIC;
        *code = near.to_bits() as i8;
    }
}

dispatched! {
    /// The squares of the norm of a vector and of its distance from its codes, in float64.
    fn distances(level, values: &[f32], codes: &[i8], scale: f64) -> (f64, f64) = distances_body;
}

#[inline(always)]
fn distances_body(values: &[f32], codes: &[i8], scale: f64) -> (f64, f64) {
    let (mut norms, mut offs) = ([0.0; LANES], [0.0; LANES]);
    let (value_lanes, values) = values.as_chunks::<LANES>();
    let (code_lanes, codes) = codes.as_chunks::<LANES>();
    for (values, codes) in value_lanes.iter().zip(code_lanes) {
        for lane in 0..LANES {
            let value = f64::from(values[lane]);
            let off = value - scale * f64::from(codes[lane]);
            norms[lane] += value * value;
            offs[lane] += off * off;
        }
    }
    for (&value, &code) in values.iter().zip(codes) {
        let value = f64::from(value);
        norms[0] += value * value;
        offs[0] += (value - scale * f64::from(code)).powi(2);
    }
    (norms.iter().sum(), offs.iter().sum())
}

dispatched! {
    /// The square of the norm of a vector, in float64: no square of a float32 overflows there.
    pub(super) fn square(level, values: &[f32]) -> f64 = square_body;
}

#[inline(always)]
fn square_body(values: &[f32]) -> f64 {
    let mut squares = [0.0; LANES];
    let (lanes, rest) = values.as_chunks::<LANES>();
    for values in lanes {
        for (square, &value) in squares.iter_mut().zip(values) {
            *square += f64::from(value) * f64::from(value);
        }
    }
    let rest: f64 = rest.iter().map(|&value| f64::from(value).powi(2)).sum();
    squares.iter().sum::<f64>() + rest
}

dispatched! {
    /// The largest absolute value; zero for none.
    pub(super) fn largest(level, values: &[f32]) -> f32 = largest_body;
}

#[inline(always)]
fn largest_body(values: &[f32]) -> f32 {
    let mut most = [0.0f32; 2 * LANES];
    let (lanes, rest) = values.as_chunks::<{ 2 * LANES }>();
    for values in lanes {
        for (most, value) in most.iter_mut().zip(values) {
            *most = most.max(value.abs());
        }
    }
    most.iter().chain(rest).fold(0.0, |most, value| most.max(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_bounds_what_is() {
        let values: Vec<f32> = (0..21u8).map(|i| (f32::from(i) * 0.7).sin() * 3.0).collect();
        for &level in Level::available() {
            assert_eq!(largest(level, &values), values.iter().fold(0.0f32, |m, v| m.max(v.abs())));
            for scale in [3.0 / 127.0, 1e-3, 1.0, 1e-310] {
                let mut coded = Coded::default();
                coded.set(level, &values, scale, 127);
                let squares = values.iter().map(|&value| f64::from(value).powi(2));
                let norm = squares.sum::<f64>().sqrt();
                assert!((norm..norm * 1.000_001).contains(&coded.norm));
                assert!((square(level, &values).sqrt() / norm - 1.0).abs() < 1e-12);
                let offs = values.iter().zip(&coded.codes);
                let offs = offs.map(|(&v, &c)| (f64::from(v) - scale * f64::from(c)).powi(2));
                assert!(coded.off >= offs.sum::<f64>().sqrt());
                assert!(coded.codes.iter().all(|code| (-127..=127).contains(code)));
                if scale > 0.02 {
                    assert!(coded.off <= scale / 2.0 * 21f64.sqrt() * 1.000_001);
                }
            }
        }
    }
}
