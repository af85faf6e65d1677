//! Every level of instructions draws the same triplets: tests.
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)]

use glowrec_graph::Bipartite;
use glowrec_graph::simd::Level;

use crate::stream::{Stream, below};
use crate::{Error, Options, Order, Sampler, Table, Triplets};

const N_ROWS: usize = 10;
const N_COLS: usize = 300;

/// Rows of very different degrees, from none to all columns but one.
fn graph() -> Bipartite {
    let words = Stream::of_seed(11);
    let (mut rows, mut cols) = (Vec::new(), Vec::new());
    for row in 0..N_ROWS as i64 {
        let degree = [0, 1, 5, 17, 63, 64, 65, 130, 299, 299][row as usize % 10];
        let first = row as u64 * 1000;
        let mut all: Vec<i64> = (0..N_COLS as i64).collect();
        for i in 0..degree {
            let j = i + below(words.word(first + i as u64), (N_COLS - i) as u64) as usize;
            all.swap(i, j);
            rows.push(row);
            cols.push(all[i]);
        }
    }
    Bipartite::from_edges(N_ROWS, N_COLS, &rows, &cols).unwrap()
}

fn sample(
    level: Level,
    graph: &Bipartite,
    options: Options,
    table: Option<Table<'_>>,
) -> crate::Result<Triplets> {
    let sampler = Sampler::new(graph.by_row(), options).unwrap();
    let n = sampler.n_triplets() - 3;
    sampler.sample_on(level, graph.by_row(), 1, 3, n, table)
}

fn values(dim: usize) -> Vec<f32> {
    let words = Stream::of_seed(5);
    (0..((N_ROWS + N_COLS) * dim) as u64)
        .map(|i| (words.word(i) >> 40) as f32 / 1e7 - 0.8)
        .collect()
}

#[test]
fn the_same_bits_on_every_level() {
    let graph = graph();
    for order in [Order::Interaction, Order::RowUniform] {
        for n_negatives in [1, 3] {
            for hardest_of in [1, 2, 5, 31, 32, 33, 70] {
                let options = Options { order, seed: 9, n_negatives, hardest_of };
                for dim in [0, 1, 15, 16, 24, 64] {
                    let f32s = values(dim);
                    let bits: Vec<u16> = f32s.iter().map(|x| (x.to_bits() >> 16) as u16).collect();
                    for table in
                        [Table::F32 { values: &f32s, dim }, Table::Bf16 { values: &bits, dim }]
                    {
                        let expected = sample(Level::Baseline, &graph, options, Some(table));
                        for &level in Level::available() {
                            let found = sample(level, &graph, options, Some(table));
                            assert_eq!(found, expected, "{level:?} {options:?} dim {dim}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_first_nan_is_reported_on_every_level() {
    let graph = graph();
    let options = Options { order: Order::Interaction, seed: 2, n_negatives: 2, hardest_of: 40 };
    let mut values = values(16);
    values[(N_ROWS + 7) * 16 + 3] = f32::NAN;
    let table = Some(Table::F32 { values: &values, dim: 16 });
    let expected = sample(Level::Baseline, &graph, options, table).unwrap_err();
    assert!(matches!(expected, Error::NotANumber { column: 7, .. }), "{expected:?}");
    for &level in Level::available() {
        assert_eq!(sample(level, &graph, options, table), Err(expected.clone()), "{level:?}");
    }
}

#[test]
fn infinite_scores_are_legal_on_every_level() {
    let graph = graph();
    let options = Options { order: Order::Interaction, seed: 2, n_negatives: 1, hardest_of: 40 };
    for infinity in [f32::INFINITY, f32::NEG_INFINITY] {
        let values: Vec<f32> = (0..N_ROWS + N_COLS)
            .map(|node| if node >= N_ROWS && node % 3 == 0 { infinity } else { 1.0 })
            .collect();
        let table = Some(Table::F32 { values: &values, dim: 1 });
        let expected = sample(Level::Baseline, &graph, options, table).unwrap();
        for &level in Level::available() {
            assert_eq!(sample(level, &graph, options, table).as_ref(), Ok(&expected), "{level:?}");
        }
    }
}
