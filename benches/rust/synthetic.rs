//! Interactions with power-law popularity, in shuffled order and with repeats.

/// How large a set is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Number of rows (users).
    pub n_rows: usize,
    /// Number of columns (items).
    pub n_cols: usize,
    /// Number of pairs drawn, repeats included.
    pub n_pairs: usize,
}

/// As large as the Gowalla split's training set, with 5 % of repeats.
pub const GOWALLA: Shape = Shape { n_rows: 29_858, n_cols: 40_981, n_pairs: 850_000 };

/// Small enough to run anything once.
pub const TINY: Shape = Shape { n_rows: 300, n_cols: 500, n_pairs: 4_000 };

/// Rows and columns of the pairs; pair `i` depends on `i` and the shape alone.
pub fn pairs(shape: Shape) -> (Vec<i64>, Vec<i64>) {
    let (rows, cols) = (Axis::new(shape.n_rows), Axis::new(shape.n_cols));
    let draw = |counter| {
        let bits = mix(counter);
        (rows.id((bits >> 32) as u32), cols.id(bits as u32))
    };
    (0..shape.n_pairs as u64).map(draw).unzip()
}

/// Numbers that are about normal, one per counter: sums of four uniform ones.
pub fn normal(n: usize, seed: u64) -> Vec<f32> {
    let draw = |counter| {
        let bits = mix(counter ^ seed << 40);
        let sum: u64 = (0..4).map(|part| bits >> (16 * part) & 0xFFFF).sum();
        (sum as f32 / 32_768.0 - 4.0) * 1.73
    };
    (0..n as u64).map(draw).collect()
}

/// Ids whose popularity falls with the square root of their rank, popular ones far apart.
struct Axis {
    n: u64,
    stride: u64,
}

impl Axis {
    fn new(n: usize) -> Self {
        let n = n as u64;
        // Steps without a common factor with `n` visit every id once.
        let mut stride = n * 5 / 8 + 1;
        while gcd(stride, n) != 1 {
            stride += 1;
        }
        Self { n, stride }
    }

    fn id(&self, bits: u32) -> i64 {
        // The square of a uniform number, in fixed point.
        let square = (u64::from(bits) * u64::from(bits)) >> 32;
        self.of_rank((square * self.n) >> 32)
    }

    fn of_rank(&self, rank: u64) -> i64 {
        (rank * self.stride % self.n).cast_signed()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Output `counter` of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014) from state 0.
fn mix(counter: u64) -> u64 {
    let z = (counter + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_lie_in_their_axes_and_some_columns_are_popular() {
        let (rows, cols) = pairs(TINY);
        assert!(rows.iter().all(|row| (0..300).contains(row)));
        let mut degrees = [0; 500];
        for col in cols {
            degrees[usize::try_from(col).unwrap()] += 1;
        }
        degrees.sort_unstable();
        assert!(degrees[499] > 10 * degrees[250]);
    }

    #[test]
    fn every_id_has_one_rank() {
        let axis = Axis::new(500);
        let mut ids: Vec<i64> = (0..500).map(|rank| axis.of_rank(rank)).collect();
        ids.sort_unstable();
        assert!(ids.into_iter().eq(0..500));
    }
}
