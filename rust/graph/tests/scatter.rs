//! `scatter_rows` against the loop that defines it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the numbers of a test are small and not negative"
)]

use glowrec_graph::{Error, scatter_rows};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

fn definition(index: &[i64], values: &[f32], dim: usize, n_rows: usize) -> Vec<f32> {
    let mut out = vec![0.0; n_rows * dim];
    for (position, &row) in index.iter().enumerate() {
        for cell in 0..dim {
            out[row as usize * dim + cell] += values[position * dim + cell];
        }
    }
    out
}

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

proptest! {
    #[test]
    fn has_the_bits_of_the_loop(
        index in prop::collection::vec(0i64..12, 0..80),
        dim in prop::sample::select(vec![0usize, 1, 3, 16, 17, 64, 100]),
        threads in prop::sample::select(vec![1usize, 2, 7]),
    ) {
        let values: Vec<f32> = (0..index.len() * dim).map(|i| (i as f32).sin()).collect();
        let got = on(threads, || scatter_rows(&index, &values, dim, 12)).unwrap();
        prop_assert_eq!(got, definition(&index, &values, dim, 12));
    }
}

#[test]
fn has_the_bits_of_the_loop_when_the_work_is_shared_out() {
    let (n, n_rows, dim) = (30_000usize, 5_000, 20);
    // A third of all positions meets in one row.
    let row = |i: usize| if i.is_multiple_of(3) { 77 } else { i * i % n_rows };
    let index: Vec<i64> = (0..n).map(|i| row(i) as i64).collect();
    let values: Vec<f32> = (0..n * dim).map(|i| (i as f32).sin()).collect();
    let expected = definition(&index, &values, dim, n_rows);
    for threads in [1, 2, 7] {
        let got = on(threads, || scatter_rows(&index, &values, dim, n_rows)).unwrap();
        assert!(got == expected, "{threads}");
    }
}

#[test]
fn the_first_bad_row_and_a_wrong_size_are_named() {
    let error = scatter_rows(&[0, 2, -1], &[0.0f64; 3], 1, 2).unwrap_err();
    assert_eq!(error, Error::OutOfRange { name: "index", position: 1, found: 2, bound: 2 });
    let error = scatter_rows(&[0], &[0.0f64; 3], 2, 2).unwrap_err();
    assert_eq!(error, Error::Length { name: "values", expected: 2, found: 3 });
}
