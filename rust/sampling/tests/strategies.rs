//! Every strategy: what it draws for ever, how often, and what it refuses.
#![allow(clippy::unwrap_used, clippy::cast_sign_loss)]

use glowrec_graph::Bipartite;
use glowrec_sampling::{
    Candidates, Error, Limits, Options, Order, Sampler, Saturation, Strategy, Stream, below,
};
use rayon::ThreadPoolBuilder;

fn graph() -> Bipartite {
    let rows = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3];
    let cols = [1, 4, 6, 0, 2, 7, 0, 1, 2, 3];
    Bipartite::from_edges(4, 9, &rows, &cols).unwrap()
}

fn popularity() -> Strategy {
    Strategy::Popularity { beta: 0.75 }
}

fn mixed() -> Strategy {
    Strategy::Mixed(vec![(Strategy::Uniform, 1.0), (popularity(), 2.5)])
}

fn drawn(strategy: Strategy, order: Order, replacement: bool) -> Vec<i64> {
    let graph = graph();
    let options =
        Options { order, seed: 2020, strategy, n_negatives: 2, replacement, ..Options::default() };
    let sampler = Sampler::new(graph.by_row(), options).unwrap();
    sampler.sample(graph.by_row(), 1, 0, 10, None).unwrap().negatives
}

/// What is drawn on any machine, for ever; Python's tests hold the same numbers.
#[test]
fn every_strategy_is_written_down() {
    let in_batch = Strategy::InBatch { batch_size: 10 };
    let interaction = Order::Interaction;
    for (found, expected) in [
        (drawn(popularity(), interaction, true), POPULARITY),
        (drawn(mixed(), interaction, true), MIXED),
        (drawn(in_batch, interaction, true), IN_BATCH),
        (drawn(Strategy::Uniform, interaction, false), DISTINCT),
        (drawn(popularity(), Order::ColumnUniform, false), DISTINCT_POPULARITY),
    ] {
        assert_eq!(found, expected);
    }
    let (graph, limits) = (graph(), Limits::default());
    let graph = graph.by_row();
    let candidates = Candidates::new(graph, &limits, &Strategy::Uniform, 4, false, 7).unwrap();
    assert_eq!(candidates.sample(graph, &[0, 3], None).unwrap(), CANDIDATES);
    assert_eq!(candidates.sample(graph, &[0, 3], Some(&[0, 8])).unwrap(), OF_TARGETS);
}

const POPULARITY: [i64; 20] = [6, 1, 7, 6, 1, 4, 7, 4, 0, 3, 7, 7, 2, 7, 7, 0, 4, 4, 6, 7];
const MIXED: [i64; 20] = [8, 1, 7, 7, 1, 4, 7, 4, 0, 5, 7, 7, 7, 7, 7, 0, 4, 4, 6, 7];
const IN_BATCH: [i64; 20] = [1, 2, 6, 4, 1, 6, 7, 4, 0, 2, 6, 6, 0, 2, 2, 0, 6, 3, 7, 4];
const DISTINCT: [i64; 20] = [8, 3, 7, 6, 3, 1, 8, 7, 2, 5, 8, 7, 7, 3, 3, 0, 3, 7, 4, 6];
const DISTINCT_POPULARITY: [i64; 20] = [6, 1, 2, 0, 7, 4, 7, 4, 1, 6, 3, 1, 2, 7, 7, 0, 2, 3, 6, 7];
const CANDIDATES: [i64; 8] = [2, 3, 8, 0, 7, 6, 8, 5];
const OF_TARGETS: [i64; 8] = [7, 8, 5, 3, 5, 4, 6, 7];

/// Above what a chi-square variable of `dof` degrees stays once in a million times (Wilson and
/// Hilferty, 1931).
fn once_in_a_million(dof: f64) -> f64 {
    let shrink = 2.0 / (9.0 * dof);
    dof * (1.0 - shrink + 4.753 * shrink.sqrt()).powi(3)
}

#[test]
fn frequencies_are_the_reported_probabilities() {
    let graph = graph();
    let graph = graph.by_row();
    for strategy in [Strategy::Uniform, popularity(), mixed()] {
        let options = Options { strategy, n_negatives: 8, ..Options::default() };
        let sampler = Sampler::new(graph, options).unwrap();
        let mut counts = [[0u32; 9]; 4];
        for epoch in 0..500 {
            let drawn = sampler.sample(graph, epoch, 0, 10, None).unwrap();
            for (&row, columns) in drawn.rows.iter().zip(drawn.negatives.chunks(8)) {
                for &column in columns {
                    counts[row as usize][column as usize] += 1;
                }
            }
        }
        for (row, counts) in counts.iter().enumerate() {
            let columns: Vec<u32> = (0..9).collect();
            let chances = sampler.probabilities(graph, &[row as u32; 9], &columns).unwrap();
            assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let n = f64::from(counts.iter().sum::<u32>());
            let mut found = 0.0;
            for (&count, &chance) in counts.iter().zip(&chances) {
                assert!(chance > 0.0 || count == 0);
                if chance > 0.0 {
                    found += (f64::from(count) - n * chance).powi(2) / (n * chance);
                }
            }
            let dof = chances.iter().filter(|&&chance| chance > 0.0).count() as f64 - 1.0;
            assert!(found < once_in_a_million(dof), "row {row}: {found}");
        }
    }
}

#[test]
fn one_call_or_many_on_any_threads() {
    let graph = graph();
    let graph = graph.by_row();
    for strategy in [popularity(), mixed(), Strategy::InBatch { batch_size: 10 }] {
        let options = Options { strategy, n_negatives: 3, ..Options::default() };
        let sampler = Sampler::new(graph, options).unwrap();
        let whole = sampler.sample(graph, 3, 0, 10, None).unwrap();
        for threads in [1, 2, 7] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for at in 0..10 {
                let one = pool.install(|| sampler.sample(graph, 3, at, 1, None)).unwrap();
                assert_eq!(one.negatives, whole.negatives[at * 3..at * 3 + 3]);
            }
        }
    }
}

/// `2^32` draws and more of one epoch: the last position by its definition.
#[test]
fn positions_behind_many_draws_are_indexed() {
    let (rows, cols): (Vec<i64>, Vec<i64>) = (0..5000).map(|i| (i / 100, i % 100 * 2)).unzip();
    let graph = Bipartite::from_edges(50, 300, &rows, &cols).unwrap();
    let (graph, n) = (graph.by_row(), 1 << 20);
    let sampler = Sampler::new(graph, Options { n_negatives: n, ..Options::default() }).unwrap();
    let (last, epoch) = (sampler.n_triplets() - 1, u64::MAX);
    assert!(last * n > 1 << 32);
    let drawn = sampler.sample(graph, epoch, last, 1, None).unwrap();
    let stream = Stream::of_seed(0).child(epoch).child(3).child(last as u64);
    let free: Vec<i64> = (0..300).filter(|&c| !graph.contains(0, c)).map(i64::from).collect();
    for slot in [0, 1, n - 1] {
        let rank = below(stream.word(slot as u64), free.len() as u64);
        assert_eq!(drawn.negatives[slot], free[rank as usize]);
    }
}

/// Where a row finds nothing by popularity, the other parts of a mixture share its weight.
#[test]
fn a_mixture_goes_on_without_an_exhausted_part() {
    let graph = Bipartite::from_edges(2, 4, &[0, 0, 1], &[0, 1, 0]).unwrap();
    let graph = graph.by_row();
    for replacement in [true, false] {
        let strategy = mixed();
        let options = Options { strategy, n_negatives: 2, replacement, ..Options::default() };
        let sampler = Sampler::new(graph, options).unwrap();
        for epoch in 0..50 {
            let drawn = sampler.sample(graph, epoch, 0, 3, None).unwrap();
            for (&row, columns) in drawn.rows.iter().zip(drawn.negatives.chunks(2)) {
                assert!(columns.iter().all(|&column| column > 0));
                assert!(row > 0 || columns.iter().all(|&column| column > 1));
                assert!(replacement || columns[0] != columns[1]);
            }
        }
        assert_eq!(sampler.probabilities(graph, &[0, 0], &[1, 2]).unwrap(), [0.0, 0.5]);
    }
}

#[test]
fn rows_with_too_few_columns_are_named_or_skipped() {
    let graph = Bipartite::from_edges(3, 4, &[0, 0, 0, 1, 2], &[0, 1, 2, 0, 1]).unwrap();
    let graph = graph.by_row();
    let distinct = Options { n_negatives: 2, replacement: false, ..Options::default() };
    let found = Sampler::new(graph, distinct.clone()).unwrap_err();
    assert_eq!(found, Error::TooFew { row: 0, n: 1, needed: 2 });
    let skip = Options { saturated: Saturation::Skip, ..distinct };
    let sampler = Sampler::new(graph, skip).unwrap();
    assert_eq!(sampler.n_triplets(), 2);
    let drawn = sampler.sample(graph, 0, 0, 2, None).unwrap();
    assert!(drawn.rows.iter().all(|&row| row > 0));

    let popular = Options { strategy: popularity(), ..Options::default() };
    let found = Sampler::new(graph, popular).unwrap_err();
    assert_eq!(found, Error::Weightless { row: 0, n: 0, needed: 1, rest: 1 }); // nobody has it
    let message = "user 0 has 0 items of any popularity that may be drawn, fewer than 1 (";
    assert!(found.to_string().starts_with(message));
    let limits = Limits { blocked: &[3], ..Limits::default() };
    let found = Sampler::limited(graph, &limits, Options::default()).unwrap_err();
    assert_eq!(found, Error::TooFew { row: 0, n: 0, needed: 1 });

    let in_batch = Options { strategy: Strategy::InBatch { batch_size: 1 }, ..Options::default() };
    let apart = Bipartite::from_edges(2, 2, &[0, 1], &[0, 1]).unwrap();
    let sampler = Sampler::new(apart.by_row(), in_batch).unwrap();
    let found = sampler.sample(apart.by_row(), 0, 1, 1, None).unwrap_err();
    assert!(matches!(found, Error::TooFewInBatch { n: 0, start: 1, stop: 2, .. }), "{found:?}");
}

#[test]
fn what_does_not_fit_is_named() {
    let graph = graph();
    let graph = graph.by_row();
    let other = Bipartite::from_edges(4, 8, &[0], &[0]).unwrap();
    let limited = |limits: Limits<'_>| Sampler::limited(graph, &limits, Options::default());
    let exclude = Limits { exclude: Some(other.by_row()), ..Limits::default() };
    let length = |name| Error::Length { name, expected: 9, found: 8 };
    assert_eq!(limited(exclude).unwrap_err(), length("exclude's columns"));
    let allow = Limits { allow: Some(other.by_row()), ..Limits::default() };
    assert_eq!(limited(allow).unwrap_err(), length("allow's columns"));
    let found = limited(Limits { blocked: &[1, 9], ..Limits::default() }).unwrap_err();
    let expected = Error::OutOfRange { name: "blocked", position: 1, found: 9, bound: 9 };
    assert_eq!(found, expected);
    let hardest = Strategy::Hardest { of: 2 };
    let options = Options { strategy: hardest.clone(), replacement: false, ..Options::default() };
    assert_eq!(Sampler::new(graph, options).unwrap_err(), Error::Replacement);
    let options = Options { strategy: hardest.clone(), ..Options::default() };
    let sampler = Sampler::new(graph, options).unwrap();
    assert_eq!(sampler.probabilities(graph, &[0], &[0]), Err(Error::NoClosedForm));

    let none = Limits::default();
    let candidates = |strategy: &Strategy, n| Candidates::new(graph, &none, strategy, n, false, 0);
    assert_eq!(candidates(&Strategy::Uniform, 0).unwrap_err(), Error::Zero { name: "n" });
    assert!(matches!(candidates(&hardest, 1).unwrap_err(), Error::Mixed { .. }));
    let six = candidates(&Strategy::Uniform, 6).unwrap();
    let found = six.sample(graph, &[1, 3], None).unwrap_err();
    assert_eq!(found, Error::TooFew { row: 3, n: 5, needed: 6 });
    let found = six.sample(graph, &[4], None).unwrap_err();
    assert_eq!(found, Error::OutOfRange { name: "rows", position: 0, found: 4, bound: 4 });
    let found = candidates(&popularity(), 1).unwrap().inclusion(graph, &[0], &[0]).unwrap_err();
    assert_eq!(found, Error::NoClosedForm);
}
