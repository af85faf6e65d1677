//! `Ranker::top_k` against a definition that sorts everything, on every level.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use glowrec_graph::simd::Level;
use glowrec_graph::{Bipartite, Csr};
use glowrec_ranking::{Codes, Columns, Dots, Error, PAD, Queries, Ranker, Result, Table};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

#[derive(Clone, Debug)]
struct Case {
    n_rows: usize,
    n_cols: usize,
    dim: usize,
    k: usize,
    rows: Vec<f32>,
    cols: Vec<f32>,
    /// What scores start from, if anything.
    bias: Option<Vec<f32>>,
    /// Per row and column, whether the pair is excluded.
    excluded: Vec<bool>,
}

type Lists = (Vec<i64>, Vec<f32>);

impl Case {
    fn graph(&self) -> Csr {
        let pairs = (0i64..).zip(&self.excluded).filter(|(_, out)| **out).map(|(pair, _)| pair);
        let n_cols = i64::try_from(self.n_cols).unwrap();
        let (rows, cols): (Vec<i64>, Vec<i64>) =
            pairs.map(|pair| (pair / n_cols, pair % n_cols)).unzip();
        Bipartite::from_edges(self.n_rows, self.n_cols, &rows, &cols).unwrap().by_row().clone()
    }

    /// The rankings by every score, or with the help of codes.
    fn top_k(&self, level: Level, dots: Option<Dots>, rows: &[u32]) -> Result<Lists> {
        let graph = self.graph();
        let table = Table::new("rows", &self.rows, self.n_rows, self.dim)?;
        let cols = Table::new("cols", &self.cols, self.n_cols, self.dim)?;
        let cols = Columns::new(cols, self.bias.as_deref())?;
        let codes = dots.and_then(|dots| Codes::always(&cols, &table, dots));
        let ranker = Ranker::new(table, cols, Some(&graph), self.k, level)?;
        let ranker = ranker.with_codes(codes.as_ref())?;
        let (mut columns, mut scores) =
            (vec![7; rows.len() * self.k], vec![7.0; rows.len() * self.k]);
        let pruned = ranker.top_k(Queries { rows, ids: rows }, &mut columns, &mut scores)?;
        assert!(codes.is_some() || pruned.compared == 0);
        Ok((columns, scores))
    }

    /// The score as a chain of fused multiply-adds.
    fn score(&self, row: usize, col: usize) -> f32 {
        let start = self.bias.as_ref().map_or(0.0, |bias| bias[col]);
        let (row, col) = (&self.rows[row * self.dim..], &self.cols[col * self.dim..]);
        (0..self.dim).fold(start, |sum, d| row[d].mul_add(col[d], sum))
    }

    fn definition(&self, rows: &[u32]) -> Result<Lists> {
        let (mut columns, mut scores) = (vec![], vec![]);
        if self.k == 0 {
            return Ok((columns, scores)); // nothing is compared
        }
        for row in rows.iter().map(|&row| row as usize) {
            let mut list: Vec<(i64, f32)> = vec![];
            for column in (0..self.n_cols).filter(|c| !self.excluded[row * self.n_cols + c]) {
                let score = self.score(row, column);
                if score.is_nan() {
                    return Err(Error::NotANumber { row, column });
                }
                list.push((i64::try_from(column).unwrap(), score));
            }
            list.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap()); // stable: ties stay in order
            let list = list.into_iter().chain(std::iter::repeat(PAD)).take(self.k);
            for (column, score) in list {
                columns.push(column);
                scores.push(score);
            }
        }
        Ok((columns, scores))
    }
}

fn bits(lists: Result<Lists>) -> Result<(Vec<i64>, Vec<u32>)> {
    // Both zeros are one score.
    lists.map(|(columns, scores)| (columns, scores.iter().map(|s| (s + 0.0).to_bits()).collect()))
}

fn cases(value: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = Case> {
    let sizes = (0..30usize, prop_oneof![0..4usize, 28..100usize], 0..7usize, 0..50usize);
    (sizes, 0..5u32).prop_flat_map(move |((n_rows, n_cols, dim, k), fifths)| {
        let rows = prop::collection::vec(value.clone(), n_rows * dim);
        let cols = prop::collection::vec(value.clone(), n_cols * dim);
        let out = prop::bool::weighted(f64::from(fifths) / 4.0);
        let bias = prop::option::of(prop::collection::vec(value.clone(), n_cols));
        let excluded = prop::collection::vec(out, n_rows * n_cols);
        (rows, cols, bias, excluded).prop_map(move |(rows, cols, bias, excluded)| Case {
            n_rows,
            n_cols,
            dim,
            k,
            rows,
            cols,
            bias,
            excluded,
        })
    })
}

/// Without codes, and with every kind of codes.
fn ways() -> impl Iterator<Item = Option<Dots>> {
    std::iter::once(None).chain(Dots::available().into_iter().map(Some))
}

fn agrees(case: &Case) {
    let rows: Vec<u32> = (0..case.n_rows as u32).rev().collect();
    let expected = bits(case.definition(&rows));
    for &level in Level::available() {
        for threads in [1, 2, 7] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for dots in ways() {
                let found = pool.install(|| bits(case.top_k(level, dots, &rows)));
                assert_eq!(found, expected, "{level:?}, {dots:?}, {threads} threads");
            }
        }
    }
}

proptest! {
    #[test]
    fn whole_numbers_tie(case in cases((-3..4i8).prop_map(f32::from))) {
        agrees(&case);
    }

    #[test]
    fn sums_that_round_have_the_same_bits_everywhere(case in cases(-1.0f32..1.0)) {
        agrees(&case);
    }

    #[test]
    fn any_float_is_ranked_or_refused(case in cases(any::<f32>())) {
        agrees(&case);
    }

    #[test]
    fn extremes_are_ranked_or_refused(case in cases(prop::sample::select(vec![
        0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, f32::MAX, f32::INFINITY, f32::NEG_INFINITY,
    ]))) {
        agrees(&case);
    }
}

/// A small generator of noise, the same everywhere.
fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

#[test]
fn several_chunks_and_many_panels() {
    for (dim, k) in [(3, 10), (17, 1), (64, 90)] {
        let (n_rows, n_cols) = (1300, 331);
        let mut cols = noise(n_cols * dim, 2);
        // The later, the better for rows with a positive first coordinate: lists overflow often.
        for (i, col) in cols.chunks_mut(dim).enumerate() {
            col[0] = i as f32;
        }
        let excluded = noise(n_rows * n_cols, 3).iter().map(|&x| x > 0.9).collect();
        let case = Case {
            n_rows,
            n_cols,
            dim,
            k,
            rows: noise(n_rows * dim, 1),
            cols,
            bias: None,
            excluded,
        };
        agrees(&case);
    }
}

/// Speed, without a clock: how much codes leave to do.
#[test]
fn codes_leave_few_columns() {
    let (n_rows, n_cols, dim, k) = (48, 4000, 32, 10);
    let (rows, cols) = (noise(n_rows * dim, 1), noise(n_cols * dim, 2));
    let rows = Table::new("rows", &rows, n_rows, dim).unwrap();
    let cols = Columns::from(Table::new("cols", &cols, n_cols, dim).unwrap());
    let ids: Vec<u32> = (0..n_rows as u32).collect();
    for dots in Dots::available() {
        let codes = Codes::always(&cols, &rows, dots).unwrap();
        let ranker = Ranker::new(rows, cols, None, k, Level::current()).unwrap();
        let ranker = ranker.with_codes(Some(&codes)).unwrap();
        let (mut columns, mut scores) = (vec![0; n_rows * k], vec![0.0; n_rows * k]);
        let queries = Queries { rows: &ids, ids: &ids };
        let pruned = ranker.top_k(queries, &mut columns, &mut scores).unwrap();
        assert_eq!((pruned.compared, pruned.unpruned), ((n_rows * n_cols) as u64, 0));
        let [kept, left] = [pruned.kept, pruned.scored].map(|n| n as usize / n_rows);
        let few = if dots == Dots::Avx2 { 20 } else { 14 };
        assert!(left < few && kept < 150, "{dots:?}: {kept} kept, {left} scored");
    }
}

#[test]
fn only_a_nan_that_counts_is_an_error() {
    let mut cols = vec![1.0; 40];
    (cols[33], cols[5]) = (f32::NAN, f32::NAN);
    let mut excluded = vec![false; 80];
    (excluded[5], excluded[33], excluded[40 + 5]) = (true, true, true);
    let case = Case {
        n_rows: 2,
        n_cols: 40,
        dim: 1,
        k: 1,
        rows: vec![1.0; 2],
        cols,
        bias: None,
        excluded,
    };
    for &level in Level::available() {
        for dots in ways() {
            assert_eq!(case.top_k(level, dots, &[0]), Ok((vec![0], vec![1.0])));
            let error = case.top_k(level, dots, &[0, 1]).unwrap_err();
            assert_eq!(error, Error::NotANumber { row: 1, column: 33 });
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let table = |n: usize, dim: usize| Table::new("rows", &[0.0; 6][..n * dim], n, dim).unwrap();
    let level = Level::Baseline;
    assert!(Table::new("rows", &[0.0; 5], 2, 3).is_err());
    assert!(Ranker::new(table(2, 3), table(3, 2), None, 1, level).is_err());
    let graph = Bipartite::from_edges(2, 3, &[], &[]).unwrap();
    assert!(Ranker::new(table(2, 3), table(2, 3), Some(graph.by_row()), 1, level).is_err());
    let ranker = Ranker::new(table(2, 3), table(2, 3), None, 2, level).unwrap();
    let queries = Queries { rows: &[0, 1], ids: &[0, 1] };
    assert!(ranker.top_k(queries, &mut [0; 4], &mut [0.0; 4]).is_ok());
    assert!(ranker.top_k(queries, &mut [0; 3], &mut [0.0; 4]).is_err());
    assert!(ranker.top_k(queries, &mut [0; 4], &mut [0.0; 5]).is_err());
    let queries = Queries { rows: &[0, 1], ids: &[0] };
    assert!(ranker.top_k(queries, &mut [0; 4], &mut [0.0; 4]).is_err());
    assert!(ranker.block() > 0);
}
