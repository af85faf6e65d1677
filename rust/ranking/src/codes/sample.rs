//! The columns that every row is compared with first, to guess what a score must reach.
//!
//! A threshold that is known to be reached by `k` columns is low until many columns have been
//! seen, and lets too many of them through. A guess need not be known: if the list that it leaves
//! turns out to hold `k` scores that reach it, nothing is missing, and if it does not, the row is
//! ranked once more.

use glowrec_graph::dispatched;
use glowrec_graph::simd::Level;

use super::candidates::Candidate;
use super::columns::Codes;
use super::kernels::Tile;
use super::plan::{Caution, Plan, TOGETHER};
use super::rows::Bounds;
use super::{COLS, ROWS};
use crate::lanes::Score;

/// What the codes say of the scores of a group's rows, for the columns of the sample.
#[derive(Debug)]
pub(super) struct Sample {
    plan: Plan,
    /// Index of each panel.
    panels: Vec<u32>,
    /// Position of every panel there is; `OUTSIDE` of those that are not in the sample.
    positions: Vec<u32>,
    offs: Vec<f32>,
    norms: Vec<f32>,
    rows: [Estimates; ROWS],
    /// Per panel of each peak, what an estimate must reach.
    least: Vec<[f32; TOGETHER]>,
    /// Room for the peaks that reach it.
    reached: Vec<u32>,
}

/// What the codes say of one row's scores.
#[derive(Clone, Debug)]
struct Estimates {
    /// Per panel.
    values: Vec<[f32; COLS]>,
    /// The largest of the values of `TOGETHER` panels, lane by lane.
    peaks: Vec<[f32; LANES]>,
}

/// Estimates that are compared side by side.
const LANES: usize = 16;
/// The position of panels without one.
const OUTSIDE: u32 = u32::MAX;
/// Halvings of the estimates between the largest and the least.
const HALVINGS: usize = 7;

impl Sample {
    pub(super) fn new(codes: &Codes, plan: Plan) -> Self {
        let of_sample = || plan.panels().map(|panel| &codes.panels()[panel]);
        let n = plan.panels().count();
        let estimates = Estimates {
            values: vec![[f32::NEG_INFINITY; COLS]; n],
            peaks: vec![[f32::NEG_INFINITY; LANES]; n.div_ceil(TOGETHER)],
        };
        let mut positions = vec![OUTSIDE; plan.n_panels];
        (0..).zip(plan.panels()).for_each(|(at, panel)| positions[panel] = at);
        Self {
            plan,
            positions,
            panels: plan.panels().map(|panel| panel as u32).collect(),
            offs: of_sample().map(|panel| panel.off as f32).collect(),
            norms: of_sample().map(|panel| panel.norm as f32).collect(),
            rows: std::array::from_fn(|_| estimates.clone()),
            least: vec![[f32::MAX; TOGETHER]; n.div_ceil(TOGETHER)],
            reached: vec![0; n.div_ceil(TOGETHER)],
        }
    }

    /// Keeps what a tile says of the panel at a position of the sample.
    pub(super) fn keep(&mut self, level: Level, at: usize, scale: f64, tile: &Tile) {
        estimate(level, tile, scale as f32, at, &mut self.rows);
    }

    /// Forgets what is said of places that do not count for row `r`.
    pub(super) fn forget(&mut self, r: usize, places: impl Iterator<Item = u32>) {
        let Estimates { values, peaks } = &mut self.rows[r];
        for (panel, lane) in places.map(|place| (place as usize / COLS, place as usize % COLS)) {
            if self.positions[panel] != OUTSIDE {
                let at = self.positions[panel] as usize;
                values[at][lane] = f32::NEG_INFINITY;
                let together = values[at / TOGETHER * TOGETHER..].iter().take(TOGETHER);
                peaks[at / TOGETHER][lane % LANES] = together
                    .flat_map(|values| values[lane % LANES..].iter().step_by(LANES))
                    .fold(f32::NEG_INFINITY, |peak, &value| peak.max(value));
            }
        }
    }

    /// A guess for row `r`: at least `k` columns score as much, one may hope. -inf if `k` columns
    /// are not to be hoped for.
    pub(super) fn guess(
        &self,
        level: Level,
        (r, row): (usize, &Bounds),
        k: usize,
        caution: Caution,
    ) -> f32 {
        let peaks = self.rows[r].peaks.split_at(self.plan.front / TOGETHER);
        let weight = (self.plan.stride as f32, f32::from(caution.deviations()));
        let guess = guess(level, peaks, weight, k);
        if caution == Caution::Usual {
            return guess;
        }
        // Estimates of the likeliest columns alone may have been too high.
        let errors = self.offs.iter().zip(&self.norms);
        let errors =
            errors.map(|(&off, &norm)| f64::from(off) * row.rounded + f64::from(norm) * row.exact);
        guess - (errors.fold(0.0, f64::max) + row.floor) as f32
    }

    /// Gives the places in the sample that may score at least `guess`, each with its estimate.
    pub(super) fn reaching(
        &mut self,
        level: Level,
        (r, row): (usize, &Bounds),
        guess: f32,
        mut found: impl FnMut(Candidate),
    ) {
        let errors = [row.rounded, row.exact, row.floor].map(|error| error as f32);
        bound(level, guess, errors, &self.offs, &self.norms, self.least.as_flattened_mut());
        let Estimates { values, peaks } = &self.rows[r];
        let n = reach(level, peaks, &self.least, &mut self.reached);
        let panels = |&i: &u32| i as usize * TOGETHER..(i as usize + 1) * TOGETHER;
        for at in self.reached[..n].iter().flat_map(panels) {
            let (Some(&panel), least) = (self.panels.get(at), self.least.as_flattened()[at]) else {
                break;
            };
            let over = f32::first_over(level, &values[at..=at], Score::next_down(least));
            let (first, mut lanes) = (panel * COLS as u32, over.map_or(0, |over| over.1));
            while lanes != 0 {
                let lane = lanes.trailing_zeros();
                lanes &= lanes - 1;
                found(Candidate { estimate: values[at][lane as usize], place: first + lane });
            }
        }
    }
}

/// Relative to an estimate and an error, more than what float32 loses between them: a dozen
/// roundings.
const LOST: f32 = 16.0 * f32::EPSILON;
/// More than what it loses below the normal numbers, in sums of up to 2^27.
const TINY: f32 = 64.0 * f32::MIN_POSITIVE;

dispatched! {
    /// From sums to estimates of each row, at a position, and to peaks.
    fn estimate(
        level, tile: &Tile, scale: f32, at: usize, rows: &mut [Estimates; ROWS],
    ) = estimate_body;
}

#[inline(always)]
fn estimate_body(tile: &Tile, scale: f32, at: usize, rows: &mut [Estimates; ROWS]) {
    for ((sums, start), row) in tile.sums.iter().zip(tile.starts.products).zip(rows) {
        let (out, peaks) = (&mut row.values[at], &mut row.peaks[at / TOGETHER]);
        let first = at.is_multiple_of(TOGETHER);
        let mut highest = if first { [f32::NEG_INFINITY; LANES] } else { *peaks };
        for (out, &sum) in out.iter_mut().zip(sums) {
            *out = sum.wrapping_sub(start) as f32 * scale; // of no row: anything
        }
        for estimates in out.as_chunks::<LANES>().0 {
            for (peak, &estimate) in highest.iter_mut().zip(estimates) {
                *peak = if estimate > *peak { estimate } else { *peak };
            }
        }
        *peaks = highest;
    }
}

dispatched! {
    /// What estimates of each panel must reach for a score to reach `guess`; more than -inf.
    fn bound(
        level, guess: f32, errors: [f32; 3], offs: &[f32], norms: &[f32], out: &mut [f32],
    ) = bound_body;
}

#[inline(always)]
fn bound_body(
    guess: f32,
    [rounded, exact, floor]: [f32; 3],
    offs: &[f32],
    norms: &[f32],
    out: &mut [f32],
) {
    for (out, (&off, &norm)) in out.iter_mut().zip(offs.iter().zip(norms)) {
        let error = rounded * off + exact * norm + floor;
        let least = guess - error - (error + guess.abs()) * LOST - TINY;
        *out = if least > f32::MIN { least } else { f32::MIN };
    }
}

dispatched! {
    /// Writes the positions of peaks that reach what a panel of theirs must reach; how many.
    fn reach(
        level, peaks: &[[f32; LANES]], least: &[[f32; TOGETHER]], out: &mut [u32],
    ) -> usize = reach_body;
}

#[inline(always)]
#[expect(clippy::needless_bitwise_bool, reason = "lazy operators would compare lane by lane")]
fn reach_body(peaks: &[[f32; LANES]], least: &[[f32; TOGETHER]], out: &mut [u32]) -> usize {
    let mut n = 0;
    for (i, (peaks, least)) in (0..).zip(peaks.iter().zip(least)) {
        let lowest = least.iter().fold(f32::MAX, |lowest, &x| if x < lowest { x } else { lowest });
        out[n] = i;
        n += usize::from(peaks.iter().fold(false, |reached, &peak| reached | (peak >= lowest)));
    }
    n
}

/// Peaks of the likeliest columns, and of a sample of the others.
type Peaks<'a> = (&'a [[f32; LANES]], &'a [[f32; LANES]]);

dispatched! {
    /// A score that at least `k` columns reach, one may hope, and not many more; -inf where that
    /// is not to be hoped for. Peaks of the sample stand for the first of `weight` each, less the
    /// second times the deviation of their number.
    fn guess(level, peaks: Peaks<'_>, weight: (f32, f32), k: usize) -> f32 = guess_body;
}

#[inline(always)]
fn guess_body((front, rest): Peaks<'_>, (stride, deviations): (f32, f32), k: usize) -> f32 {
    let (mut lows, mut highs) = ([f32::MAX; LANES], [f32::MIN; LANES]);
    for peaks in front.iter().chain(rest) {
        for lane in 0..LANES {
            let peak = peaks[lane];
            let finite = if peak >= f32::MIN { peak } else { f32::MAX };
            highs[lane] = if peak > highs[lane] { peak } else { highs[lane] };
            lows[lane] = if finite < lows[lane] { finite } else { lows[lane] };
        }
    }
    let k = k as f32;
    let enough = |least| hoped(front, rest, stride, deviations, least) >= k;
    let mut high = highs.into_iter().fold(f32::MIN, f32::max);
    // As many as there are lanes reach the lowest of their largest: a good start, as a rule.
    let mut low = highs.into_iter().fold(f32::MAX, f32::min);
    if low <= f32::MIN || !enough(low) {
        low = lows.into_iter().fold(f32::MAX, f32::min);
        if !enough(low) {
            return f32::NEG_INFINITY;
        }
    }
    for _ in 0..HALVINGS {
        let middle = low / 2.0 + high / 2.0;
        (low, high) = if enough(middle) { (middle, high) } else { (low, middle) };
    }
    low
}

/// How many columns may be hoped to reach `least`.
#[inline(always)]
fn hoped(
    front: &[[f32; LANES]],
    rest: &[[f32; LANES]],
    stride: f32,
    deviations: f32,
    least: f32,
) -> f32 {
    let (known, counted) = (count(front, least) as f32, count(rest, least) as f32);
    let lucky = if stride > 1.0 { deviations * counted.sqrt() } else { 0.0 };
    known + (counted - lucky).max(0.0) * stride
}

#[inline(always)]
fn count(peaks: &[[f32; LANES]], least: f32) -> u32 {
    peaks.as_flattened().iter().map(|&peak| u32::from(peak >= least)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Peaks of single values, spread over lanes.
    fn peaks(values: &[f32]) -> Vec<[f32; LANES]> {
        let all = values.chunks(LANES).map(|values| {
            let mut lanes = [f32::NEG_INFINITY; LANES];
            lanes[..values.len()].copy_from_slice(values);
            lanes
        });
        all.collect()
    }

    #[test]
    fn a_guess_has_enough_scores_and_few_more() {
        let scores: Vec<f32> = (0..1000u32).map(|i| (i * 7919 % 1000) as f32 - 300.0).collect();
        let reached = |guess: f32| scores.iter().filter(|&&score| score >= guess).count();
        for &level in Level::available() {
            for k in [1, 20, 999, 1000] {
                // Where all are known, there is nothing to be lucky about.
                let known = peaks(&scores);
                let of_known = guess(level, (&known, &[]), (1.0, 2.0), k);
                assert!((k..=k + 8).contains(&reached(of_known)), "{} for {k}", reached(of_known));
                assert_eq!(of_known, guess(level, (&[], &known), (1.0, 2.0), k));
            }
            // One of ten stands for ten, less two deviations.
            let of_some = guess(level, (&[], &peaks(&scores)), (10.0, 2.0), 1000);
            let n = reached(of_some) as f32;
            assert!((1000.0..1100.0).contains(&((n - 2.0 * n.sqrt()) * 10.0)), "{n}");
            assert_eq!(guess(level, (&peaks(&scores), &[]), (1.0, 2.0), 1001), f32::NEG_INFINITY);
            let equal = peaks(&[2.0; 9]);
            assert_eq!(guess(level, (&equal, &[]), (1.0, 2.0), 4), 2.0);
        }
    }

    #[test]
    fn panels_are_looked_at_where_a_peak_reaches_them() {
        let peaks: Vec<[f32; LANES]> = (0..5u8).map(|i| [f32::from(i); LANES]).collect();
        for &level in Level::available() {
            let mut found = [0; 5];
            let least = [[9.0, 9.0], [9.0, 1.0], [2.5, 2.5], [3.1, 3.1], [4.0, f32::MAX]];
            assert_eq!(reach(level, &peaks, &least, &mut found), 2);
            assert_eq!(found[..2], [1, 4]);
        }
    }

    #[test]
    fn bounds_are_below_what_codes_can_hide() {
        let (offs, norms) = ([0.37, 1e-30, 1e20, 1e-45], [12.5, 1e-33, 0.0, 1e-45]);
        for &level in Level::available() {
            for of_guess in [0.0, 1e-40, 7.25, -3e4, 1e19] {
                let mut least = [0.0; 4];
                let errors = [0.5, 0.01, 1e-38];
                bound(level, of_guess, errors, &offs, &norms, &mut least);
                for ((&least, off), norm) in least.iter().zip(offs).zip(norms) {
                    let error = 0.5 * f64::from(off) + 0.01 * f64::from(norm) + 1e-38;
                    let exact = f64::from(of_guess) - error;
                    let lost = (f64::from(of_guess.abs()) + error) * 4e-6 + 1e-35;
                    assert!(f64::from(least) <= exact && f64::from(least) >= exact - lost);
                }
            }
            let mut least = [0.0];
            bound(level, f32::NEG_INFINITY, [0.0; 3], &[0.0], &[0.0], &mut least);
            assert_eq!(least, [f32::MIN]);
        }
    }
}
