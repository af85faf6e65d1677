//! Products with ratings against their dense definitions in `f64`, on every level and pool.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the numbers of a test are small and not negative"
)]

use std::collections::BTreeSet;

use glowrec_graph::simd::Level;
use glowrec_graph::{Error, KernelShape, Ratings, shaped, shaped_gradient};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// A small generator of numbers in -1..1.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.0 >> 40) as f64 / f64::from(1 << 23) - 1.0
    }

    fn many(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next()).collect()
    }
}

#[derive(Debug)]
struct Problem {
    n_rows: usize,
    n_cols: usize,
    dense: Vec<Vec<f64>>,
    ratings: Ratings<f64>,
    single: Ratings<f32>,
    /// The row that each distinct row is; none for the empty ones.
    ids: Vec<Option<usize>>,
}

fn problem(n_rows: usize, n_cols: usize, picks: &BTreeSet<(usize, usize)>) -> Problem {
    let mut draw = Draw(picks.len() as u64);
    let mut dense = vec![vec![0.0; n_cols]; n_rows];
    let (mut rows, mut cols, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for &(row, col) in picks.iter().rev() {
        // Exact in both precisions.
        let value = (draw.next() * 8.0).round() + 0.5;
        dense[row][col] = value;
        rows.push(row as i64);
        cols.push(col as i64);
        values.push(value);
    }
    let ratings = Ratings::new(n_rows, n_cols, &rows, &cols, &values).unwrap();
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let single = Ratings::new(n_rows, n_cols, &rows, &cols, &values).unwrap();
    let rated = |row: &usize| picks.range((*row, 0)..(*row + 1, 0)).next().is_some();
    let mut ids: Vec<Option<usize>> = (0..n_rows).filter(rated).map(Some).collect();
    if ids.len() < n_rows {
        ids.push(None);
    }
    Problem { n_rows, n_cols, dense, ratings, single, ids }
}

prop_compose! {
    fn problems()(
        sides in (1usize..12, prop::sample::select(vec![1usize, 2, 5, 63, 64, 65, 130])),
        flip in any::<bool>(),
        density in 0usize..110,
        seed in any::<u64>(),
    ) -> Problem {
        let (n_rows, n_cols) = if flip { (sides.1, sides.0) } else { sides };
        let mut draw = Draw(seed);
        let mut picks: BTreeSet<(usize, usize)> = BTreeSet::new();
        for row in 0..n_rows {
            let empty = draw.next() > 0.5 && density < 100;
            for col in 0..n_cols {
                if !empty && (draw.next() + 1.0) * 50.0 < density as f64 {
                    picks.insert((row, col));
                }
            }
        }
        problem(n_rows, n_cols, &picks)
    }
}

/// The two are within `bound` of the largest entry, or of one.
fn close(found: &[f64], expected: &[f64], bound: f64) -> bool {
    let largest = expected.iter().fold(1.0f64, |most, value| most.max(value.abs()));
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= bound * largest)
}

fn doubles(cells: &[f32]) -> Vec<f64> {
    cells.iter().map(|&cell| f64::from(cell)).collect()
}

fn singles(cells: &[f64]) -> Vec<f32> {
    cells.iter().map(|&cell| cell as f32).collect()
}

/// `matrix` (`n` rows of `m`) times `table` (`m` rows of `dim`).
fn times(matrix: &[Vec<f64>], table: &[f64], dim: usize) -> Vec<f64> {
    let mut out = Vec::new();
    for row in matrix {
        for d in 0..dim {
            out.push(row.iter().enumerate().map(|(j, x)| x * table[j * dim + d]).sum());
        }
    }
    out
}

fn transpose(matrix: &[Vec<f64>], n_cols: usize) -> Vec<Vec<f64>> {
    (0..n_cols).map(|col| matrix.iter().map(|row| row[col]).collect()).collect()
}

impl Problem {
    fn distinct(&self, matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let row = |id: &Option<usize>| id.map_or(vec![0.0; self.n_cols], |id| matrix[id].clone());
        self.ids.iter().map(row).collect()
    }

    /// Each kernel's convolution of the ratings, before it is rectified.
    fn maps(&self, kernels: &[f64], n: usize, size: usize) -> Vec<Vec<Vec<f64>>> {
        let half = size / 2;
        let cell = |k: usize, i: usize, j: usize| {
            let mut sum = 0.0;
            for a in 0..size {
                for b in 0..size {
                    let (row, col) = ((i + a).wrapping_sub(half), (j + b).wrapping_sub(half));
                    if row < self.n_rows && col < self.n_cols {
                        sum += kernels[(k * size + a) * size + b] * self.dense[row][col];
                    }
                }
            }
            sum
        };
        let row = |k, i| (0..self.n_cols).map(|j| cell(k, i, j)).collect();
        (0..n).map(|k| (0..self.n_rows).map(|i| row(k, i)).collect()).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn products_equal_the_dense_ones(problem in problems(), dim in 1usize..70, seed in any::<u64>()) {
        let mut draw = Draw(seed);
        let (weights, bias) = (draw.many(problem.n_cols * dim), draw.many(dim));
        let rows = draw.many(problem.ids.len() * dim);
        let x = problem.distinct(&problem.dense);
        let mut expected = times(&x, &weights, dim);
        expected.iter_mut().enumerate().for_each(|(at, cell)| *cell += bias[at % dim]);
        let back = times(&transpose(&x, problem.n_cols), &rows, dim);
        for &level in Level::available() {
            for threads in [1, 3] {
                on(threads, || {
                    let found = problem.ratings.product(level, &weights, &bias).unwrap();
                    assert!(close(&found, &expected, 1e-13));
                    let found = problem.single.product(level, &singles(&weights), &singles(&bias));
                    assert!(close(&doubles(&found.unwrap()), &expected, 1e-5));
                    let found = problem.ratings.transposed_product(level, &rows, dim).unwrap();
                    assert!(close(&found, &back, 1e-13));
                });
            }
        }
    }

    #[test]
    fn squared_errors_equal_the_dense_ones(
        problem in problems(), dim in 0usize..70, seed in any::<u64>(),
    ) {
        let mut draw = Draw(seed);
        let n_cols = problem.n_cols;
        let hidden = draw.many(problem.ids.len() * dim);
        let (weights, bias) = (draw.many(dim * n_cols), draw.many(n_cols));
        let mut errors = vec![vec![0.0; n_cols]; problem.ids.len()];
        let mut loss = 0.0;
        for (place, id) in problem.ids.iter().enumerate() {
            for col in 0..n_cols {
                let x = id.map_or(0.0, |id| problem.dense[id][col]);
                if x != 0.0 {
                    let products = (0..dim).map(|d| hidden[place * dim + d] * weights[d * n_cols + col]);
                    errors[place][col] = products.sum::<f64>() + bias[col] - x;
                    loss += 0.5 * errors[place][col].powi(2);
                }
            }
        }
        let flipped: Vec<Vec<f64>> = weights.chunks(n_cols).map(<[f64]>::to_vec).collect();
        let decoder = transpose(&flipped, n_cols).concat();
        let by_hidden = times(&errors, &decoder, dim);
        let encoded: Vec<Vec<f64>> = (0..dim)
            .map(|d| (0..problem.ids.len()).map(|place| hidden[place * dim + d]).collect())
            .collect();
        let by_weights = times(&encoded, &errors.concat(), n_cols);
        let by_bias = times(&[vec![1.0; problem.ids.len()]], &errors.concat(), n_cols);
        for &level in Level::available() {
            let found = problem.ratings.squared_error(level, &hidden, &weights, &bias, dim).unwrap();
            assert!(close(&[found.loss], &[loss], 1e-13));
            assert!(close(&found.by_hidden, &by_hidden, 1e-13));
            assert!(close(&found.by_weights, &by_weights, 1e-13));
            assert!(close(&found.by_bias, &by_bias, 1e-13));
        }
    }

    #[test]
    fn convolved_products_and_their_gradients_equal_the_dense_ones(
        problem in problems(),
        (n, size) in (1usize..4, prop::sample::select(vec![1usize, 3, 5, 63])),
        dim in 1usize..5,
        seed in any::<u64>(),
    ) {
        let mut draw = Draw(seed);
        let kernels = draw.many(n * size * size);
        let maps = problem.maps(&kernels, n, size);
        // Away from the kinks, which rounding may cross.
        prop_assume!(maps.iter().flatten().flatten().all(|&cell| cell == 0.0 || cell.abs() > 1e-9));
        let (weights, bias) = (draw.many(problem.n_cols * dim), draw.many(dim));
        let gradient = draw.many(problem.ids.len() * dim);
        let mut mean = vec![vec![0.0; problem.n_cols]; problem.n_rows];
        let mut by_kernels = vec![0.0; kernels.len()];
        for (k, map) in maps.iter().enumerate() {
            for (place, id) in problem.ids.iter().enumerate() {
                let Some(i) = *id else { continue };
                for (j, &cell) in map[i].iter().enumerate().filter(|(_, cell)| **cell > 0.0) {
                    mean[i][j] += cell / n as f64;
                    let slope = (0..dim)
                        .map(|d| gradient[place * dim + d] * weights[j * dim + d] / n as f64)
                        .sum::<f64>();
                    for a in 0..size {
                        for b in 0..size {
                            let row = (i + a).wrapping_sub(size / 2);
                            let col = (j + b).wrapping_sub(size / 2);
                            if row < problem.n_rows && col < problem.n_cols {
                                by_kernels[(k * size + a) * size + b] +=
                                    slope * problem.dense[row][col];
                            }
                        }
                    }
                }
            }
        }
        let x = problem.distinct(&mean);
        let mut expected = times(&x, &weights, dim);
        expected.iter_mut().enumerate().for_each(|(at, cell)| *cell += bias[at % dim]);
        let back = times(&transpose(&x, problem.n_cols), &gradient, dim);
        for &level in Level::available() {
            for threads in [1, 3] {
                on(threads, || {
                    let shape = (n, size);
                    let ratings = &problem.ratings;
                    let found = ratings.convolved_product(level, &kernels, shape, &weights, &bias);
                    assert!(close(&found.unwrap(), &expected, 1e-12));
                    let (by_weights, found) = ratings
                        .convolved_gradient(level, &kernels, shape, &weights, &gradient, dim)
                        .unwrap();
                    assert!(close(&by_weights, &back, 1e-12));
                    assert!(close(&found, &by_kernels, 1e-12));
                });
            }
        }
    }

    #[test]
    fn shaped_weights_equal_the_definition(
        (n_in, n_out, dim) in (1usize..40, prop::sample::select(vec![1usize, 31, 32, 33, 64, 100]), 1usize..7),
        gaussian in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut draw = Draw(seed);
        let scale = 0.8;
        let shape = if gaussian { KernelShape::Gaussian { scale } } else { KernelShape::Finite };
        let (weights, gradient) = (draw.many(n_in * n_out), draw.many(n_in * n_out));
        let (u, v) = (draw.many(n_in * dim), draw.many(n_out * dim));
        let factors = [0.7, 0.3];
        let mut expected = vec![0.0; n_in * n_out];
        let mut squares = [0.0; 2];
        let (mut by_w, mut by_u, mut by_v) = (expected.clone(), vec![0.0; n_in * dim], vec![0.0; n_out * dim]);
        for i in 0..n_in {
            for j in 0..n_out {
                let gaps: Vec<f64> = (0..dim).map(|k| u[i * dim + k] - v[j * dim + k]).collect();
                let distance: f64 = gaps.iter().map(|gap| gap * gap).sum();
                let (kernel, slope) = if gaussian {
                    ((-scale * distance).exp(), -scale * (-scale * distance).exp())
                } else if distance < 1.0 { (1.0 - distance, -1.0) } else { (0.0, 0.0) };
                let (at, w) = (i * n_out + j, weights[i * n_out + j]);
                expected[at] = w * kernel;
                squares[0] += w * w;
                squares[1] += kernel * kernel;
                by_w[at] = gradient[at] * kernel + factors[0] * w;
                let by_distance = (gradient[at] * w + factors[1] * kernel) * slope;
                for (k, gap) in gaps.iter().enumerate() {
                    by_u[i * dim + k] += 2.0 * by_distance * gap;
                    by_v[j * dim + k] -= 2.0 * by_distance * gap;
                }
            }
        }
        for &level in Level::available() {
            let found = shaped(level, shape, &weights, &u, &v, dim).unwrap();
            assert!(close(&found.weights, &expected, 1e-13));
            assert!(close(&found.squares, &squares, 1e-13));
            let found = shaped_gradient(level, shape, &weights, &u, &v, dim, &gradient, factors).unwrap();
            assert!(close(&found.by_weights, &by_w, 1e-13));
            assert!(close(&found.by_u, &by_u, 1e-13));
            assert!(close(&found.by_v, &by_v, 1e-13));
        }
    }
}

#[test]
fn large_matrices_have_the_same_bits_on_any_number_of_threads_and_every_level() {
    let mut draw = Draw(1);
    let picks: BTreeSet<(usize, usize)> = (0..60_000)
        .map(|_| {
            let mut place = |n: f64| (draw.next().powi(2) * n) as usize;
            (place(1500.0), place(900.0))
        })
        .collect();
    let problem = problem(1600, 900, &picks);
    let (dim, n_distinct) = (70, problem.ids.len());
    let ratings = &problem.single;
    let mut some = |n: usize| singles(&draw.many(n));
    let (weights, bias, gradient) = (some(900 * dim), some(dim), some(n_distinct * dim));
    let (decoder, last, kernels) = (some(dim * 900), some(900), some(9));
    let evaluate = |level| {
        let error = ratings.squared_error(level, &gradient, &decoder, &last, dim).unwrap();
        let back = ratings.convolved_gradient(level, &kernels, (1, 3), &weights, &gradient, dim);
        (
            ratings.product(level, &weights, &bias).unwrap(),
            ratings.transposed_product(level, &gradient, dim).unwrap(),
            ratings.convolved_product(level, &kernels, (1, 3), &weights, &bias).unwrap(),
            back.unwrap(),
            (error.loss, error.by_hidden, error.by_weights, error.by_bias),
        )
    };
    let first = on(1, || evaluate(Level::Baseline));
    for &level in Level::available() {
        for threads in [1, 2, 7] {
            assert!(on(threads, || evaluate(level)) == first);
        }
    }
}

#[test]
fn operands_of_another_size_are_named() {
    let ratings = Ratings::new(2, 3, &[0], &[1], &[1.0f64]).unwrap();
    let level = Level::current();
    let length = |name, expected, found| Error::Length { name, expected, found };
    let error = ratings.product(level, &[0.0; 5], &[0.0; 2]).unwrap_err();
    assert_eq!(error, length("weights", 6, 5));
    let error = ratings.transposed_product(level, &[0.0; 5], 2).unwrap_err();
    assert_eq!(error, length("rows", 4, 5));
    let error = ratings.squared_error(level, &[0.0; 4], &[0.0; 6], &[0.0; 2], 2).unwrap_err();
    assert_eq!(error, length("bias", 3, 2));
    let convolved = |kernels: &[f64], weights: &[f64]| {
        ratings.convolved_product(level, kernels, (1, 3), weights, &[0.0; 2]).unwrap_err()
    };
    assert_eq!(convolved(&[0.0; 8], &[0.0; 6]), length("kernels", 9, 8));
    assert_eq!(convolved(&[0.0; 9], &[0.0; 7]), length("weights", 6, 7));
    let shape = KernelShape::Finite;
    let error = shaped(level, shape, &[0.0f64; 5], &[0.0; 4], &[0.0; 6], 2).unwrap_err();
    assert_eq!(error, length("weights", 6, 5));
}
