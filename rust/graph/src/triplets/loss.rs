//! Bayesian personalised ranking with the reference code's L2 penalty.

use rayon::prelude::*;

use super::places::Batch;
use super::rows::{add, dot};
use crate::error::{Error, Result};
use crate::simd::{Level, prefetch};

/// Loss and penalty of a batch, with what their gradients are made of.
#[derive(Clone, Debug)]
pub struct TripletLoss {
    /// Mean of `softplus(y_uj - y_ui)` over triplets and negatives.
    pub loss: f64,
    /// Half the mean squared norm of the embeddings of user, positive and negative (averaged
    /// over a triplet's negatives).
    pub penalty: f64,
    /// Gradient of the loss by the read-out table.
    pub by_readout: Vec<f32>,
    /// Gradient of the penalty by an embedding, as a multiple of the embedding, for each node.
    shares: Vec<f32>,
}

impl TripletLoss {
    /// Adds `l2` times the penalty's gradient by the `embedding` table to `gradient`.
    pub fn add_penalty(
        &self,
        level: Level,
        embedding: &[f32],
        dim: usize,
        l2: f64,
        gradient: &mut [f32],
    ) {
        let width = CHUNK * dim.max(1);
        let chunks = gradient.par_chunks_mut(width).zip(embedding.par_chunks(width));
        chunks.zip(self.shares.par_chunks(CHUNK)).for_each(|((gradient, embedding), shares)| {
            let rows = gradient.chunks_exact_mut(dim).zip(embedding.chunks_exact(dim));
            for ((gradient, own), &share) in rows.zip(shares).filter(|(_, share)| **share != 0.0) {
                add(level, gradient, (l2 * f64::from(share)) as f32, own);
            }
        });
    }
}

/// Triplets between asking for a triplet's rows and reading them.
const AHEAD: usize = 8;
/// Triplets of one sum, whatever the number of threads.
const CHUNK: usize = 256;

/// The loss of a batch: `nodes` are its users, then its positives, then each triplet's negatives.
///
/// Scores are inner products of rows of `readout`, and the penalty is on rows of `embedding`;
/// both tables are `n_nodes` rows of `dim` cells. Each node's gradient is summed by one thread in
/// the order of the node's places, so the bits do not depend on the number of threads.
/// Rendle et al., "BPR", UAI 2009; He et al., "LightGCN", SIGIR 2020, equation 15.
///
/// # Errors
///
/// [`Error::Length`] if a table or the batch has another length, [`Error::OutOfRange`] for the
/// first node that is none.
pub fn bpr(
    level: Level,
    readout: &[f32],
    embedding: &[f32],
    dim: usize,
    n_nodes: usize,
    nodes: &[i64],
    n_negatives: usize,
) -> Result<TripletLoss> {
    let expected = n_nodes * dim;
    for (name, table) in [("readout", readout), ("embedding", embedding)] {
        if table.len() != expected {
            return Err(Error::Length { name, expected, found: table.len() });
        }
    }
    let batch = Batch::new(nodes, n_negatives, n_nodes)?;
    let row = |node: usize| &readout[node * dim..][..dim];
    let scale = 1.0 / (batch.len * n_negatives).max(1) as f64;

    // How much each negative's score should fall, as a share of the loss.
    let mut slopes = vec![0.0f32; batch.len * n_negatives];
    let losses: Vec<f64> = slopes
        .par_chunks_mut(CHUNK * n_negatives.max(1))
        .enumerate()
        .map(|(chunk, slopes)| {
            let mut total = 0.0;
            for (offset, slopes) in slopes.chunks_exact_mut(n_negatives).enumerate() {
                let at = chunk * CHUNK + offset;
                if at + AHEAD < batch.len {
                    let (user, positive, negatives) = batch.triplet(at + AHEAD);
                    for node in [user, positive].into_iter().chain(ids(negatives)) {
                        prefetch::<f32, 64>(readout, node * dim);
                    }
                }
                let (user, positive, negatives) = batch.triplet(at);
                let target = f64::from(dot(level, row(user), row(positive)));
                for (slope, negative) in slopes.iter_mut().zip(ids(negatives)) {
                    let margin = f64::from(dot(level, row(user), row(negative))) - target;
                    let decay = (-margin.abs()).exp();
                    total += margin.max(0.0) + decay.ln_1p();
                    let sigmoid = if margin >= 0.0 { 1.0 } else { decay } / (1.0 + decay);
                    *slope = (sigmoid * scale) as f32;
                }
            }
            total
        })
        .collect();

    let per_triplet = 1.0 / batch.len.max(1) as f64;
    let mut by_readout = vec![0.0f32; expected];
    let mut shares = vec![0.0f32; n_nodes];
    let squares: Vec<f64> = by_readout
        .par_chunks_mut(CHUNK * dim.max(1))
        .zip(shares.par_chunks_mut(CHUNK))
        .enumerate()
        .map(|(chunk, (by_readout, shares))| {
            let mut total = 0.0;
            for (offset, (by_readout, share)) in
                by_readout.chunks_exact_mut(dim).zip(shares).enumerate()
            {
                let node = chunk * CHUNK + offset;
                let places = batch.of(node);
                if places.is_empty() {
                    continue;
                }
                let times = pull(level, &batch, &slopes, places, &row, by_readout);
                let own = &embedding[node * dim..][..dim];
                total += times * f64::from(dot(level, own, own));
                *share = (times * per_triplet) as f32;
            }
            total
        })
        .collect();
    Ok(TripletLoss {
        loss: losses.iter().sum::<f64>() * scale,
        penalty: squares.iter().sum::<f64>() * per_triplet / 2.0,
        by_readout,
        shares,
    })
}

/// Adds the gradient of all places of a node to `out`; returns how often the penalty counts it.
#[inline]
fn pull<'a>(
    level: Level,
    batch: &Batch,
    slopes: &[f32],
    places: &[u32],
    row: &impl Fn(usize) -> &'a [f32],
    out: &mut [f32],
) -> f64 {
    let m = batch.n_negatives;
    let (mut whole, mut parts) = (0u32, 0u32);
    for &place in places {
        let place = place as usize;
        if place >= 2 * batch.len {
            let negative = place - 2 * batch.len;
            add(level, out, slopes[negative], row(batch.nodes[negative / m] as usize));
            parts += 1;
            continue;
        }
        whole += 1;
        let at = place % batch.len;
        let (user, positive, negatives) = batch.triplet(at);
        let slopes = &slopes[at * m..][..m];
        let sum: f32 = slopes.iter().sum();
        if place < batch.len {
            for (&slope, negative) in slopes.iter().zip(ids(negatives)) {
                add(level, out, slope, row(negative));
            }
            add(level, out, -sum, row(positive));
        } else {
            add(level, out, -sum, row(user));
        }
    }
    f64::from(whole) + f64::from(parts) / m.max(1) as f64
}

fn ids(nodes: &[u32]) -> impl Iterator<Item = usize> {
    nodes.iter().map(|&node| node as usize)
}

#[cfg(test)]
#[allow(clippy::cast_possible_wrap)]
mod tests {
    use super::*;

    fn table(n: usize, seed: u32) -> Vec<f32> {
        (0..n as u32).map(|i| ((i * 37 + seed * 101) % 29) as f32 / 14.0 - 1.0).collect()
    }

    /// The total as a function of both tables, in double precision.
    fn total(
        readout: &[f64],
        embedding: &[f64],
        dim: usize,
        nodes: &[i64],
        m: usize,
        l2: f64,
    ) -> f64 {
        let row = |table: &[f64], node: i64| {
            table[usize::try_from(node).unwrap() * dim..][..dim].to_vec()
        };
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let len = nodes.len() / (m + 2);
        let (mut loss, mut penalty) = (0.0, 0.0);
        for at in 0..len {
            let (user, positive) = (row(readout, nodes[at]), row(readout, nodes[len + at]));
            for own in [nodes[at], nodes[len + at]].map(|node| row(embedding, node)) {
                penalty += dot(&own, &own);
            }
            for &negative in &nodes[2 * len + at * m..][..m] {
                let margin = dot(&user, &row(readout, negative)) - dot(&user, &positive);
                loss += margin.exp().ln_1p() / m as f64;
                let own = row(embedding, negative);
                penalty += dot(&own, &own) / m as f64;
            }
        }
        (loss + l2 * penalty / 2.0) / len as f64
    }

    #[test]
    fn gradients_are_the_differences_of_the_definition_on_every_level() {
        // Node 1 is user, node 5 positive and negative, node 6 negative twice in one triplet.
        for (nodes, m, dim) in
            [(vec![0i64, 1, 1, 4, 5, 5, 6, 6, 5, 7, 4, 6], 2, 3), (vec![0, 1, 5, 6, 6, 4], 1, 19)]
        {
            let (n_nodes, l2) = (9, 0.3);
            let (readout, embedding) = (table(n_nodes * dim, 1), table(n_nodes * dim, 2));
            let wide = |table: &[f32]| table.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let (r, e) = (wide(&readout), wide(&embedding));
            for &level in Level::available() {
                let found = bpr(level, &readout, &embedding, dim, n_nodes, &nodes, m).unwrap();
                let mut by_embedding = vec![0.0; n_nodes * dim];
                found.add_penalty(level, &embedding, dim, l2, &mut by_embedding);
                let expected = total(&r, &e, dim, &nodes, m, l2);
                assert!((found.loss + l2 * found.penalty - expected).abs() < 1e-6);
                for cell in 0..n_nodes * dim {
                    let slope = |by_readout: bool| {
                        let moved = |step: f64| {
                            let (mut r, mut e) = (r.clone(), e.clone());
                            if by_readout {
                                r[cell] += step;
                            } else {
                                e[cell] += step;
                            }
                            total(&r, &e, dim, &nodes, m, l2)
                        };
                        (moved(1e-5) - moved(-1e-5)) / 2e-5
                    };
                    assert!((f64::from(found.by_readout[cell]) - slope(true)).abs() < 1e-6);
                    assert!((f64::from(by_embedding[cell]) - slope(false)).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn bits_do_not_depend_on_threads_or_level() {
        let (n_nodes, dim, m, len) = (50usize, 20usize, 3usize, 700usize);
        let (readout, embedding) = (table(n_nodes * dim, 3), table(n_nodes * dim, 4));
        let nodes: Vec<i64> =
            (0..len * (m + 2)).map(|i| ((i * i + 7 * i) % n_nodes) as i64).collect();
        let run = |level: Level, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found =
                pool.install(|| bpr(level, &readout, &embedding, dim, n_nodes, &nodes, m)).unwrap();
            (found.loss.to_bits(), found.penalty.to_bits(), found.by_readout, found.shares)
        };
        let expected = run(Level::Baseline, 1);
        for &level in Level::available() {
            for threads in [1, 2, 7] {
                assert_eq!(run(level, threads), expected);
            }
        }
    }

    #[test]
    fn bad_batches_are_named_and_empty_ones_are_zero() {
        let run = |nodes: &[i64]| bpr(Level::Baseline, &[1.0; 4], &[1.0; 4], 2, 2, nodes, 1);
        assert_eq!(
            run(&[0, 1, 2]).unwrap_err(),
            Error::OutOfRange { name: "nodes", position: 2, found: 2, bound: 2 }
        );
        assert_eq!(
            run(&[0, 1, 1, 0]).unwrap_err(),
            Error::Length { name: "nodes", expected: 3, found: 4 }
        );
        let empty = run(&[]).unwrap();
        assert_eq!((empty.loss, empty.penalty, empty.by_readout), (0.0, 0.0, vec![0.0; 4]));
    }
}
