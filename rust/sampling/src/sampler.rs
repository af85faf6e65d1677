//! Triplets of (row, positive, negative), as a pure function of seed, epoch and position.

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;

use crate::drawing::Drawing;
use crate::epoch::{Epoch, Order, Source};
use crate::error::{Error, Result};
use crate::lines::Lines;
use crate::listing::Listing;
use crate::table::Table;

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
    pub(crate) options: Options,
    pub(crate) source: Source,
    pub(crate) lines: Lines,
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
        let mut drawing = self.drawing_on(level, graph, epoch, start, n, vectors)?;
        while drawing.advance()? {}
        Ok(drawing.into_triplets())
    }

    /// Begins what [`Self::sample`] does at once.
    ///
    /// # Errors
    ///
    /// Those of [`Self::sample`], but for the scores.
    pub fn drawing<'a>(
        &'a self,
        graph: &'a Csr,
        epoch: u64,
        start: usize,
        n: usize,
        vectors: Option<Table<'a>>,
    ) -> Result<Drawing<'a>> {
        self.drawing_on(Level::current(), graph, epoch, start, n, vectors)
    }

    fn drawing_on<'a>(
        &'a self,
        level: Level,
        graph: &'a Csr,
        epoch: u64,
        start: usize,
        n: usize,
        vectors: Option<Table<'a>>,
    ) -> Result<Drawing<'a>> {
        self.check(graph, start, n)?;
        let vectors = self.checked(vectors)?;
        Drawing::new(self, level, graph, self.epoch(epoch), start, n, vectors)
    }

    /// Draws every candidate of positions `start..start + n`: `n_negatives * hardest_of` each.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless `graph` is the sampler's; [`Error::Positions`] outside the epoch;
    /// [`Error::Memory`] if there is no room.
    pub fn candidates(&self, graph: &Csr, epoch: u64, start: usize, n: usize) -> Result<Vec<i64>> {
        let mut listing = self.listing(graph, epoch, start, n)?;
        while listing.advance() {}
        Ok(listing.into_candidates())
    }

    /// Begins what [`Self::candidates`] does at once.
    ///
    /// # Errors
    ///
    /// Those of [`Self::candidates`].
    pub fn listing<'a>(
        &'a self,
        graph: &'a Csr,
        epoch: u64,
        start: usize,
        n: usize,
    ) -> Result<Listing<'a>> {
        self.check(graph, start, n)?;
        Listing::new(self, graph, self.epoch(epoch), start, n)
    }

    fn epoch(&self, number: u64) -> Epoch {
        Epoch::new(self.options.seed, number, self.shape[2] as u64)
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
