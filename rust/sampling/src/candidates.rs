//! Distinct negatives of rows, for sampled evaluation.

use glowrec_graph::Csr;
use rayon::prelude::*;

use crate::drawn::Drawn;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::negatives::{Negatives, Part, Rule};
use crate::output::{room, to_write, written};
use crate::strategy::Strategy;
use crate::stream::Stream;

/// Rows that one task draws for.
const TASK: usize = 64;

/// Draws `n` negatives of a row, as a function of seed, row and, where there is one, target.
///
/// A target, which is to be ranked among the negatives, is never one of them.
///
/// ```
/// use glowrec_graph::Bipartite;
/// use glowrec_sampling::{Candidates, Limits, Strategy};
///
/// let train = Bipartite::from_edges(2, 6, &[0, 0, 1], &[0, 1, 5])?;
/// let train = train.by_row();
/// let drawer = Candidates::new(train, &Limits::default(), &Strategy::Uniform, 3, false, 7).unwrap();
/// let mut drawn = drawer.sample(train, &[0], Some(&[4])).unwrap();
/// drawn.sort_unstable();
/// assert_eq!(drawn, [2, 3, 5]); // neither 0 and 1, which row 0 has, nor the target
/// # Ok::<(), glowrec_graph::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Candidates {
    negatives: Negatives,
    n: usize,
    replacement: bool,
    seed: u64,
    shape: [usize; 3],
}

impl Candidates {
    /// Prepares to draw `n` negatives of rows of `graph`, all different or with `replacement`.
    ///
    /// # Errors
    ///
    /// [`Error::Zero`] if `n` is 0; the errors of the strategy and the limits as in
    /// [`crate::Sampler::limited`]; [`Error::Mixed`] for a strategy that needs positions or vectors.
    pub fn new(
        graph: &Csr,
        limits: &Limits<'_>,
        strategy: &Strategy,
        n: usize,
        replacement: bool,
        seed: u64,
    ) -> Result<Self> {
        if n == 0 {
            return Err(Error::Zero { name: "n" });
        }
        if matches!(strategy, Strategy::InBatch { .. } | Strategy::Hardest { .. }) {
            return Err(Error::Mixed { found: format!("{strategy:?}") });
        }
        let negatives = Negatives::new(graph, limits, strategy, replacement)?;
        let shape = [graph.n_rows(), graph.n_cols(), graph.nnz()];
        Ok(Self { negatives, n, replacement, seed, shape })
    }

    /// Negatives of each row.
    pub fn n(&self) -> usize {
        self.n
    }

    /// How many different columns each of `rows` can draw.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless `graph` is the one this was made for; [`Error::OutOfRange`].
    pub fn n_possible(&self, graph: &Csr, rows: &[u32]) -> Result<Vec<i64>> {
        self.check(graph, rows, None)?;
        let possible = self.negatives.choices.of(graph);
        let n = |&row: &u32| (self.negatives.n(possible, row as usize) as u64).cast_signed();
        Ok(rows.iter().map(n).collect())
    }

    /// Draws the negatives of each of `rows`, side by side; `targets` hold one column per row.
    ///
    /// # Errors
    ///
    /// [`Error::TooFew`] or [`Error::Weightless`] for the first row that cannot draw enough;
    /// [`Error::Length`], [`Error::OutOfRange`] and [`Error::Memory`].
    pub fn sample(&self, graph: &Csr, rows: &[u32], targets: Option<&[u32]>) -> Result<Vec<i64>> {
        self.check(graph, rows, targets)?;
        let possible = self.negatives.choices.of(graph);
        let mut out = room(&[rows.len(), self.n])?;
        let root = Stream::of_seed(self.seed);
        let tasks = to_write(&mut out, rows.len() * self.n).par_chunks_mut(TASK * self.n);
        let failure = tasks.enumerate().find_map_first(|(task, out)| {
            let mut drawn = Drawn::new();
            for (i, out) in out.chunks_exact_mut(self.n).enumerate() {
                let at = task * TASK + i;
                let (row, target) = (rows[at] as usize, targets.map(|targets| targets[at]));
                drawn.clear();
                if let Some(place) = target.and_then(|c| possible.possible_place(row, c)) {
                    drawn.insert(possible, row, place);
                }
                // Word 0 of a row's stream leads to its draw without a target.
                let stream =
                    root.child(rows[at].into()).child(target.map_or(0, |c| u64::from(c) + 1));
                if let Err(n) = self.negatives.fill(possible, row, stream, None, &mut drawn, out) {
                    let needed = if self.replacement { 1 } else { self.n };
                    let rest = possible.n(row) - drawn.places().len();
                    return Some(self.negatives.lack(row, n, needed, rest));
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
            written(&mut out, rows.len() * self.n);
        }
        Ok(out)
    }

    /// The probabilities that columns are among the negatives of rows, drawn without targets.
    ///
    /// Of `c` possible columns each is one of `n` distinct uniform draws with probability `n / c`;
    /// with replacement, one that a draw is with probability `q` is with `1 - (1 - q)^n`. Distinct
    /// draws by popularity have no closed form.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::OutOfRange`]; [`Error::Replacement`] where there is no closed
    /// form.
    pub fn inclusion(&self, graph: &Csr, rows: &[u32], columns: &[u32]) -> Result<Vec<f64>> {
        self.check(graph, rows, Some(columns))?;
        let possible = self.negatives.choices.of(graph);
        let uniform = matches!(self.negatives.rule, Rule::One(Part::Uniform));
        if !uniform && !self.replacement {
            return Err(Error::NoClosedForm);
        }
        let n = self.n as f64;
        let pairs = rows.iter().zip(columns);
        let chance = |(&row, &column): (&u32, &u32)| {
            let one = self.negatives.probability(possible, row as usize, column);
            if self.replacement { -(n * (-one).ln_1p()).exp_m1() } else { (n * one).min(1.0) }
        };
        Ok(pairs.map(chance).collect())
    }

    fn check(&self, graph: &Csr, rows: &[u32], columns: Option<&[u32]>) -> Result<()> {
        crate::sampler::same_graph(self.shape, graph)?;
        crate::sampler::inside("rows", rows, self.shape[0])?;
        let Some(columns) = columns else { return Ok(()) };
        crate::sampler::length("columns", rows.len(), columns.len())?;
        crate::sampler::inside("columns", columns, self.shape[1])
    }
}
