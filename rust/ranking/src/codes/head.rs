//! The likeliest columns of a row, all at once: where nothing is known yet, nearly every column
//! would pass, and a list is no way to hold them.

use glowrec_graph::dispatched;
use glowrec_graph::simd::Level;

use super::columns::{Codes, Panel};
use super::kernels::Tile;
use super::rows::Limits;
use super::{COLS, ROWS};
use crate::best::Hit;
use crate::lanes::Score;

/// Sums of a group's rows with the first panels.
#[derive(Debug)]
pub(super) struct Head {
    n_panels: usize,
    /// Per row, the sums with all columns of the head.
    sums: Vec<i32>,
    /// The lower bounds of one row.
    lower: Vec<f32>,
}

/// Columns of the head for each one that is wanted.
const PER_WANTED: usize = 32;
/// Columns of the head at the most: sums of a group stay in a core's second cache.
const MOST: usize = 8192;
/// Scores that are compared side by side.
const LANES: usize = 16;
/// Halvings of the scores between the best and the worst.
const HALVINGS: usize = 9;

impl Head {
    /// Room for the head of rankings of the best `k`.
    pub(super) fn new(codes: &Codes, k: usize) -> Self {
        let n_panels = k.saturating_mul(PER_WANTED).min(MOST).div_ceil(COLS);
        let n_panels = n_panels.min(codes.panels().len());
        let n = n_panels * COLS;
        Self { n_panels, sums: vec![0; ROWS * n], lower: vec![0.0; n] }
    }

    pub(super) fn n_panels(&self) -> usize {
        self.n_panels
    }

    /// Keeps the sums of a panel.
    pub(super) fn keep(&mut self, panel: usize, tile: &Tile) {
        let n = self.n_panels * COLS;
        for (row, sums) in self.sums.chunks_mut(n).zip(&tile.sums) {
            row[panel * COLS..][..COLS].copy_from_slice(sums);
        }
    }

    /// Bounds the scores of row `r` from below. Gives the threshold that `k` of them reach, or
    /// -inf where there are fewer; what may be among the best comes into `hits`.
    pub(super) fn best(
        &mut self,
        level: Level,
        (r, limits): (usize, &Limits),
        codes: &Codes,
        excluded: &[u32],
        (k, reach): (usize, impl Fn(f32) -> f32),
        hits: &mut Vec<Hit>,
    ) -> f32 {
        let n = codes.n_columns().min(self.n_panels * COLS);
        let sums = self.sums[r * self.n_panels * COLS..].chunks(COLS);
        let panels = codes.panels().iter().zip(sums).zip(self.lower.chunks_mut(COLS));
        for ((panel, sums), lower) in panels {
            bound(level, sums, limits.shift(r), Affine::of(limits, r, panel), lower);
        }
        let lower = &mut self.lower;
        lower[n..].fill(f32::NEG_INFINITY);
        for &place in excluded.iter().take_while(|&&place| (place as usize) < n) {
            lower[place as usize] = f32::NEG_INFINITY;
        }
        let threshold = tighten(level, lower, k);
        let least = reach(threshold).max(f32::MIN); // what is excluded is below
        hits.clear();
        at_least(level, lower, least, hits);
        threshold
    }
}

/// From a sum without its shift to a lower bound: times `scale`, minus `error`.
#[derive(Clone, Copy)]
struct Affine {
    scale: f32,
    error: f32,
}

impl Affine {
    fn of(limits: &Limits, r: usize, panel: &Panel) -> Self {
        let error = limits.error(r, panel);
        Self { scale: panel.scale as f32, error: error as f32 }
    }
}

/// Relative to a product and an error, more than what float32 loses between them: the scale, the
/// sum, the product, the error and the difference are rounded once each.
const LOST: f32 = 8.0 * f32::EPSILON;

dispatched! {
    /// Lower bounds of scores.
    fn bound(level, sums: &[i32], shift: i32, affine: Affine, out: &mut [f32]) = bound_body;
}

#[inline(always)]
fn bound_body(sums: &[i32], shift: i32, affine: Affine, out: &mut [f32]) {
    for (out, &sum) in out.iter_mut().zip(sums) {
        let estimate = (sum - shift) as f32 * affine.scale;
        let lost = (estimate.abs() + affine.error) * LOST + f32::MIN_POSITIVE;
        *out = estimate - affine.error - lost;
    }
}

dispatched! {
    /// A score that at least `k` are at least as high as, and not many more; -inf where there are
    /// fewer than `k` finite ones.
    fn tighten(level, scores: &[f32], k: usize) -> f32 = tighten_body;
}

#[inline(always)]
fn tighten_body(scores: &[f32], k: usize) -> f32 {
    let count =
        |least: f32| -> u32 { scores.iter().map(|&score| u32::from(score >= least)).sum::<u32>() };
    let (mut lows, mut highs) = ([f32::MAX; LANES], [f32::MIN; LANES]);
    let (lanes, rest) = scores.as_chunks::<LANES>();
    let mut last = [f32::NEG_INFINITY; LANES];
    last[..rest.len()].copy_from_slice(rest);
    for scores in lanes.iter().chain([&last]) {
        for lane in 0..LANES {
            let score = scores[lane];
            let finite = if score >= f32::MIN { score } else { f32::MAX };
            highs[lane] = if score > highs[lane] { score } else { highs[lane] };
            lows[lane] = if finite < lows[lane] { finite } else { lows[lane] };
        }
    }
    let mut low = lows.into_iter().fold(f32::MAX, f32::min);
    let mut high = highs.into_iter().fold(f32::MIN, f32::max);
    if (count(low) as usize) < k {
        return f32::NEG_INFINITY;
    }
    for _ in 0..HALVINGS {
        let middle = low / 2.0 + high / 2.0;
        if count(middle) as usize >= k { low = middle } else { high = middle }
    }
    low
}

/// Adds the scores that are at least `least`, as hits.
fn at_least(level: Level, scores: &[f32], least: f32, hits: &mut Vec<Hit>) {
    let groups = scores.as_chunks::<COLS>().0;
    let (mut from, bound) = (0, Score::next_down(least));
    while let Some((ahead, mut passing)) = f32::first_over(level, &groups[from..], bound) {
        let (group, first) = (&groups[from + ahead], (from + ahead) * COLS);
        while passing != 0 {
            let lane = passing.trailing_zeros() as usize;
            passing &= passing - 1;
            hits.push(Hit::new(group[lane], (first + lane) as u32));
        }
        from += ahead + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_has_enough_scores_and_few_more() {
        let scores: Vec<f32> = (0..1000u32).map(|i| (i * 7919 % 1000) as f32 - 300.0).collect();
        for &level in Level::available() {
            for k in [1, 20, 999, 1000] {
                let threshold = tighten(level, &scores, k);
                let n = scores.iter().filter(|score| **score >= threshold).count();
                assert!((k..=k + 2).contains(&n), "{n} for {k}");
            }
            assert_eq!(tighten(level, &scores, 1001), f32::NEG_INFINITY);
            assert_eq!(tighten(level, &[f32::NEG_INFINITY, 1.0], 2), f32::NEG_INFINITY);
            assert_eq!(tighten(level, &[2.0; 9], 4), 2.0);
        }
    }

    #[test]
    fn bounds_are_below() {
        let sums: Vec<i32> = (0..64).map(|i| i * 130_003 - 4_000_000).collect();
        for &level in Level::available() {
            let mut lower = vec![0.0; 64];
            for (scale, error) in [(0.37, 12.5), (1e-30, 1e-33), (1e20, 0.0), (1e-45, 1e-45)] {
                let affine = Affine { scale: scale as f32, error: error as f32 };
                bound(level, &sums, 77, affine, &mut lower);
                for (&sum, &lower) in sums.iter().zip(&lower) {
                    let exact = f64::from(sum - 77) * scale - error;
                    let lost = (f64::from(sum).abs() * scale + error) * 4e-6 + 1e-36;
                    assert!(f64::from(lower) <= exact && f64::from(lower) >= exact - lost);
                }
            }
        }
    }
}
