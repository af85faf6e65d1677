//! `Rater` and `check_lists` against their definitions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use glowrec_graph::Bipartite;
use glowrec_ranking::metrics::{
    AveragePrecision, Convention, Discount, Gain, HitCount, Ideal, Lists, Metric, Part, Precision,
    Rater, Recall, ReciprocalRank, Relevant, Ties, check_lists, total, without_repeats,
};
use glowrec_ranking::{Error, Queries};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

/// A metric as its formula is written, of the gains within `k`; 0 is no hit.
fn definition(metric: Metric, c: &Convention, hits: &[f64], k: usize, grades: &[f64]) -> f64 {
    let length = hits.len().min(k);
    let mut gains: Vec<f64> = hits[..length].to_vec();
    let n_relevant = grades.len();
    let is = |gain: f64| f64::from(u8::from(gain > 0.0));
    let n_hits: f64 = gains.iter().map(|&gain| is(gain)).sum();
    let min = k.min(n_relevant) as f64;
    let recall = match c.recall {
        Recall::Relevant => n_relevant as f64,
        Recall::Min => min,
    };
    let precision = match c.precision {
        Precision::K => k as f64,
        Precision::List => length as f64,
        Precision::Min => min,
    };
    let safe = |over: f64, under: f64| if over == 0.0 { 0.0 } else { over / under };
    let dcg = |gains: &[f64]| -> f64 {
        let by = |rank: f64| match c.discount {
            Discount::Log2 => (rank + 1.0).log2(),
            Discount::Ln => (rank + 1.0).ln(),
            Discount::Clipped => rank.log2().max(1.0),
        };
        (1u8..).zip(gains).map(|(rank, gain)| gain / by(f64::from(rank))).sum()
    };
    let sorted = |gains: &[f64]| {
        let mut gains = gains.to_vec();
        gains.sort_by(|a, b| b.total_cmp(a));
        gains
    };
    match metric {
        Metric::Recall => safe(n_hits, recall),
        Metric::Precision => safe(n_hits, precision),
        Metric::F1 => {
            let (p, r) = (safe(n_hits, precision), safe(n_hits, recall));
            safe(2.0 * p * r, p + r)
        }
        Metric::Hit if c.hit == HitCount::Count => n_hits,
        Metric::Hit => n_hits.min(1.0),
        Metric::Dcg => dcg(&gains),
        Metric::Ndcg => {
            let over = dcg(&gains);
            let ideal = match c.ideal {
                Ideal::Min => sorted(grades).into_iter().take(k).collect(),
                Ideal::Hits => sorted(&gains),
                Ideal::K => vec![1.0; k],
            };
            safe(over, dcg(&ideal))
        }
        Metric::Mrr => {
            let ranks = (1u8..).zip(&gains).filter(|(_, gain)| **gain > 0.0);
            let mut inverse = ranks.map(|(rank, _)| 1.0 / f64::from(rank));
            match c.reciprocal_rank {
                ReciprocalRank::First => inverse.next().unwrap_or(0.0),
                ReciprocalRank::Sum => inverse.sum(),
            }
        }
        Metric::Map => {
            for gain in &mut gains {
                *gain = is(*gain);
            }
            let precision = |rank: usize| gains[..rank].iter().sum::<f64>() / rank as f64;
            let over = (1..=length).map(|rank| gains[rank - 1] * precision(rank)).sum();
            let under = match c.average_precision {
                AveragePrecision::Relevant => n_relevant as f64,
                AveragePrecision::Min => min,
                AveragePrecision::Hits => n_hits,
                AveragePrecision::K => k as f64,
            };
            safe(over, under)
        }
    }
}

fn conventions() -> impl Strategy<Value = Convention> {
    use prop::sample::select;
    let gains = (select(Gain::ALL), select(Discount::ALL), select(Ideal::ALL));
    let denominators = (select(Recall::ALL), select(Precision::ALL), select(AveragePrecision::ALL));
    let hits = (select(ReciprocalRank::ALL), select(HitCount::ALL));
    (gains, denominators, hits).prop_map(|(gains, denominators, hits)| Convention {
        gain: gains.0,
        discount: gains.1,
        ideal: gains.2,
        recall: denominators.0,
        precision: denominators.1,
        average_precision: denominators.2,
        reciprocal_rank: hits.0,
        hit: hits.1,
        ties: Ties::LowerId,
    })
}

/// A list of up to six out of eight columns, and the relevant ones with their grades.
type Row = (Vec<i64>, Vec<(i64, f64)>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let columns: Vec<i64> = (0..8).collect();
    let list = Just(columns.clone())
        .prop_shuffle()
        .prop_flat_map(|columns| (0..=6usize).prop_map(move |n| columns[..n].to_vec()));
    let relevant = (prop::sample::subsequence(columns, 0..=8), prop::array::uniform8(1u8..4));
    let relevant = relevant
        .prop_map(|(columns, grades)| columns.into_iter().zip(grades.map(f64::from)).collect());
    prop::collection::vec((list, relevant), 1..20)
}

fn padded(rows: &[Row], width: usize) -> Vec<i64> {
    let pad = |(list, _): &Row| {
        let mut list = list.clone();
        list.resize(width, -1);
        list
    };
    rows.iter().flat_map(pad).collect()
}

fn relevant(rows: &[Row]) -> (Bipartite, Vec<f64>) {
    let pairs = (0i64..)
        .zip(rows)
        .flat_map(|(row, (_, cols))| cols.iter().map(move |&(col, _)| (row, col)));
    let (who, what): (Vec<i64>, Vec<i64>) = pairs.unzip();
    let grades = rows.iter().flat_map(|(_, cols)| cols.iter().map(|&(_, grade)| grade)).collect();
    (Bipartite::from_edges(rows.len(), 8, &who, &what).unwrap(), grades)
}

proptest! {
    #[test]
    fn every_metric_is_its_definition_in_every_convention(
        rows in rows(),
        convention in conventions(),
        cuts in prop::sample::subsequence(vec![1usize, 2, 3, 6], 1..=4),
        graded: bool,
    ) {
        let lists = padded(&rows, 6);
        prop_assert_eq!(check_lists(&lists, 6, 8, false), Ok(()));
        let (graph, grades) = relevant(&rows);
        let relevant = Relevant { columns: graph.by_row(), grades: graded.then_some(&grades[..]) };
        let lists = Lists { columns: &lists, width: 6, tied: &[], beyond: None };
        let graded = graded && convention.gain != Gain::Binary;
        let rater = Rater::new(Metric::ALL, &cuts, convention, graded);
        if graded && convention.ideal == Ideal::K {
            let refused = matches!(rater, Err(Error::Undefined { metric: "ndcg", .. }));
            prop_assert!(refused);
            return Ok(());
        }
        let rater = rater.unwrap();

        let order: Vec<u32> = (0..rows.len() as u32).rev().collect();
        let queries = Queries { rows: &order, ids: &order };
        let mut parts = Part::ALL.iter().map(|&part| {
            let outputs = [1, 3].map(|threads| {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let mut out = vec![9.0; rows.len() * rater.width()];
                pool.install(|| rater.rate(&lists, &relevant, queries, part, &mut out)).unwrap();
                out
            });
            assert_eq!(outputs[0], outputs[1]);
            outputs[0].clone()
        });
        let [values, over, under] = std::array::from_fn(|_| parts.next().unwrap());
        for ((value, over), under) in values.iter().zip(over).zip(under) {
            prop_assert_eq!(*value, if over == 0.0 { 0.0 } else { over / under });
        }
        for (found, &row) in values.chunks(rater.width()).zip(&order) {
            let (list, relevant) = &rows[row as usize];
            let gain = |grade: f64| if graded { convention.gain.of(grade) } else { 1.0 };
            let of = |col: &i64| relevant.iter().find(|(other, _)| other == col).map_or(0.0, |&(_, grade)| gain(grade));
            let hits: Vec<f64> = list.iter().map(of).collect();
            let gains: Vec<f64> = relevant.iter().map(|&(_, grade)| gain(grade)).collect();
            for (i, &metric) in Metric::ALL.iter().enumerate() {
                for (j, &k) in cuts.iter().enumerate() {
                    let expected = definition(metric, &convention, &hits, k, &gains);
                    let found = found[i * cuts.len() + j];
                    prop_assert!((found - expected).abs() < 1e-13, "{:?}@{}: {} {}", metric, k, found, expected);
                }
            }
        }
    }

    #[test]
    fn totals_do_not_depend_on_order(values in prop::collection::vec((-1e6..1e6f64, -30..30i32), 0..60), seed: u64) {
        let values: Vec<f64> = values.into_iter().map(|(value, power)| value * f64::from(power).exp2()).collect();
        let mut other = values.clone();
        let n = other.len();
        for i in 1..n {
            other.swap(i, (seed.wrapping_mul(i as u64 | 1) >> 7) as usize % (i + 1));
        }
        prop_assert_eq!(total(&values), total(&other));
        let plain: f64 = values.iter().sum();
        let scale: f64 = values.iter().map(|value| value.abs()).sum();
        prop_assert!((total(&values) - plain).abs() <= scale * f64::EPSILON * n as f64);
    }
}

fn rated(metric: Metric, convention: Convention) -> f64 {
    let list: Vec<i64> = (0..10).collect();
    let graph = Bipartite::from_edges(1, 20, &[0; 5], &[1, 4, 8, 15, 19]).unwrap();
    let mut out = [9.0];
    let lists = Lists { columns: &list, width: 10, tied: &[], beyond: None };
    let relevant = Relevant { columns: graph.by_row(), grades: None };
    let rater = Rater::new(&[metric], &[10], convention, false).unwrap();
    rater
        .rate(&lists, &relevant, Queries { rows: &[0], ids: &[0] }, Part::Value, &mut out)
        .unwrap();
    (out[0] * 1e4).round() / 1e4
}

#[test]
fn hits_at_2_5_and_9_of_five_relevant() {
    let own = Convention::default();
    let ndcg = [Ideal::Min, Ideal::Hits, Ideal::K]
        .map(|ideal| rated(Metric::Ndcg, Convention { ideal, ..own }));
    assert_eq!(ndcg, [0.4473, 0.6189, 0.2903]);
    let map = [AveragePrecision::Relevant, AveragePrecision::Hits, AveragePrecision::K]
        .map(|average_precision| rated(Metric::Map, Convention { average_precision, ..own }));
    assert_eq!(map, [0.2467, 0.4111, 0.1233]);
    let mrr = [ReciprocalRank::First, ReciprocalRank::Sum]
        .map(|reciprocal_rank| rated(Metric::Mrr, Convention { reciprocal_rank, ..own }));
    assert_eq!(mrr, [0.5, 0.8111]);
}

#[test]
fn a_bad_list_is_named_by_its_first_bad_place() {
    let error =
        |list: [i64; 4]| check_lists(&[[0, 1, 2, 3], list].concat(), 4, 5, false).unwrap_err();
    assert_eq!(error([0, 5, 9, 1]), Error::NoColumn { list: 1, position: 1, id: 5, n: 5 });
    assert_eq!(error([0, -2, 1, 2]), Error::NoColumn { list: 1, position: 1, id: -2, n: 5 });
    assert_eq!(error([0, -1, -1, 3]), Error::AfterPadding { list: 1, position: 3 });
    assert_eq!(error([4, 2, 0, 2]), Error::Repeated { list: 1, position: 3, id: 2 });
    assert_eq!(check_lists(&[4, 2, 0, 2], 4, 5, true), Ok(()));
    assert_eq!(check_lists(&[-1, -1, 4, -1], 2, 5, false), Ok(()));
    let mut long: Vec<i64> = (0..100).collect();
    assert_eq!(check_lists(&long, 100, 100, false), Ok(()));
    long[90] = 17;
    let repeated = Error::Repeated { list: 0, position: 90, id: 17 };
    assert_eq!(check_lists(&long, 100, 100, false), Err(repeated));
    let mut many: Vec<i64> = vec![0; 5000];
    (many[4000], many[3000]) = (9, 7);
    assert_eq!(
        check_lists(&many, 1, 5, false),
        Err(Error::NoColumn { list: 3000, position: 0, id: 7, n: 5 })
    );
}

#[test]
fn repeats_go_and_the_rest_moves_up() {
    let lists = [4, 2, 4, 4, 3, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1];
    let kept = [4, 2, 3, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1];
    assert_eq!(without_repeats(&lists, 5), kept);
    assert!(without_repeats(&[], 0).is_empty());
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_relevant_is_zero() {
    let graph = Bipartite::from_edges(1, 2, &[], &[]).unwrap();
    let queries = Queries { rows: &[0], ids: &[0] };
    let run = |columns: &[i64], tied: &[bool], cut: usize, out: &mut [f64]| {
        let lists = Lists { columns, width: 2, tied, beyond: None };
        let relevant = Relevant { columns: graph.by_row(), grades: None };
        let rater = Rater::new(Metric::ALL, &[cut], Convention::default(), false).unwrap();
        rater.rate(&lists, &relevant, queries, Part::Value, out)
    };
    let mut out = [9.0; 8];
    assert_eq!(run(&[0, 1], &[], 2, &mut out), Ok(()));
    assert_eq!(out, [0.0; 8]);
    assert!(run(&[0, 1], &[], 3, &mut out).is_err());
    assert!(run(&[0, 1], &[false], 2, &mut out).is_err());
    assert!(run(&[0, 1], &[], 2, &mut out[..5]).is_err());
}
