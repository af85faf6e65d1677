//! `rate` and `check_lists` against their definitions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use glowrec_graph::Bipartite;
use glowrec_ranking::{Error, Metric, Queries, check_lists, mean, rate};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

const METRICS: [Metric; 6] =
    [Metric::Recall, Metric::Precision, Metric::Ndcg, Metric::Hit, Metric::Mrr, Metric::Map];

fn definition(metric: Metric, hits: &[bool], k: usize, n_relevant: usize) -> f64 {
    let hits: Vec<f64> = hits[..k].iter().map(|&hit| f64::from(u8::from(hit))).collect();
    let total: f64 = hits.iter().sum();
    let ideal = k.min(n_relevant);
    let discount = |rank: usize| 1.0 / (rank as f64 + 1.0).log2();
    let first = hits.iter().position(|&hit| hit > 0.0);
    match metric {
        Metric::Recall => total / n_relevant as f64,
        Metric::Precision => total / k as f64,
        Metric::Ndcg => {
            let gained: f64 = (1..=k).map(|rank| hits[rank - 1] * discount(rank)).sum();
            gained / (1..=ideal).map(discount).sum::<f64>()
        }
        Metric::Hit => total.min(1.0),
        Metric::Mrr => first.map_or(0.0, |at| 1.0 / (at + 1) as f64),
        Metric::Map => {
            let precision = |rank: usize| hits[..rank].iter().sum::<f64>() / rank as f64;
            (1..=k).map(|rank| hits[rank - 1] * precision(rank)).sum::<f64>() / ideal as f64
        }
    }
}

/// Lists of six out of eight columns, and which columns are relevant.
fn rows() -> impl Strategy<Value = Vec<(Vec<i64>, Vec<i64>)>> {
    let columns: Vec<i64> = (0..8).collect();
    let list = Just(columns.clone()).prop_shuffle().prop_flat_map(|columns| {
        (0..=6usize).prop_map(move |n| {
            let mut list = columns[..n].to_vec();
            list.resize(6, -1);
            list
        })
    });
    prop::collection::vec((list, prop::sample::subsequence(columns, 1..=8)), 1..20)
}

proptest! {
    #[test]
    fn every_metric_is_its_definition(rows in rows(), cuts in prop::sample::subsequence(vec![1usize, 2, 3, 6], 1..=4)) {
        let n = rows.len();
        let lists: Vec<i64> = rows.iter().flat_map(|(list, _)| list.clone()).collect();
        let pairs = (0i64..).zip(&rows).flat_map(|(row, (_, cols))| cols.iter().map(move |&col| (row, col)));
        let (who, what): (Vec<i64>, Vec<i64>) = pairs.unzip();
        let graph = Bipartite::from_edges(n, 8, &who, &what).unwrap();
        prop_assert_eq!(check_lists(&lists, 6, 8), Ok(()));

        let order: Vec<u32> = (0..n as u32).rev().collect();
        let width = METRICS.len() * cuts.len();
        let mut outputs = [1, 3].map(|threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let queries = Queries { rows: &order, ids: &order };
            let mut out = vec![9.0; n * width];
            pool.install(|| rate(&lists, 6, graph.by_row(), queries, &METRICS, &cuts, &mut out)).unwrap();
            out
        });
        prop_assert_eq!(&outputs[0], &outputs[1]);
        for (found, &row) in outputs[0].chunks_mut(width).zip(&order) {
            let (list, relevant) = &rows[row as usize];
            let hits: Vec<bool> = list.iter().map(|col| relevant.contains(col)).collect();
            for (i, &metric) in METRICS.iter().enumerate() {
                for (j, &k) in cuts.iter().enumerate() {
                    let expected = definition(metric, &hits, k, relevant.len());
                    let found = found[i * cuts.len() + j];
                    prop_assert!((found - expected).abs() < 1e-14, "{:?}@{}: {} {}", metric, k, found, expected);
                }
            }
        }
    }
}

#[test]
fn a_bad_list_is_named_by_its_first_bad_place() {
    let error = |list: [i64; 4]| check_lists(&[[0, 1, 2, 3], list].concat(), 4, 5).unwrap_err();
    assert_eq!(error([0, 5, 9, 1]), Error::NoColumn { list: 1, position: 1, id: 5, n: 5 });
    assert_eq!(error([0, -2, 1, 2]), Error::NoColumn { list: 1, position: 1, id: -2, n: 5 });
    assert_eq!(error([0, -1, -1, 3]), Error::AfterPadding { list: 1, position: 3 });
    assert_eq!(error([4, 2, 0, 2]), Error::Repeated { list: 1, position: 3, id: 2 });
    assert_eq!(check_lists(&[-1, -1, 4, -1], 2, 5), Ok(()));
    let mut many: Vec<i64> = vec![0; 5000];
    (many[4000], many[3000]) = (9, 7);
    assert_eq!(
        check_lists(&many, 1, 5),
        Err(Error::NoColumn { list: 3000, position: 0, id: 7, n: 5 })
    );
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_relevant_is_zero() {
    let graph = Bipartite::from_edges(1, 2, &[], &[]).unwrap();
    let queries = Queries { rows: &[0], ids: &[0] };
    let run = |lists: &[i64], cut: usize, out: &mut [f64]| {
        rate(lists, 2, graph.by_row(), queries, &METRICS, &[cut], out)
    };
    let mut out = [9.0; 6];
    assert_eq!(run(&[0, 1], 2, &mut out), Ok(()));
    assert_eq!(out, [0.0; 6]);
    assert!(run(&[0, 1], 3, &mut out).is_err());
    assert!(run(&[0, 1], 2, &mut out[..5]).is_err());
}

#[test]
fn means_lose_nothing() {
    let values = [1.0, 9.0, 1e100, 9.0, 1.0, 9.0, -1e100, 9.0];
    assert_eq!(mean(&values, 0, 2), 0.5);
    assert_eq!(mean(&values, 1, 2), 9.0);
    assert!(mean(&[], 0, 2).is_nan());
}
