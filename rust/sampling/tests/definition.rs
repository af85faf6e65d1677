//! The sampler against its definition, drawn one number at a time.
#![allow(clippy::unwrap_used, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

use glowrec_graph::{Bipartite, Csr};
use glowrec_sampling::{
    Error, Options, Order, Permutation, Sampler, Stream, Table, below, nth_absent,
};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

const N_ROWS: usize = 7;
const N_COLS: usize = 11;
const DIM: usize = 3;

/// Graphs with at least one entry in which no row links to the last column: none is saturated.
fn graphs() -> impl Strategy<Value = Bipartite> {
    prop::collection::vec((0..N_ROWS as i64, 0..N_COLS as i64 - 1), 1..60).prop_map(|edges| {
        let (rows, cols): (Vec<i64>, Vec<i64>) = edges.into_iter().unzip();
        Bipartite::from_edges(N_ROWS, N_COLS, &rows, &cols).unwrap()
    })
}

fn hardest(order: Order, seed: u64, n_negatives: usize, of: usize) -> Options {
    let strategy = glowrec_sampling::Strategy::Hardest { of };
    Options { order, seed, strategy, n_negatives, ..Options::default() }
}

fn of(options: &Options) -> usize {
    let glowrec_sampling::Strategy::Hardest { of } = options.strategy else { unreachable!() };
    of
}

/// The negatives that a position's slot chooses from, in order.
fn candidates(graph: &Csr, options: &Options, epoch: u64, position: u64) -> Vec<Vec<u32>> {
    let (row, _) = positive(graph, options, epoch, position);
    let linked = graph.row(row);
    let stream = Stream::of_seed(options.seed).child(epoch).child(3).child(position);
    let candidate = |slot: usize, candidate: usize| {
        let word = stream.word((candidate as u64) << 32 | slot as u64);
        let rank = below(word, (graph.n_cols() - linked.len()) as u64);
        (0..graph.n_cols() as u32).filter(|c| !linked.contains(c)).nth(rank as usize).unwrap()
    };
    (0..options.n_negatives)
        .map(|slot| (0..of(options)).map(|i| candidate(slot, i)).collect())
        .collect()
}

fn positive(graph: &Csr, options: &Options, epoch: u64, position: u64) -> (usize, u32) {
    let root = Stream::of_seed(options.seed).child(epoch);
    let entries: Vec<(usize, u32)> = (0..graph.n_rows())
        .flat_map(|row| graph.row(row).iter().map(move |&column| (row, column)))
        .collect();
    match options.order {
        Order::Interaction => {
            let shuffle = Permutation::new(entries.len() as u64, root.child(0));
            entries[shuffle.get(position) as usize]
        }
        Order::RowUniform => {
            let occupied: Vec<usize> =
                (0..graph.n_rows()).filter(|&row| graph.degree(row) > 0).collect();
            let word = root.child(1).word(position);
            let row = occupied[below(word, occupied.len() as u64) as usize];
            let word = root.child(2).word(position);
            (row, graph.row(row)[below(word, graph.degree(row) as u64) as usize])
        }
        Order::ColumnUniform => {
            let of = |column: u32| entries.iter().filter(move |entry| entry.1 == column);
            let occupied: Vec<u32> =
                (0..graph.n_cols() as u32).filter(|&column| of(column).count() > 0).collect();
            let word = root.child(1).word(position);
            let column = occupied[below(word, occupied.len() as u64) as usize];
            let rank = below(root.child(2).word(position), of(column).count() as u64);
            *of(column).nth(rank as usize).unwrap()
        }
    }
}

/// Sixteen lanes, then halving: for a length below sixteen, the products as they stand.
fn score(values: &[f32], row: usize, column: u32) -> f32 {
    let mut lanes = [0f32; 16];
    for j in 0..DIM {
        lanes[j] += values[row * DIM + j] * values[(N_ROWS + column as usize) * DIM + j];
    }
    let mut width = 8;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

fn drawn(
    graph: &Csr,
    options: &Options,
    epoch: u64,
    range: std::ops::Range<usize>,
    values: &[f32],
    threads: usize,
) -> [Vec<i64>; 3] {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let n = range.len();
    let table = Some(Table::F32 { values, dim: DIM });
    let sampler = Sampler::new(graph, options.clone()).unwrap();
    let drawn = pool.install(|| sampler.sample(graph, epoch, range.start, n, table)).unwrap();
    [drawn.rows, drawn.positives, drawn.negatives]
}

proptest! {
    #[test]
    fn triplets_are_those_of_the_definition(
        graph in graphs(),
        order in prop::sample::select(vec![
            Order::Interaction, Order::RowUniform, Order::ColumnUniform,
        ]),
        seed in any::<u64>(),
        epoch in any::<u64>(),
        n_negatives in 1usize..4,
        hardest_of in 1usize..7,
        // Few distinct values, so that ties occur; both zeros.
        values in prop::collection::vec(
            prop::sample::select(vec![-1.0f32, -0.0, 0.0, 1.0, 2.5]), (N_ROWS + N_COLS) * DIM,
        ),
        cut in 0.0..1.0f64,
    ) {
        let graph = graph.by_row();
        let options = hardest(order, seed, n_negatives, hardest_of);
        let n = graph.nnz();
        let all = drawn(graph, &options, epoch, 0..n, &values, 1);
        for position in 0..n {
            let (row, column) = positive(graph, &options, epoch, position as u64);
            prop_assert_eq!((all[0][position], all[1][position]), (row as i64, i64::from(column)));
            let choices = candidates(graph, &options, epoch, position as u64);
            for (slot, choices) in choices.into_iter().enumerate() {
                let mut best = choices[0];
                for &choice in &choices[1..] {
                    if score(&values, row, choice) > score(&values, row, best) {
                        best = choice;
                    }
                }
                prop_assert_eq!(all[2][position * n_negatives + slot], i64::from(best));
            }
        }
        let cut = (cut * n as f64) as usize;
        let head = drawn(graph, &options, epoch, 0..cut, &values, 2);
        let tail = drawn(graph, &options, epoch, cut..n, &values, 7);
        for part in 0..3 {
            prop_assert_eq!(&[&head[part][..], &tail[part][..]].concat(), &all[part]);
        }
    }

    /// Also where many rows, most of them empty, stand between one entry and the next.
    #[test]
    fn entries_belong_to_their_rows(
        links in prop::collection::btree_set((0usize..400, 0usize..3), 1..80), seed in any::<u64>(),
    ) {
        let (rows, cols): (Vec<i64>, Vec<i64>) =
            links.iter().map(|&(row, column)| (row as i64, column as i64)).unzip();
        let graph = Bipartite::from_edges(400, 4, &rows, &cols).unwrap();
        let options = Options { seed, ..Options::default() };
        let sampler = Sampler::new(graph.by_row(), options).unwrap();
        let drawn = sampler.sample(graph.by_row(), 0, 0, links.len(), None).unwrap();
        let mut found: Vec<(usize, usize)> = drawn.rows.iter().zip(&drawn.positives)
            .map(|(&row, &column)| (row as usize, column as usize))
            .collect();
        found.sort_unstable();
        prop_assert_eq!(found, links.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn candidates_are_those_of_the_definition(
        graph in graphs(), seed in any::<u64>(), n_negatives in 1usize..4, hardest_of in 1usize..40,
    ) {
        let graph = graph.by_row();
        let options = hardest(Order::RowUniform, seed, n_negatives, hardest_of);
        let sampler = Sampler::new(graph, options.clone()).unwrap();
        let out = sampler.candidates(graph, 4, 0, graph.nnz()).unwrap();
        let expected: Vec<i64> = (0..graph.nnz() as u64)
            .flat_map(|position| candidates(graph, &options, 4, position).concat())
            .map(i64::from)
            .collect();
        prop_assert_eq!(out, expected);
    }

    #[test]
    fn the_rank_of_an_absent_number_leads_back_to_it(
        members in prop::collection::btree_set(0u32..500, 0..400), number in 0u32..1000,
    ) {
        prop_assume!(!members.contains(&number));
        let rank = number - members.range(..number).count() as u32;
        let sorted: Vec<u32> = members.into_iter().collect();
        prop_assert_eq!(nth_absent(&sorted, rank), number);
    }
}

/// What version 0.1 draws, on any machine, for ever: saved runs are resumed by it.
#[test]
fn an_epoch_is_written_down() {
    let rows = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3];
    let cols = [1, 4, 6, 0, 2, 7, 0, 1, 2, 3];
    let graph = Bipartite::from_edges(4, 9, &rows, &cols).unwrap();
    let options = Options { seed: 2020, ..Options::default() };
    let values = vec![0.0; 13 * DIM];
    let [rows, positives, negatives] = drawn(graph.by_row(), &options, 1, 0..10, &values, 1);
    assert_eq!(rows, ROWS);
    assert_eq!(positives, POSITIVES);
    assert_eq!(negatives, NEGATIVES);
}

const ROWS: [i64; 10] = [2, 3, 1, 3, 0, 3, 0, 0, 1, 3];
const POSITIVES: [i64; 10] = [7, 0, 0, 3, 1, 2, 4, 6, 2, 1];
const NEGATIVES: [i64; 10] = [8, 7, 3, 8, 2, 8, 7, 3, 3, 4];

#[test]
fn every_error_names_its_numbers() {
    let graph = Bipartite::from_edges(3, 2, &[0, 1, 2, 2], &[0, 1, 0, 1]).unwrap();
    let graph = graph.by_row();
    let options = hardest(Order::Interaction, 0, 1, 1);
    let built = |graph: &Csr, options: &Options| Sampler::new(graph, options.clone()).unwrap_err();
    assert_eq!(built(graph, &options), Error::Saturated { row: 2, n_cols: 2 });
    let none = hardest(Order::Interaction, 0, 1, 0);
    assert_eq!(built(graph, &none), Error::Zero { name: "hardest_of" });
    let empty = Bipartite::from_edges(3, 2, &[], &[]).unwrap();
    assert_eq!(built(empty.by_row(), &options), Error::Empty);
    let no_columns = Bipartite::from_edges(3, 0, &[], &[]).unwrap();
    assert_eq!(built(no_columns.by_row(), &options), Error::Empty);

    let graph = Bipartite::from_edges(2, 3, &[0, 0, 1], &[0, 1, 2]).unwrap();
    let graph = graph.by_row();
    let sampler = Sampler::new(graph, options.clone()).unwrap();
    let sample = |sampler: &Sampler, graph: &Csr, start, n, table| {
        sampler.sample(graph, 0, start, n, table).unwrap_err()
    };
    let found = sample(&sampler, graph, 2, 2, None);
    assert_eq!(found, Error::Positions { start: 2, stop: 4, n: 3 });
    let found = sample(&sampler, graph, usize::MAX, 1, None);
    assert!(matches!(found, Error::Positions { .. }));
    let found = sampler.candidates(graph, 0, 3, 1).unwrap_err();
    assert_eq!(found, Error::Positions { start: 3, stop: 4, n: 3 });

    let pairs = Sampler::new(graph, Options { n_negatives: 0, ..options.clone() }).unwrap();
    assert_eq!(sample(&pairs, graph, 0, 1, None), Error::Zero { name: "n_negatives" });
    assert_eq!(pairs.candidates(graph, 0, 0, 1), Err(Error::Zero { name: "n_negatives" }));

    let other = Bipartite::from_edges(2, 4, &[0, 0, 1], &[0, 1, 2]).unwrap();
    let found = sample(&sampler, other.by_row(), 0, 1, None);
    assert_eq!(found, Error::Length { name: "graph's columns", expected: 3, found: 4 });

    let hard = Sampler::new(graph, hardest(Order::Interaction, 0, 1, 4)).unwrap();
    let found = sample(&hard, graph, 0, 1, None);
    assert_eq!(found, Error::NoVectors { hardest_of: 4 });
    let short = Table::F32 { values: &[0.0; 4], dim: 1 };
    let found = sample(&hard, graph, 0, 1, Some(short));
    assert_eq!(found, Error::Length { name: "vectors", expected: 5, found: 4 });
    let nan = Table::Bf16 { values: &[0, 0, 0x7FC0, 0x7FC0, 0x7FC0], dim: 1 };
    let found = sample(&hard, graph, 0, 1, Some(nan));
    assert!(matches!(found, Error::NotANumber { .. }), "{found:?}");
}

#[test]
fn a_row_with_one_or_two_columns_left_draws_exactly_those() {
    let rows: Vec<i64> = (0..9).map(|_| 0).chain((0..8).map(|_| 1)).collect();
    let cols: Vec<i64> =
        (0..10).filter(|c| *c != 4).chain((0..10).filter(|c| c % 7 != 2)).collect();
    let graph = Bipartite::from_edges(2, 10, &rows, &cols).unwrap();
    let options = Options { seed: 1, n_negatives: 30, ..Options::default() };
    let values = vec![0.0; (N_ROWS + N_COLS) * DIM];
    let [rows, _, negatives] = drawn(graph.by_row(), &options, 0, 0..17, &values, 2);
    let of = |row: i64| {
        let mut all: Vec<i64> =
            (0..negatives.len()).filter(|i| rows[i / 30] == row).map(|i| negatives[i]).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    assert_eq!(of(0), [4]);
    assert_eq!(of(1), [2, 9]);
}
