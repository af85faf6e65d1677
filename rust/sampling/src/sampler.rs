//! Triplets of (row, positive, negative), as a pure function of seed, epoch and position.

use glowrec_graph::Csr;
use glowrec_graph::simd::Level;
use rayon::prelude::*;

use crate::block::{Block, SIZE};
use crate::clashes::Clashes;
use crate::drawing::Drawing;
use crate::epoch::{Epoch, Source};
use crate::error::{Error, Result};
use crate::in_batch::probabilities;
use crate::lanes::Portable;
use crate::limits::Limits;
use crate::listing::Listing;
use crate::negatives::Negatives;
use crate::options::{Options, Saturation};
use crate::output::{room, to_write, written};
use crate::rows::{OwnedRows, Rows};
use crate::strategy::Strategy;
use crate::table::Table;
use crate::triplets::{InBatch, Triplets};

/// Draws triplets of one graph.
///
/// The sampler does not hold the graph: every call is handed the one it was built for.
#[derive(Clone, Debug)]
pub struct Sampler {
    pub(crate) options: Options,
    pub(crate) source: Source,
    pub(crate) negatives: Negatives,
    /// The entries that positions choose from, if some rows are left out.
    kept: Option<OwnedRows>,
    n_triplets: usize,
    shape: [usize; 3],
}

impl Sampler {
    /// Prepares to draw from `graph`.
    ///
    /// # Errors
    ///
    /// Those of [`Self::limited`].
    pub fn new(graph: &Csr, options: Options) -> Result<Self> {
        Self::limited(graph, &Limits::default(), options)
    }

    /// Prepares to draw from `graph` within `limits`, which are not held either, but copied as far
    /// as they matter.
    ///
    /// # Errors
    ///
    /// [`Error::Zero`] for a strategy with a count of 0; [`Error::Beta`], [`Error::Mixed`] and
    /// [`Error::Weight`] for a strategy out of range, [`Error::Replacement`] for one that cannot
    /// draw without; [`Error::Length`] and [`Error::OutOfRange`] for limits that do not fit the
    /// graph; [`Error::Empty`] for a graph without entries, or all of whose rows are skipped;
    /// [`Error::Saturated`] for the first row that is linked to every column, [`Error::TooFew`] or
    /// [`Error::Weightless`] for the first that is left with too few.
    pub fn limited(graph: &Csr, limits: &Limits<'_>, options: Options) -> Result<Self> {
        if !options.replacement && options.strategy.n_candidates() > 1 {
            return Err(Error::Replacement);
        }
        options.strategy.check()?;
        if graph.nnz() == 0 {
            return Err(Error::Empty);
        }
        let negatives = Negatives::new(graph, limits, &options.strategy, options.replacement)?;
        let too_few = |row: usize| {
            let visited = graph.degree(row) > 0;
            visited.then(|| negatives.too_few(graph, row, options.n_negatives)).flatten()
        };
        let mut kept = None;
        if let Some(error) = (0..graph.n_rows()).find_map(too_few) {
            if options.saturated == Saturation::Error {
                return Err(error);
            }
            kept = Some(OwnedRows::collect(graph.n_rows(), |row, out| {
                if too_few(row).is_none() {
                    out.extend(graph.row(row));
                }
            }));
        }
        let visited = kept.as_ref().map_or(Rows::of(graph), OwnedRows::view);
        let n_triplets = visited.indices.len();
        if n_triplets == 0 {
            return Err(Error::Empty);
        }
        let source = Source::new(visited, graph.n_cols(), options.order);
        Ok(Self { options, source, negatives, kept, n_triplets, shape: shape(graph) })
    }

    /// Number of positions in an epoch: the number of entries of the graph, without those of rows
    /// that are skipped.
    pub fn n_triplets(&self) -> usize {
        self.n_triplets
    }

    /// Negatives of each positive.
    pub fn n_negatives(&self) -> usize {
        self.options.n_negatives
    }

    /// Candidates of each negative.
    pub fn hardest_of(&self) -> usize {
        self.options.strategy.n_candidates()
    }

    /// The entries that positions choose from.
    pub(crate) fn visited<'a>(&'a self, graph: &'a Csr) -> Rows<'a> {
        self.kept.as_ref().map_or(Rows::of(graph), OwnedRows::view)
    }

    /// Whether rows leave out just the entries that are visited.
    pub(crate) fn plain(&self) -> bool {
        self.kept.is_none() && self.negatives.choices.unlimited()
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
    /// [`Error::Positions`] outside the epoch; [`Error::Zero`] if no negative was asked for;
    /// [`Error::NoVectors`] if vectors are missing;
    /// [`Error::NotANumber`] for the first NaN score; [`Error::TooFewInBatch`] for the first row
    /// whose batch holds too few negatives; [`Error::Memory`] if there is no room.
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
    /// Those of [`Self::sample`], but for the scores and the batches.
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
        if self.options.n_negatives == 0 {
            return Err(Error::Zero { name: "n_negatives" });
        }
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
        if self.options.n_negatives == 0 {
            return Err(Error::Zero { name: "n_negatives" });
        }
        Listing::new(self, graph, self.epoch(epoch), start, n)
    }

    /// Rows and positives alone of positions `start..start + n` in epoch number `epoch`.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless `graph` is the sampler's; [`Error::Positions`] outside the epoch;
    /// [`Error::Memory`] if there is no room.
    pub fn pairs(
        &self,
        graph: &Csr,
        epoch: u64,
        start: usize,
        n: usize,
    ) -> Result<(Vec<i64>, Vec<i64>)> {
        self.check(graph, start, n)?;
        let (mut rows, mut positives) = (room(&[n])?, room(&[n])?);
        let (visited, epoch) = (self.visited(graph), self.epoch(epoch));
        let tasks = to_write(&mut rows, n).par_chunks_mut(SIZE);
        let tasks = tasks.zip(to_write(&mut positives, n).par_chunks_mut(SIZE));
        tasks.enumerate().for_each(|(task, (rows, positives))| {
            let mut block = Block::new();
            let first = (start + task * SIZE) as u64;
            block.draw::<Portable>(visited, &self.source, &epoch, first, rows.len());
            block.write(rows, positives);
        });
        // SAFETY: the tasks have written all cells.
        #[allow(unsafe_code)]
        unsafe {
            written(&mut rows, n);
            written(&mut positives, n);
        }
        Ok((rows, positives))
    }

    /// Positions `start..start + n` as a batch whose positives are the negatives of one another.
    ///
    /// # Errors
    ///
    /// Those of [`Self::pairs`], and [`Error::Clashes`] if there is no room for the clashes.
    pub fn in_batch(&self, graph: &Csr, epoch: u64, start: usize, n: usize) -> Result<InBatch> {
        let (rows, positives) = self.pairs(graph, epoch, start, n)?;
        let possible = self.negatives.choices.of(graph);
        let clashes = Clashes::count(possible, &rows, &positives)?;
        let (clash_rows, clash_columns) = clashes.list()?;
        Ok(InBatch { rows, positives, clash_rows, clash_columns })
    }

    /// The probability that each column stands in a batch of `n` positions.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless `graph` is the sampler's; [`Error::Positions`] if an epoch is
    /// shorter.
    pub fn in_batch_probabilities(&self, graph: &Csr, n: usize) -> Result<Vec<f64>> {
        self.check(graph, 0, n)?;
        Ok(probabilities(self.visited(graph), &self.source, graph.n_cols(), n as u64))
    }

    /// The probability that a draw for each of `rows` is the column beside it: of the first of its
    /// negatives, or, if these come from the batch, that the column stands in a whole batch.
    ///
    /// 0 for columns that the row may not draw.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless `graph` is the sampler's and there are as many columns as rows;
    /// [`Error::OutOfRange`]; [`Error::NoClosedForm`] for the hardest of several candidates, which
    /// depend on vectors.
    pub fn probabilities(&self, graph: &Csr, rows: &[u32], columns: &[u32]) -> Result<Vec<f64>> {
        self.check(graph, 0, 0)?;
        length("columns", rows.len(), columns.len())?;
        inside("rows", rows, self.shape[0])?;
        inside("columns", columns, self.shape[1])?;
        if self.hardest_of() > 1 {
            return Err(Error::NoClosedForm);
        }
        let possible = self.negatives.choices.of(graph);
        let pairs = rows.iter().map(|&row| row as usize).zip(columns.iter().copied());
        let Strategy::InBatch { batch_size } = self.options.strategy else {
            let chance = |(row, column)| self.negatives.probability(possible, row, column);
            return Ok(pairs.map(chance).collect());
        };
        let of_column = self.in_batch_probabilities(graph, batch_size.min(self.n_triplets))?;
        let chance = |(row, column)| match possible.possible_place(row, column) {
            Some(_) => of_column[column as usize],
            None => 0.0,
        };
        Ok(pairs.map(chance).collect())
    }

    fn epoch(&self, number: u64) -> Epoch {
        Epoch::new(self.options.seed, number, self.n_triplets as u64)
    }

    fn check(&self, graph: &Csr, start: usize, n: usize) -> Result<()> {
        same_graph(self.shape, graph)?;
        self.n_positions(start, start.saturating_add(n)).map(drop)
    }

    /// The vectors if they are needed.
    fn checked<'a>(&self, vectors: Option<Table<'a>>) -> Result<Option<Table<'a>>> {
        let hardest_of = self.hardest_of();
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

/// Refuses a graph of another shape.
pub(crate) fn same_graph(expected: [usize; 3], graph: &Csr) -> Result<()> {
    let names = ["graph's rows", "graph's columns", "graph's entries"];
    let found = shape(graph);
    (0..3).try_for_each(|axis| length(names[axis], expected[axis], found[axis]))
}

/// Refuses ids outside their axis.
pub(crate) fn inside(name: &'static str, ids: &[u32], bound: usize) -> Result<()> {
    match ids.iter().position(|&id| id as usize >= bound) {
        Some(position) => {
            let found = ids[position] as usize;
            Err(Error::OutOfRange { name, position, found, bound })
        }
        None => Ok(()),
    }
}

pub(crate) fn length(name: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Length { name, expected, found }) }
}
