//! Counter-based random words: results depend on the key, never on threads or on order.

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A random sequence that can be read at any place: `SplitMix64` (Steele, Lea and Flood, OOPSLA
/// 2014), whose state is a counter, so that its `i`-th output needs none of those before.
///
/// Streams form a tree. The one of a seed has a child per epoch, that one a child per purpose
/// (shuffle, rows, positives, negatives), and those a word or a child per position: so everything
/// drawn is a pure function of `(seed, epoch, purpose, position)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(u64);

impl Stream {
    /// The root stream of a seed. Neighbouring seeds give unrelated streams.
    #[inline]
    pub const fn of_seed(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(GAMMA)))
    }

    /// The `index`-th 64 uniform bits of this stream.
    #[inline(always)]
    pub const fn word(self, index: u64) -> u64 {
        mix(self.0.wrapping_add(GAMMA.wrapping_mul(index.wrapping_add(1))))
    }

    /// The words at `first`, `first + stride`, ...
    #[inline(always)]
    pub(crate) fn words(self, first: u64, stride: u64, out: &mut [u64]) {
        let mut at = self.0.wrapping_add(GAMMA.wrapping_mul(first.wrapping_add(1)));
        let stride = GAMMA.wrapping_mul(stride);
        for out in out {
            *out = mix(at);
            at = at.wrapping_add(stride);
        }
    }

    /// The stream that belongs to `index` below this one.
    #[inline(always)]
    #[must_use]
    pub const fn child(self, index: u64) -> Self {
        Self(self.word(index))
    }
}

/// The finaliser of `SplitMix64` (Stafford's variant 13), a bijection.
#[inline(always)]
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A uniform integer in `0..bound` made of a uniform word, without bias.
///
/// The high half of `word * bound`; words whose low half is among the `2^64 mod bound` surplus
/// ones are rejected (Lemire, TOMACS 2019, algorithm 5) and replaced by the next word of the
/// stream that starts at the rejected one.
///
/// # Panics
///
/// In debug builds, if `bound` is 0.
#[inline(always)]
pub fn below(word: u64, bound: u64) -> u64 {
    debug_assert!(bound > 0);
    let product = u128::from(word) * u128::from(bound);
    if (product as u64) < bound { corrected(word, bound) } else { (product >> 64) as u64 }
}

/// [`below`] for many words at once, each with its own bound below `2^32`.
///
/// The scaling has no branch, so it vectorises; only if a word might be a surplus one, which
/// happens about once in `2^32` words, are all of them drawn one by one.
#[inline(always)]
pub(crate) fn below_each(words: &[u64], bounds: &[u32], out: &mut [u32]) {
    let mut doubtful = false;
    for ((out, &word), &bound) in out.iter_mut().zip(words).zip(bounds) {
        let bound = u64::from(bound);
        let carried = ((word & 0xFFFF_FFFF) * bound) >> 32;
        let high = (word >> 32) * bound + carried;
        *out = (high >> 32) as u32;
        // A low half below the bound, which is below 2^32, has no upper bits.
        doubtful |= high as u32 == 0;
    }
    if doubtful {
        one_by_one(words, bounds, out);
    }
}

#[cold]
#[inline(never)]
fn one_by_one(words: &[u64], bounds: &[u32], out: &mut [u32]) {
    for ((out, &word), &bound) in out.iter_mut().zip(words).zip(bounds) {
        *out = below(word, u64::from(bound)) as u32;
    }
}

#[cold]
#[inline(never)]
fn corrected(mut word: u64, bound: u64) -> u64 {
    let surplus = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(word) * u128::from(bound);
        if product as u64 >= surplus {
            return (product >> 64) as u64;
        }
        word = Stream(word).word(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_published_sequence() {
        // The first outputs of SplitMix64 seeded with 1234567, as its authors' C code prints them.
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let stream = Stream(1_234_567);
        assert_eq!([0, 1, 2, 3, 4].map(|index| stream.word(index)), expected);
    }

    #[test]
    fn below_takes_the_high_half_of_the_product() {
        assert_eq!(below(u64::MAX, 10), 9);
        assert_eq!(below((1 << 63) + 1, 10), 5);
        assert_eq!(below(u64::MAX, 1), 0);
    }

    #[test]
    fn surplus_words_are_rejected_and_only_they() {
        // 2^64 mod 3 = 1: of all words only 0 has a low half below 1.
        assert_eq!(below(0, 3), below(Stream(0).word(0), 3));
        // A bound just over 2^63 rejects nearly every second word; its first surplus words are
        // those whose low half lies below 2^64 mod bound = 2^63 - 1.
        let bound = (1u64 << 63) + 1;
        assert_eq!(below(0, bound), below(Stream(0).word(0), bound));
        assert_eq!(below(1, bound), 0, "low half = bound, accepted");
        // A power of two leaves no surplus, even when the low half is 0.
        assert_eq!(below(0, 8), 0);
    }

    #[test]
    fn many_at_once_are_the_same_as_one_by_one() {
        let stream = Stream::of_seed(1);
        let mut words: Vec<u64> = (0..40).map(|index| stream.word(index)).collect();
        let bounds: Vec<u32> = (0..40).map(|i| [1, 3, 10, 1000, u32::MAX][i % 5]).collect();
        for rare in [0, 1, u64::MAX] {
            words[21] = rare; // 0 is a surplus word of its bound, 3
            let expected = words.iter().zip(&bounds).map(|(&w, &b)| below(w, b.into()) as u32);
            let mut out = [0; 40];
            below_each(&words, &bounds, &mut out);
            assert_eq!(out.to_vec(), expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn neighbouring_seeds_and_epochs_share_nothing() {
        let mut words: Vec<u64> = (0..50)
            .flat_map(|seed| (0..50).map(move |epoch| Stream::of_seed(seed).child(epoch).word(0)))
            .collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 2500);
    }
}
