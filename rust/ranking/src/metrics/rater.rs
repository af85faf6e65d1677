//! Many metrics of many lists in one pass.

use rayon::prelude::*;

use super::convention::{Convention, Gain, Ideal, Precision, Ties};
use super::discounts::Discounts;
use super::groups::Groups;
use super::lists::{Lists, OfRow, Relevant};
use super::metric::{Metric, named};
use super::value::{Facts, Formulas, Hits, Ratio};
use crate::error::{Error, Result, check};
use crate::ranker::Queries;

named! {
    /// Which half of a metric is wanted.
    Part {
        /// The metric itself.
        Value = "value",
        /// What it divides.
        Over = "over",
        /// What it divides by.
        Under = "under",
    }
}

/// Computes metrics at cut-offs, by the formulas of one convention.
#[derive(Debug)]
pub struct Rater {
    metrics: Vec<Metric>,
    cuts: Vec<usize>,
    formulas: Formulas,
    graded: bool,
    deepest: usize,
}

impl Rater {
    /// A rater; `graded` says that lists will be rated by grades.
    ///
    /// # Errors
    ///
    /// [`Error::Undefined`] if the convention gives a metric no meaning, or one without a closed
    /// form.
    pub fn new(
        metrics: &[Metric],
        cuts: &[usize],
        convention: Convention,
        graded: bool,
    ) -> Result<Self> {
        let graded = graded && convention.gain != Gain::Binary;
        if graded && metrics.contains(&Metric::Ndcg) {
            let reason = match (convention.ideal, convention.ties) {
                (Ideal::K, _) => Some(
                    "an ideal of k hits has no grades; choose ideal='min' or 'hits', or gain='binary'",
                ),
                (Ideal::Hits, Ties::Expected) => Some(
                    "its mean over ties has no closed form with grades and ideal='hits'; choose \
                     ideal='min', gain='binary' or other ties",
                ),
                _ => None,
            };
            if let Some(reason) = reason {
                return Err(Error::Undefined { metric: Metric::Ndcg.name(), reason });
            }
        }
        let deepest = cuts.iter().copied().max().unwrap_or(0);
        let discounts = Discounts::new(convention.discount, deepest);
        let formulas = Formulas { convention, discounts };
        Ok(Self { metrics: metrics.to_vec(), cuts: cuts.to_vec(), formulas, graded, deepest })
    }

    /// Values per list: one per metric and cut-off.
    pub fn width(&self) -> usize {
        self.metrics.len() * self.cuts.len()
    }

    /// Writes every metric at every cut-off for each list.
    ///
    /// The list of query `i` is `rows[i]`, and its relevant columns are those of row `ids[i]`.
    /// Row `i` of `out` gets one value per metric and cut-off, the cut-offs of the first metric
    /// first; zeros if nothing is relevant. Lists that are not padded to more than the deepest
    /// cut-off need [`Lists::beyond`] where columns behind them have the score of their last.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if a slice does not fit or a cut-off exceeds the lists' width;
    /// [`Error::Undefined`] if half of a fraction is wanted whose halves both depend on ties.
    pub fn rate(
        &self,
        lists: &Lists<'_>,
        relevant: &Relevant<'_>,
        queries: Queries<'_>,
        part: Part,
        out: &mut [f64],
    ) -> Result<()> {
        let n = queries.rows.len();
        self.check(lists, relevant, queries, part, out)?;
        if self.width() == 0 || n == 0 {
            return Ok(());
        }
        let queries = queries.rows.par_iter().zip(queries.ids).enumerate();
        let work = out.par_chunks_mut(self.width()).zip(queries).with_min_len(256);
        work.for_each_init(Scratch::default, |scratch, (out, (query, (&row, &id)))| {
            let relevant = relevant.row(id as usize);
            scratch.read(self, lists, (query, row as usize), relevant);
            for (slots, &metric) in out.chunks_mut(self.cuts.len()).zip(&self.metrics) {
                for (slot, &k) in slots.iter_mut().zip(&self.cuts) {
                    let ratio = scratch.ratio(self, metric, k);
                    *slot = match part {
                        Part::Value => ratio.value(),
                        Part::Over => ratio.over,
                        Part::Under => ratio.under,
                    };
                }
            }
        });
        Ok(())
    }

    fn check(
        &self,
        lists: &Lists<'_>,
        relevant: &Relevant<'_>,
        queries: Queries<'_>,
        part: Part,
        out: &[f64],
    ) -> Result<()> {
        let n = queries.rows.len();
        check("ids", n, queries.ids.len())?;
        check("values", n * self.width(), out.len())?;
        if !lists.tied.is_empty() {
            check("tied", lists.columns.len(), lists.tied.len())?;
        }
        if let Some(beyond) = lists.beyond {
            beyond.check(n)?;
        }
        if let Some(grades) = relevant.grades {
            check("grades", relevant.columns.nnz(), grades.len())?;
        }
        if self.deepest > lists.width {
            let (expected, found) = (self.deepest, lists.width);
            return Err(Error::Length { name: "recommended rows", expected, found });
        }
        let none = Facts { n_relevant: 0, length: 0, ideal: None };
        let expected = self.formulas.convention.ties == Ties::Expected && part != Part::Value;
        let moves = |metric: &&Metric| self.formulas.under(**metric, 0, none).is_none();
        match self.metrics.iter().find(moves) {
            Some(metric) if expected => Err(Error::Undefined {
                metric: metric.name(),
                reason: "it cannot be pooled over ties, since its denominator depends on them; \
                         choose other ties",
            }),
            _ => Ok(()),
        }
    }
}

/// What one thread knows about the list at hand.
#[derive(Default)]
struct Scratch {
    groups: Groups,
    ranks: Vec<usize>,
    gains: Vec<f64>,
    ideal: Vec<f64>,
    n_relevant: usize,
    length: usize,
}

impl Scratch {
    /// Finds the hits of a list: their ranks, or the groups they are in.
    fn read(
        &mut self,
        rater: &Rater,
        lists: &Lists<'_>,
        (query, row): (usize, usize),
        relevant: OfRow<'_>,
    ) {
        let list = &lists.columns[row * lists.width..][..lists.width];
        let Convention { gain, ties, .. } = rater.formulas.convention;
        self.note(rater, list, relevant);
        self.ranks.clear();
        self.gains.clear();
        if ties == Ties::LowerId {
            let places = list[..rater.deepest].iter().map(|&column| relevant.place(column));
            let hits = (1..).zip(places).filter_map(|(rank, place)| Some((rank, place?)));
            if rater.graded {
                for (rank, place) in hits {
                    self.ranks.push(rank);
                    self.gains.push(relevant.gain(place, gain));
                }
            } else {
                self.ranks.extend(hits.map(|(rank, _)| rank));
            }
            return;
        }
        let tied = if lists.tied.is_empty() {
            &[]
        } else {
            &lists.tied[row * lists.width..][..lists.width]
        };
        let beyond = lists.beyond.map_or((0, &[][..]), |beyond| beyond.of(query));
        self.groups.read(
            list,
            tied,
            beyond,
            relevant,
            if rater.graded { gain } else { Gain::Binary },
        );
        match ties {
            Ties::LowerId | Ties::Expected => (),
            Ties::Optimistic => self.groups.order(true, &mut self.ranks, &mut self.gains),
            Ties::Pessimistic => self.groups.order(false, &mut self.ranks, &mut self.gains),
        }
    }

    /// Notes what denominators ask for.
    fn note(&mut self, rater: &Rater, list: &[i64], relevant: OfRow<'_>) {
        let convention = &rater.formulas.convention;
        self.n_relevant = relevant.columns.len();
        if convention.precision == Precision::List {
            self.length = list.partition_point(|&column| column >= 0);
        }
        self.ideal.clear();
        if rater.graded && convention.ideal == Ideal::Min && rater.metrics.contains(&Metric::Ndcg) {
            let all = 0..self.n_relevant;
            self.ideal.extend(all.map(|place| relevant.gain(place, convention.gain)));
            self.ideal.sort_unstable_by(|a, b| b.total_cmp(a));
        }
    }

    fn ratio(&self, rater: &Rater, metric: Metric, k: usize) -> Ratio {
        let formulas = &rater.formulas;
        let ideal = rater.graded.then_some(self.ideal.as_slice());
        let facts = Facts { n_relevant: self.n_relevant, length: self.length, ideal };
        if formulas.convention.ties == Ties::Expected {
            return formulas.expected(metric, &self.groups.groups, k, facts);
        }
        let gains = rater.graded.then_some(self.gains.as_slice());
        formulas.ratio(metric, Hits { ranks: &self.ranks, gains }.within(k), k, facts)
    }
}
