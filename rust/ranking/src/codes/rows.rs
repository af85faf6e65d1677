//! The codes of some rows, and what a sum of products of codes must exceed to count.

use glowrec_graph::simd::Level;

use super::columns::{Codes, Panel, Units};
use super::rounding::{Coded, largest};
use super::{ROWS, SLACK, STEP, gamma, steps};

/// The codes of some rows, in groups.
#[derive(Debug)]
pub(super) struct Groups {
    n_steps: usize,
    /// Per group and step, `STEP` codes of each row.
    codes: Vec<[i8; ROWS * STEP]>,
    /// Per group.
    limits: Vec<Limits>,
    /// Per row.
    bounds: Vec<Bounds>,
}

/// What bounds the scores of a row; everything but `scale` in units of `scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Scores below this do not count.
    pub(super) threshold: f64,
    /// One unit of the codes.
    pub(super) scale: f64,
    /// Error per distance of a column from its codes: the norm of the row's codes.
    pub(super) rounded: f64,
    /// Error per norm of a column.
    pub(super) exact: f64,
    /// Error that depends on no column: float32 sums that fall below the normal numbers.
    pub(super) floor: f64,
}

/// The same of a group, as the kernels read it: in float32, on the safe side, and close together.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Limits {
    /// Less what depends on no column.
    threshold: [f32; ROWS],
    rounded: [f32; ROWS],
    exact: [f32; ROWS],
    /// What sums hold in excess, since codes of columns were moved up.
    shift: [i32; ROWS],
}

/// Where sums start so that those of columns that count are not negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starts {
    /// Of sums as they come, with what they hold in excess.
    pub(super) sums: [i32; ROWS],
    /// Of sums of the codes themselves.
    pub(super) products: [i32; ROWS],
}

impl Starts {
    pub(super) const ZERO: Self = Self { sums: [0; ROWS], products: [0; ROWS] };
}

/// 1.5 * 2^52, whose neighbours are whole numbers.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// Starts beyond all sums, in both directions.
const BEYOND: f32 = 1e9;
/// Relative to its parts, more than a start loses in float32: half a dozen roundings. Errors of
/// codes of `MAX_DIM` coordinates are far below `BEYOND`.
const LOST: f32 = 8.0 * f32::EPSILON;
/// Thresholds beyond all scores, in both directions.
const ENDLESS: f64 = 1e37;
/// The largest product of norms whose float32 sums cannot overflow.
const OVERFLOW: f64 = 1e37;
/// Twice the smallest denormal number of float32.
const TINY: f64 = 1.0 / (1u128 << 74) as f64 / (1u128 << 74) as f64;

impl Groups {
    /// The codes of some vectors, and which of them have none.
    pub(super) fn new(vectors: &[&[f32]], columns: &Codes) -> (Self, Vec<bool>) {
        let (n_groups, n_steps) = (vectors.len().div_ceil(ROWS), steps(columns.dim()));
        let mut groups = Self {
            n_steps,
            codes: vec![[0; ROWS * STEP]; n_groups * n_steps],
            limits: vec![Limits::NOTHING; n_groups],
            bounds: vec![Bounds::NOTHING; vectors.len()],
        };
        let encode = |(row, vector): (usize, &&[f32])| !groups.encode(row, vector, columns);
        let without = vectors.iter().enumerate().map(encode).collect();
        (groups, without)
    }

    pub(super) fn len(&self) -> usize {
        self.limits.len()
    }

    #[inline(always)]
    pub(super) fn codes(&self, group: usize) -> &[[i8; ROWS * STEP]] {
        &self.codes[group * self.n_steps..][..self.n_steps]
    }

    #[inline(always)]
    pub(super) fn limits(&self, group: usize) -> &Limits {
        &self.limits[group]
    }

    #[inline]
    pub(super) fn bounds(&self, row: usize) -> &Bounds {
        &self.bounds[row]
    }

    /// Lets nothing below `threshold` count for a row.
    pub(super) fn raise(&mut self, row: usize, threshold: f64) {
        self.bounds[row].threshold = threshold;
        let least = (threshold - self.bounds[row].floor).clamp(-ENDLESS, ENDLESS) as f32;
        self.limits[row / ROWS].threshold[row % ROWS] = least - least.abs() * LOST;
    }

    /// Writes the codes of a row; whether it has any.
    fn encode(&mut self, row: usize, vector: &[f32], columns: &Codes) -> bool {
        let (level, dots) = (Level::current(), columns.dots());
        let values: Vec<f32> = vector.iter().copied().chain(columns.unit()).collect();
        let most = largest(level, &values);
        if most == 0.0 {
            return false;
        }
        let scale = f64::from(most) / f64::from(dots.row_codes());
        let mut coded = Coded::default();
        coded.set(level, &values, scale, dots.row_codes());
        // The largest of numbers skips NaN; the norm does not.
        if !coded.norm.is_finite() || coded.norm * columns.norm() >= OVERFLOW {
            return false;
        }
        let (group, r) = (row / ROWS, row % ROWS);
        let (mut squares, mut sum) = (0, 0);
        let steps = &mut self.codes[group * self.n_steps..][..self.n_steps];
        for (out, &codes) in steps.iter_mut().zip(coded.steps()) {
            out.as_chunks_mut().0[r] = codes;
            squares += codes.map(|code| i32::from(code).pow(2)).iter().sum::<i32>();
            sum += codes.map(i32::from).iter().sum::<i32>();
        }
        // A bias that is divided by its unit may lose a denormal number.
        let tiny = (columns.dim() as f64 + f64::from(columns.unit().unwrap_or(0.0))) * TINY;
        let bounds = Bounds {
            threshold: f64::NEG_INFINITY,
            scale,
            rounded: f64::from(squares).sqrt() * SLACK,
            exact: (coded.off + gamma(columns.dim()) * coded.norm) / scale * SLACK,
            floor: tiny / scale * SLACK,
        };
        let limits = &mut self.limits[group];
        limits.bound(r, &bounds);
        limits.shift[r] = sum * i32::from(dots.zero());
        self.bounds[row] = bounds;
        self.raise(row, bounds.threshold);
        true
    }
}

impl Bounds {
    /// Of a row without codes: nothing counts.
    const NOTHING: Self =
        Self { threshold: f64::INFINITY, scale: 0.0, rounded: 0.0, exact: 0.0, floor: 0.0 };

    /// The most that a score differs from what the codes say.
    #[inline(always)]
    pub(super) fn error(&self, panel: &Panel) -> f64 {
        self.rounded * panel.off + self.exact * panel.norm + self.floor
    }
}

impl Limits {
    /// No row: nothing counts.
    const NOTHING: Self = Self {
        threshold: [f32::INFINITY; ROWS],
        rounded: [0.0; ROWS],
        exact: [0.0; ROWS],
        shift: [0; ROWS],
    };

    /// Takes over the errors of row `r`.
    fn bound(&mut self, r: usize, bounds: &Bounds) {
        self.rounded[r] = bounds.rounded as f32 * (1.0 + LOST);
        self.exact[r] = bounds.exact as f32 * (1.0 + LOST);
    }

    /// Where the sums with a panel start.
    #[inline(always)]
    pub(super) fn starts(&self, panel: &Units) -> Starts {
        let mut starts = Starts::ZERO;
        for r in 0..ROWS {
            let error = self.rounded[r] * panel.off + self.exact[r] * panel.norm;
            let least = (self.threshold[r] * panel.per_one).clamp(-BEYOND, BEYOND);
            // The last bits of a sum with this constant are the nearest whole number: one more is
            // enough.
            starts.products[r] = (f64::from(error - least) + (MAGIC + 1.0)).to_bits() as i32;
            starts.sums[r] = starts.products[r] - self.shift[r];
        }
        starts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// No sum whose score may reach the threshold starts too low, and few start too high.
        #[test]
        fn starts_are_on_the_safe_side(
            threshold in -1e6f64..1e6,
            rounded in 0.0f64..1e4,
            exact in 0.0f64..100.0,
            (scale, off, norm) in (-30i32..17).prop_flat_map(|exponent| {
                let scale = 10f64.powi(exponent);
                (Just(scale), 0.0..scale * 8.0, 0.0..scale * 1e3)
            }),
        ) {
            let bounds = Bounds { threshold: 0.0, scale: 1.0, rounded, exact, floor: 1e-40 };
            let mut groups = Groups {
                n_steps: 0,
                codes: vec![],
                limits: vec![Limits::NOTHING],
                bounds: vec![bounds],
            };
            let limits = &mut groups.limits[0];
            limits.bound(0, &bounds);
            limits.shift[0] = 12_345;
            groups.raise(0, threshold);
            let panel = Panel { scale, off, norm };
            let starts = groups.limits[0].starts(&panel.in_units());
            prop_assert_eq!(starts.products[0] - 12_345, starts.sums[0]);
            let exact_start = (groups.bounds[0].error(&panel) - threshold) / scale;
            let size = (groups.bounds[0].error(&panel) + threshold.abs()) / scale;
            let start = f64::from(starts.products[0]);
            if exact_start.abs() < 9e8 {
                prop_assert!(start >= exact_start && start <= exact_start + 2.0 + size * 4e-6);
            } else {
                prop_assert!(start * exact_start > 0.0 && start.abs() > 8e8);
            }
        }
    }

    #[test]
    fn rows_that_take_everything_or_nothing_start_beyond_all_sums() {
        let mut groups = Groups {
            n_steps: 0,
            codes: vec![],
            limits: vec![Limits::NOTHING],
            bounds: vec![Bounds::NOTHING; 2],
        };
        groups.raise(0, f64::NEG_INFINITY);
        for scale in [1e-36, 1.0, 1e16] {
            let starts =
                groups.limits[0].starts(&Panel { scale, off: scale, norm: scale }.in_units());
            assert!(starts.sums[0] >= 999_999_000 && starts.sums[1] <= -999_999_000);
        }
    }
}
