//! Edge dropout: which directed edges a step keeps, as a pure function of the seed.

use crate::error::{Error, Result};

/// Keeps each directed edge independently with one probability.
///
/// Whether the edge into node `row` from node `column` stays depends on `(seed, row, column)`
/// alone, so every layer of a step sees the same mask, and the transposed operator finds the
/// mask of the reversed edge without storing anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    keep_prob: f64,
    /// An edge stays if the upper 53 bits of its hash are below this.
    threshold: u64,
    key: u64,
}

impl Dropout {
    /// The mask of `seed`.
    ///
    /// # Errors
    ///
    /// [`Error::Probability`] unless `0 < keep_prob <= 1`.
    pub fn new(keep_prob: f64, seed: u64) -> Result<Self> {
        if !(keep_prob > 0.0 && keep_prob <= 1.0) {
            return Err(Error::Probability { name: "keep_prob", found: keep_prob });
        }
        // Exact: a power of two times a number of at most 53 significant bits.
        #[expect(clippy::cast_sign_loss, reason = "a probability is not negative")]
        let threshold = (keep_prob * (1u64 << 53) as f64).ceil() as u64;
        Ok(Self { keep_prob, threshold, key: mix(seed ^ 0x6564_6765_2064_726F) })
    }

    /// The probability that an edge stays.
    pub fn keep_prob(&self) -> f64 {
        self.keep_prob
    }

    /// Whether the edge into node `row` from node `column` stays.
    #[inline]
    pub fn keeps(&self, row: u64, column: u64) -> bool {
        // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) at the position of the pair.
        let position = (row << 32).wrapping_add(column).wrapping_add(1);
        let word = mix(self.key.wrapping_add(position.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        word >> 11 < self.threshold
    }
}

/// `SplitMix64`'s finaliser: a bijection of 64 bits in which every bit depends on every other.
#[inline]
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_outside_its_range_is_refused() {
        for keep_prob in [0.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            let error = Dropout::new(keep_prob, 0).unwrap_err();
            assert!(matches!(error, Error::Probability { name: "keep_prob", .. }), "{error}");
        }
    }

    #[test]
    fn probability_one_keeps_every_edge() {
        let all = Dropout::new(1.0, 5).unwrap();
        assert!((0..1000).all(|i| all.keeps(i, 7 * i)));
    }

    #[test]
    fn the_share_of_kept_edges_is_the_probability_in_both_directions() {
        // 160,000 edges: five standard deviations are 0.0061 at the most.
        for (keep_prob, seed) in [(0.6, 1), (0.05, 2), (0.5, u64::MAX)] {
            let mask = Dropout::new(keep_prob, seed).unwrap();
            let pairs = (0..400u64).flat_map(|row| (0..400u64).map(move |column| (row, column)));
            let (mut kept, mut both) = (0.0, 0.0);
            for (row, column) in pairs {
                let (there, back) = (mask.keeps(row, 400 + column), mask.keeps(400 + column, row));
                kept += f64::from(u8::from(there)) / 160_000.0;
                both += f64::from(u8::from(there && back)) / 160_000.0;
            }
            assert!((kept - keep_prob).abs() < 0.0062, "{keep_prob} {kept}");
            // The reversed edge is drawn on its own.
            assert!((both - keep_prob * keep_prob).abs() < 0.0062, "{keep_prob} {both}");
        }
    }
}
