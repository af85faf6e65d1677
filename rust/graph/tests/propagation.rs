//! `propagate` against its dense definition in `f64`, its adjoint, and itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the numbers of a test are small and not negative"
)]

use std::cell::RefCell;

use glowrec_graph::simd::Level;
use glowrec_graph::{
    Bipartite, Dropout, Error, Normalization, Operator, Real, Result, Workspace, adjacency,
};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

const N_ROWS: usize = 7;
const N_COLS: usize = 9;
const N_NODES: usize = N_ROWS + N_COLS;
const DIMS: [usize; 9] = [1, 3, 15, 16, 17, 64, 100, 128, 200];
/// Unit roundoff of `f64`, `f32`, and of a stored bfloat16.
const U64: f64 = f64::EPSILON / 2.0;
const U32: f64 = f32::EPSILON as f64 / 2.0;
const U16: f64 = 1.0 / 256.0;

thread_local! {
    /// One for all tests of a thread: what earlier propagations left in it must not matter.
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

fn propagate<T: Real>(
    graph: &Bipartite,
    operator: &Operator,
    x: &[T],
    dim: usize,
    weights: &[f64],
    level: Level,
) -> Result<Vec<T>> {
    WORKSPACE.with_borrow_mut(|workspace| {
        glowrec_graph::propagate(graph, operator, x, dim, weights, level, workspace)
    })
}

fn propagate_bfloat16(
    graph: &Bipartite,
    operator: &Operator,
    x: &[f32],
    dim: usize,
    weights: &[f64],
    level: Level,
) -> Result<Vec<f32>> {
    WORKSPACE.with_borrow_mut(|workspace| {
        glowrec_graph::propagate_bfloat16(graph, operator, x, dim, weights, level, workspace)
    })
}

#[derive(Clone, Debug)]
struct Case {
    edges: Vec<(usize, usize)>,
    operator: Operator,
    dim: usize,
    weights: Vec<f64>,
    seed: u64,
}

impl Case {
    fn graph(&self) -> Bipartite {
        let rows: Vec<i64> = self.edges.iter().map(|edge| edge.0 as i64).collect();
        let cols: Vec<i64> = self.edges.iter().map(|edge| edge.1 as i64).collect();
        Bipartite::from_edges(N_ROWS, N_COLS, &rows, &cols).unwrap()
    }

    /// A table of numbers of both signs, exact in `f32`.
    fn table(&self, salt: u64) -> Vec<f64> {
        let mut state = self.seed ^ salt;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            f64::from((state >> 40) as u32) / f64::from(1 << 23) - 1.0
        };
        (0..N_NODES * self.dim).map(|_| draw()).collect()
    }

    /// The square operator, entry by entry, as the definition has it.
    fn dense(&self, operator: Operator) -> Vec<f64> {
        let mut adjacency = vec![0.0; N_NODES * N_NODES];
        for &(row, col) in &self.edges {
            adjacency[row * N_NODES + N_ROWS + col] = 1.0;
            adjacency[(N_ROWS + col) * N_NODES + row] = 1.0;
        }
        let degree = |node: usize| adjacency[node * N_NODES..][..N_NODES].iter().sum::<f64>();
        let degrees: Vec<f64> = (0..N_NODES).map(degree).collect();
        let (p, q) = match operator.normalization {
            Normalization::Sym => (0.5, 0.5),
            Normalization::Left => (0.5, 0.0),
            Normalization::Right => (0.0, 0.5),
            Normalization::L1Both => (1.0, 1.0),
            Normalization::L1Left => (1.0, 0.0),
            Normalization::L1Right => (0.0, 1.0),
            Normalization::None => (0.0, 0.0),
        };
        let mut dense = vec![0.0; N_NODES * N_NODES];
        for to in 0..N_NODES {
            for from in 0..N_NODES {
                let stays = operator.dropout.is_none_or(|mask| mask.keeps(to as u64, from as u64));
                if adjacency[to * N_NODES + from] == 0.0 || !stays {
                    continue;
                }
                let kept = operator.dropout.map_or(1.0, |mask| mask.keep_prob());
                let value = degrees[to].powf(-p) * degrees[from].powf(-q) / kept;
                let at = if operator.transpose { (from, to) } else { (to, from) };
                dense[at.0 * N_NODES + at.1] = value;
            }
        }
        dense
    }

    /// `Σ weights[k] Â^k x` by the definition: powers first, then their sum.
    fn definition(&self, dense: &[f64], x: &[f64], weights: &[f64]) -> Vec<f64> {
        let mut layer = x.to_vec();
        let mut total = vec![0.0; x.len()];
        for (k, weight) in weights.iter().enumerate() {
            if k > 0 {
                let mut next = vec![0.0; x.len()];
                for to in 0..N_NODES {
                    for from in 0..N_NODES {
                        for cell in 0..self.dim {
                            next[to * self.dim + cell] +=
                                dense[to * N_NODES + from] * layer[from * self.dim + cell];
                        }
                    }
                }
                layer = next;
            }
            for (total, cell) in total.iter_mut().zip(&layer) {
                *total += weight * cell;
            }
        }
        total
    }

    /// `Σ |weights[k]| Â^k |x|`, what rounding errors are relative to.
    fn magnitude(&self, dense: &[f64], x: &[f64]) -> Vec<f64> {
        let x: Vec<f64> = x.iter().map(|cell| cell.abs()).collect();
        let weights: Vec<f64> = self.weights.iter().map(|weight| weight.abs()).collect();
        self.definition(dense, &x, &weights)
    }

    /// How far a term may stray, relative to its size.
    ///
    /// Each layer rounds a term when its scales and its weight are rounded (3), when it is
    /// multiplied by them (3), at most `N_COLS` times in the sum and once when the layers are
    /// added; storing the gathered row rounds once more. (Higham, 2002, equation 3.5.)
    fn bound(&self, unit: f64, stored: f64) -> f64 {
        let layers = self.weights.len() as f64;
        let roundings = layers * (7.0 + N_COLS as f64);
        let gamma = roundings * unit / (1.0 - roundings * unit);
        (1.0 + gamma) * (1.0 + stored).powf(layers - 1.0) - 1.0
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let edges = prop::collection::vec((0..N_ROWS, 0..N_COLS), 0..50);
    let operator = (0..7usize, any::<bool>(), prop::option::of((0.3..1.0, any::<u64>())));
    let weights = prop::collection::vec(prop::sample::select(vec![0.0, 0.25, -1.0, 0.3]), 1..5);
    (edges, operator, prop::sample::select(DIMS.to_vec()), weights, any::<u64>()).prop_map(
        |(edges, (normalization, transpose, mask), dim, weights, seed)| {
            let dropout = mask.map(|(keep_prob, seed)| Dropout::new(keep_prob, seed).unwrap());
            let normalization = Normalization::ALL[normalization];
            let operator = Operator { normalization, transpose, dropout };
            Case { edges, operator, dim, weights, seed }
        },
    )
}

fn close(
    got: impl Iterator<Item = f64>,
    want: &[f64],
    size: &[f64],
    bound: f64,
) -> std::result::Result<(), String> {
    for (i, ((got, want), size)) in got.zip(want).zip(size).enumerate() {
        let off = (got - want).abs();
        if off.is_nan() || off > bound * size {
            return Err(format!("cell {i}: got {got}, want {want} ± {}", bound * size));
        }
    }
    Ok(())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

proptest! {
    #[test]
    fn equals_the_dense_definition_in_every_precision(case in cases()) {
        let (graph, level) = (case.graph(), Level::current());
        let x = case.table(0);
        let dense = case.dense(case.operator);
        let want = case.definition(&dense, &x, &case.weights);
        let size = case.magnitude(&dense, &x);

        let got = propagate(&graph, &case.operator, &x, case.dim, &case.weights, level).unwrap();
        // The definition rounds as often as the kernel does.
        close(got.into_iter(), &want, &size, 2.0 * case.bound(U64, 0.0)).unwrap();

        let x: Vec<f32> = x.into_iter().map(|cell| cell as f32).collect();
        let got = propagate(&graph, &case.operator, &x, case.dim, &case.weights, level).unwrap();
        close(got.into_iter().map(f64::from), &want, &size, case.bound(U32, 0.0)).unwrap();

        let got =
            propagate_bfloat16(&graph, &case.operator, &x, case.dim, &case.weights, level).unwrap();
        close(got.into_iter().map(f64::from), &want, &size, case.bound(U32, U16)).unwrap();
    }

    #[test]
    fn the_transposed_operator_is_the_adjoint(case in cases()) {
        let (graph, level) = (case.graph(), Level::current());
        let (x, y) = (case.table(1), case.table(2));
        let run = |operator: &Operator, x: &[f64]| {
            propagate(&graph, operator, x, case.dim, &case.weights, level).unwrap()
        };
        let adjoint = Operator { transpose: !case.operator.transpose, ..case.operator };
        let (left, right) = (dot(&run(&case.operator, &x), &y), dot(&x, &run(&adjoint, &y)));
        let absolute: Vec<f64> = y.iter().map(|cell| cell.abs()).collect();
        let size = dot(&case.magnitude(&case.dense(case.operator), &x), &absolute);
        // Both sides sum `N_NODES * dim` products of values that are off by the bound.
        let sums = (N_NODES * case.dim) as f64 * U64;
        prop_assert!((left - right).abs() <= 2.0 * (case.bound(U64, 0.0) + sums) * size);
    }

    #[test]
    fn the_written_out_operator_is_the_dense_one(case in cases(), cut in 0..=N_NODES) {
        let graph = case.graph();
        let dense = case.dense(case.operator);
        let mut found = vec![0.0; N_NODES * N_NODES];
        for nodes in [0..cut, cut..N_NODES] {
            let csr = adjacency(&graph, &case.operator, nodes.clone()).unwrap();
            prop_assert_eq!(csr.indptr.len(), nodes.len() + 1);
            for (row, node) in nodes.enumerate() {
                for at in csr.indptr[row] as usize..csr.indptr[row + 1] as usize {
                    found[node * N_NODES + csr.indices[at] as usize] = csr.values[at];
                }
            }
        }
        // Two scales and their product, on either side.
        for (found, dense) in found.into_iter().zip(dense) {
            prop_assert!((found - dense).abs() <= 8.0 * U64 * dense, "{} {}", found, dense);
        }
    }
}

/// A graph of many pieces: a hub, a few thousand ordinary nodes, some without edges.
fn large() -> Bipartite {
    let (mut rows, mut cols) = (Vec::new(), Vec::new());
    for i in 0..20_000i64 {
        rows.push(if i % 8 == 0 { 3 } else { i * i % 1999 });
        cols.push(i * 7919 % 2503);
    }
    Bipartite::from_edges(2100, 2600, &rows, &cols).unwrap()
}

#[test]
fn the_bits_depend_on_neither_threads_nor_level() {
    let graph = large();
    let n_nodes = graph.n_rows() + graph.n_cols();
    let weights = [0.1, 0.3, 0.6];
    for dim in [1, 3, 16, 17, 64, 100, 128, 200] {
        let x: Vec<f32> = (0..n_nodes * dim).map(|i| ((i * i % 1013) as f32).sin()).collect();
        let wide: Vec<f64> = x.iter().map(|&cell| f64::from(cell)).collect();
        for dropout in [None, Some(Dropout::new(0.6, 9).unwrap())] {
            let operator = Operator { dropout, ..Operator::default() };
            let run = |threads: usize, level: Level| {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let single = propagate(&graph, &operator, &x, dim, &weights, level).unwrap();
                    let double = propagate(&graph, &operator, &wide, dim, &weights, level).unwrap();
                    let half =
                        propagate_bfloat16(&graph, &operator, &x, dim, &weights, level).unwrap();
                    let bits = |cells: Vec<f32>| cells.into_iter().map(f32::to_bits);
                    let double: Vec<u64> = double.into_iter().map(f64::to_bits).collect();
                    (bits(single).collect::<Vec<_>>(), double, bits(half).collect::<Vec<_>>())
                })
            };
            let expected = run(1, Level::Baseline);
            for &level in Level::available() {
                for threads in [1, 2, 7] {
                    assert!(run(threads, level) == expected, "{dim} {level:?} {threads}");
                }
            }
        }
    }
}

#[test]
fn nodes_without_edges_keep_their_own_row_only() {
    let graph = Bipartite::from_edges(2, 2, &[0], &[0]).unwrap();
    let x = [1.0f32, 2.0, f32::NAN, 4.0];
    for normalization in Normalization::ALL {
        let operator = Operator { normalization, ..Operator::default() };
        let level = Level::current();
        let out = propagate(&graph, &operator, &x, 1, &[0.5, 0.5], level).unwrap();
        // Row 1 (node 1) and column 1 (node 3) are isolated; node 2 is NaN, so node 0 is.
        assert!(out[0].is_nan() && out[2].is_nan());
        assert_eq!((out[1], out[3]), (1.0, 2.0));
    }
}

#[test]
fn wrong_sizes_are_refused() {
    let graph = Bipartite::from_edges(1, 1, &[0], &[0]).unwrap();
    let (operator, level) = (Operator::default(), Level::current());
    let error = propagate(&graph, &operator, &[0.0f32; 3], 2, &[1.0], level).unwrap_err();
    assert_eq!(error, Error::Length { name: "x", expected: 4, found: 3 });
    let error = propagate(&graph, &operator, &[0.0f32; 4], 2, &[], level).unwrap_err();
    assert_eq!(error, Error::Empty { name: "weights" });
    let error = adjacency(&graph, &operator, 1..3).unwrap_err();
    assert_eq!(error, Error::Range { name: "rows", start: 1, end: 3, bound: 2 });
}

#[test]
fn axes_and_rows_may_be_empty() {
    let (operator, level) = (Operator::default(), Level::current());
    for (n_rows, n_cols, dim) in [(0, 0, 4), (0, 3, 2), (3, 0, 64), (2, 2, 0)] {
        let graph = Bipartite::from_edges(n_rows, n_cols, &[], &[]).unwrap();
        let x = vec![2.0f64; (n_rows + n_cols) * dim];
        let out = propagate(&graph, &operator, &x, dim, &[0.5, 1.0], level).unwrap();
        assert_eq!(out, vec![1.0; x.len()]);
    }
}
