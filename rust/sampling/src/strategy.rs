//! How negatives are chosen.

use crate::error::{Error, Result};
use crate::power::MOST_BETA;

/// How negatives are chosen among the columns that a row may draw.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Strategy {
    /// All alike.
    #[default]
    Uniform,
    /// In proportion to `degree^beta` (Mikolov et al., NIPS 2013), degrees being those of the
    /// graph; `0^0 = 1`, so that `beta = 0` is uniform.
    Popularity {
        /// From 0 to 64; 0.75 is word2vec's.
        beta: f64,
    },
    /// Positives of the other positions of the same batch, those that the row may draw.
    InBatch {
        /// Positions of a batch: batch `b` has those from `b * batch_size` on.
        batch_size: usize,
    },
    /// First one of these, [`Strategy::Uniform`] or [`Strategy::Popularity`], by the weights of
    /// those that have a column left for the row; then a column by it.
    Mixed(Vec<(Strategy, f64)>),
    /// Of several uniform candidates the one that scores highest under the vectors given (Zhang et
    /// al., SIGIR 2013), ties to the earlier one.
    Hardest {
        /// Number of candidates.
        of: usize,
    },
}

impl Strategy {
    /// Candidates of each negative.
    pub(crate) fn n_candidates(&self) -> usize {
        if let Self::Hardest { of } = self { *of } else { 1 }
    }

    /// Refuses parameters out of range.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Popularity { beta } if !(0.0..=MOST_BETA).contains(beta) => {
                Err(Error::Beta { found: beta.to_string() })
            }
            Self::InBatch { batch_size: 0 } => Err(Error::Zero { name: "batch_size" }),
            Self::Hardest { of: 0 } => Err(Error::Zero { name: "hardest_of" }),
            Self::Uniform
            | Self::Popularity { .. }
            | Self::InBatch { .. }
            | Self::Hardest { .. } => Ok(()),
            Self::Mixed(parts) => {
                if parts.is_empty() {
                    return Err(Error::Zero { name: "the number of strategies to mix" });
                }
                for (part, weight) in parts {
                    if !matches!(part, Self::Uniform | Self::Popularity { .. }) {
                        return Err(Error::Mixed { found: format!("{part:?}") });
                    }
                    if !(*weight > 0.0 && *weight < f64::INFINITY) {
                        return Err(Error::Weight { found: weight.to_string() });
                    }
                    part.check()?;
                }
                Ok(())
            }
        }
    }
}

/// Whole-number weights in proportion to positive ones, each at least 1, the largest `2^32`.
///
/// One division, one product and one rounding each, which are the same everywhere.
pub(crate) fn whole_weights(weights: &[f64]) -> Vec<u64> {
    let most = weights.iter().copied().fold(0.0, f64::max);
    #[expect(clippy::cast_sign_loss, reason = "at least 1")]
    let share = |weight: &f64| (weight / most * (1u64 << 32) as f64).round().max(1.0) as u64;
    weights.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_out_of_range_are_named() {
        let beta = |beta| Strategy::Popularity { beta };
        for (strategy, error) in [
            (beta(-0.5), Error::Beta { found: "-0.5".into() }),
            (beta(f64::NAN), Error::Beta { found: "NaN".into() }),
            (beta(64.5), Error::Beta { found: "64.5".into() }),
            (Strategy::InBatch { batch_size: 0 }, Error::Zero { name: "batch_size" }),
            (Strategy::Hardest { of: 0 }, Error::Zero { name: "hardest_of" }),
            (Strategy::Mixed(vec![]), Error::Zero { name: "the number of strategies to mix" }),
            (
                Strategy::Mixed(vec![(Strategy::Hardest { of: 2 }, 1.0)]),
                Error::Mixed { found: "Hardest { of: 2 }".into() },
            ),
            (Strategy::Mixed(vec![(beta(-1.0), 1.0)]), Error::Beta { found: "-1".into() }),
            (Strategy::Mixed(vec![(Strategy::Uniform, 0.0)]), Error::Weight { found: "0".into() }),
            (
                Strategy::Mixed(vec![(Strategy::Uniform, f64::INFINITY)]),
                Error::Weight { found: "inf".into() },
            ),
        ] {
            assert_eq!(strategy.check(), Err(error), "{strategy:?}");
        }
        assert_eq!(
            Strategy::Mixed(vec![(Strategy::Uniform, 2.0), (beta(0.0), 1.0)]).check(),
            Ok(())
        );
    }

    #[test]
    fn whole_weights_keep_proportions() {
        assert_eq!(whole_weights(&[1.0, 3.0, 1e-30]), [1_431_655_765, 1 << 32, 1]);
    }
}
