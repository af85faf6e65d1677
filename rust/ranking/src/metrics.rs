//! Metrics of ranked lists against the relevant columns of their rows.

use glowrec_graph::Csr;
use rayon::prelude::*;

use crate::error::{Error, Result, check};
use crate::ranker::Queries;

/// What a list is judged by. `h` are its hits within `k`, `T` the relevant columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `h / |T|`.
    Recall,
    /// `h / k`.
    Precision,
    /// Discounted gain over that of the best list of `min(k, |T|)` hits.
    Ndcg,
    /// 1 if there is a hit.
    Hit,
    /// 1 over the rank of the first hit.
    Mrr,
    /// Sum of the precisions at the hits, over `min(k, |T|)`.
    Map,
}

/// Checks that lists of `width` hold distinct columns below `n_cols`, and -1 only at their end.
///
/// # Errors
///
/// [`Error::NoColumn`], [`Error::AfterPadding`] or [`Error::Repeated`], for the first bad list
/// and, in this order, its first bad place.
pub fn check_lists(lists: &[i64], width: usize, n_cols: usize) -> Result<()> {
    if width == 0 {
        return Ok(());
    }
    let chunks = lists.par_chunks(width * 1024).enumerate();
    let failure = chunks.find_map_first(|(chunk, lists)| {
        let mut sorted = Vec::with_capacity(width);
        let lists = lists.chunks(width).enumerate();
        lists
            .map(|(i, list)| check_list(chunk * 1024 + i, list, n_cols, &mut sorted))
            .find_map(Result::err)
    });
    failure.map_or(Ok(()), Err)
}

fn check_list(list: usize, columns: &[i64], n: usize, sorted: &mut Vec<i64>) -> Result<()> {
    let length = columns.iter().position(|&id| id == -1).unwrap_or(columns.len());
    if let Some(after) = columns[length..].iter().position(|&id| id != -1) {
        return Err(Error::AfterPadding { list, position: length + after });
    }
    let columns = &columns[..length];
    let known = 0..n.cast_signed() as i64;
    if let Some(position) = columns.iter().position(|id| !known.contains(id)) {
        return Err(Error::NoColumn { list, position, id: columns[position], n });
    }
    sorted.clear();
    sorted.extend(columns);
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        let repeats = |&position: &usize| columns[..position].contains(&columns[position]);
        if let Some(position) = (0..length).find(repeats) {
            return Err(Error::Repeated { list, position, id: columns[position] });
        }
    }
    Ok(())
}

/// Writes every metric at every cut-off for each list.
///
/// `lists` are rows of `width` columns padded with -1, as [`check_lists`] wants them; that of
/// query `i` is `rows[i]`, and its relevant columns are those of row `ids[i]` of `relevant`. Row
/// `i` of `out` gets one value per metric and cut-off, the cut-offs of the first metric first;
/// zeros if nothing is relevant.
///
/// # Errors
///
/// [`Error::Length`] if a slice does not fit or a cut-off exceeds `width`.
pub fn rate(
    lists: &[i64],
    width: usize,
    relevant: &Csr,
    queries: Queries<'_>,
    metrics: &[Metric],
    cuts: &[usize],
    out: &mut [f64],
) -> Result<()> {
    let n_values = metrics.len() * cuts.len();
    let n = queries.rows.len();
    check("ids", n, queries.ids.len())?;
    check("values", n * n_values, out.len())?;
    let deepest = cuts.iter().copied().max().unwrap_or(0);
    if deepest > width {
        return Err(Error::Length { name: "recommended rows", expected: deepest, found: width });
    }
    if n_values == 0 || width == 0 {
        out.fill(0.0);
        return Ok(());
    }
    let discounts = Discounts::new(deepest);
    let queries = queries.rows.par_iter().zip(queries.ids);
    let work = out.par_chunks_mut(n_values).zip(queries).with_min_len(256);
    work.for_each_init(
        || Vec::with_capacity(deepest),
        |hits, (out, (&row, &id))| {
            let relevant = relevant.row(id as usize);
            let list = &lists[row as usize * width..][..deepest];
            hits.clear();
            hits.extend(
                (1..)
                    .zip(list)
                    .filter(|(_, column)| is_in(relevant, **column))
                    .map(|(rank, _)| rank),
            );
            for (slots, &metric) in out.chunks_mut(cuts.len()).zip(metrics) {
                for (slot, &k) in slots.iter_mut().zip(cuts) {
                    let within = &hits[..hits.partition_point(|&rank| rank <= k)];
                    *slot = discounts.value(metric, within, k, relevant.len());
                }
            }
        },
    );
    Ok(())
}

fn is_in(sorted: &[u32], column: i64) -> bool {
    u32::try_from(column).is_ok_and(|column| sorted.binary_search(&column).is_ok())
}

/// `1 / log2(rank + 1)` and its sums, by rank.
struct Discounts {
    gain: Vec<f64>,
    total: Vec<f64>,
}

impl Discounts {
    fn new(deepest: usize) -> Self {
        let gain: Vec<f64> = (0..=deepest).map(|rank| 1.0 / ((rank + 1) as f64).log2()).collect();
        let mut total = vec![0.0; deepest + 1];
        for rank in 1..=deepest {
            total[rank] = total[rank - 1] + gain[rank];
        }
        Self { gain, total }
    }

    /// A metric of the hits at the ascending ranks `hits`, all within `k`.
    fn value(&self, metric: Metric, hits: &[usize], k: usize, n_relevant: usize) -> f64 {
        if hits.is_empty() || n_relevant == 0 {
            return 0.0;
        }
        let n_hits = hits.len() as f64;
        let ideal = k.min(n_relevant);
        match metric {
            Metric::Recall => n_hits / n_relevant as f64,
            Metric::Precision => n_hits / k as f64,
            Metric::Ndcg => {
                let gained: f64 = hits.iter().map(|&rank| self.gain[rank]).sum();
                gained / self.total[ideal]
            }
            Metric::Hit => 1.0,
            Metric::Mrr => 1.0 / hits[0] as f64,
            Metric::Map => {
                let ranks = hits.iter().enumerate();
                let precisions = ranks.map(|(i, &rank)| (i + 1) as f64 / rank as f64);
                precisions.sum::<f64>() / ideal as f64
            }
        }
    }
}

/// The mean of every `step`-th value from `first`, summed in order with compensation.
///
/// NaN if there is none.
pub fn mean(values: &[f64], first: usize, step: usize) -> f64 {
    let (mut sum, mut lost, mut n) = (0.0f64, 0.0f64, 0usize);
    for &value in values.iter().skip(first).step_by(step.max(1)) {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
        n += 1;
    }
    (sum + lost) / n as f64
}
