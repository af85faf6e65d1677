//! A strategy made ready for one graph and its limits.

use glowrec_graph::Csr;

use crate::choices::{Choices, Possible};
use crate::drawn::{Drawn, Words};
use crate::error::{Error, Result};
use crate::in_batch::Batch;
use crate::limits::Limits;
use crate::lines::Lines;
use crate::output::Cell;
use crate::popularity::Popularity;
use crate::strategy::{Strategy, whole_weights};
use crate::stream::{Stream, below};

/// The attempt whose word chooses a part of a mixture.
const CHOICE: usize = u32::MAX as usize;

/// Draws negatives of rows.
#[derive(Clone, Debug)]
pub(crate) struct Negatives {
    pub(crate) choices: Choices,
    pub(crate) rule: Rule,
    pub(crate) lines: Lines,
    replacement: bool,
}

/// A strategy with its tables.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    One(Part),
    Mixed(Box<[(u64, Part)]>),
    /// Whether a place has an entry, so that it may stand in a batch, and how many have.
    InBatch {
        known: Box<[bool]>,
        n_known: usize,
    },
}

/// A strategy that draws by itself.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Uniform,
    Popularity(Popularity),
}

impl Negatives {
    /// Prepares to draw for the rows of `graph`, with or without `replacement`.
    pub(crate) fn new(
        graph: &Csr,
        limits: &Limits<'_>,
        strategy: &Strategy,
        replacement: bool,
    ) -> Result<Self> {
        strategy.check()?;
        let choices = Choices::new(graph, limits)?;
        let part = |strategy: &Strategy| match *strategy {
            Strategy::Popularity { beta } => {
                Part::Popularity(Popularity::new(graph, &choices, beta))
            }
            _ => Part::Uniform,
        };
        let rule = match strategy {
            Strategy::InBatch { .. } => {
                let mut known = vec![false; choices.of(graph).n_places];
                for &column in graph.indices() {
                    if let Some(place) = choices.of(graph).place(column) {
                        known[place as usize] = true;
                    }
                }
                let n_known = known.iter().filter(|&&known| known).count();
                Rule::InBatch { known: known.into(), n_known }
            }
            Strategy::Mixed(parts) => {
                let weights: Vec<f64> = parts.iter().map(|&(_, weight)| weight).collect();
                let parts = parts.iter().map(|(strategy, _)| part(strategy));
                Rule::Mixed(whole_weights(&weights).into_iter().zip(parts).collect())
            }
            one => Rule::One(part(one)),
        };
        let possible = choices.of(graph);
        let searched = if possible.listed { &[][..] } else { possible.rows.indices };
        Ok(Self { lines: Lines::new(searched), choices, rule, replacement })
    }

    /// How many different columns `row` can draw.
    pub(crate) fn n(&self, possible: Possible<'_>, row: usize) -> usize {
        match &self.rule {
            Rule::InBatch { known, n_known } => {
                let stored = possible.rows.row(row).iter();
                let stored = stored.filter(|&&place| known[place as usize]).count();
                if possible.listed { stored } else { n_known - stored }
            }
            Rule::One(part) => part.n(possible, row),
            Rule::Mixed(parts) => {
                parts.iter().map(|(_, part)| part.n(possible, row)).max().unwrap_or(0)
            }
        }
    }

    /// Draws a column for each cell of `out`, none of which has been drawn before.
    ///
    /// Without replacement, what is drawn is added to `drawn`. The error says how many cells
    /// could be filled.
    pub(crate) fn fill(
        &self,
        possible: Possible<'_>,
        row: usize,
        stream: Stream,
        batch: Option<Batch<'_>>,
        drawn: &mut Drawn,
        out: &mut [Cell],
    ) -> std::result::Result<(), usize> {
        for (slot, out) in out.iter_mut().enumerate() {
            let words = Words { stream, slot };
            let place = match (&self.rule, batch) {
                (Rule::One(part), _) => part.draw(possible, row, words, drawn),
                (Rule::Mixed(parts), _) => mixed(parts, possible, row, words, drawn),
                (Rule::InBatch { .. }, Some(batch)) => batch.draw(possible, row, words, drawn),
                (Rule::InBatch { .. }, None) => None,
            };
            let place = place.ok_or(slot)?;
            out.write(i64::from(possible.column(place)));
            if !self.replacement {
                drawn.insert(possible, row, place);
            }
        }
        Ok(())
    }

    /// The probability that a first draw for `row` is `column`.
    pub(crate) fn probability(&self, possible: Possible<'_>, row: usize, column: u32) -> f64 {
        let Some(place) = possible.possible_place(row, column) else { return 0.0 };
        match &self.rule {
            // Of the batch, which is not known here.
            Rule::InBatch { .. } => f64::NAN,
            Rule::One(part) => part.probability(possible, row, place),
            Rule::Mixed(parts) => {
                let (mut sum, mut total) = (0.0, 0.0);
                for (weight, part) in parts {
                    if part.has_left(possible, row, &Drawn::new()) {
                        sum += *weight as f64 * part.probability(possible, row, place);
                        total += *weight as f64;
                    }
                }
                if total > 0.0 { sum / total } else { 0.0 }
            }
        }
    }

    /// Refuses rows that are asked for more than they can draw.
    pub(crate) fn too_few(&self, graph: &Csr, row: usize, n_slots: usize) -> Option<Error> {
        let possible = self.choices.of(graph);
        let needed = if self.replacement { n_slots.min(1) } else { n_slots };
        let n_cols = graph.n_cols();
        if needed == 0 {
            return None;
        }
        if self.choices.unlimited() && graph.degree(row) == n_cols {
            return Some(Error::Saturated { row, n_cols });
        }
        // Each part's places are counted only where there could be too few.
        if possible.n(row) >= needed && self.weighs_all() {
            return None;
        }
        let n = self.n(possible, row);
        (n < needed).then(|| self.lack(row, n, needed, possible.n(row) - n))
    }

    /// The error of a row that can draw only `n` columns, where `rest` others may be drawn too.
    pub(crate) fn lack(&self, row: usize, n: usize, needed: usize, rest: usize) -> Error {
        if rest > 0 && !matches!(self.rule, Rule::InBatch { .. }) {
            return Error::Weightless { row, n, needed, rest };
        }
        Error::TooFew { row, n, needed }
    }

    fn weighs_all(&self) -> bool {
        match &self.rule {
            Rule::One(Part::Popularity(_)) | Rule::InBatch { .. } => false,
            Rule::One(Part::Uniform) => true,
            Rule::Mixed(parts) => parts.iter().any(|(_, part)| matches!(part, Part::Uniform)),
        }
    }
}

impl Part {
    fn n(&self, possible: Possible<'_>, row: usize) -> usize {
        match self {
            Self::Uniform => possible.n(row),
            Self::Popularity(popularity) => popularity.n(possible, row),
        }
    }

    fn has_left(&self, possible: Possible<'_>, row: usize, drawn: &Drawn) -> bool {
        match self {
            Self::Uniform => possible.n(row) > drawn.places().len(),
            Self::Popularity(popularity) => popularity.left(row, drawn) > 0,
        }
    }

    fn probability(&self, possible: Possible<'_>, row: usize, place: u32) -> f64 {
        match self {
            Self::Uniform => 1.0 / possible.n(row) as f64,
            Self::Popularity(popularity) => popularity.probability(row, place),
        }
    }

    /// A possible place that has not been drawn.
    fn draw(&self, possible: Possible<'_>, row: usize, words: Words, drawn: &Drawn) -> Option<u32> {
        match self {
            Self::Popularity(popularity) => popularity.draw(possible, row, words, drawn),
            Self::Uniform => {
                let left = possible.n(row) - drawn.ranks().len();
                if left == 0 {
                    return None;
                }
                // The rank among the places that are left, then among all that are possible.
                let rank = below(words.at(0), left as u64) as u32;
                Some(possible.nth(row, crate::complement::nth_absent(drawn.ranks(), rank)))
            }
        }
    }
}

/// A place by one of the parts that have something left.
fn mixed(
    parts: &[(u64, Part)],
    possible: Possible<'_>,
    row: usize,
    words: Words,
    drawn: &Drawn,
) -> Option<u32> {
    let left = |part: &Part| part.has_left(possible, row, drawn);
    let total = parts.iter().filter(|(_, part)| left(part)).map(|(weight, _)| weight).sum();
    if total == 0 {
        return None;
    }
    let mut point = below(words.at(CHOICE), total);
    for (weight, part) in parts.iter().filter(|(_, part)| left(part)) {
        if point < *weight {
            return part.draw(possible, row, words, drawn);
        }
        point -= weight;
    }
    None
}
