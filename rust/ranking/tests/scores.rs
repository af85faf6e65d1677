//! `ScoreRows` and `FactorPlaces` against definitions that look at everything, on every level.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_wrap, reason = "small numbers")]

use glowrec_graph::simd::Level;
use glowrec_graph::{Bipartite, Csr};
use glowrec_ranking::{
    Columns, Error, FactorPlaces, Place, Queries, Result, Score, ScoreRows, Table,
};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

/// Scores of rows × columns, what is excluded, and what is looked for.
#[derive(Clone, Debug)]
struct Case<S> {
    n_rows: usize,
    n_cols: usize,
    scores: Vec<S>,
    excluded: Vec<bool>,
    targets: Vec<bool>,
    k: usize,
}

fn graph(n_rows: usize, n_cols: usize, pairs: &[bool]) -> Csr {
    let linked = (0..pairs.len()).filter(|&pair| pairs[pair]);
    let (rows, cols): (Vec<i64>, Vec<i64>) =
        linked.map(|pair| ((pair / n_cols) as i64, (pair % n_cols) as i64)).unzip();
    Bipartite::from_edges(n_rows, n_cols, &rows, &cols).unwrap().by_row().clone()
}

/// Places as bits, so that NaN equals NaN.
type Bits = Vec<(u64, i64, i64, i64)>;

fn bits(places: &[Place]) -> Bits {
    let bits = |p: &Place| ((p.score + 0.0).to_bits(), p.above, p.before, p.tied);
    places.iter().map(bits).collect()
}

impl<S: Score> Case<S> {
    fn candidates(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let at = row * self.n_cols;
        (0..self.n_cols)
            .filter(move |col| !self.excluded[at + col])
            .map(move |col| (col, self.scores[at + col].into()))
    }

    fn nan(&self, rows: impl Iterator<Item = usize>) -> Result<()> {
        for row in rows {
            if let Some((column, _)) = self.candidates(row).find(|(_, score)| score.is_nan()) {
                return Err(Error::NotANumber { row, column });
            }
        }
        Ok(())
    }

    /// Items and scores by sorting.
    fn sorted(&self) -> Result<(Vec<i64>, Vec<f64>)> {
        if self.k == 0 {
            return Ok((vec![], vec![])); // nothing is compared
        }
        self.nan(0..self.n_rows)?;
        let (mut columns, mut scores) = (vec![], vec![]);
        for row in 0..self.n_rows {
            let mut list: Vec<_> = self.candidates(row).collect();
            list.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap()); // stable: ties stay in order
            let list = list.into_iter().map(|(col, score)| (col as i64, score + 0.0));
            let padded = list.chain(std::iter::repeat((-1, f64::NEG_INFINITY))).take(self.k);
            for (column, score) in padded {
                columns.push(column);
                scores.push(score);
            }
        }
        Ok((columns, scores))
    }

    /// Places by counting.
    fn counted(&self) -> Result<Bits> {
        let is_target = |row: usize, col: usize| self.targets[row * self.n_cols + col];
        self.nan(
            (0..self.n_rows)
                .filter(|&row| self.candidates(row).any(|(col, _)| is_target(row, col))),
        )?;
        let mut places = vec![];
        for row in 0..self.n_rows {
            for column in (0..self.n_cols).filter(|&col| is_target(row, col)) {
                let mut candidates = self.candidates(row);
                let Some((_, own)) = candidates.find(|&(other, _)| other == column) else {
                    places.push(Place::NOWHERE);
                    continue;
                };
                let count = |holds: &dyn Fn(usize, f64) -> bool| {
                    self.candidates(row).filter(|&(col, score)| holds(col, score)).count() as i64
                };
                places.push(Place {
                    score: own,
                    above: count(&|_, score| score > own),
                    before: count(&|col, score| score == own && col < column),
                    tied: count(&|col, score| score == own && col != column),
                });
            }
        }
        Ok(bits(&places))
    }

    /// Candidates per row that score what is asked for.
    fn equal_to(&self, asked: &[S]) -> Result<Vec<i64>> {
        self.nan(0..self.n_rows)?;
        let equal = |(row, &asked): (usize, &S)| {
            self.candidates(row).filter(|(_, score)| *score == asked.into()).count() as i64
        };
        Ok(asked.iter().enumerate().map(equal).collect())
    }

    /// What is asked for: a score of the row itself mostly, NaN at times.
    fn asked(&self) -> Vec<S> {
        let pick = |row: usize| (row * self.n_cols + row * 7 % self.n_cols.max(1), row % 5 == 4);
        let of = |(at, nan): (usize, bool)| {
            if nan { S::NAN } else { *self.scores.get(at).unwrap_or(&S::INFINITY) }
        };
        (0..self.n_rows).map(|row| of(pick(row))).collect()
    }

    fn agrees(&self) {
        let (excluded, targets) = (
            graph(self.n_rows, self.n_cols, &self.excluded),
            graph(self.n_rows, self.n_cols, &self.targets),
        );
        let ids: Vec<u32> = (0..self.n_rows as u32).collect();
        let size = self.n_rows * self.k;
        for &level in Level::available() {
            let rows =
                ScoreRows::new(&self.scores, self.n_cols, &ids, Some(&excluded), level).unwrap();
            for threads in [1, 2, 7] {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let (mut columns, mut scores) = (vec![7; size], vec![S::INFINITY; size]);
                    let found = rows.top_k(self.k, &mut columns, &mut scores).map(|()| {
                        (columns, scores.into_iter().map(Into::into).collect::<Vec<f64>>())
                    });
                    assert_eq!(found, self.sorted(), "{level:?}, {threads} threads");
                    let mut places = vec![Place { tied: 7, ..Place::NOWHERE }; targets.nnz()];
                    let found = rows.places(&targets, &mut places).map(|()| bits(&places));
                    assert_eq!(found, self.counted(), "{level:?}, {threads} threads");
                    let (asked, mut counts) = (self.asked(), vec![7; self.n_rows]);
                    let found = rows.equal_to(&asked, &mut counts).map(|()| counts);
                    assert_eq!(found, self.equal_to(&asked), "{level:?}, {threads} threads");
                });
            }
        }
    }
}

fn cases<S: Score>(value: impl Strategy<Value = S> + Clone) -> impl Strategy<Value = Case<S>> {
    let n_cols = prop_oneof![0..4usize, 28..140usize];
    let density = || prop::sample::select(vec![0.0, 0.02, 0.3, 0.9, 1.0]);
    (0..12usize, n_cols, 0..70usize, density(), density()).prop_flat_map(
        move |(n_rows, n_cols, k, out, sought)| {
            let size = n_rows * n_cols;
            let scores = prop::collection::vec(value.clone(), size);
            let excluded = prop::collection::vec(prop::bool::weighted(out), size);
            let targets = prop::collection::vec(prop::bool::weighted(sought), size);
            (scores, excluded, targets).prop_map(move |(scores, excluded, targets)| Case {
                n_rows,
                n_cols,
                scores,
                excluded,
                targets,
                k,
            })
        },
    )
}

fn extremes() -> Vec<f64> {
    vec![0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 3e38, f64::INFINITY, f64::NEG_INFINITY]
}

proptest! {
    #[test]
    fn whole_scores_tie(case in cases((-3..4i8).prop_map(f32::from))) {
        case.agrees();
    }

    #[test]
    fn wide_scores_are_compared_in_full(case in cases((0..40u8).prop_map(|i| 1.0 + f64::from(i) * 1e-15))) {
        case.agrees();
    }

    #[test]
    fn extremes_are_scores(case in cases(prop::sample::select(extremes()))) {
        case.agrees();
    }

    #[test]
    fn narrow_extremes_are_scores(case in cases(prop::sample::select(extremes()).prop_map(|x| x as f32))) {
        case.agrees();
    }

    #[test]
    fn nan_is_named(case in cases(prop::sample::select(vec![1.0f32, 2.0, 3.0, 4.0]).prop_flat_map(|x| {
        prop::sample::select([vec![x; 60], vec![f32::NAN]].concat())
    }))) {
        case.agrees();
    }
}

/// Factors, whose scores are whole numbers, or whatever the chain gives.
fn of_factors(dim: usize, rows: &[f32], cols: &[f32], case: Case<f32>) {
    let bias: Vec<f32> = (0..case.n_cols).map(|col| (col % 3) as f32 - 0.7).collect();
    from_bias(dim, rows, cols, &bias, case.clone());
    from_bias(dim, rows, cols, &[], case);
}

/// No bias at all if there are none.
fn from_bias(dim: usize, rows: &[f32], cols: &[f32], bias: &[f32], mut case: Case<f32>) {
    let score = |row: usize, col: usize| {
        let start = bias.get(col).copied().unwrap_or(0.0);
        (0..dim).fold(start, |sum, d| rows[row * dim + d].mul_add(cols[col * dim + d], sum))
    };
    let pairs = (0..case.n_rows).flat_map(|row| (0..case.n_cols).map(move |col| (row, col)));
    case.scores = pairs.map(|(row, col)| score(row, col)).collect();
    let excluded = graph(case.n_rows, case.n_cols, &case.excluded);
    let targets = graph(case.n_rows, case.n_cols, &case.targets);
    let ids: Vec<u32> = (0..case.n_rows as u32).collect();
    let queries = Queries { rows: &ids, ids: &ids };
    for &level in Level::available() {
        let rows = Table::new("rows", rows, case.n_rows, dim).unwrap();
        let cols = Table::new("cols", cols, case.n_cols, dim).unwrap();
        let cols = Columns::new(cols, (!bias.is_empty()).then_some(bias)).unwrap();
        let factors = FactorPlaces::new(rows, cols, Some(&excluded), level).unwrap();
        for threads in [1, 2, 7] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut places = vec![Place { tied: 7, ..Place::NOWHERE }; targets.nnz()];
                let found = factors.places(queries, &targets, &mut places).map(|()| bits(&places));
                assert_eq!(found, case.counted(), "{level:?}, {threads} threads");
                let (asked, mut counts) = (case.asked(), vec![7; case.n_rows]);
                let found = factors.equal_to(queries, &asked, &mut counts).map(|()| counts);
                assert_eq!(found, case.equal_to(&asked), "{level:?}, {threads} threads");
            });
        }
    }
}

fn factors(
    value: impl Strategy<Value = f32> + Clone,
) -> impl Strategy<Value = (usize, Vec<f32>, Vec<f32>, Case<f32>)> {
    (0..5usize, cases(Just(0.0))).prop_flat_map(move |(dim, case)| {
        let rows = prop::collection::vec(value.clone(), case.n_rows * dim);
        let cols = prop::collection::vec(value.clone(), case.n_cols * dim);
        (Just(dim), rows, cols, Just(case))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whole_factors_tie((dim, rows, cols, case) in factors((-2..3i8).prop_map(f32::from))) {
        of_factors(dim, &rows, &cols, case);
    }

    #[test]
    fn sums_round_as_in_the_tiles((dim, rows, cols, case) in factors(-1.0f32..1.0)) {
        of_factors(dim, &rows, &cols, case);
    }

    #[test]
    fn nan_of_factors_is_named((dim, rows, cols, case) in factors(prop_oneof![
        60 => (-2..3i8).prop_map(f32::from), 1 => Just(f32::NAN),
    ])) {
        of_factors(dim, &rows, &cols, case);
    }

    #[test]
    fn any_factors_are_placed_or_refused((dim, rows, cols, case) in factors(any::<f32>())) {
        of_factors(dim, &rows, &cols, case);
    }
}

#[test]
fn many_targets_of_many_rows_in_several_chunks() {
    let (n_rows, n_cols, dim) = (900, 300, 64);
    let noise = |n: usize, seed: u32| -> Vec<u32> {
        let step = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(*state >> 16)
        };
        (0..n).scan(seed, |state, _| step(state)).collect()
    };
    let table = |n: usize, seed| noise(n, seed).iter().map(|x| (x % 5) as f32 - 2.0).collect();
    let pairs =
        |seed, share| noise(n_rows * n_cols, seed).iter().map(|x| x % 100 < share).collect();
    let (rows, cols): (Vec<f32>, Vec<f32>) = (table(n_rows * dim, 1), table(n_cols * dim, 2));
    for share in [1, 60] {
        let (excluded, targets) = (pairs(3, 5), pairs(4, share));
        let case = Case { n_rows, n_cols, scores: vec![], excluded, targets, k: 0 };
        of_factors(dim, &rows, &cols, case);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let (level, empty) = (Level::Baseline, graph(2, 4, &[false; 8]));
    assert!(ScoreRows::new(&[0.0f32; 5], 3, &[0, 1], None, level).is_err());
    assert!(ScoreRows::new(&[0.0f32; 6], 3, &[0, 1], Some(&empty), level).is_err());
    let rows = ScoreRows::new(&[0.0f32; 6], 3, &[0, 1], None, level).unwrap();
    assert!(rows.top_k(1, &mut [0; 2], &mut [0.0; 2]).is_ok());
    assert!(rows.top_k(1, &mut [0; 3], &mut [0.0; 2]).is_err());
    assert!(rows.top_k(1, &mut [0; 2], &mut [0.0; 3]).is_err());
    assert!(rows.places(&empty, &mut []).is_err());
    let targets = graph(2, 3, &[true, false, false, false, false, true]);
    assert!(rows.places(&targets, &mut [Place::NOWHERE; 2]).is_ok());
    assert!(rows.places(&targets, &mut [Place::NOWHERE; 3]).is_err());
    assert!(rows.equal_to(&[0.0; 2], &mut [0; 2]).is_ok());
    assert!(rows.equal_to(&[0.0; 1], &mut [0; 2]).is_err());
    assert!(rows.equal_to(&[0.0; 2], &mut [0; 1]).is_err());

    let table = |n: usize, dim: usize| Table::new("rows", &[0.0; 6][..n * dim], n, dim).unwrap();
    assert!(FactorPlaces::new(table(2, 3), table(3, 2), None, level).is_err());
    assert!(FactorPlaces::new(table(2, 2), table(3, 2), Some(&empty), level).is_err());
    let factors = FactorPlaces::new(table(2, 2), table(3, 2), None, level).unwrap();
    let queries = Queries { rows: &[0, 1], ids: &[0, 1] };
    assert!(factors.places(queries, &targets, &mut [Place::NOWHERE; 2]).is_ok());
    assert!(factors.places(queries, &targets, &mut [Place::NOWHERE; 1]).is_err());
    assert!(factors.places(queries, &empty, &mut []).is_err());
    assert!(factors.equal_to(queries, &[0.0; 2], &mut [0; 2]).is_ok());
    assert!(factors.equal_to(queries, &[0.0; 3], &mut [0; 2]).is_err());
    assert!(factors.equal_to(queries, &[0.0; 2], &mut [0; 3]).is_err());
    let odd = Queries { rows: &[0, 1], ids: &[0] };
    assert!(factors.places(odd, &targets, &mut [Place::NOWHERE; 1]).is_err());
    assert!(factors.equal_to(odd, &[0.0; 2], &mut [0; 2]).is_err());
}
