//! `Bipartite::from_edges` against sorting and removing repeats.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the numbers of a test are small and not negative"
)]

use std::collections::BTreeSet;

use glowrec_graph::{Bipartite, Csr, Error};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// The rows that a set of distinct entries has.
fn rows_of(n_rows: usize, entries: &BTreeSet<(i64, i64)>) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); n_rows];
    for &(row, col) in entries {
        rows[row as usize].push(col as u32);
    }
    rows
}

fn same(csr: &Csr, n_cols: usize, rows: &[Vec<u32>]) -> bool {
    csr.n_cols() == n_cols
        && csr.n_rows() == rows.len()
        && csr.indptr()[0] == 0
        && csr.nnz() == rows.iter().map(Vec::len).sum::<usize>()
        && rows.iter().enumerate().all(|(row, cols)| csr.row(row) == cols)
}

fn check(n_rows: usize, n_cols: usize, edges: &[(i64, i64)], threads: usize) {
    let (rows, cols): (Vec<i64>, Vec<i64>) = edges.iter().copied().unzip();
    let graph = on(threads, || Bipartite::from_edges(n_rows, n_cols, &rows, &cols)).unwrap();
    let forward: BTreeSet<(i64, i64)> = edges.iter().copied().collect();
    let backward = forward.iter().map(|&(row, col)| (col, row)).collect();
    assert!(same(graph.by_row(), n_cols, &rows_of(n_rows, &forward)));
    assert!(same(graph.by_col(), n_rows, &rows_of(n_cols, &backward)));
    assert_eq!((graph.n_rows(), graph.n_cols(), graph.n_edges()), (n_rows, n_cols, forward.len()));
}

proptest! {
    #[test]
    fn equals_sorting_and_removing_repeats(
        // Sides that straddle powers of two, where buckets begin.
        sides in (1usize..40, 1usize..40),
        picks in prop::collection::vec((any::<u32>(), any::<u32>()), 0..200),
        isolated in (0usize..5, 0usize..5),
        threads in prop::sample::select(vec![1usize, 2, 7]),
    ) {
        let within = |pick: u32, side: usize| i64::from(pick) % side as i64;
        let edges: Vec<(i64, i64)> = picks
            .into_iter()
            .map(|(row, col)| (within(row, sides.0), within(col, sides.1)))
            .collect();
        check(sides.0 + isolated.0, sides.1 + isolated.1, &edges, threads);
    }
}

#[test]
fn large_graphs_of_every_shape_equal_the_definition() {
    let mut state = 1u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        ((state >> 33) as usize % below) as i64
    };
    // (rows, columns, edges): square, tall, wide, many repeats, one column, one row.
    for (n_rows, n_cols, n) in [
        (3000, 3000, 100_000),
        (100_000, 30, 60_000),
        (30, 100_000, 60_000),
        (40, 50, 50_000),
        (70_000, 1, 50_000),
        (1, 70_000, 50_000),
    ] {
        let mut edges: Vec<(i64, i64)> = (0..n).map(|_| (draw(n_rows), draw(n_cols))).collect();
        // A hub that takes a tenth of the edges, and the very last node.
        edges.iter_mut().step_by(10).for_each(|edge| edge.0 = n_rows as i64 / 2);
        edges.push((n_rows as i64 - 1, n_cols as i64 - 1));
        for threads in [1, 2, 7] {
            check(n_rows, n_cols, &edges, threads);
        }
    }
}

#[test]
fn axes_may_be_empty() {
    check(0, 0, &[], 2);
    check(0, 5, &[], 2);
    check(5, 0, &[], 2);
    check(5, 3, &[], 1);
}

#[test]
fn the_first_bad_position_is_named_whatever_the_threads() {
    let n = 100_000usize;
    let good: Vec<i64> = (0..n as i64).map(|i| i % 10).collect();
    let bad = |at: &[usize], value: i64| {
        let mut ids = good.clone();
        for &at in at {
            ids[at] = value;
        }
        ids
    };
    for threads in [1, 2, 7] {
        let build = |rows: &[i64], cols: &[i64]| {
            on(threads, || Bipartite::from_edges(10, 10, rows, cols)).unwrap_err()
        };
        for (at, found) in [(0, -1), (n / 2, 10), (n - 1, i64::MIN), (7, 1 << 40)] {
            let named = |name| Error::OutOfRange { name, position: at, found, bound: 10 };
            assert_eq!(build(&bad(&[at, n - 1], found), &good), named("rows"));
            assert_eq!(build(&good, &bad(&[at, n - 1], found)), named("cols"));
        }
        // The earlier position wins, and at the same position the row.
        let position = |error: Error| match error {
            Error::OutOfRange { name, position, .. } => (name, position),
            other => panic!("{other}"),
        };
        let error = build(&bad(&[500], 99), &bad(&[499], 99));
        assert_eq!(position(error), ("cols", 499));
        let error = build(&bad(&[500], 99), &bad(&[500], 99));
        assert_eq!(position(error), ("rows", 500));
    }
}

#[test]
fn lengths_that_differ_and_axes_too_long_are_refused() {
    let error = Bipartite::from_edges(1, 1, &[0], &[]).unwrap_err();
    assert_eq!(error, Error::Length { name: "cols", expected: 1, found: 0 });
    let limit = 1usize << 32;
    let error = Bipartite::from_edges(limit + 1, 1, &[], &[]).unwrap_err();
    assert_eq!(error, Error::TooMany { name: "n_rows", found: limit + 1, limit });
    let error = Bipartite::from_edges(1, limit + 1, &[], &[]).unwrap_err();
    assert_eq!(error, Error::TooMany { name: "n_cols", found: limit + 1, limit });
}
