//! A pseudo-random permutation that is evaluated, not stored.

use crate::stream::Stream;

/// Rounds of the network; odd rounds change one half, even rounds the other.
const ROUNDS: usize = 8;

/// Positions that are shuffled side by side.
const LANES: usize = 16;

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
    keys: [u32; ROUNDS],
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
        Self { n, rows: rows as u32, cols: cols as u32, keys }
    }

    /// What stands at `position`.
    ///
    /// # Panics
    ///
    /// In debug builds, if `position` is not below `n`.
    #[inline]
    pub fn get(&self, position: u64) -> u64 {
        debug_assert!(position < self.n);
        let mut index = position;
        loop {
            let cols = u64::from(self.cols);
            let (left, right) = self.shuffled((index / cols) as u32, (index % cols) as u32);
            index = u64::from(left) * cols + u64::from(right);
            if index < self.n {
                return index;
            }
        }
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
            for pair in self.keys.chunks_exact(2) {
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

    /// Walks on from a cell outside `0..n` to the first one inside.
    #[cold]
    fn walked(&self, mut index: u64) -> u64 {
        let cols = u64::from(self.cols);
        while index >= self.n {
            let (left, right) = self.shuffled((index / cols) as u32, (index % cols) as u32);
            index = u64::from(left) * cols + u64::from(right);
        }
        index
    }

    #[inline(always)]
    fn shuffled(&self, mut left: u32, mut right: u32) -> (u32, u32) {
        for pair in self.keys.chunks_exact(2) {
            left = shifted(left, right ^ pair[0], self.rows);
            right = shifted(right, left ^ pair[1], self.cols);
        }
        (left, right)
    }
}

/// `value + hash(key)` modulo `size`; the hash is scaled to `0..size` by its high bits.
#[inline(always)]
fn shifted(value: u32, key: u32, size: u32) -> u32 {
    let step = ((u64::from(hash(key)) * u64::from(size)) >> 32) as u32;
    let sum = value + step; // both below `size <= 2^31`
    if sum >= size { sum - size } else { sum }
}

/// A 32-bit finaliser of low bias (Wellons, "Prospecting for hash functions", 2018: `lowbias32`).
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}
