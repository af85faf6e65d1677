//! Triplets on their way: drawn in steps, between which a caller who waits may look up.

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use crate::block::SIZE;
use crate::choices::Possible;
use crate::epoch::{Epoch, Source};
use crate::error::Result;
use crate::negatives::{Negatives, Part, Rule};
use crate::output::{Output, room, to_write, written};
use crate::rows::Rows;
use crate::sampler::Sampler;
use crate::strategy::Strategy;
use crate::table::Table;
use crate::triplets::Triplets;
use crate::uniform::Uniform;
use crate::{hardest, one_by_one, slots};

/// Positions that one task draws at the most.
const TASK: usize = 8 * SIZE;
/// Draws per thread between two looks at what the caller wants: about a quarter of a second.
const STEP: usize = 8 << 20;
/// Cells of a vector whose product costs as much as a draw.
const CELLS: usize = 32;

/// A run of positions to draw, by one thread.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    /// The entries that positions choose from.
    pub(crate) visited: Rows<'a>,
    pub(crate) possible: Possible<'a>,
    /// Whether rows leave out just the entries that are visited.
    pub(crate) plain: bool,
    pub(crate) source: &'a Source,
    pub(crate) negatives: &'a Negatives,
    pub(crate) epoch: &'a Epoch,
    pub(crate) start: u64,
    pub(crate) hardest_of: usize,
    /// Positions of a batch, if negatives come from batches.
    pub(crate) batch_size: Option<u64>,
}

/// Triplets of some positions, drawn step by step; [`Sampler::drawing`] begins one.
#[derive(Debug)]
pub struct Drawing<'a> {
    sampler: &'a Sampler,
    graph: &'a Csr,
    vectors: Option<Table<'a>>,
    level: Level,
    epoch: Epoch,
    next: usize,
    stop: usize,
    /// Positions that one thread draws in a step.
    share: usize,
    /// What has been drawn, in vectors with room for all.
    triplets: Triplets,
}

impl<'a> Drawing<'a> {
    /// Room for `n` positions from `start` on, which the caller has checked.
    pub(crate) fn new(
        sampler: &'a Sampler,
        level: Level,
        graph: &'a Csr,
        epoch: Epoch,
        start: usize,
        n: usize,
        vectors: Option<Table<'a>>,
    ) -> Result<Self> {
        let triplets = Triplets {
            rows: room(&[n])?,
            positives: room(&[n])?,
            negatives: room(&[n, sampler.options.n_negatives])?,
        };
        let (n_negatives, hardest_of) = (sampler.n_negatives(), sampler.hardest_of());
        let dim = match vectors {
            None => 0,
            Some(Table::F32 { dim, .. } | Table::Bf16 { dim, .. }) => dim,
        };
        let share = share(n_negatives, hardest_of, dim);
        let (next, stop) = (start, start + n);
        Ok(Self { sampler, graph, vectors, level, epoch, next, stop, share, triplets })
    }

    /// Draws the next positions, a fraction of a second of work; whether some are left.
    ///
    /// Every position is drawn on its own, so nothing depends on the steps.
    ///
    /// # Errors
    ///
    /// [`crate::Error::NotANumber`] for the first NaN score, and
    /// [`crate::Error::TooFewInBatch`] for the first row whose batch holds too few negatives.
    pub fn advance(&mut self) -> Result<bool> {
        let sampler = self.sampler;
        let (n_negatives, hardest_of) = (sampler.n_negatives(), sampler.hardest_of());
        let batch_size = match sampler.options.strategy {
            Strategy::InBatch { batch_size } => Some(batch_size as u64),
            _ => None,
        };
        let all = self.share.saturating_mul(rayon::current_num_threads());
        let (n, size) = (all.min(self.stop - self.next), self.share.min(TASK));
        let Triplets { rows, positives, negatives } = &mut self.triplets;
        let tasks = to_write(rows, n)
            .par_chunks_mut(size)
            .zip(to_write(positives, n).par_chunks_mut(size))
            .zip(to_write(negatives, n * n_negatives).par_chunks_mut(size * n_negatives));
        let failure = tasks.enumerate().find_map_first(|(i, ((rows, positives), negatives))| {
            let task = Task {
                visited: sampler.visited(self.graph),
                possible: sampler.negatives.choices.of(self.graph),
                plain: sampler.plain(),
                source: &sampler.source,
                negatives: &sampler.negatives,
                epoch: &self.epoch,
                start: (self.next + i * size) as u64,
                hardest_of,
                batch_size,
            };
            let out = Output { rows, positives, negatives };
            let by_slots =
                !task.possible.listed && (sampler.options.replacement || n_negatives == 1);
            match self.vectors {
                None => match &sampler.negatives.rule {
                    Rule::One(Part::Uniform) if by_slots => {
                        slots::draw(self.level, &task, &Uniform, out);
                    }
                    Rule::One(Part::Popularity(popularity)) if by_slots => {
                        slots::draw(self.level, &task, popularity, out);
                    }
                    _ => return one_by_one::draw(&task, out).err(),
                },
                Some(Table::F32 { values, dim }) => {
                    return hardest::draw(self.level, &task, values, dim, out).err();
                }
                Some(Table::Bf16 { values, dim }) => {
                    return hardest::draw(self.level, &task, values, dim, out).err();
                }
            }
            None
        });
        if let Some(error) = failure {
            return Err(error);
        }
        // SAFETY: every task ran without an error, and writes all cells of its chunks.
        #[allow(unsafe_code)]
        unsafe {
            written(rows, n);
            written(positives, n);
            written(negatives, n * n_negatives);
        }
        self.next += n;
        Ok(self.next < self.stop)
    }

    /// What has been drawn: everything, once [`Self::advance`] has said that nothing is left.
    pub fn into_triplets(self) -> Triplets {
        self.triplets
    }
}

/// Positions that one thread draws in a step.
pub(crate) fn share(n_negatives: usize, hardest_of: usize, dim: usize) -> usize {
    let draws = n_negatives.saturating_mul(hardest_of).saturating_mul(1 + dim / CELLS);
    (STEP / draws.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use glowrec_graph::Bipartite;

    use super::*;
    use crate::options::Options;

    #[test]
    fn steps_of_any_size_draw_the_same() {
        let (rows, cols): (Vec<i64>, Vec<i64>) =
            (0..700).map(|i| (i % 37, i * i % 53 * i % 59)).unzip();
        let graph = Bipartite::from_edges(37, 60, &rows, &cols).unwrap();
        let (graph, values) = (graph.by_row(), vec![0.5; 97 * 3]);
        let n = graph.nnz() - 5;
        for hardest_of in [1, 40] {
            let strategy = Strategy::Hardest { of: hardest_of };
            let options = Options { seed: 3, n_negatives: 2, strategy, ..Options::default() };
            let sampler = Sampler::new(graph, options).unwrap();
            let table = Some(Table::F32 { values: &values, dim: 3 });
            let triplets = sampler.sample(graph, 1, 5, n, table).unwrap();
            let candidates = sampler.candidates(graph, 1, 5, n).unwrap();
            for share in [1, 7, 128, 200] {
                let mut drawing = sampler.drawing(graph, 1, 5, n, table).unwrap();
                drawing.share = share;
                assert!(drawing.advance().unwrap());
                while drawing.advance().unwrap() {}
                assert_eq!(drawing.into_triplets(), triplets);
                let mut listing = sampler.listing(graph, 1, 5, n).unwrap();
                listing.share = share;
                assert!(listing.advance());
                while listing.advance() {}
                assert_eq!(listing.into_candidates(), candidates);
            }
        }
    }

    #[test]
    fn a_step_holds_fewer_positions_where_each_takes_longer() {
        assert_eq!(share(1, 1, 0), STEP);
        assert_eq!(share(3, 1000, 0), STEP / 3000);
        assert_eq!(share(1, 500, 64), STEP / 1500);
        assert_eq!(share(usize::MAX, 2, 64), 1);
    }
}
