//! Which of the formulas that share a metric's name is meant.
//!
//! `R` is the number of relevant columns of a row and `k` the cut-off.

use super::metric::named;

named! {
    /// Gain of a hit.
    Gain {
        /// 1.
        Binary = "binary",
        /// Its grade.
        Linear = "linear",
        /// `2^grade - 1`.
        Exponential = "exponential",
    }
}

named! {
    /// What divides the gain at rank `r`.
    Discount {
        /// `log2(r + 1)`.
        Log2 = "log2",
        /// `ln(r + 1)`.
        Ln = "ln",
        /// `max(1, log2(r))`.
        Clipped = "clipped",
    }
}

named! {
    /// The list whose discounted gain ndcg divides by.
    Ideal {
        /// The best `min(R, k)` relevant columns.
        Min = "min",
        /// The hits within `k`, best first.
        Hits = "hits",
        /// `k` hits.
        K = "k",
    }
}

named! {
    /// Denominator of recall.
    Recall {
        /// `R`.
        Relevant = "relevant",
        /// `min(R, k)`.
        Min = "min",
    }
}

named! {
    /// Denominator of precision.
    Precision {
        /// `k`.
        K = "k",
        /// Length of the list within `k`.
        List = "list",
        /// `min(R, k)`.
        Min = "min",
    }
}

named! {
    /// Denominator of average precision.
    AveragePrecision {
        /// `R`.
        Relevant = "relevant",
        /// `min(R, k)`.
        Min = "min",
        /// Hits within `k`.
        Hits = "hits",
        /// `k`.
        K = "k",
    }
}

named! {
    /// Which hits the reciprocal rank looks at.
    ReciprocalRank {
        /// The first.
        First = "first",
        /// All, summed.
        Sum = "sum",
    }
}

named! {
    /// What hit counts.
    HitCount {
        /// 1 if there is a hit.
        Any = "any",
        /// The hits.
        Count = "count",
    }
}

named! {
    /// Order of columns with the same score.
    Ties {
        /// As the list has them.
        LowerId = "lower_id",
        /// The mean over all orders.
        Expected = "expected",
        /// Relevant columns first, the best of them at the top.
        Optimistic = "optimistic",
        /// Relevant columns last, the best of them at the bottom.
        Pessimistic = "pessimistic",
    }
}

/// Every choice between formulas of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convention {
    /// Gain of a hit.
    pub gain: Gain,
    /// Discount of a rank.
    pub discount: Discount,
    /// What ndcg divides by.
    pub ideal: Ideal,
    /// What recall divides by.
    pub recall: Recall,
    /// What precision divides by.
    pub precision: Precision,
    /// What average precision divides by.
    pub average_precision: AveragePrecision,
    /// What the reciprocal rank looks at.
    pub reciprocal_rank: ReciprocalRank,
    /// What hit counts.
    pub hit: HitCount,
    /// Order of columns with the same score.
    pub ties: Ties,
}

impl Default for Convention {
    /// The formulas of the code of the LightGCN paper.
    fn default() -> Self {
        Self {
            gain: Gain::Binary,
            discount: Discount::Log2,
            ideal: Ideal::Min,
            recall: Recall::Relevant,
            precision: Precision::K,
            average_precision: AveragePrecision::Min,
            reciprocal_rank: ReciprocalRank::First,
            hit: HitCount::Any,
            ties: Ties::LowerId,
        }
    }
}

impl Gain {
    /// The gain of a hit of this grade.
    #[inline]
    pub fn of(self, grade: f64) -> f64 {
        match self {
            Self::Binary => 1.0,
            Self::Linear => grade,
            Self::Exponential => grade.exp2() - 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_variants_and_others_nowhere() {
        assert_eq!(Ideal::ALL.len(), 3);
        for &ideal in Ideal::ALL {
            assert_eq!(Ideal::named(ideal.name()), Some(ideal));
        }
        assert_eq!(Ideal::named("Min"), None);
    }

    #[test]
    fn gains_of_a_grade() {
        assert_eq!(Gain::ALL.iter().map(|gain| gain.of(3.0)).collect::<Vec<_>>(), [1.0, 3.0, 7.0]);
    }
}
