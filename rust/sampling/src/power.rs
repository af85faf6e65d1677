//! Powers of degrees, the same bits on every platform.
//!
//! Whole-number arithmetic only: the powers of the system's mathematical library differ in their
//! last bits between platforms, and so would everything that is drawn by them.

/// What stands for 1 among the powers.
const ONE: u64 = 1 << BITS;
const BITS: u32 = 62;

/// Bits of a logarithm behind the point.
const LOG_BITS: u32 = 56;

/// Bits of the exponent behind the point.
const BETA_BITS: u32 = 40;

/// The largest exponent.
pub(crate) const MOST_BETA: f64 = 64.0;

/// `degree^beta` of each degree, as shares of the largest in units of `2^-62`, rounded to within
/// a few units; `0^0 = 1`, as everywhere.
pub(crate) fn powers(degrees: &[u32], beta: f64) -> Vec<u64> {
    #[expect(clippy::cast_sign_loss, reason = "strategies are refused below 0")]
    let beta = (beta * (1u64 << BETA_BITS) as f64).round() as u128; // a power of two: exact
    if beta == 0 {
        return vec![ONE; degrees.len()];
    }
    let most = degrees.iter().copied().max().unwrap_or(0).max(1);
    let (most, roots) = (log2(most), roots());
    let power = |&degree: &u32| {
        if degree == 0 {
            return 0;
        }
        let exponent = (beta * u128::from(most - log2(degree))) >> BETA_BITS;
        exp2(exponent, &roots)
    };
    degrees.iter().map(power).collect()
}

/// The binary logarithm of a number from 1, in units of `2^-LOG_BITS`: each squaring of the
/// mantissa tells one more bit.
fn log2(number: u32) -> u64 {
    let mut log = u64::from(number.ilog2());
    let mut mantissa = u64::from(number) << (63 - number.ilog2()); // 1 to 2 in units of 2^-63
    for _ in 0..LOG_BITS {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> 63;
        let carry = square >> 64;
        log = log << 1 | carry as u64;
        mantissa = (square >> carry) as u64;
    }
    log
}

/// `2^-exponent` in units of `2^-BITS`.
fn exp2(exponent: u128, roots: &[u64; LOG_BITS as usize]) -> u64 {
    let whole = exponent >> LOG_BITS;
    let mut power = ONE;
    for (i, &root) in roots.iter().enumerate() {
        if exponent >> (LOG_BITS - 1 - i as u32) & 1 == 1 {
            power = ((u128::from(power) * u128::from(root)) >> BITS) as u64;
        }
    }
    if whole < 64 { power >> whole } else { 0 }
}

/// `2^(-1/2)`, `2^(-1/4)`, `2^(-1/8)`, ... in units of `2^-BITS`.
fn roots() -> [u64; LOG_BITS as usize] {
    let mut last = u128::from(ONE / 2);
    std::array::from_fn(|_| {
        last = (last << BITS).isqrt();
        last as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_close_to_those_of_the_mathematical_library() {
        let degrees: Vec<u32> =
            (0..2000).chain([4095, 4096, 4097, 1 << 20, u32::MAX / 3, u32::MAX]).collect();
        for beta in [0.25, 0.5, 0.75, 1.0, 1.3, 2.0] {
            let found = powers(&degrees, beta);
            let most = f64::from(u32::MAX).powf(beta);
            for (&degree, found) in degrees.iter().zip(found) {
                let expected = f64::from(degree).powf(beta) / most * ONE as f64;
                assert!((found as f64 - expected).abs() <= 64.0 + expected * 1e-10, "{degree}");
            }
        }
    }

    #[test]
    fn some_powers_are_written_down() {
        let found = powers(&[0, 1, 2, 3, 10, 1000], 0.75);
        assert_eq!(found, POWERS);
        assert_eq!(powers(&[5, 0, 1], 0.0), [ONE; 3]);
        assert_eq!(powers(&[1, 2, 4], 1.0)[2], ONE);
        assert_eq!(powers(&[1, u32::MAX], MOST_BETA), [0, ONE]);
        assert!(powers(&[], 0.5).is_empty());
    }

    const POWERS: [u64; 6] = [
        0,
        25_933_416_269_642_619,
        43_614_633_552_849_673,
        59_115_405_397_596_194,
        145_834_316_717_837_894,
        ONE,
    ];
}
