//! Which columns are in the sample, and how many scores a guess is to be reached by.

use super::COLS;

/// Columns of which one is in the sample, at the least.
const ONE_OF: usize = 8;
/// Columns of the sample at the most: sums of a group stay in a core's second cache.
const MOST: usize = 16_384;
/// Columns, of those in the sample, that are its likeliest: all of these are in it.
const FRONT: usize = 4;

/// How many scores that reach a guess are hoped for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Caution {
    /// So many that about one row of a hundred has fewer than it should.
    Usual,
    /// So many that next to none has.
    High,
}

impl Caution {
    /// Deviations of a count below its mean that are allowed for.
    pub(super) fn deviations(self) -> u16 {
        if self == Self::Usual { 2 } else { 7 }
    }
}

/// Which panels are in the sample: the first ones, and then one of each `stride`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(super) n_panels: usize,
    /// Panels of the front, a multiple of `TOGETHER` or all there are.
    pub(super) front: usize,
    pub(super) stride: usize,
}

impl Plan {
    pub(crate) fn new(n_columns: usize) -> Self {
        let n_panels = n_columns.div_ceil(COLS);
        let wanted = (n_panels / ONE_OF).clamp(1, MOST / COLS);
        let front = wanted.div_ceil(FRONT).next_multiple_of(TOGETHER).min(n_panels);
        // Odd, so that it falls on columns of all sizes, which alternate in powers of two.
        let stride = (n_panels - front).div_ceil(wanted) | 1;
        Self { n_panels, front, stride }
    }

    pub(super) fn contains(&self, panel: usize) -> bool {
        panel < self.front || (panel - self.front).is_multiple_of(self.stride)
    }

    pub(super) fn panels(self) -> impl Iterator<Item = usize> {
        (0..self.front).chain((self.front..self.n_panels).step_by(self.stride))
    }

    /// Scores that may reach a guess for `k`.
    pub(crate) fn hoped(&self, k: usize, caution: Caution) -> usize {
        let deviations = usize::from(caution.deviations());
        let spread = k.saturating_mul(self.stride).isqrt().saturating_mul(deviations);
        k.saturating_add(spread).saturating_add(deviations * deviations * self.stride)
    }
}

/// Panels whose largest estimates count together: two above a guess rarely meet.
pub(super) const TOGETHER: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_the_front_and_panels_of_every_size() {
        for n_columns in [1, 31, 33, 512, 4096, 40_981, 1_000_000] {
            let plan = Plan::new(n_columns);
            let panels: Vec<usize> = plan.panels().collect();
            assert!(panels.is_sorted() && panels.len() <= MOST / COLS + MOST / COLS / FRONT + 2);
            for &panel in &panels {
                assert!(plan.contains(panel) && panel < n_columns.div_ceil(COLS));
            }
            let inside = (0..n_columns.div_ceil(COLS)).filter(|&panel| plan.contains(panel));
            assert_eq!(inside.count(), panels.len());
            // Columns alternate in size with a period of 32 panels.
            let sizes: std::collections::HashSet<usize> = panels.iter().map(|p| p % 32).collect();
            assert!(sizes.len() == 32 || panels.len() < 64, "{n_columns}: {}", sizes.len());
            assert!(plan.hoped(100, Caution::Usual) >= 100);
        }
    }
}
