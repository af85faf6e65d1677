//! `Nearest` and `Products` against dense definitions, on several thread pools.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_wrap, reason = "small numbers")]

use glowrec_graph::simd::Level;
use glowrec_graph::{Bipartite, Csr};
use glowrec_ranking::{Error, Nearest, Products, ScoreRows, Similarity, SparseRows, Vectors};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

/// Vectors by coordinates: `None` where nothing is stored.
#[derive(Clone, Debug)]
struct Case {
    n_vectors: usize,
    dim: usize,
    cells: Vec<Option<f64>>,
    similarity: Similarity,
    shrinkage: f64,
    n: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let similarity =
        prop_oneof![Just(Similarity::Cosine), Just(Similarity::Pearson), Just(Similarity::Jaccard)];
    let shrinkage = prop_oneof![Just(0.0), Just(2.5)];
    (1..40usize, 1..8usize, similarity, shrinkage, 0..6usize).prop_flat_map(
        |(n_vectors, dim, similarity, shrinkage, n)| {
            // Few values, so that ties are the rule; their sums are exact.
            let value = prop_oneof![Just(-1.0), Just(0.0), Just(0.5), Just(1.0), Just(3.0)];
            prop::collection::vec(prop::option::of(value), n_vectors * dim)
                .prop_map(move |cells| Case { n_vectors, dim, cells, similarity, shrinkage, n })
        },
    )
}

/// Columns and values of each row.
type Lists = Vec<Vec<(u32, f32)>>;

fn lists(rows: SparseRows) -> Lists {
    let (starts, columns, values) = rows.into_parts();
    let entries: Vec<(u32, f32)> = columns.into_iter().zip(values).collect();
    starts.windows(2).map(|b| entries[b[0] as usize..b[1] as usize].to_vec()).collect()
}

impl Case {
    fn cell(&self, vector: usize, d: usize) -> Option<f64> {
        self.cells[vector * self.dim + d]
    }

    fn graph(&self) -> Bipartite {
        let stored = (0..self.cells.len()).filter(|&at| self.cells[at].is_some());
        let (rows, cols): (Vec<i64>, Vec<i64>) =
            stored.map(|at| ((at / self.dim) as i64, (at % self.dim) as i64)).unzip();
        Bipartite::from_edges(self.n_vectors, self.dim, &rows, &cols).unwrap()
    }

    fn similarity(&self, i: usize, j: usize, value: impl Fn(f64) -> f64) -> Option<f32> {
        let pairs = |i: usize, j: usize| {
            (0..self.dim).filter_map(move |d| Some((self.cell(i, d)?, self.cell(j, d)?)))
        };
        let dot = |i, j| pairs(i, j).map(|(x, y)| value(x) * value(y)).sum::<f64>();
        let sum = |i: usize| (0..self.dim).filter_map(|d| self.cell(i, d)).map(&value).sum::<f64>();
        let (shared, n) = (pairs(i, j).count() as f64, self.dim as f64);
        let (xy, xx, yy) = (dot(i, j), dot(i, i), dot(j, j));
        let over = |xy: f64, xx: f64, yy: f64| {
            if xx > 0.0 && yy > 0.0 { xy * (1.0 / xx.sqrt() * (1.0 / yy.sqrt())) } else { 0.0 }
        };
        let alike = match self.similarity {
            Similarity::Cosine => over(xy, xx, yy),
            Similarity::Pearson => {
                over(n * xy - sum(i) * sum(j), n * xx - sum(i) * sum(i), n * yy - sum(j) * sum(j))
            }
            Similarity::Jaccard => xy / (xx + yy - xy),
        };
        let shrunk = if self.shrinkage > 0.0 {
            (alike * (shared / (shared + self.shrinkage))) as f32
        } else {
            alike as f32
        };
        (shared > 0.0 && shrunk > 0.0).then_some(shrunk)
    }

    fn by_definition(&self, value: impl Fn(f64) -> f64 + Copy) -> Lists {
        let row = |i: usize| {
            let others = (0..self.n_vectors).filter(|&j| j != i);
            let mut row: Vec<(u32, f32)> =
                others.filter_map(|j| Some((j as u32, self.similarity(i, j, value)?))).collect();
            row.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row.truncate(self.n);
            row
        };
        (0..self.n_vectors).map(row).collect()
    }

    fn found(&self, weighted: bool, n_threads: usize) -> Lists {
        let graph = self.graph();
        let (by_vector, by_coordinate) = (graph.by_row(), graph.by_col());
        let values = |csr: &Csr, cell: &dyn Fn(usize, usize) -> Option<f64>| -> Vec<f64> {
            let rows = 0..csr.n_rows();
            let of = |row| csr.row(row).iter().map(move |&col| cell(row, col as usize).unwrap());
            rows.flat_map(of).collect()
        };
        let one = values(by_vector, &|vector, d| self.cell(vector, d));
        let other = values(by_coordinate, &|d, vector| self.cell(vector, d));
        let values = weighted.then_some((one.as_slice(), other.as_slice()));
        let vectors = Vectors::new(by_vector, by_coordinate, values).unwrap();
        ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap().install(|| {
            let search = Nearest::new(vectors, self.similarity, self.shrinkage, self.n);
            let middle = self.n_vectors / 2;
            let mut found = search.of(0..middle);
            found.append(&search.of(middle..self.n_vectors));
            lists(found)
        })
    }
}

proptest! {
    #[test]
    fn neighbours_are_the_best_by_the_formula(case in case(), weighted: bool) {
        let expected = case.by_definition(|x| if weighted { x } else { 1.0 });
        for n_threads in [1, 3] {
            prop_assert_eq!(&case.found(weighted, n_threads), &expected);
        }
    }
}

fn table(n_cols: usize, rows: &[Vec<(u32, f32)>]) -> SparseRows {
    let mut starts = vec![0];
    starts.extend(rows.iter().scan(0, |end, row| {
        *end += row.len() as u64;
        Some(*end)
    }));
    let (columns, values) = rows.iter().flatten().copied().unzip();
    SparseRows::new(n_cols, starts, columns, values).unwrap()
}

fn rows(n_rows: usize, n_cols: u32) -> impl Strategy<Value = Lists> {
    let value = prop_oneof![Just(-1.5f32), Just(0.1), Just(0.3), Just(1.0)];
    prop::collection::vec(prop::collection::vec((0..n_cols, value), 0..5), n_rows)
}

proptest! {
    #[test]
    fn fused_rankings_are_those_of_the_scores(
        left in rows(6, 4),
        right in rows(4, 9),
        asked in prop::collection::vec(0..6u32, 0..8),
        seen in prop::collection::btree_set((0..6i64, 0..9i64), 0..20),
        biased: bool,
        k in 0..12usize,
    ) {
        let (one, other) = (table(4, &left), table(9, &right));
        let bias = [0.5, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.25];
        let products = Products::new(&one, &other, biased.then_some(&bias[..])).unwrap();
        let mut scores = vec![f32::NAN; asked.len() * 9];
        products.scores(&asked, &mut scores).unwrap();
        for (row, &user) in asked.iter().enumerate() {
            let mut expected = if biased { bias } else { [0.0; 9] };
            for &(middle, weight) in &left[user as usize] {
                for &(column, value) in &right[middle as usize] {
                    expected[column as usize] += weight * value;
                }
            }
            prop_assert_eq!(&scores[row * 9..][..9], &expected[..]);
        }
        let (users, items): (Vec<i64>, Vec<i64>) = seen.into_iter().unzip();
        let seen = Bipartite::from_edges(6, 9, &users, &items).unwrap();
        let size = asked.len() * k;
        let (mut columns, mut best) = (vec![7; size], vec![7.0; size]);
        let (mut by_scores, mut its_best) = (columns.clone(), best.clone());
        let level = Level::current();
        ScoreRows::new(&scores, 9, &asked, Some(seen.by_row()), level)
            .unwrap()
            .top_k(k, &mut by_scores, &mut its_best)
            .unwrap();
        for n_threads in [1, 4] {
            ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap().install(|| {
                let seen = Some(seen.by_row());
                products.top_k(level, &asked, seen, k, &mut columns, &mut best).unwrap();
            });
            prop_assert_eq!(&columns, &by_scores);
            prop_assert_eq!(&best, &its_best);
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let graph = Bipartite::from_edges(2, 3, &[0, 1], &[0, 2]).unwrap();
    let (rows, cols) = (graph.by_row(), graph.by_col());
    let length = |name, expected, found| Some(Error::Length { name, expected, found });
    assert_eq!(Vectors::new(rows, rows, None).err(), length("vectors", 2, 3));
    let other = Bipartite::from_edges(4, 2, &[0, 1], &[0, 1]).unwrap();
    assert_eq!(Vectors::new(rows, other.by_row(), None).err(), length("coordinates", 3, 4));
    let more = Bipartite::from_edges(3, 2, &[0, 1, 2], &[0, 1, 1]).unwrap();
    assert_eq!(Vectors::new(rows, more.by_row(), None).err(), length("entries", 2, 3));
    let few = Vectors::new(rows, cols, Some((&[1.0], &[1.0, 1.0])));
    assert_eq!(few.err(), length("values", 2, 1));
    let few = Vectors::new(rows, cols, Some((&[1.0, 1.0], &[1.0])));
    assert_eq!(few.err(), length("values", 2, 1));

    let (left, right) = (table(2, &[vec![(1, 1.0)]]), table(3, &[vec![], vec![(2, f32::NAN)]]));
    assert_eq!(Products::new(&right, &right, None).err(), length("rows of right", 3, 2));
    assert_eq!(Products::new(&left, &right, Some(&[0.0])).err(), length("bias", 3, 1));
    let products = Products::new(&left, &right, None).unwrap();
    assert_eq!(products.scores(&[0], &mut [0.0; 2]).err(), length("scores", 3, 2));
    let level = Level::current();
    let top = |k, columns: &mut [i64], scores: &mut [f32], seen| {
        products.top_k(level, &[0], seen, k, columns, scores).err()
    };
    assert_eq!(top(1, &mut [], &mut [0.0], None), length("columns", 1, 0));
    assert_eq!(top(1, &mut [0], &mut [], None), length("scores", 1, 0));
    let narrow = Some(cols);
    assert_eq!(top(1, &mut [0], &mut [0.0], narrow), length("items of exclude", 3, 2));
    let nan = Error::NotANumber { row: 0, column: 2 };
    assert_eq!(top(1, &mut [0], &mut [0.0], None), Some(nan));
    let seen = Bipartite::from_edges(1, 3, &[0], &[2]).unwrap();
    assert_eq!(top(1, &mut [0], &mut [0.0], Some(seen.by_row())), None);
}
