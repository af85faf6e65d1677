//! Triplets of (row, positive, negative), as a pure function of seed, epoch and position.

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use crate::block::{Block, SIZE};
use crate::complement::nth_absent;
use crate::epoch::{Epoch, Order, Source, negative};
use crate::error::{Error, Result};
use crate::lanes::Portable;
use crate::lines::Lines;
use crate::output::{Output, room, to_write, written};
use crate::stream::below;
use crate::table::Table;
use crate::{hardest, uniform};

/// Positions that one task draws.
const TASK: usize = 8 * SIZE;

/// A run of positions to draw, by one thread.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub(crate) graph: &'a Csr,
    pub(crate) source: &'a Source,
    pub(crate) lines: &'a Lines,
    pub(crate) epoch: &'a Epoch,
    pub(crate) start: u64,
    pub(crate) hardest_of: usize,
}

/// What to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How positions choose their positives.
    pub order: Order,
    /// The key of all randomness.
    pub seed: u64,
    /// Negatives of each positive, drawn with replacement; at least 1.
    pub n_negatives: usize,
    /// Candidates of each negative, of which the best-scoring stays; at least 1.
    pub hardest_of: usize,
}

/// Draws triplets of one graph.
///
/// The sampler does not hold the graph: every call is handed the one it was built for.
#[derive(Clone, Debug)]
pub struct Sampler {
    options: Options,
    source: Source,
    lines: Lines,
    shape: [usize; 3],
}

/// What was drawn: one row and one positive per position, and the negatives of each position side
/// by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triplets {
    /// Row of each position.
    pub rows: Vec<i64>,
    /// A column linked to the row.
    pub positives: Vec<i64>,
    /// Columns not linked to the row, `n_negatives` of each position.
    pub negatives: Vec<i64>,
}

impl Sampler {
    /// Prepares to draw from `graph`.
    ///
    /// # Errors
    ///
    /// [`Error::Zero`] if a count of the options is 0, [`Error::Empty`] for a graph without
    /// entries, and [`Error::Saturated`] for the first row that is linked to every column.
    pub fn new(graph: &Csr, options: Options) -> Result<Self> {
        if options.n_negatives == 0 {
            return Err(Error::Zero { name: "n_negatives" });
        }
        if options.hardest_of == 0 {
            return Err(Error::Zero { name: "hardest_of" });
        }
        if graph.nnz() == 0 {
            return Err(Error::Empty);
        }
        let n_cols = graph.n_cols();
        if let Some(row) = (0..graph.n_rows()).find(|&row| graph.degree(row) == n_cols) {
            return Err(Error::Saturated { row, n_cols });
        }
        let source = Source::new(graph, options.order);
        Ok(Self { options, source, lines: Lines::new(graph.indices()), shape: shape(graph) })
    }

    /// Number of positions in an epoch: the number of entries of the graph.
    pub fn n_triplets(&self) -> usize {
        self.shape[2]
    }

    /// Negatives of each positive.
    pub fn n_negatives(&self) -> usize {
        self.options.n_negatives
    }

    /// Candidates of each negative.
    pub fn hardest_of(&self) -> usize {
        self.options.hardest_of
    }

    /// How many positions `start..stop` are; 0 if `stop` is not after `start`.
    ///
    /// # Errors
    ///
    /// [`Error::Positions`] unless they lie within the epoch.
    pub fn n_positions(&self, start: usize, stop: usize) -> Result<usize> {
        let n = self.n_triplets();
        if start > n || stop > n {
            let (start, stop, n) = (start as u64, stop as u64, n as u64);
            return Err(Error::Positions { start, stop, n });
        }
        Ok(stop.saturating_sub(start))
    }

    /// Draws the triplets of positions `start..start + n` in epoch number `epoch`.
    ///
    /// `vectors` score the candidates and are read only if there are several of them. `O(log d)`
    /// per negative or candidate, plus one dot product per candidate.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if `vectors` do not fit the graph, or if `graph` is not the sampler's;
    /// [`Error::Positions`] outside the epoch; [`Error::NoVectors`] if they are missing;
    /// [`Error::NotANumber`] for the first NaN score; [`Error::Memory`] if there is no room.
    pub fn sample(
        &self,
        graph: &Csr,
        epoch: u64,
        start: usize,
        n: usize,
        vectors: Option<Table<'_>>,
    ) -> Result<Triplets> {
        self.sample_on(Level::current(), graph, epoch, start, n, vectors)
    }

    /// [`Self::sample`] with the instructions of one level.
    pub(crate) fn sample_on(
        &self,
        level: Level,
        graph: &Csr,
        epoch: u64,
        start: usize,
        n: usize,
        vectors: Option<Table<'_>>,
    ) -> Result<Triplets> {
        self.check(graph, start, n)?;
        let vectors = self.checked(vectors)?;
        let n_slots = self.options.n_negatives;
        let (mut rows, mut positives) = (room(&[n])?, room(&[n])?);
        let mut negatives = room(&[n, n_slots])?;
        let epoch = Epoch::new(self.options.seed, epoch, self.shape[2] as u64);
        let tasks = to_write(&mut rows, n)
            .par_chunks_mut(TASK)
            .zip(to_write(&mut positives, n).par_chunks_mut(TASK))
            .zip(to_write(&mut negatives, n * n_slots).par_chunks_mut(TASK * n_slots));
        let failure = tasks.enumerate().find_map_first(|(i, ((rows, positives), negatives))| {
            let task = Task {
                graph,
                source: &self.source,
                lines: &self.lines,
                epoch: &epoch,
                start: (start + i * TASK) as u64,
                hardest_of: self.options.hardest_of,
            };
            let out = Output { rows, positives, negatives };
            match vectors {
                None => uniform::draw(level, &task, out),
                Some(Table::F32 { values, dim }) => {
                    return hardest::draw(level, &task, values, dim, out).err();
                }
                Some(Table::Bf16 { values, dim }) => {
                    return hardest::draw(level, &task, values, dim, out).err();
                }
            }
            None
        });
        if let Some(error) = failure {
            return Err(error);
        }
        // SAFETY: every task ran without an error, and writes all cells of its chunks.
        #[allow(unsafe_code)]
        Ok(unsafe {
            Triplets {
                rows: written(rows, n),
                positives: written(positives, n),
                negatives: written(negatives, n * n_slots),
            }
        })
    }

    /// Draws every candidate of positions `start..start + n`: `n_negatives * hardest_of` each.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless `graph` is the sampler's; [`Error::Positions`] outside the epoch;
    /// [`Error::Memory`] if there is no room.
    pub fn candidates(&self, graph: &Csr, epoch: u64, start: usize, n: usize) -> Result<Vec<i64>> {
        let Options { seed, n_negatives, hardest_of, .. } = self.options;
        self.check(graph, start, n)?;
        let mut candidates = room(&[n, n_negatives, hardest_of])?;
        let each = n_negatives * hardest_of;
        let epoch = Epoch::new(seed, epoch, self.shape[2] as u64);
        let tasks = to_write(&mut candidates, n * each).par_chunks_mut(SIZE * each);
        tasks.enumerate().for_each(|(task, out)| {
            let start = (start + task * SIZE) as u64;
            let mut block = Block::new();
            block.draw::<Portable>(graph, &self.source, &epoch, start, out.len() / each);
            for (i, out) in out.chunks_exact_mut(each).enumerate() {
                let linked = graph.row(block.rows()[i] as usize);
                let absent = (graph.n_cols() - linked.len()) as u64;
                let stream = epoch.negatives(start + i as u64);
                for (j, out) in out.iter_mut().enumerate() {
                    let word = stream.word(negative(j / hardest_of, j % hardest_of));
                    out.write(i64::from(nth_absent(linked, below(word, absent) as u32)));
                }
            }
        });
        // SAFETY: the tasks have written all cells.
        #[allow(unsafe_code)]
        Ok(unsafe { written(candidates, n * each) })
    }

    fn check(&self, graph: &Csr, start: usize, n: usize) -> Result<()> {
        for (axis, name) in
            ["graph's rows", "graph's columns", "graph's entries"].iter().enumerate()
        {
            length(name, self.shape[axis], shape(graph)[axis])?;
        }
        self.n_positions(start, start.saturating_add(n)).map(drop)
    }

    /// The vectors if they are needed.
    fn checked<'a>(&self, vectors: Option<Table<'a>>) -> Result<Option<Table<'a>>> {
        let hardest_of = self.options.hardest_of;
        if hardest_of == 1 {
            return Ok(None);
        }
        let n_vectors = self.shape[0] + self.shape[1];
        let (found, dim) = match vectors {
            None => return Err(Error::NoVectors { hardest_of }),
            Some(Table::F32 { values, dim }) => (values.len(), dim),
            Some(Table::Bf16 { values, dim }) => (values.len(), dim),
        };
        length("vectors", n_vectors * dim, found)?;
        Ok(vectors)
    }
}

fn shape(graph: &Csr) -> [usize; 3] {
    [graph.n_rows(), graph.n_cols(), graph.nnz()]
}

fn length(name: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Length { name, expected, found }) }
}
