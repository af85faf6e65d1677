//! The formulas, for a list in one fixed order.

use super::convention::{
    AveragePrecision, Convention, HitCount, Ideal, Precision, Recall, ReciprocalRank,
};
use super::discounts::Discounts;
use super::metric::Metric;

/// A metric as a fraction: means that pool lists add up both halves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) over: f64,
    pub(crate) under: f64,
}

impl Ratio {
    /// The fraction; 0 over anything is 0.
    pub(crate) fn value(self) -> f64 {
        if self.over == 0.0 { 0.0 } else { self.over / self.under }
    }
}

/// What a formula asks about a list beside its hits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) n_relevant: usize,
    /// Columns in the list; asked for by one denominator of precision only.
    pub(crate) length: usize,
    /// Gains of the relevant columns, best first; asked for by graded ndcg only.
    pub(crate) ideal: Option<&'a [f64]>,
}

/// Hits by ascending rank, and their gains if these are not all 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hits<'a> {
    pub(crate) ranks: &'a [usize],
    pub(crate) gains: Option<&'a [f64]>,
}

impl<'a> Hits<'a> {
    pub(crate) fn within(self, k: usize) -> Hits<'a> {
        let n = self.ranks.partition_point(|&rank| rank <= k);
        Hits { ranks: &self.ranks[..n], gains: self.gains.map(|gains| &gains[..n]) }
    }
}

/// The formulas of one convention.
#[derive(Debug)]
pub(crate) struct Formulas {
    pub(crate) convention: Convention,
    pub(crate) discounts: Discounts,
}

impl Formulas {
    /// A metric at `k` of the hits within `k`.
    pub(crate) fn ratio(&self, metric: Metric, hits: Hits<'_>, k: usize, facts: Facts) -> Ratio {
        let n_hits = hits.ranks.len() as f64;
        let over = match metric {
            Metric::Recall | Metric::Precision => n_hits,
            Metric::F1 => 2.0 * n_hits,
            Metric::Dcg | Metric::Ndcg => self.gained(hits),
            Metric::Hit => match self.convention.hit {
                HitCount::Any => n_hits.min(1.0),
                HitCount::Count => n_hits,
            },
            Metric::Mrr => match self.convention.reciprocal_rank {
                ReciprocalRank::First => hits.ranks.first().map_or(0.0, |&rank| 1.0 / rank as f64),
                ReciprocalRank::Sum => hits.ranks.iter().map(|&rank| 1.0 / rank as f64).sum(),
            },
            Metric::Map => {
                let ranks = hits.ranks.iter().enumerate();
                ranks.map(|(i, &rank)| (i + 1) as f64 / rank as f64).sum()
            }
        };
        let under = self.under(metric, k, facts).unwrap_or_else(|| self.of_hits(metric, hits));
        Ratio { over, under }
    }

    /// The denominator of a metric at `k`; none if it depends on the hits.
    pub(crate) fn under(&self, metric: Metric, k: usize, facts: Facts) -> Option<f64> {
        let ideal = k.min(facts.n_relevant);
        let under = match metric {
            Metric::Recall => match self.convention.recall {
                Recall::Relevant => facts.n_relevant as f64,
                Recall::Min => ideal as f64,
            },
            Metric::Precision => match self.convention.precision {
                Precision::K => k as f64,
                Precision::List => k.min(facts.length) as f64,
                Precision::Min => ideal as f64,
            },
            // 2 h / (a + b) is the harmonic mean of h / a and h / b.
            Metric::F1 => {
                self.under(Metric::Recall, k, facts)? + self.under(Metric::Precision, k, facts)?
            }
            Metric::Dcg | Metric::Hit | Metric::Mrr => 1.0,
            Metric::Ndcg => match (self.convention.ideal, facts.ideal) {
                (Ideal::Min, None) => self.discounts.total(ideal),
                (Ideal::Min, Some(gains)) => self.discounts.of_best(&gains[..ideal]),
                (Ideal::K, _) => self.discounts.total(k),
                (Ideal::Hits, _) => return None,
            },
            Metric::Map => match self.convention.average_precision {
                AveragePrecision::Relevant => facts.n_relevant as f64,
                AveragePrecision::Min => ideal as f64,
                AveragePrecision::K => k as f64,
                AveragePrecision::Hits => return None,
            },
        };
        Some(under)
    }

    /// The denominator of a metric whose denominator depends on the hits.
    fn of_hits(&self, metric: Metric, hits: Hits<'_>) -> f64 {
        match (metric, hits.gains) {
            (Metric::Ndcg, None) => self.discounts.total(hits.ranks.len()),
            (Metric::Ndcg, Some(gains)) => {
                let mut gains = gains.to_vec();
                gains.sort_unstable_by(|a, b| b.total_cmp(a));
                self.discounts.of_best(&gains)
            }
            _ => hits.ranks.len() as f64,
        }
    }

    fn gained(&self, hits: Hits<'_>) -> f64 {
        let discounts = hits.ranks.iter().map(|&rank| self.discounts.of(rank));
        match hits.gains {
            None => discounts.sum(),
            Some(gains) => discounts.zip(gains).map(|(discount, gain)| gain * discount).sum(),
        }
    }
}
