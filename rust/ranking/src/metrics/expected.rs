//! Means of the metrics over all orders of columns with equal scores.
//!
//! McSherry and Najork, "Computing Information Retrieval Performance Measures Efficiently in the
//! Presence of Tied Scores", ECIR 2008, for any cut-off: of a group of `n` columns with `m` hits
//! that starts behind `s` others, the places `s + 1 ..= s + c` lie within `k`.

use super::convention::{HitCount, ReciprocalRank};
use super::groups::Group;
use super::metric::Metric;
use super::value::{Facts, Formulas, Ratio};

impl Formulas {
    /// The mean of a metric at `k`; its denominator is 1 where that depends on the hits.
    pub(crate) fn expected(
        &self,
        metric: Metric,
        groups: &[Group],
        k: usize,
        facts: Facts,
    ) -> Ratio {
        let groups = &groups[..groups.partition_point(|group| group.start < k)];
        let Some(under) = self.under(metric, k, facts) else {
            return Ratio { over: self.over_hits(metric, groups, k), under: 1.0 };
        };
        let over = match metric {
            Metric::Recall | Metric::Precision => linear(groups, k, |_| 1.0),
            Metric::F1 => 2.0 * linear(groups, k, |_| 1.0),
            Metric::Hit if self.convention.hit == HitCount::Count => linear(groups, k, |_| 1.0),
            Metric::Mrr if self.convention.reciprocal_rank == ReciprocalRank::Sum => {
                linear(groups, k, |rank| 1.0 / rank as f64)
            }
            Metric::Hit => first(groups, k).1,
            Metric::Mrr => first(groups, k).0,
            Metric::Dcg | Metric::Ndcg => self.gain(groups, k),
            Metric::Map => precisions(groups, k),
        };
        Ratio { over, under }
    }

    /// Sum of the mean gains at the places within `k`.
    fn gain(&self, groups: &[Group], k: usize) -> f64 {
        let of = |group: &Group| {
            let discounts: f64 = places(group, k).map(|rank| self.discounts.of(rank)).sum();
            group.gain / group.size as f64 * discounts
        };
        groups.iter().map(of).sum()
    }

    /// The mean of a metric whose denominator is a function of the number of hits.
    ///
    /// Only the last group can lie within `k` in part. Given `x` hits among its `c` places, all
    /// choices of these places are equally likely.
    fn over_hits(&self, metric: Metric, groups: &[Group], k: usize) -> f64 {
        let Some((last, before)) = groups.split_last() else { return 0.0 };
        let hits: usize = before.iter().map(|group| group.hits).sum();
        let within = places(last, k).len();
        let sum = match metric {
            Metric::Ndcg => self.gain(before, k),
            _ => precisions(before, k),
        };
        let mut mean = 0.0;
        hypergeometric(last.size, last.hits, within, |x, probability| {
            if hits + x == 0 {
                return;
            }
            let part = Group { size: within, hits: x, gain: x as f64, ..*last };
            mean += probability
                * match metric {
                    Metric::Ndcg => (sum + self.gain(&[part], k)) / self.discounts.total(hits + x),
                    _ => (sum + precisions_behind(hits, &part, k)) / (hits + x) as f64,
                };
        });
        mean
    }
}

/// The ranks of a group within `k`.
fn places(group: &Group, k: usize) -> impl ExactSizeIterator<Item = usize> {
    let n = group.size.min(k - group.start);
    (0..n).map(move |i| group.start + 1 + i)
}

/// Sum over the places within `k` of the chance of a hit there and the weight of the place.
fn linear(groups: &[Group], k: usize, weight: impl Fn(usize) -> f64) -> f64 {
    let of = |group: &Group| {
        let weights: f64 = places(group, k).map(&weight).sum();
        group.hits as f64 * weights / group.size as f64
    };
    groups.iter().map(of).sum()
}

/// The mean of 1 over the rank of the first hit, and the chance that there is one.
fn first(groups: &[Group], k: usize) -> (f64, f64) {
    let (mut mean, mut none) = (0.0, 1.0);
    for group in groups {
        for (i, rank) in places(group, k).enumerate() {
            let left = (group.size - i) as f64;
            let misses = (group.size - group.hits).saturating_sub(i) as f64;
            mean += none * ((left - misses) / left) / rank as f64;
            none *= misses / left;
            if none == 0.0 {
                return (mean, 1.0);
            }
        }
    }
    (mean, 1.0 - none)
}

/// The mean sum of the precisions at the hits within `k`.
fn precisions(groups: &[Group], k: usize) -> f64 {
    let mut hits = 0;
    let mut sum = 0.0;
    for group in groups {
        sum += precisions_behind(hits, group, k);
        hits += group.hits;
    }
    sum
}

/// The share of one group, behind `hits` hits. With a hit at the group's place `i`, each of the
/// `i - 1` places before it is a hit with chance `(m - 1) / (n - 1)`.
fn precisions_behind(hits: usize, group: &Group, k: usize) -> f64 {
    if group.hits == 0 {
        return 0.0;
    }
    let chance = group.hits as f64 / group.size as f64;
    let others = (group.hits - 1) as f64 / (group.size - 1).max(1) as f64;
    let of = |(i, rank)| chance * ((hits + 1) as f64 + i as f64 * others) / rank as f64;
    places(group, k).enumerate().map(of).sum()
}

/// Calls `each` with every number of hits among `c` of `n` columns, `m` of them hits, and its
/// probability.
///
/// Weights spread from the likeliest number, so that none that matters underflows.
fn hypergeometric(n: usize, m: usize, c: usize, mut each: impl FnMut(usize, f64)) {
    let (low, high) = (c.saturating_sub(n - m), c.min(m));
    let mode = ((c + 1) * (m + 1) / (n + 2)).clamp(low, high);
    // From x to x + 1 the weight grows by this factor.
    let growth = |x: usize| {
        ((m - x) as f64 * (c - x) as f64) / ((x + 1) as f64 * (n + x + 1 - m - c) as f64)
    };
    let mut weights = vec![1.0; high - low + 1];
    for x in mode..high {
        weights[x + 1 - low] = weights[x - low] * growth(x);
    }
    for x in (low..mode).rev() {
        weights[x - low] = weights[x + 1 - low] / growth(x);
    }
    let total: f64 = weights.iter().sum();
    (low..).zip(weights).for_each(|(x, weight)| each(x, weight / total));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypergeometric_probabilities_are_exact_and_survive_large_numbers() {
        let mut found = Vec::new();
        hypergeometric(5, 2, 3, |x, probability| found.push((x, probability)));
        let expected = [(0, 0.1), (1, 0.6), (2, 0.3)];
        for ((x, found), (y, expected)) in found.into_iter().zip(expected) {
            assert!(x == y && (found - expected).abs() < 1e-15, "{x}: {found}");
        }
        let (mut sum, mut mean) = (0.0, 0.0);
        hypergeometric(1_000_000, 900_000, 5_000, |x, probability| {
            sum += probability;
            mean += x as f64 * probability;
        });
        assert!((sum - 1.0).abs() < 1e-12 && (mean - 4500.0).abs() < 1e-6, "{sum} {mean}");
        let mut only = Vec::new();
        hypergeometric(4, 3, 4, |x, probability| only.push((x, probability)));
        assert_eq!(only, [(3, 1.0)]);
    }

    #[test]
    fn one_group_of_two_with_one_hit_is_the_mean_of_two_orders() {
        let groups = [Group { start: 0, size: 2, hits: 1, gain: 1.0 }];
        assert_eq!(first(&groups, 2), (0.75, 1.0));
        assert_eq!(first(&groups, 1), (0.5, 0.5));
        assert_eq!(precisions(&groups, 2), 0.75);
        assert_eq!(linear(&groups, 1, |_| 1.0), 0.5);
    }
}
