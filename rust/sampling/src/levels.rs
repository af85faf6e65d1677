//! Every level of instructions draws the same triplets: tests.
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)]

use glowrec_graph::Bipartite;
use glowrec_graph::simd::Level;

use crate::stream::{Stream, below};
use crate::{Error, Limits, Options, Order, Sampler, Strategy, Table, Triplets};

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
    options: &Options,
    table: Option<Table<'_>>,
) -> crate::Result<Triplets> {
    let sampler = Sampler::new(graph.by_row(), options.clone()).unwrap();
    let n = sampler.n_triplets() - 3;
    sampler.sample_on(level, graph.by_row(), 1, 3, n, table)
}

fn hardest(order: Order, n_negatives: usize, of: usize) -> Options {
    let strategy = Strategy::Hardest { of };
    Options { order, seed: 9, strategy, n_negatives, ..Options::default() }
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
    for order in [Order::Interaction, Order::RowUniform, Order::ColumnUniform] {
        for n_negatives in [1, 3] {
            for hardest_of in [1, 2, 5, 31, 32, 33, 70] {
                let options = hardest(order, n_negatives, hardest_of);
                for dim in [0, 1, 15, 16, 24, 64] {
                    let f32s = values(dim);
                    let bits: Vec<u16> = f32s.iter().map(|x| (x.to_bits() >> 16) as u16).collect();
                    for table in
                        [Table::F32 { values: &f32s, dim }, Table::Bf16 { values: &bits, dim }]
                    {
                        let expected = sample(Level::Baseline, &graph, &options, Some(table));
                        for &level in Level::available() {
                            let found = sample(level, &graph, &options, Some(table));
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
    let options = hardest(Order::Interaction, 2, 40);
    let mut values = values(16);
    values[(N_ROWS + 7) * 16 + 3] = f32::NAN;
    let table = Some(Table::F32 { values: &values, dim: 16 });
    let expected = sample(Level::Baseline, &graph, &options, table).unwrap_err();
    assert!(matches!(expected, Error::NotANumber { column: 7, .. }), "{expected:?}");
    for &level in Level::available() {
        assert_eq!(sample(level, &graph, &options, table), Err(expected.clone()), "{level:?}");
    }
}

#[test]
fn infinite_scores_are_legal_on_every_level() {
    let graph = graph();
    let options = hardest(Order::Interaction, 1, 40);
    for infinity in [f32::INFINITY, f32::NEG_INFINITY] {
        let values: Vec<f32> = (0..N_ROWS + N_COLS)
            .map(|node| if node >= N_ROWS && node % 3 == 0 { infinity } else { 1.0 })
            .collect();
        let table = Some(Table::F32 { values: &values, dim: 1 });
        let expected = sample(Level::Baseline, &graph, &options, table).unwrap();
        for &level in Level::available() {
            assert_eq!(sample(level, &graph, &options, table).as_ref(), Ok(&expected), "{level:?}");
        }
    }
}

/// Every strategy, with and without replacement, within every kind of limits.
#[test]
fn strategies_and_limits_draw_the_same_bits_on_every_level() {
    let graph = graph();
    let other = |n: i64| {
        let pairs = (0..10).flat_map(|row| (0..n).map(move |i| (row, (row * 7 + i * 11) % 300)));
        let (rows, cols): (Vec<i64>, Vec<i64>) = pairs.unzip();
        Bipartite::from_edges(N_ROWS, N_COLS, &rows, &cols).unwrap()
    };
    let (exclude, allow) = (other(20), other(100));
    let popularity = Strategy::Popularity { beta: 0.75 };
    let mixed = Strategy::Mixed(vec![(Strategy::Uniform, 1.0), (popularity.clone(), 2.0)]);
    let in_batch = Strategy::InBatch { batch_size: 500 };
    for strategy in [Strategy::Uniform, popularity, mixed, in_batch, Strategy::Hardest { of: 33 }] {
        for mask in 0..16 {
            let limits = Limits {
                exclude: (mask & 1 > 0).then(|| exclude.by_row()),
                allow: (mask & 2 > 0).then(|| allow.by_row()),
                blocked: if mask & 4 > 0 { &[3, 0, 299, 120] } else { &[] },
            };
            let replacement = mask & 8 == 0;
            if !replacement && strategy.n_candidates() > 1 {
                continue;
            }
            let options = Options {
                seed: 4,
                strategy: strategy.clone(),
                n_negatives: 2,
                replacement,
                saturated: crate::Saturation::Skip,
                ..Options::default()
            };
            let graph = graph.by_row();
            let sampler = Sampler::limited(graph, &limits, options).unwrap();
            let (n, values) = (sampler.n_triplets() - 2, values(3));
            let table = Some(Table::F32 { values: &values, dim: 3 });
            let draw = |level| sampler.sample_on(level, graph, 5, 2, n, table);
            let expected = draw(Level::Baseline);
            for &level in Level::available() {
                assert_eq!(draw(level), expected, "{level:?} {strategy:?} {mask}");
            }
            // A batch may hold nothing for a row that is linked to nearly every column.
            let Ok(expected) = expected else { continue };
            for (row, drawn) in expected.rows.iter().zip(expected.negatives.chunks(2)) {
                for &column in drawn {
                    let (row, column) = (*row as usize, column as u32);
                    assert!(!graph.contains(row, column));
                    assert!(!limits.exclude.is_some_and(|csr| csr.contains(row, column)));
                    assert!(limits.allow.is_none_or(|csr| csr.contains(row, column)));
                    assert!(!limits.blocked.contains(&column));
                }
                assert!(replacement || drawn[0] != drawn[1]);
            }
        }
    }
}
