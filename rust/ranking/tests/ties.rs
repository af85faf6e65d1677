//! Metrics of tied scores against every order that the scores allow.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "there are six columns")]

use glowrec_graph::Bipartite;
use glowrec_ranking::metrics::{
    AveragePrecision, Beyond, Convention, Gain, HitCount, Ideal, Lists, Metric, Part, Rater,
    ReciprocalRank, Relevant, Ties,
};
use glowrec_ranking::{Error, Queries};
use proptest::prelude::*;

/// Columns that are ranked, and the largest cut-off.
const N: usize = 6;

struct Problem {
    scores: Vec<u8>,
    graph: Bipartite,
    grades: Vec<f64>,
}

impl Problem {
    fn rated(&self, convention: Convention, k: usize, lists: &Lists<'_>) -> Vec<f64> {
        let graded = convention.gain != Gain::Binary;
        let rater = Rater::new(Metric::ALL, &[k], convention, graded).unwrap();
        let relevant = Relevant { columns: self.graph.by_row(), grades: Some(&self.grades) };
        let mut out = vec![9.0; rater.width()];
        let queries = Queries { rows: &[0], ids: &[0] };
        rater.rate(lists, &relevant, queries, Part::Value, &mut out).unwrap();
        out
    }

    /// The list of the best `k + 1`, where it ties, and what follows its last column.
    fn ranked(&self, convention: Convention, k: usize) -> Vec<f64> {
        let mut order: Vec<i64> = (0..N as i64).collect();
        let score = |column: &i64| self.scores[column.unsigned_abs() as usize];
        order.sort_by_key(|column| (std::cmp::Reverse(score(column)), *column));
        let width = (k + 1).min(N);
        let (list, rest) = order.split_at(width);
        let tied: Vec<bool> =
            (0..width).map(|i| i > 0 && score(&list[i]) == score(&list[i - 1])).collect();
        let behind: Vec<i64> =
            rest.iter().copied().filter(|c| score(c) == score(&list[width - 1])).collect();
        let relevant: Vec<i64> =
            behind.iter().copied().filter(|&c| self.graph.by_row().contains(0, c as u32)).collect();
        let beyond = Beyond {
            sizes: &[behind.len() as i64],
            starts: &[0, relevant.len() as i64],
            columns: &relevant,
        };
        self.rated(
            convention,
            k,
            &Lists { columns: list, width, tied: &tied, beyond: Some(beyond) },
        )
    }
}

/// Every order of the columns in which scores descend.
fn orders(scores: &[u8]) -> Vec<Vec<i64>> {
    let mut done = vec![Vec::new()];
    for _ in 0..scores.len() {
        done = done
            .into_iter()
            .flat_map(|order: Vec<i64>| {
                let left = (0..scores.len() as i64).filter(|column| !order.contains(column));
                let left: Vec<i64> = left.collect();
                let score = |column: &i64| scores[column.unsigned_abs() as usize];
                let best = left.iter().map(score).max().unwrap();
                let next = left.into_iter().filter(move |column| score(column) == best);
                next.map(|column| [&order[..], &[column]].concat()).collect::<Vec<_>>()
            })
            .collect();
    }
    done
}

fn conventions() -> impl Strategy<Value = Convention> {
    use prop::sample::select;
    let ideals = (select(Gain::ALL), select(Ideal::ALL), select(AveragePrecision::ALL));
    let hits = (select(ReciprocalRank::ALL), select(HitCount::ALL));
    let defined = |c: &Convention| c.gain == Gain::Binary || c.ideal == Ideal::Min;
    (ideals, hits)
        .prop_map(|(ideals, hits)| Convention {
            gain: ideals.0,
            ideal: ideals.1,
            average_precision: ideals.2,
            reciprocal_rank: hits.0,
            hit: hits.1,
            ..Convention::default()
        })
        .prop_filter("no closed form", defined)
}

proptest! {
    #[test]
    fn ties_are_the_mean_of_all_orders_or_one_of_them(
        scores in prop::collection::vec(0u8..3, N),
        relevant in prop::sample::subsequence((0..N as i64).collect::<Vec<_>>(), 0..=N),
        grades in prop::array::uniform6(1u8..4),
        convention in conventions(),
        k in 1..=N,
    ) {
        let graph = Bipartite::from_edges(1, N, &vec![0; relevant.len()], &relevant).unwrap();
        let grades: Vec<f64> = grades[..relevant.len()].iter().copied().map(f64::from).collect();
        let problem = Problem { scores, graph, grades };
        let orders = orders(&problem.scores);
        let all: Vec<Vec<f64>> = orders.iter().map(|order| {
            problem.rated(convention, k, &Lists { columns: order, width: N, tied: &[], beyond: None })
        }).collect();
        let expected = problem.ranked(Convention { ties: Ties::Expected, ..convention }, k);
        for (i, metric) in Metric::ALL.iter().enumerate() {
            let mean = all.iter().map(|values| values[i]).sum::<f64>() / all.len() as f64;
            prop_assert!((expected[i] - mean).abs() < 1e-12, "{:?}: {} {}", metric, expected[i], mean);
        }
        let grade = |column: &i64| {
            let place = problem.graph.by_row().row(0).iter().position(|c| i64::from(*c) == *column);
            place.map_or(0.0, |place| problem.grades[place])
        };
        for (ties, sign) in [(Ties::Optimistic, -1.0), (Ties::Pessimistic, 1.0)] {
            let mut order: Vec<i64> = (0..N as i64).collect();
            order.sort_by(|a, b| {
                let score = |column: &i64| problem.scores[column.unsigned_abs() as usize];
                score(b).cmp(&score(a)).then((sign * grade(a)).total_cmp(&(sign * grade(b))))
            });
            let place = orders.iter().position(|other| *other == order).unwrap();
            let found = problem.ranked(Convention { ties, ..convention }, k);
            for (found, expected) in found.iter().zip(&all[place]) {
                prop_assert!((found - expected).abs() < 1e-14, "{:?}: {} {}", ties, found, expected);
            }
        }
        if orders.len() == 1 {
            prop_assert_eq!(&expected, &all[0]);
        }
    }
}

#[test]
fn what_has_no_closed_form_is_refused() {
    let linear = Convention { gain: Gain::Linear, ties: Ties::Expected, ..Convention::default() };
    let graded = |convention| Rater::new(&[Metric::Map, Metric::Ndcg], &[1], convention, true);
    assert!(graded(linear).is_ok());
    for ideal in [Ideal::Hits, Ideal::K] {
        let refused = graded(Convention { ideal, ..linear });
        assert!(matches!(refused, Err(Error::Undefined { metric: "ndcg", .. })));
    }
    let hits = Convention { ideal: Ideal::Hits, ..linear };
    assert!(graded(Convention { ties: Ties::Optimistic, ..hits }).is_ok());
    assert!(graded(Convention { gain: Gain::Binary, ..hits }).is_ok());
    assert!(Rater::new(&[Metric::Dcg], &[1], hits, true).is_ok());

    let graph = Bipartite::from_edges(1, 2, &[0], &[1]).unwrap();
    let lists = Lists { columns: &[0, 1], width: 2, tied: &[], beyond: None };
    let relevant = Relevant { columns: graph.by_row(), grades: None };
    let queries = Queries { rows: &[0], ids: &[0] };
    let by_hits = Convention {
        average_precision: AveragePrecision::Hits,
        ties: Ties::Expected,
        ..Convention::default()
    };
    let rater = Rater::new(&[Metric::Recall, Metric::Map], &[2], by_hits, false).unwrap();
    let mut out = [9.0; 2];
    let refused = rater.rate(&lists, &relevant, queries, Part::Under, &mut out);
    assert!(matches!(refused, Err(Error::Undefined { metric: "map", .. })));
    assert_eq!(rater.rate(&lists, &relevant, queries, Part::Value, &mut out), Ok(()));
    assert_eq!(out, [1.0, 0.5]);
}
