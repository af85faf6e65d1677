//! How uniform the shuffle is, as far as it can be seen.
//!
//! Each statistic is compared with the value that a truly random shuffle exceeds once in a million
//! times. The seeds are fixed, so a test that passes once always does.

use std::collections::HashMap;

use glowrec_sampling::{Permutation, Stream};

/// Above what a chi-square variable of `dof` degrees stays once in a million times (Wilson and
/// Hilferty, 1931; within 2 % here).
fn once_in_a_million(dof: f64) -> f64 {
    let shrink = 2.0 / (9.0 * dof);
    dof * (1.0 - shrink + 4.753 * shrink.sqrt()).powi(3)
}

fn chi_square(counts: impl Iterator<Item = u64>, expected: f64) -> f64 {
    counts.map(|count| (count as f64 - expected).powi(2) / expected).sum()
}

fn shuffle(n: u64, seed: u64) -> Permutation {
    Permutation::new(n, Stream::of_seed(seed))
}

#[test]
fn all_orders_of_few_numbers_are_equally_likely() {
    for n in 2..=6 {
        let orders: u64 = (1..=n).product();
        let mut counts = HashMap::new();
        for seed in 0..orders * 200 {
            let shuffle = shuffle(n, seed);
            let order: Vec<u64> = (0..n).map(|position| shuffle.get(position)).collect();
            *counts.entry(order).or_insert(0u64) += 1;
        }
        assert_eq!(counts.len() as u64, orders, "n = {n}");
        let found = chi_square(counts.into_values(), 200.0);
        assert!(found < once_in_a_million(orders as f64 - 1.0), "n = {n}: {found}");
    }
}

#[test]
fn what_stands_at_two_positions_is_uniform_over_all_pairs() {
    for n in [9, 16, 30, 64] {
        let pairs = n * (n - 1);
        for (first, second) in [(0, 1), (0, n / 2), (1, n - 1)] {
            let mut counts = vec![0u64; (n * n) as usize];
            for seed in 0..pairs * 100 {
                let shuffle = shuffle(n, seed);
                counts[(shuffle.get(first) * n + shuffle.get(second)) as usize] += 1;
            }
            let diagonal = n as usize + 1;
            assert!(counts.iter().step_by(diagonal).all(|&count| count == 0));
            let off_diagonal = (0..counts.len()).filter(|i| i % diagonal != 0);
            let found = chi_square(off_diagonal.map(|i| counts[i]), 100.0);
            assert!(found < once_in_a_million(pairs as f64 - 1.0), "n = {n}: {found}");
        }
    }
}

#[test]
fn neighbours_of_a_long_shuffle_are_unrelated() {
    for n in [60_000, 810_128, (1 << 33) + 1] {
        for seed in 0..3 {
            let shuffle = shuffle(n, seed);
            let mut counts = vec![0u64; 32 * 32];
            let runs = 40_000;
            for i in 0..runs {
                let position = i * 7919 % (n - 1);
                let tile = |at: u64| u128::from(shuffle.get(at)) * 32 / u128::from(n);
                counts[(tile(position) * 32 + tile(position + 1)) as usize] += 1;
            }
            let found = chi_square(counts.into_iter(), runs as f64 / 1024.0);
            assert!(found < once_in_a_million(1023.0), "n = {n}, seed {seed}: {found}");
        }
    }
}
