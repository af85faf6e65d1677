//! A pseudo-random permutation that is evaluated, not stored.

use crate::stream::Stream;

/// Rounds of the network; odd rounds change one half, even rounds the other.
const ROUNDS: usize = 8;

/// Rounds for short permutations. On halves of a few bits each round mixes little: with 8 rounds
/// the permutations of 5 numbers are visibly not equally likely, with 24 those of 7 are.
const SHORT_ROUNDS: usize = 24;

/// The length from which [`ROUNDS`] suffice.
const LONG: u64 = 1024;

/// Positions that are shuffled side by side.
const LANES: usize = 32;

/// A keyed permutation of `0..n`, read at any position in constant time and memory.
///
/// A generalised Feistel network (Black and Rogaway, "Ciphers with arbitrary finite domains",
/// CT-RSA 2002): a number is written as `left * cols + right`, and each round adds a keyed hash of
/// one half to the other, modulo that half's own size. The grid has `rows * cols < n + rows`
/// cells with `rows` near the square root of `n`, so walking on from the few numbers `>= n` to the
/// next one inside ("cycle walking") almost never happens. `rows` is even, since a round over an
/// odd size is always an even permutation.
#[derive(Clone, Debug)]
pub struct Permutation {
    n: u64,
    rows: u32,
    cols: u32,
    rounds: usize,
    keys: [u32; SHORT_ROUNDS],
}

impl Permutation {
    /// The permutation of `0..n` that belongs to `stream`.
    ///
    /// # Panics
    ///
    /// In debug builds, if `n` is 0 or over `2^60`.
    pub fn new(n: u64, stream: Stream) -> Self {
        debug_assert!(0 < n && n <= 1 << 60);
        let root = n.isqrt();
        let root = if root * root < n { root + 1 } else { root };
        let rows = root.next_multiple_of(2);
        let cols = n.div_ceil(rows);
        let keys = std::array::from_fn(|round| stream.word(round as u64) as u32);
        let rounds = if n < LONG { SHORT_ROUNDS } else { ROUNDS };
        Self { n, rows: rows as u32, cols: cols as u32, rounds, keys }
    }

    /// What stands at `position`.
    ///
    /// # Panics
    ///
    /// In debug builds, if `position` is not below `n`.
    #[inline]
    pub fn get(&self, position: u64) -> u64 {
        debug_assert!(position < self.n);
        self.walked(position)
    }

    /// Writes what stands at `start`, `start + 1`, ... into `out`.
    ///
    /// Up to [`LANES`] - 1 of the positions may lie past the end; what is written there is a number
    /// below `n`, too.
    #[inline(always)]
    pub(crate) fn fill(&self, start: u64, out: &mut [u64]) {
        let cols = u64::from(self.cols);
        let (mut row, mut col) = ((start / cols) as u32, (start % cols) as u32);
        for out in out.chunks_mut(LANES) {
            let (mut left, mut right) = ([0; LANES], [0; LANES]);
            for lane in 0..LANES {
                (left[lane], right[lane]) = (row, col);
                col += 1;
                (row, col) = if col == self.cols { (row + 1, 0) } else { (row, col) };
            }
            for pair in self.keys[..self.rounds].chunks_exact(2) {
                for lane in 0..LANES {
                    left[lane] = shifted(left[lane], right[lane] ^ pair[0], self.rows);
                }
                for lane in 0..LANES {
                    right[lane] = shifted(right[lane], left[lane] ^ pair[1], self.cols);
                }
            }
            for (lane, out) in out.iter_mut().enumerate() {
                *out = u64::from(left[lane]) * cols + u64::from(right[lane]);
                if *out >= self.n {
                    *out = self.walked(*out);
                }
            }
        }
    }

    /// The first number below `n` after `index` on its cycle.
    fn walked(&self, mut index: u64) -> u64 {
        let cols = u64::from(self.cols);
        loop {
            let (left, right) = self.shuffled((index / cols) as u32, (index % cols) as u32);
            index = u64::from(left) * cols + u64::from(right);
            if index < self.n {
                return index;
            }
        }
    }

    #[inline(always)]
    fn shuffled(&self, mut left: u32, mut right: u32) -> (u32, u32) {
        for pair in self.keys[..self.rounds].chunks_exact(2) {
            left = shifted(left, right ^ pair[0], self.rows);
            right = shifted(right, left ^ pair[1], self.cols);
        }
        (left, right)
    }
}

/// `value + hash(key)` modulo `size`.
#[inline(always)]
fn shifted(value: u32, key: u32, size: u32) -> u32 {
    let sum = value + hashed(key, size); // both at most `size <= 2^31`
    if sum >= size { sum - size } else { sum }
}

/// A number below `size` made of the high bits of a hash.
#[inline(always)]
fn hashed(key: u32, size: u32) -> u32 {
    ((u64::from(hash(key)) * u64::from(size)) >> 32) as u32
}

/// A 32-bit finaliser of low bias (Wellons, "Prospecting for hash functions", 2018: `lowbias32`).
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `index` came from: all rounds undone.
    fn position(shuffle: &Permutation, mut index: u64) -> u64 {
        let (n, cols) = (shuffle.n, u64::from(shuffle.cols));
        let back = |value: u32, key: u32, size: u32| (value + (size - hashed(key, size))) % size;
        loop {
            let (mut left, mut right) = ((index / cols) as u32, (index % cols) as u32);
            for pair in shuffle.keys[..shuffle.rounds].chunks_exact(2).rev() {
                right = back(right, left ^ pair[1], shuffle.cols);
                left = back(left, right ^ pair[0], shuffle.rows);
            }
            index = u64::from(left) * cols + u64::from(right);
            if index < n {
                return index;
            }
        }
    }

    fn shuffle(n: u64, seed: u64) -> Permutation {
        Permutation::new(n, Stream::of_seed(seed))
    }

    #[test]
    fn every_number_occurs_once_for_every_short_length() {
        for n in 1..400 {
            for seed in 0..3 {
                let shuffle = shuffle(n, seed);
                let mut all: Vec<u64> = (0..n).map(|position| shuffle.get(position)).collect();
                all.sort_unstable();
                assert!(all.into_iter().eq(0..n), "n = {n}");
            }
        }
    }

    #[test]
    fn a_block_holds_what_single_positions_hold() {
        for n in [1, 2, 5, 17, 300, 1023, 1024, 70_001, (1 << 33) + 5] {
            let shuffle = shuffle(n, 7);
            for start in [0, 1, n / 3, n.saturating_sub(100), n - 1] {
                let mut out = [0; 100];
                let len = out.len().min((n - start) as usize);
                shuffle.fill(start, &mut out[..len]);
                for (i, &index) in out[..len].iter().enumerate() {
                    assert_eq!(index, shuffle.get(start + i as u64), "n = {n}, {start} + {i}");
                }
            }
        }
    }

    #[test]
    fn positions_beyond_two_to_the_31_lead_back_to_themselves() {
        for n in [(1 << 31) + 11, (1 << 32) - 1, (1 << 32) + 1, (1 << 40) + 12_345, 1 << 60] {
            let shuffle = shuffle(n, 3);
            let words = Stream::of_seed(9);
            let random = (0..2000).map(|i| words.word(i) % n);
            for at in random.chain([0, 1, n - 2, n - 1, n / 2]) {
                let index = shuffle.get(at);
                assert!(index < n);
                assert_eq!(position(&shuffle, index), at, "n = {n}");
            }
            let high = (0..2000).filter(|&i| shuffle.get(i) > n / 2).count();
            assert!((800..1200).contains(&high), "n = {n}: {high} of 2000 in the upper half");
        }
    }
}
