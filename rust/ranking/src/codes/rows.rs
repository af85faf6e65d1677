//! The codes of some rows, and what a sum of products of codes must exceed to count.

use glowrec_graph::simd::Level;

use super::columns::{Codes, Panel};
use super::rounding::{Coded, largest};
use super::{ROWS, SLACK, STEP, gamma, steps};

/// The codes of some rows, in groups.
#[derive(Debug)]
pub(super) struct Groups {
    n_steps: usize,
    /// Per group and step, `STEP` codes of each row.
    codes: Vec<[i8; ROWS * STEP]>,
    limits: Vec<Limits>,
}

/// What each row of a group adds to the limits of sums of codes; everything but `scale` in units
/// of `scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Scores below this are not among the best.
    threshold: [f64; ROWS],
    /// Error per distance of a column from its codes: the norm of the row's codes.
    rounded: [f64; ROWS],
    /// Error per norm of a column.
    exact: [f64; ROWS],
    /// Error that depends on no column: float32 sums that fall below the normal numbers.
    floor: [f64; ROWS],
    /// One unit of the codes, in which all of this is.
    #[cfg(test)]
    scale: [f64; ROWS],
    /// What sums hold in excess, since codes of columns were moved up.
    shift: [f64; ROWS],
}

/// 1.5 * 2^52, whose neighbours are whole numbers.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// Limits beyond all sums, in both directions.
const BEYOND: f64 = 1e9;
/// The largest product of norms whose float32 sums cannot overflow.
const OVERFLOW: f64 = 1e37;
/// Twice the smallest denormal number of float32.
const TINY: f64 = 1.0 / (1u128 << 74) as f64 / (1u128 << 74) as f64;

impl Groups {
    /// The codes of some vectors, and which of them have none.
    pub(super) fn new(vectors: &[&[f32]], columns: &Codes) -> (Self, Vec<bool>) {
        let (n_groups, n_steps) = (vectors.len().div_ceil(ROWS), steps(columns.dim()));
        let mut codes = vec![[0; ROWS * STEP]; n_groups * n_steps];
        let mut limits = vec![Limits::NOTHING; n_groups];
        let encode = |(row, vector): (usize, &&[f32])| {
            let codes = &mut codes[row / ROWS * n_steps..][..n_steps];
            !limits[row / ROWS].encode(row % ROWS, vector, columns, codes)
        };
        let without = vectors.iter().enumerate().map(encode).collect();
        (Self { n_steps, codes, limits }, without)
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

    /// One unit of a row's codes.
    #[cfg(test)]
    pub(super) fn scale(&self, row: usize) -> f64 {
        self.limits[row / ROWS].scale[row % ROWS]
    }

    /// Lets nothing below `threshold` count for a row.
    pub(super) fn raise(&mut self, row: usize, threshold: f64) {
        self.limits[row / ROWS].threshold[row % ROWS] = threshold;
    }
}

impl Limits {
    /// No row: nothing counts.
    const NOTHING: Self = Self {
        threshold: [f64::INFINITY; ROWS],
        rounded: [0.0; ROWS],
        exact: [0.0; ROWS],
        floor: [0.0; ROWS],
        #[cfg(test)]
        scale: [0.0; ROWS],
        shift: [0.0; ROWS],
    };

    /// Writes the codes of row `r`; whether it has any.
    fn encode(
        &mut self,
        r: usize,
        vector: &[f32],
        columns: &Codes,
        out: &mut [[i8; ROWS * STEP]],
    ) -> bool {
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
        if !coded.norm.is_finite() || coded.norm * columns.worst().norm >= OVERFLOW {
            return false;
        }
        let (mut squares, mut sum) = (0, 0);
        for (out, &codes) in out.iter_mut().zip(coded.steps()) {
            out.as_chunks_mut().0[r] = codes;
            squares += codes.map(|code| i32::from(code).pow(2)).iter().sum::<i32>();
            sum += codes.map(i32::from).iter().sum::<i32>();
        }
        // A bias that is divided by its unit may lose a denormal number.
        let tiny = (columns.dim() as f64 + f64::from(columns.unit().unwrap_or(0.0))) * TINY;
        self.threshold[r] = f64::NEG_INFINITY;
        #[cfg(test)]
        {
            self.scale[r] = scale;
        }
        self.rounded[r] = f64::from(squares).sqrt() * SLACK;
        self.exact[r] = (coded.off + gamma(columns.dim()) * coded.norm) / scale * SLACK;
        self.floor[r] = tiny / scale * SLACK;
        self.shift[r] = f64::from(sum) * f64::from(dots.zero());
        true
    }

    /// Per row, sums at most this are of columns that do not count.
    #[inline(always)]
    pub(super) fn of(&self, panel: &Panel) -> [i32; ROWS] {
        let mut limits = [0; ROWS];
        let per_unit = 1.0 / panel.scale;
        for (r, limit) in limits.iter_mut().enumerate() {
            let least = (self.threshold[r] - self.error(r, panel)) * per_unit + self.shift[r];
            // Two for what float64 rounds, here and in sums with the constant, whose last bits are
            // the nearest whole number.
            *limit = (least.clamp(-BEYOND, BEYOND) - 2.0 + MAGIC).to_bits() as i32;
        }
        limits
    }

    /// The most that a score of row `r` differs from what the codes say.
    #[inline(always)]
    pub(super) fn error(&self, r: usize, panel: &Panel) -> f64 {
        self.rounded[r] * panel.off + self.exact[r] * panel.norm + self.floor[r]
    }

    /// What sums of row `r` hold in excess.
    pub(super) fn shift(&self, r: usize) -> i32 {
        self.shift[r] as i32
    }

    /// What the codes say of a score of row `r`.
    #[inline(always)]
    pub(super) fn estimate(&self, r: usize, sum: i32, panel: &Panel) -> f64 {
        panel.scale * (f64::from(sum) - self.shift[r])
    }
}
