//! Sums that do not depend on the order of their terms.

/// The sum of `values`, rounded once: the same bits in whatever order they come.
///
/// Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997: partial sums that do not
/// overlap hold the sum so far exactly. What is not finite comes out as a plain sum has it.
pub fn total(values: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::with_capacity(8);
    for &value in values.iter().filter(|value| **value != 0.0) {
        let mut sum = value;
        let mut kept = 0;
        for i in 0..partials.len() {
            let (high, low) = exactly(sum, partials[i]);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            sum = high;
        }
        if !sum.is_finite() {
            return values.iter().sum();
        }
        partials.truncate(kept);
        partials.push(sum);
    }
    rounded(&partials)
}

/// A sum and what its rounding lost.
#[inline]
fn exactly(a: f64, b: f64) -> (f64, f64) {
    let (large, small) = if a.abs() < b.abs() { (b, a) } else { (a, b) };
    let high = large + small;
    (high, small - (high - large))
}

/// The sum of partial sums that ascend and do not overlap, halves to even.
fn rounded(partials: &[f64]) -> f64 {
    let Some((&last, mut rest)) = partials.split_last() else { return 0.0 };
    let mut sum = last;
    while let Some((&next, below)) = rest.split_last() {
        rest = below;
        let (high, low) = exactly(sum, next);
        sum = high;
        if low != 0.0 {
            // Half a unit in the last place, and more of the same sign below it: away from zero.
            let more = rest.last().is_some_and(|&more| (more < 0.0) == (low < 0.0));
            let up = sum + 2.0 * low;
            if more && up - sum == 2.0 * low {
                sum = up;
            }
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_halves_go_where_the_rest_says() {
        assert_eq!(total(&[]), 0.0);
        assert_eq!(total(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        let ulp = f64::EPSILON;
        assert_eq!(total(&[1.0, ulp / 2.0]), 1.0);
        assert_eq!(total(&[1.0, ulp / 2.0, 1e-60]), 1.0 + ulp);
        assert_eq!(total(&[1.0, ulp / 2.0, -1e-60]), 1.0);
        assert_eq!(total(&[-1.0, -ulp / 2.0, -1e-60]), -1.0 - ulp);
    }

    #[test]
    fn what_is_not_finite_is_what_a_plain_sum_has() {
        assert!(total(&[1.0, f64::NAN]).is_nan());
        assert_eq!(total(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(total(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }
}
